"""The conformance kit for datasets, over tables of DuckDB: the suite that those of Snowflake pass, too."""

from __future__ import annotations

import pyarrow as pa
import pytest

from plait.catalog import frames
from plait.catalog.connections import Connections
from plait.datasets.duckdb.tables import Table
from plait.testing import check_dataset

SAMPLE = pa.table({"ID": [1, 2, 3], "NAME": ["a", None, "c"], "SHARE": [0.5, None, 1.0]})
OTHER = pa.table({"ID": [4], "NAME": ["d"], "SHARE": [2.0]})


@pytest.fixture
def connections():
    with Connections() as found:
        yield found


def same_rows(loaded, saved):
    one, other = (frames.convert(each, "arrow") for each in (loaded, saved))
    return sorted(map(str, one.to_pylist())) == sorted(map(str, other.to_pylist()))


@pytest.mark.parametrize("frame", ["pandas", "polars", "arrow", "ibis"])
def test_a_table_keeps_every_promise_of_a_dataset(tmp_path, connections, frame):
    def make():
        return Table("orders", frame=frame, connections=connections, root=tmp_path)

    check_dataset(make, SAMPLE, OTHER, equal=same_rows)
