from plait import Pipeline, node, pipeline

from flights.pipelines.data_processing.nodes import (
    build_features,
    clean_flights,
    clean_planes,
    clean_weather,
    join_tables,
    split_by_date,
)


def create_pipeline() -> Pipeline:
    """Clean and join the raw tables, and split the features by date.

    Inputs are not spelled out: each function's argument names are the names of its datasets.
    """
    return pipeline(
        [
            node(clean_flights, outputs="flights"),
            node(clean_weather, outputs="weather"),
            node(clean_planes, outputs="planes"),
            node(join_tables, outputs="flight_table"),
            node(build_features, outputs="features"),
            node(split_by_date, inputs={"split": "params:split"}, outputs=["train", "test"]),
        ]
    )
