"""The model and its options."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

TARGET = "arrival_delay"

# Trees of this size gain little from OpenMP threads, and lose minutes to them on a busy machine.
one_thread = threadpool_limits.wrap(limits=1, user_api="openmp")


@dataclass(frozen=True)
class ModelOptions:
    """What a model may know and how it learns.

    Attributes:
        features: the columns known when the prediction is made.
        guess: a column that is a fair guess of the arrival delay by itself, if there is one.
        train_rows: how many flights to learn from; all of them when there are fewer.
        max_iter: number of trees.
        learning_rate: how much each tree may correct, between 0 and 1.
    """

    features: list[str]
    guess: str | None = None
    train_rows: int = 100_000
    max_iter: int = 60
    learning_rate: float = 0.1

    def __post_init__(self) -> None:
        if not self.features:
            raise ValueError("features is empty: name at least one column")
        if not 0 < self.learning_rate <= 1:
            raise ValueError(f"learning_rate is {self.learning_rate}, not between 0 and 1")


@dataclass(frozen=True)
class DelayModel:
    """A baseline, and gradient-boosted trees that correct it.

    The baseline is the mean delay seen in training, or the column ``options.guess`` plus the mean
    of what it was wrong by. The trees learn only what the baseline leaves over, so that they can be
    judged by what they add.
    """

    options: ModelOptions
    mean_error: float
    trees: HistGradientBoostingRegressor = field(repr=False)

    @classmethod
    @one_thread
    def fit(
        cls, flights: pd.DataFrame, options: ModelOptions, rng: np.random.Generator
    ) -> "DelayModel":
        """Fit the baseline to all flights, and the trees to a random sample of them."""
        errors = flights[TARGET].to_numpy(float) - guesses(flights, options)
        mean_error = float(errors.mean())
        rows = min(options.train_rows, len(flights))
        sample = rng.choice(len(flights), size=rows, replace=False)
        trees = HistGradientBoostingRegressor(
            max_iter=options.max_iter,
            learning_rate=options.learning_rate,
            random_state=int(rng.integers(2**31)),
        )
        trees.fit(inputs(flights.iloc[sample], options), errors[sample] - mean_error)
        return cls(options, mean_error, trees)

    def baseline(self, flights: pd.DataFrame) -> np.ndarray:
        return guesses(flights, self.options) + self.mean_error

    @one_thread
    def predict(self, flights: pd.DataFrame) -> np.ndarray:
        return self.baseline(flights) + self.trees.predict(inputs(flights, self.options))


def guesses(flights: pd.DataFrame, options: ModelOptions) -> np.ndarray:
    if options.guess is None:
        return np.zeros(len(flights))
    return flights[options.guess].to_numpy(float)


def inputs(flights: pd.DataFrame, options: ModelOptions) -> pd.DataFrame:
    return flights[options.features]
