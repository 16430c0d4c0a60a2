"""Train, predict, measure. pandas here, because scikit-learn speaks it best."""

import numpy as np
import pandas as pd
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from flights.pipelines.modelling.model import TARGET, DelayModel, ModelOptions


def train_model(train: pd.DataFrame, options: ModelOptions, rng: np.random.Generator) -> DelayModel:
    """Fit a model to the past.

    Plait passes ``rng``, seeded for this node: the same model in every run.
    """
    return DelayModel.fit(train, options, rng)


def predict_delays(model: DelayModel, test: pd.DataFrame) -> pd.DataFrame:
    """Predict the arrival delay of every test flight, by the model and by its baseline."""
    return test[["date", "carrier", "origin", "departure_minute", TARGET]].assign(
        predicted=model.predict(test), baseline=model.baseline(test)
    )


def evaluate(predictions: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Measure model and baseline on the test flights, in minutes of delay."""
    actual = predictions[TARGET]
    return {name: measures(actual, predictions[name]) for name in ("predicted", "baseline")}


def measures(actual: pd.Series, predicted: pd.Series) -> dict[str, float]:
    return {
        "mean_absolute_error": float(mean_absolute_error(actual, predicted)),
        "root_mean_squared_error": float(root_mean_squared_error(actual, predicted)),
        "r2": float(r2_score(actual, predicted)),
    }
