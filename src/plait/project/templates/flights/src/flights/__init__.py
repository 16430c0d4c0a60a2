"""Predict how late flights out of New York City arrive."""
