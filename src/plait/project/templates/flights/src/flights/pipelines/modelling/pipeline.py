from plait import Pipeline, node, pipeline

from flights.pipelines.modelling.nodes import evaluate, predict_delays, train_model


def create_pipeline() -> Pipeline:
    """Model the delay twice: from what is known the day before, and at departure.

    A namespace gives each copy its own parameters, model, predictions and metrics; the train and
    test flights are shared.
    """
    return model_at("day_before") + model_at("at_departure")


def model_at(moment: str) -> Pipeline:
    return pipeline(
        [
            node(train_model, inputs={"options": "params:options"}, outputs="model"),
            node(predict_delays, outputs="predictions"),
            node(evaluate, outputs="metrics"),
        ],
        namespace=moment,
        inputs={"train", "test"},
    )
