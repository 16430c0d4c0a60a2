"""The conformance kit for datasets, over every table of Snowflake and both that stand in for an account."""

from __future__ import annotations

import pyarrow as pa
import pytest

from plait.catalog import frames
from plait.catalog.connections import Connections
from plait.datasets.snowflake.snowpark import table as snowpark_table
from plait.datasets.snowflake.tables import Table
from plait.testing import check_dataset

# The connector's own clean-up breaks after a file that it could not make.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

SAMPLE = pa.table({"ID": [1, 2, 3], "NAME": ["a", None, "c"], "SHARE": [0.5, None, 1.0]})
OTHER = pa.table({"ID": [4], "NAME": ["d"], "SHARE": [2.0]})


@pytest.fixture
def connections():
    with Connections() as found:
        yield found


def same_rows(loaded, saved):
    one, other = (frames.convert(each, "arrow") for each in (loaded, saved))
    return sorted(map(str, one.to_pylist())) == sorted(map(str, other.to_pylist()))


@pytest.mark.parametrize("frame", ["pandas", "polars", "arrow"])
def test_a_table_keeps_every_promise_of_a_dataset(credentials, connections, frame):
    def make():
        return Table("orders", credentials, frame=frame, connections=connections)

    check_dataset(make, SAMPLE, OTHER, equal=same_rows)


def test_a_lazy_table_keeps_every_promise_of_a_dataset(credentials, connections):
    def make():
        return snowpark_table("orders", credentials, connections=connections)

    check_dataset(make, SAMPLE, OTHER, equal=same_rows)


def test_a_table_of_local_testing_mode_keeps_those_that_need_no_account(connections):
    known = {"local_testing": True, "database": "DB", "schema": "SALES"}

    def make():
        return snowpark_table("orders", known, connections=connections)

    check_dataset(make, SAMPLE, OTHER, equal=same_rows, atomic=False, persistent=False)
