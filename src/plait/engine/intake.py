"""What a node takes of the inputs it names by ``new``: what it has not consumed yet.

How far it has come lies with its output. It is a JSON mapping ``{"schema", "made_with", "inputs"}``: what
identifies the code, parameters and other inputs; the consumed keys and their fingerprints for partitions, and
the greatest value so far for rows.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from plait.catalog import DataCatalog
from plait.catalog.protocols import Exists
from plait.engine.keys import is_partitioned
from plait.engine.marks import extent_of, greater, lowered, shown, with_values
from plait.engine.plan import Commit, Load, Step, Taken
from plait.errors import DatasetError, PlaitError
from plait.events import Reason
from plait.pipeline import New
from plait.values import Fingerprint

__all__ = ["Intake", "Intakes", "with_marks"]

_SCHEMA = 1

_log = logging.getLogger("plait.engine")

Parts = Callable[[str], Mapping[str, Fingerprint]]
Whole = Callable[[str], Fingerprint | None]


@dataclass(frozen=True, slots=True)
class Intake:
    """What of its inputs a step is to take now.

    Attributes:
        step: the step, its loads and saves narrowed to what is new.
        is_new: whether there is anything to take, as far as can be told before loading.
        reasons: what is new, or that nothing is; and what is worth knowing beside.
        problem: why the step cannot run.
    """

    step: Step
    is_new: bool
    reasons: tuple[Reason, ...] = ()
    problem: PlaitError | None = None


@dataclass(slots=True)
class _Found:
    reasons: list[Reason] = field(default_factory=list)
    notes: list[Reason] = field(default_factory=list)
    taken: dict[str, Taken] = field(default_factory=dict)
    inputs: dict[str, Any] = field(default_factory=dict)


class Intakes:
    """Works out what is new for a step.

    Args:
        parts: gives key → fingerprint of a partitioned dataset.
        whole: gives what identifies a dataset.
    """

    def __init__(self, catalog: DataCatalog, parts: Parts, whole: Whole) -> None:
        self._catalog = catalog
        self._parts = parts
        self._whole = whole

    def of(
        self, step: Step, *, forced: bool = False, made_with: Mapping[str, str] = MappingProxyType({})
    ) -> Intake:
        """Return what a step is to take.

        Args:
            forced: whether to take everything, in the place of what was made before.
            made_with: what identifies whatever else its outputs hang on, by ``code``, ``params:…`` or the
                name of a dataset, to say so when that changed in between.
        """
        known = None if forced else self._progress(step)
        if known is None and not forced:
            problem = self._without_progress(step)
            if problem is not None:
                return Intake(step, True, (), problem)
        before = known or {}
        found = _Found()
        for load in step.loads:
            if isinstance(load.mode, New):
                self._look(step, load, before.get("inputs", {}).get(load.name), found)
        old = before.get("made_with", {})
        changed = [name for name, token in made_with.items() if old.get(name, token) != token]
        if changed:
            found.notes.append(_applies_to_new(step, changed))
        if forced:
            found.reasons.insert(0, Reason("forced", "it was asked for, from the beginning"))
        progress = {"schema": _SCHEMA, "made_with": dict(made_with), "inputs": found.inputs}
        narrowed = _narrowed(step, found.taken, Commit(progress, forced))
        reasons = found.reasons or [Reason("unchanged", _nothing_new(step))]
        return Intake(narrowed, bool(found.reasons), (*reasons, *found.notes))

    def accept(self, step: Step, made_with: Mapping[str, str]) -> None:
        """Store with the outputs that all there is of the inputs is in them; rows are loaded for it."""
        inputs = {load.name: self._all_of(load) for load in step.loads if isinstance(load.mode, New)}
        progress = {"schema": _SCHEMA, "made_with": dict(made_with), "inputs": inputs}
        for save in step.saves:
            dataset: Any = self._catalog.dataset(save.name)
            with self._catalog.errors_named(save.name, "store the progress of"):
                dataset.append_with_progress([], progress)

    def _all_of(self, load: Load) -> dict[str, Any]:
        assert isinstance(load.mode, New)
        if load.mode.by is None:
            return {"keys": {key: item.token for key, item in self._parts(load.name).items()}}
        now = self._whole(load.name)
        extent = extent_of(self._catalog.load(load.name), load.mode.by)
        return {"by": load.mode.by, "mark": extent.mark, "token": None if now is None else now.token}

    def _look(self, step: Step, load: Load, before: Any, found: _Found) -> None:
        assert isinstance(load.mode, New)
        if load.mode.by is not None:
            self._look_at_rows(load, load.mode, before or {}, found)
        else:
            self._look_at_parts(step, load, (before or {}).get("keys", {}), found)

    def _look_at_parts(self, step: Step, load: Load, consumed: Mapping[str, str], found: _Found) -> None:
        there = {key: item.token for key, item in self._parts(load.name).items()}
        fresh = [key for key in sorted(there) if key not in consumed]
        changed = [key for key in sorted(there) if key in consumed and consumed[key] != there[key]]
        if changed and self._replaces(step):
            fresh = sorted([*fresh, *changed])
        elif changed:
            found.notes.append(_of_changed(step, load.name, changed))
            there |= {key: consumed[key] for key in changed}
        found.taken[load.name] = Taken(tuple(fresh))
        # What vanished stays consumed: should it come back, it is not taken twice.
        found.inputs[load.name] = {"keys": {**consumed, **there}}
        if fresh:
            text = f"{len(fresh):,} new partition{'' if len(fresh) == 1 else 's'} of '{load.name}'"
            found.reasons.append(Reason("new", text, {"dataset": load.name, "keys": len(fresh)}))

    def _look_at_rows(self, load: Load, mode: New, before: Mapping[str, Any], found: _Found) -> None:
        now = self._whole(load.name)
        token = None if now is None else now.token
        mark = before.get("mark")
        found.taken[load.name] = Taken(None, mode.by, lowered(mark, mode.lookback))
        found.inputs[load.name] = {"by": mode.by, "mark": mark, "token": token}
        if token is None or token != before.get("token"):
            text = f"'{load.name}' changed since its rows were taken up to {shown(mark)} in '{mode.by}'"
            text = f"all rows of '{load.name}' are new" if mark is None else text
            found.reasons.append(Reason("new", text, {"dataset": load.name, "mark": mark}))

    def _progress(self, step: Step) -> Mapping[str, Any] | None:
        """Return what all outputs have consumed, or None where one of them knows nothing."""
        found = [self._read(save.name) for save in step.saves]
        first = found[0]
        if first is None or any(item is None for item in found):
            return None
        rest = [item for item in found[1:] if item is not None]
        return first if not rest else {**first, "inputs": _common(first, rest)}

    def _read(self, name: str) -> Mapping[str, Any] | None:
        dataset: Any = self._catalog.dataset(name)
        with self._catalog.errors_named(name, "read the progress of"):
            found: Mapping[str, Any] | None = dataset.read_progress()
        return found if found is None or found.get("schema") == _SCHEMA else None

    def _without_progress(self, step: Step) -> PlaitError | None:
        for save in step.saves:
            dataset = self._catalog.dataset(save.name)
            if isinstance(dataset, Exists) and dataset.exists() and self._read(save.name) is None:
                return DatasetError(
                    f"'{save.name}' holds data, but nothing says what of its inputs is in it",
                    where=f"node '{step.node.name}'",
                    why="It was made or changed by something else, and adding to it might count things twice",
                    hint=f"plait run {step.node.name} --fresh makes it anew from all there is; "
                    f"if all there is is in it already, plait state accept {step.node.name}",
                )
        return None

    def _replaces(self, step: Step) -> bool:
        """Whether what is made again takes the place of what was made before."""
        return all(is_partitioned(self._catalog.dataset(save.name)) for save in step.saves)


def with_marks(step: Step, values: list[Any]) -> Step | None:
    """Return the step with the marks of the rows it has loaded, or None where there are none at all.

    Args:
        values: what was loaded. Of a table that was taken before, rows without a value are taken out of it:
            an engine for which NaN is beyond every mark would give them in every run.
    """
    rows: dict[str, Any] = {}
    has_parts = False
    for place, load in enumerate(step.loads):
        if load.taken is not None and load.taken.column is not None:
            values[place], rows[load.name] = _marked(load.name, load.taken, values[place])
        elif load.taken is not None:
            has_parts = has_parts or bool(load.taken.keys)
    if not has_parts and all(mark is None for mark in rows.values()):
        return None
    if not rows:
        return step
    saves = tuple([save._replace(commit=_advanced(save.commit, rows)) for save in step.saves])
    return step._replace(saves=saves)


def _marked(name: str, taken: Taken, table: Any) -> tuple[Any, Any]:
    """Return the rows to take of a table, and their mark."""
    assert taken.column is not None
    extent = extent_of(table, taken.column)
    if extent.without:
        then = (
            "such rows are not taken when they arrive later" if taken.mark is None else "these are not taken"
        )
        _log.warning(
            "rows of '%s' without a value in '%s', NULL or NaN: %d; %s",
            name,
            taken.column,
            extent.without,
            then,
        )
    if extent.without and taken.mark is not None:
        table = with_values(table, taken.column)
    return table, extent.mark


def _advanced(commit: Commit | None, rows: Mapping[str, Any]) -> Commit | None:
    if commit is None:
        return None
    inputs = dict(commit.progress["inputs"])
    for name, mark in rows.items():
        before = inputs[name]["mark"]
        inputs[name] = {**inputs[name], "mark": greater(before, mark)}
    return commit._replace(progress={**commit.progress, "inputs": inputs})


def _narrowed(step: Step, taken: Mapping[str, Taken], commit: Commit) -> Step:
    loads = tuple(
        [load._replace(taken=taken[load.name]) if isinstance(load.mode, New) else load for load in step.loads]
    )
    return step._replace(loads=loads, saves=tuple([save._replace(commit=commit) for save in step.saves]))


def _common(first: Mapping[str, Any], rest: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what of the inputs all outputs have consumed: a run may have ended between two commits."""
    found = {}
    for name, item in first["inputs"].items():
        others = [other["inputs"].get(name) for other in rest]
        if "keys" in item:
            keys = {
                key: token
                for key, token in item["keys"].items()
                if all(other is not None and other["keys"].get(key) == token for other in others)
            }
            found[name] = {"keys": keys}
        elif all(other == item for other in others):
            found[name] = item
    return found


def _nothing_new(step: Step) -> str:
    names = ", ".join(f"'{load.name}'" for load in step.loads if isinstance(load.mode, New))
    return f"nothing is new in {names}"


def _applies_to_new(step: Step, changed: Sequence[str]) -> Reason:
    names = ["the code" if name == "code" else f"'{name}'" for name in changed]
    command = f"plait run {step.node.name} --fresh"
    text = f"{', '.join(names)} changed since; that applies to new data only, until {command}"
    return Reason("applies_to_new", text, {"node": step.node.name, "changed": list(changed)})


def _of_changed(step: Step, name: str, keys: Sequence[str]) -> Reason:
    text = (
        f"{len(keys):,} partition{'' if len(keys) == 1 else 's'} of '{name}' changed after being consumed, "
        f"which counts from plait run {step.node.name} --fresh on"
    )
    return Reason("consumed_changed", text, {"dataset": name, "keys": len(keys)})
