"""The pipeline project_pipeline."""

from plait import Pipeline, pipeline


def create_pipeline() -> Pipeline:
    """Return the pipeline, such as ``pipeline([node(count, inputs="names", outputs="number")])``."""
    return pipeline([])
