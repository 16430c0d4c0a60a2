"""Stands in for the place where your raw data come from."""
