"""From temperature readings to a summary of each city."""

from project_package.pipelines.weather.pipeline import create_pipeline

__all__ = ["create_pipeline"]
