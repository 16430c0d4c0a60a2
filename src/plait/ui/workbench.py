"""The process that opens the project: everything that needs user code or data libraries happens here.

It answers one request a line on its standard input with one line on its standard output. It lives as long as
the sources it imported stay as they are; then the server starts another. What user code prints goes to
standard error, and a crash ends this process and not the server.
"""

from __future__ import annotations

import base64
import gc
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TextIO

from plait.errors import PlaitError, UsageError, did_you_mean
from plait.ui.refusals import ASKED, status_of

if TYPE_CHECKING:
    from plait.catalog.preview import Preview
    from plait.pipeline import Pipeline
    from plait.project.project import Project

__all__ = ["error_document", "main"]

_MOST_KEYS = 1_000  # of a partitioned dataset that are listed by name


def main(folder: str, environment: str) -> int:
    """Serve requests until the input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what user code prints is no answer
    bench = Workbench(folder, environment)
    for line in sys.stdin:
        _answer(bench, json.loads(line), answers)
    return 0


def _answer(bench: Workbench, request: Mapping[str, Any], answers: TextIO) -> None:
    answer: dict[str, Any] = {"id": request["id"]}
    try:
        call: Callable[..., Any] = getattr(bench, request["call"])
        answer["result"] = call(**request["arguments"])
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # user code may raise anything, SystemExit included
        answer["error"] = error_document(error)
    finally:
        bench.disconnect()
    print(json.dumps(answer, default=str), file=answers, flush=True)


def error_document(error: BaseException) -> dict[str, Any]:
    """Return an error as plain values, as a surface shows it."""
    if isinstance(error, PlaitError):
        from plait.project.graph import problem_document

        return {**problem_document(error), "status": status_of(error)}
    return {"message": f"{type(error).__name__}: {error}", "where": [], "why": None, "hint": None}


class Workbench:
    """A project that is open, and the questions it can answer."""

    def __init__(self, folder: str, environment: str) -> None:
        self._folder = folder
        self._environment = environment
        self._opened: Project | None = None

    @property
    def _project(self) -> Project:
        if self._opened is None:
            from plait.project import Project

            self._opened = Project.open(self._folder, env=self._environment)
        return self._opened

    def disconnect(self) -> None:
        """Close connections between two questions: an open database file keeps runs from it."""
        if self._opened is not None:
            self._opened.parts().close_connections()

    def snapshot(self) -> str:
        """Take the picture of the project and keep it; return its stamp."""
        from plait.ui.snapshot import read_snapshot, take_snapshot, write_snapshot

        project = self._project
        with _without_collecting():
            taken = take_snapshot(project)
        if taken.graph["problems"]:
            last = read_snapshot(project.state, project.env)
            if last is not None and last.graph["elements"]:
                taken = _with_last_good(taken, last)
        write_snapshot(project.state, project.env, taken)
        return taken.stamp

    def select(self, pipeline: str, select: str) -> dict[str, Any]:
        """Return the nodes that a selector picks, and the command that runs them."""
        from plait.project.graph.command import run_command

        names = [node.name for node in self._selected(pipeline, select).nodes]
        return {"nodes": names, "command": run_command(pipeline, select, self._project.env)}

    def plan(self, pipeline: str, select: str) -> dict[str, Any]:
        """Return what a run would do now, and why."""
        from plait.project.foresight import expected_document, open_foresight
        from plait.project.running import RunRequest

        request = RunRequest(pipeline=pipeline, select=select or None)
        with open_foresight(self._project, request) as foresight:
            steps = [
                {
                    "node": step.node,
                    "action": step.action,
                    "reasons": [reason.to_json() for reason in step.reasons],
                    "text": foresight.explain(step),
                    "seconds": foresight.usual_seconds.get(step.node),
                }
                for step in foresight.steps
            ]
            return {
                "steps": steps,
                **expected_document(foresight.expected_seconds()),
                "stale_upstream": list(foresight.stale_upstream),
            }

    def preview(
        self, name: str, limit: int, sort: str | None, descending: bool, version: str | None = None
    ) -> dict[str, Any]:
        """Return the first rows of a dataset, or of one of its versions, sorted among themselves."""
        from plait.catalog.protocols import Previewable
        from plait.errors import DatasetError

        dataset: Any = self._project.catalog.dataset(name)
        if version is not None:
            dataset = _at_version(name, dataset, version)
        if not isinstance(dataset, Previewable):
            raise DatasetError(f"'{name}' has no preview")
        return _preview_document(dataset.preview(limit), sort, descending)

    def state_of(self, name: str) -> dict[str, Any]:
        """Return whether a dataset is there, its versions and its size, without reading it."""
        from plait.catalog.protocols import Exists, Previewable, Versions

        dataset: Any = self._project.catalog.dataset(name)
        can_be_shown = isinstance(dataset, Previewable) and getattr(dataset, "has_preview", True)
        found: dict[str, Any] = {"previewable": can_be_shown}
        if isinstance(dataset, Exists):
            found["exists"] = dataset.exists()
        if isinstance(dataset, Versions) and getattr(dataset, "version", None) is not None:
            found["versions"] = list(reversed(dataset.versions()))
        place = getattr(dataset, "local_place", lambda: None)
        if found.get("exists") and (path := place()) is not None and path.is_file():
            found["bytes"] = path.stat().st_size
        if hasattr(dataset, "part_fingerprints"):
            found["partitions"] = self._partitions(dataset)
        return found

    def _partitions(self, dataset: Any) -> dict[str, Any]:
        """Return the first keys, each with what the ledger says of it."""
        from plait.ledger.traces import TraceStore

        store = TraceStore(self._project.ledger.database)
        begun = {key: mark.status for key, mark in store.parts_begun(dataset.location).items()}
        made = store.parts_of(dataset.location)
        there = set(dataset.keys())
        keys = sorted(there | begun.keys())
        states = {key: begun.get(key) or ("made" if key in made else "there") for key in keys}
        counts: dict[str, int] = {}
        for state in states.values():
            counts[state] = counts.get(state, 0) + 1
        listed = [{"key": key, "state": states[key]} for key in keys[:_MOST_KEYS]]
        return {"total": len(keys), "counts": counts, "keys": listed}

    def parameters(self, pipeline: str, select: str) -> dict[str, Any]:
        """Return the parameters that the selected nodes read: values, origins, and a JSON Schema of them."""
        from plait.config import parameters_schema
        from plait.pipeline import is_parameter

        nodes = self._selected(pipeline, select).nodes
        known = self._project.parameters
        names = sorted({name for node in nodes for name in node.inputs if is_parameter(name)})
        fields = []
        for name in names:
            path = name.removeprefix("params:")
            secret = known.is_secret(path)
            origin = None if name == "parameters" else known.origin(path)
            value = "***" if secret else dict(known) if name == "parameters" else known.get_path(path)
            where = None if origin is None else str(origin)
            fields.append({"name": name, "value": value, "secret": secret, "where": where})
        return {"fields": fields, "schema": parameters_schema(nodes)}

    def command(self, pipeline: str, select: str, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the command that runs a selection, and what it would refuse of the parameters in it."""
        from plait.config import bind_parameters, parse_overrides
        from plait.errors import ParameterError, Problems
        from plait.project.graph import problem_document
        from plait.project.graph.command import override_words, run_command

        problems: list[PlaitError] = []
        try:
            chosen = self._selected(pipeline, select)
            parts = self._project.parts().overridden(parse_overrides(override_words(options.get("params"))))
            parts.check_overrides(chosen)
            bind_parameters(chosen.nodes, parts.parameters)
        except Problems as error:
            problems += error.problems
        except PlaitError as error:
            problems.append(error)
        return {
            "command": run_command(pipeline, select, self._project.env, **options),
            "problems": [
                {
                    **problem_document(each),
                    "parameter": each.parameter if isinstance(each, ParameterError) else None,
                    "status": _status_of_order(each, options),
                }
                for each in problems
            ],
        }

    def catalog(self) -> list[dict[str, Any]]:
        """Return all datasets, those that no pipeline uses included, without instantiating any."""
        from plait.project.graph.dictionary import data_dictionary

        return data_dictionary(self._project)

    def _selected(self, pipeline: str, select: str) -> Pipeline:
        from plait.project.running import RunRequest, selected

        return selected(self._project.parts(), RunRequest(pipeline=pipeline, select=select or None))


