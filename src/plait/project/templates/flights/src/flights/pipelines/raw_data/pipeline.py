from plait import Pipeline, node, pipeline

from flights.pipelines.raw_data.nodes import unpack_tables


def create_pipeline() -> Pipeline:
    """Write the five raw tables into ``data/01_raw``."""
    return pipeline(
        [
            node(
                unpack_tables,
                outputs={
                    "flights": "raw_flights",
                    "weather": "raw_weather",
                    "planes": "raw_planes",
                    "airports": "raw_airports",
                    "airlines": "raw_airlines",
                },
            )
        ]
    )
