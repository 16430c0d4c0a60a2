"""The pipeline project_pipeline."""

from project_package.pipelines.project_pipeline.pipeline import create_pipeline

__all__ = ["create_pipeline"]
