"""Clean, join, and derive what a model may know. Polars here, but for the small table of planes."""

from dataclasses import dataclass
from datetime import date

import pandas as pd
import polars as pl

NEW_YORK_UTC_OFFSET = -5  # hours, as the column ``tz`` of the airports counts


def clean_flights(raw_flights: pl.DataFrame) -> pl.DataFrame:
    """Keep the flights that arrived, with dates as dates and clock times as minutes of the day.

    Cancelled and diverted flights, 2.8 in 100, have no arrival delay to learn from; the models
    therefore answer "how late, if it arrives".
    """
    return raw_flights.drop_nulls("arr_delay").select(
        pl.date("year", "month", "day").alias("date"),
        pl.col("time_hour").str.to_datetime(time_zone="UTC").alias("departure_hour"),
        (pl.col("hour") * 60 + pl.col("minute")).alias("departure_minute"),
        minute_of_day("sched_arr_time").alias("arrival_minute"),
        pl.col("dep_delay").alias("departure_delay"),
        pl.col("arr_delay").alias("arrival_delay"),
        "carrier",
        "tailnum",
        "origin",
        "dest",
        "distance",
    )


def minute_of_day(clock: str) -> pl.Expr:
    """Turn clock times written as 1435 into minutes since midnight."""
    return pl.col(clock) // 100 * 60 + pl.col(clock) % 100


def clean_weather(raw_weather: pl.DataFrame) -> pl.DataFrame:
    """Key each observation by the hour in which it is known: the one after it was made."""
    observed = pl.col("time_hour").str.to_datetime(time_zone="UTC")
    return raw_weather.select(
        "origin",
        observed.dt.offset_by("1h").alias("departure_hour"),
        pl.col("temp").alias("temperature"),
        "wind_speed",
        "precip",
        "visib",
        "pressure",
    ).unique(["origin", "departure_hour"], keep="first", maintain_order=True)


def clean_planes(raw_planes: pd.DataFrame) -> pd.DataFrame:
    """Keep what may matter about a plane, with the year it was built as a nullable integer."""
    planes = raw_planes.rename(columns={"year": "built"})
    planes["built"] = planes["built"].astype("Int64")
    return planes[["tailnum", "built", "seats"]].drop_duplicates("tailnum")


def join_tables(
    flights: pl.DataFrame, weather: pl.DataFrame, planes: pl.DataFrame, raw_airports: pl.DataFrame
) -> pl.DataFrame:
    """Add weather, plane and destination to each flight; what is unknown stays null."""
    destinations = raw_airports.select(
        pl.col("faa").alias("dest"),
        pl.col("lat").alias("dest_latitude"),
        pl.col("lon").alias("dest_longitude"),
        pl.col("tz").alias("dest_utc_offset"),
    )
    return (
        flights.join(weather, on=["origin", "departure_hour"], how="left", maintain_order="left")
        .join(planes, on="tailnum", how="left", maintain_order="left")
        .join(destinations, on="dest", how="left", maintain_order="left")
    )


def build_features(flight_table: pl.DataFrame) -> pl.DataFrame:
    """Derive the features: calendar, age of the plane, and how much slack the schedule leaves.

    Slack is the scheduled duration less the time the distance takes at 450 miles an hour; an hour
    is added or lost for every time zone crossed.
    """
    zones = pl.col("dest_utc_offset") - NEW_YORK_UTC_OFFSET
    duration = (pl.col("arrival_minute") - pl.col("departure_minute") - zones * 60) % (24 * 60)
    return flight_table.with_columns(
        pl.col("date").dt.weekday().alias("weekday"),
        (pl.col("date").dt.year() - pl.col("built")).alias("plane_age"),
        duration.alias("scheduled_duration"),
        (duration - pl.col("distance") / 7.5).alias("slack"),
        pl.col("carrier", "origin", "dest").cast(pl.Categorical),
    ).drop("departure_hour", "arrival_minute", "tailnum", "built", "dest_utc_offset")


@dataclass(frozen=True)
class Split:
    """Where the past ends.

    Attributes:
        test_from: the first day of the test data; the models learn from the days before.
    """

    test_from: date


def split_by_date(features: pl.DataFrame, split: Split) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split into the past to learn from and the future to predict.

    A random split would put flights of one stormy afternoon on both sides, and so reward a model
    for remembering the day.
    """
    future = pl.col("date") >= split.test_from
    return features.filter(~future), features.filter(future)
