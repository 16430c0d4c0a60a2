"""Plain functions: tables in, tables out. They know nothing of files."""

import pandas as pd


def drop_gaps(readings: pd.DataFrame) -> pd.DataFrame:
    """Leave out the days without a temperature."""
    return readings.dropna(subset=["temperature"])


def summarise(clean_readings: pd.DataFrame, warm_from: float) -> pd.DataFrame:
    """Count the warm days of each city, and take the mean of its temperatures."""
    cities = clean_readings.assign(warm=clean_readings["temperature"] >= warm_from).groupby("city")
    return cities.agg(
        days=("day", "size"), warm_days=("warm", "sum"), mean=("temperature", "mean")
    ).reset_index()
