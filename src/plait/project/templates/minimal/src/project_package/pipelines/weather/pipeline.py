"""Which function reads and makes what. An argument reads the dataset of its own name."""

from plait import Pipeline, node, pipeline
from project_package.pipelines.weather.nodes import drop_gaps, summarise


def create_pipeline() -> Pipeline:
    """Return the pipeline."""
    return pipeline(
        [
            node(drop_gaps, outputs="clean_readings"),
            node(summarise, inputs={"warm_from": "params:warm_from"}, outputs="summary"),
        ]
    )
