"""The pipelines: each folder with a create_pipeline() is found."""
