import numpy as np
import pandas as pd
import pytest

from flights.pipelines.modelling.model import DelayModel, ModelOptions
from flights.pipelines.modelling.nodes import evaluate, predict_delays, train_model


@pytest.fixture
def past() -> pd.DataFrame:
    """Flights that make up ten minutes on a long way, and none on a short one."""
    rng = np.random.default_rng(7)
    distance = rng.choice([200.0, 2_000.0], 2_000)
    left_late = rng.normal(10, 20, 2_000)
    return pd.DataFrame(
        {
            "date": pd.Timestamp("2013-05-01"),
            "carrier": "UA",
            "origin": "EWR",
            "departure_minute": 600,
            "distance": distance,
            "departure_delay": left_late,
            "arrival_delay": left_late - np.where(distance > 1_000, 10.0, 0.0),
        }
    )


OPTIONS = ModelOptions(features=["distance"], guess="departure_delay", train_rows=1_000)


def test_the_baseline_is_the_guess_plus_its_mean_error(past: pd.DataFrame):
    model = DelayModel.fit(past, OPTIONS, np.random.default_rng(0))
    expected = past["departure_delay"] + (past["arrival_delay"] - past["departure_delay"]).mean()
    np.testing.assert_allclose(model.baseline(past), expected)


def test_without_a_guess_the_baseline_is_the_mean(past: pd.DataFrame):
    model = DelayModel.fit(past, ModelOptions(features=["distance"]), np.random.default_rng(0))
    np.testing.assert_allclose(model.baseline(past), past["arrival_delay"].mean())


def test_the_model_learns_what_the_baseline_leaves_over(past: pd.DataFrame):
    model = train_model(past, OPTIONS, np.random.default_rng(0))
    metrics = evaluate(predict_delays(model, past))
    assert metrics["baseline"]["mean_absolute_error"] == pytest.approx(5, abs=0.5)
    assert metrics["predicted"]["mean_absolute_error"] < 0.5


def test_the_same_seed_gives_the_same_model(past: pd.DataFrame):
    one, two = (train_model(past, OPTIONS, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one.predict(past), two.predict(past))


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"features": []}, "features is empty"), ({"learning_rate": 2}, "not between 0 and 1")],
)
def test_options_that_cannot_work_are_refused(changes: dict, message: str):
    with pytest.raises(ValueError, match=message):
        ModelOptions(**{"features": ["distance"], **changes})
