"""A slice of a pipeline on sample data, as a project's own tests run it."""

from __future__ import annotations

from pathlib import Path

import pytest

from plait import node, pipeline
from plait.errors import PlaitError, SelectionError
from plait.testing import run_slice


def clean(raw: list[int], limit: int) -> list[int]:
    return [value for value in raw if value < limit]


def total(cleaned: list[int]) -> int:
    return sum(cleaned)


def publish(total: int) -> str:
    raise RuntimeError("must not run in a test")


PIPELINE = pipeline(
    [
        node(clean, ["raw", "params:limit"], "cleaned"),
        node(total, "cleaned", "sum"),
        node(publish, "sum", "report"),
    ]
)


def test_a_slice_runs_on_what_it_is_given() -> None:
    result = run_slice(PIPELINE, "clean..total", {"raw": [1, 5, 9]}, parameters={"limit": 6})
    assert result["sum"] == 6


def test_one_node_and_an_output_in_between() -> None:
    result = run_slice(
        PIPELINE, "clean total", {"raw": [1, 9]}, parameters={"limit": 6}, outputs=["cleaned", "sum"]
    )
    assert (result["cleaned"], result["sum"]) == ([1], 1)


def test_nothing_is_saved(tmp_path: Path) -> None:
    catalog = {"sum": str(tmp_path / "sum.pkl"), "cleaned": str(tmp_path / "cleaned.pkl")}
    result = run_slice(PIPELINE, "total", {"cleaned": [1, 2]}, catalog=catalog)
    assert result["sum"] == 3
    assert list(tmp_path.iterdir()) == []


def test_what_is_missing_or_misspelt_is_named() -> None:
    with pytest.raises(PlaitError, match="raw"):
        run_slice(PIPELINE, "clean", parameters={"limit": 1})
    with pytest.raises(SelectionError, match="claen"):
        run_slice(PIPELINE, "claen")