def _status_of_order(error: PlaitError, options: Mapping[str, Any]) -> int:
    """Return whose fault it is: an order may bring parameters along that do not fit the project."""
    from plait.errors import ParameterError

    given = bool(options.get("params")) and isinstance(error, ParameterError)
    return ASKED if given else status_of(error)


def _at_version(name: str, dataset: Any, version: str) -> Any:
    from plait.catalog.versions import safe_version
    from plait.errors import DatasetError

    if not hasattr(dataset, "at_version"):
        raise UsageError(f"'{name}' has no versions")
    try:
        safe_version(version)
    except DatasetError as error:
        raise UsageError(error.what, why=error.why) from error
    return dataset.at_version(version)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Collect no garbage: imports make none, and looking for it is a tenth of their time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _with_last_good(taken: Any, last: Any) -> Any:
    """Keep the last picture that was whole, with the problems of today."""
    from plait.ui.snapshot import Snapshot

    graph = {**last.graph, "problems": taken.graph["problems"], "stale": True}
    return Snapshot(taken.stamp, graph, last.details)


def _preview_document(preview: Preview, sort: str | None, descending: bool) -> dict[str, Any]:
    content: Any = preview.content
    if sort is not None and sort not in (preview.columns or {}):
        raise UsageError(f"There is no column '{sort}'", hint=did_you_mean(sort, preview.columns or ()))
    if isinstance(content, bytes):
        content = f"data:{preview.media_type or 'image/png'};base64,{base64.b64encode(content).decode()}"
    elif preview.kind == "table":
        content = [list(row) for row in content]
        if sort is not None:
            column = list(preview.columns or {}).index(sort)
            content = _sorted(content, column, descending)
    document = asdict(preview)
    columns = None if preview.columns is None else dict(preview.columns)
    return {**document, "content": content, "columns": columns}


def _sorted(rows: list[list[Any]], column: int, descending: bool) -> list[list[Any]]:
    """Sort rows by a column, numbers apart from text; what is missing comes last in both directions."""
    missing = [row for row in rows if row[column] is None or row[column] != row[column]]
    there = [row for row in rows if row[column] is not None and row[column] == row[column]]
    return [*sorted(there, key=lambda row: _sortable(row[column]), reverse=descending), *missing]


def _sortable(value: Any) -> tuple[int, Any]:
    return (0, value) if isinstance(value, int | float) else (1, str(value))


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
