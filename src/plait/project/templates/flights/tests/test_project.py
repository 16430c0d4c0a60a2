"""The wiring: a month of flights through the whole project, in memory."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from plait import Project

from flights.pipelines.raw_data.nodes import unpack_tables


@pytest.fixture(scope="module")
def project() -> Iterator[Project]:
    with Project.open(Path(__file__).parent.parent) as project:
        yield project


@pytest.fixture(scope="module")
def january() -> dict[str, pl.DataFrame]:
    tables = {f"raw_{name}": table for name, table in unpack_tables().items()}
    return {**tables, "raw_flights": tables["raw_flights"].filter(pl.col("month") == 1)}


def test_the_project_has_no_mistakes(project: Project):
    assert [str(finding) for finding in project.check()] == []


def test_knowing_the_departure_delay_helps(project: Project, january: dict[str, pl.DataFrame]):
    result = project.run(
        inputs=january, outputs=["results"], params={"split.test_from": date(2013, 1, 24)}
    )
    errors = result["results"].select("moment", "prediction", "mean_absolute_error").rows()
    error = {(moment, prediction): minutes for moment, prediction, minutes in errors}
    assert error["at departure", "model"] < error["day before", "model"] / 1.5


def test_every_flight_of_the_future_is_predicted_once(
    project: Project, january: dict[str, pl.DataFrame]
):
    result = project.run(
        inputs=january,
        outputs=["test", "day_before.predictions"],
        params={"split.test_from": date(2013, 1, 24)},
    )
    assert len(result["day_before.predictions"]) == len(result["test"]) > 5_000
