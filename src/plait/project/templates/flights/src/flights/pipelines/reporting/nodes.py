"""Tables and figures for ``data/08_reporting``."""

import pandas as pd
import plotly.graph_objects as go
import polars as pl
from matplotlib.figure import Figure

Metrics = dict[str, dict[str, float]]


def compare_models(day_before: Metrics, at_departure: Metrics) -> pl.DataFrame:
    """Put models and baselines of both moments into one table, errors in minutes."""
    rows = [
        {"moment": moment, "prediction": name, **metrics[key]}
        for moment, metrics in (("day before", day_before), ("at departure", at_departure))
        for name, key in (("baseline", "baseline"), ("model", "predicted"))
    ]
    return pl.DataFrame(rows).with_columns(pl.selectors.float().round(3))


def report_airlines(predictions: pl.DataFrame, raw_airlines: pl.DataFrame) -> pl.DataFrame:
    """Show, airline by airline, how late its flights came and how far off the model was."""
    error = (pl.col("arrival_delay") - pl.col("predicted")).abs()
    return (
        predictions.group_by(pl.col("carrier").cast(pl.String))
        .agg(
            pl.len().alias("flights"),
            pl.col("arrival_delay").mean().round(1).alias("mean_delay"),
            error.mean().round(1).alias("mean_absolute_error"),
        )
        .join(raw_airlines, on="carrier")
        .select("name", "flights", "mean_delay", "mean_absolute_error")
        .sort("flights", descending=True)
    )


def plot_hours(day_before: pd.DataFrame, at_departure: pd.DataFrame) -> go.Figure:
    """Draw actual and predicted delay over the hours of the day, to be explored in a browser."""
    figure = go.Figure()
    figure.add_scatter(**mean_by_hour(day_before, "arrival_delay"), name="actual")
    figure.add_scatter(**mean_by_hour(day_before, "predicted"), name="predicted the day before")
    figure.add_scatter(**mean_by_hour(at_departure, "predicted"), name="predicted at departure")
    figure.update_layout(
        title="Delays build up over the day",
        xaxis_title="scheduled hour of departure",
        yaxis_title="mean arrival delay, minutes",
        template="plotly_white",
    )
    return figure


def mean_by_hour(predictions: pd.DataFrame, column: str) -> dict[str, list[float]]:
    hour = predictions["departure_minute"] // 60
    means = predictions.groupby(hour)[column].mean()
    return {"x": means.index.tolist(), "y": means.tolist()}


def plot_predictions(day_before: pd.DataFrame, at_departure: pd.DataFrame) -> Figure:
    """Draw predicted against actual delay up to three hours, one panel for each moment."""
    figure = Figure(figsize=(10, 5), layout="constrained")
    panels = figure.subplots(1, 2, sharex=True, sharey=True)
    for axes, title, flights in zip(
        panels, ("the day before", "at departure"), (day_before, at_departure), strict=True
    ):
        axes.hexbin(
            flights["arrival_delay"],
            flights["predicted"],
            extent=(-60, 180, -60, 180),
            gridsize=60,
            bins="log",
            cmap="Blues",
        )
        axes.axline((0, 0), slope=1, color="grey", linewidth=1)
        axes.set(title=f"Predicted {title}", xlabel="actual delay, minutes")
    panels[0].set_ylabel("predicted delay, minutes")
    return figure
