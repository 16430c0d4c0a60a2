from plait import Pipeline, node, pipeline

from flights.pipelines.reporting.nodes import (
    compare_models,
    plot_hours,
    plot_predictions,
    report_airlines,
)

METRICS = {"day_before": "day_before.metrics", "at_departure": "at_departure.metrics"}
PREDICTIONS = {"day_before": "day_before.predictions", "at_departure": "at_departure.predictions"}


def create_pipeline() -> Pipeline:
    """Report how the two models do: against their baselines, by airline, and over the day."""
    return pipeline(
        [
            node(compare_models, inputs=METRICS, outputs="results"),
            node(
                report_airlines,
                inputs={"predictions": "at_departure.predictions"},
                outputs="airline_report",
            ),
            node(plot_hours, inputs=PREDICTIONS, outputs="hours_figure"),
            node(plot_predictions, inputs=PREDICTIONS, outputs="predictions_figure"),
        ]
    )
