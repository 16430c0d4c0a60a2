"""A part of a pipeline, run on sample data in a test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from plait.catalog import DataCatalog
from plait.engine import RunResult
from plait.engine.run import run
from plait.pipeline import Pipeline, select

__all__ = ["run_slice"]


def run_slice(
    pipeline: Pipeline,
    selector: str = "",
    inputs: Mapping[str, Any] | None = None,
    *,
    parameters: Mapping[str, Any] | None = None,
    outputs: Iterable[str] | None = None,
    catalog: DataCatalog | Mapping[str, Any] | None = None,
) -> RunResult:
    """Run the nodes that a selector picks on data given here, and save nothing.

    Args:
        selector: as on the command line, such as ``clean_flights``, ``+train`` or ``tag:features``;
            by default the whole pipeline.
        inputs: data for the free inputs of the slice, and for any dataset within it.
        parameters: nested values for ``params:…``.
        outputs: names to compute and keep; by default all free outputs of the slice.
        catalog: where inputs that are not given are read from; by default nowhere.

    Returns:
        The result; ``result["name"]`` is an output.

    Raises:
        SelectionError: the selector picks nothing.
        RunError: a node failed.
        PlaitError: an input is missing, or a parameter is wrong.
    """
    return run(
        select(pipeline, selector),
        catalog,
        parameters=parameters,
        inputs=inputs or {},
        outputs=outputs,
        save=False,
    )
