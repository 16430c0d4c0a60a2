"""A data pipeline with Plait."""
