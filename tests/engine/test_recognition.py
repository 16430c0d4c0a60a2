"""A step that is recognised by plain values is decided as it would be by taking everything apart."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import plait
from plait.config import bind_parameters
from plait.engine.foresee import Foreseen, foresee
from plait.engine.judging import open_judge
from plait.engine.options import IdentityOptions, RunOptions
from plait.engine.plan import make_plan
from plait.engine.recognition import Recognition
from plait.ledger import Ledger

_PARAMETERS = {"step": 2, "names": ["a", "b"]}


def increase(value: int, step: int) -> int:
    return value + step


def split(value: int, names: list[str]) -> tuple[int, list[str]]:
    return value, names


def copy(value: int) -> int:
    return value


def _pipeline() -> plait.Pipeline:
    return plait.pipeline(
        [
            plait.node(increase, ["start", "params:step"], "more", name="increase"),
            plait.node(split, ["more", "params:names"], ["number", "named"], name="split"),
            plait.node(copy, "number", "passed", name="passed"),
            plait.node(copy, "passed", "copied", name="copied"),
            plait.node(copy, "start", "kept", name="kept", cache="keep"),
            plait.node(copy, "start", "versioned", name="versioned", version="1"),
        ]
    )


def _catalog(root: Path, **entries: Any) -> plait.DataCatalog:
    listed = ["start", "more", "number", "named", "copied", "kept", "versioned"]  # 'passed' stays in memory
    return plait.DataCatalog.from_mapping(
        {**{name: f"data/{name}.json" for name in listed}, **entries}, root=root
    )


def _foreseen(root: Path, catalog: plait.DataCatalog, parameters: dict[str, Any]) -> tuple[Foreseen, ...]:
    pipeline = _pipeline()
    plan = make_plan(pipeline, catalog, bind_parameters(pipeline.nodes, parameters))
    options = RunOptions(
        state=root / ".plait", identity=IdentityOptions(root, (Path(__file__).parent,)), parameters=parameters
    )
    with Ledger.open(root / ".plait") as ledger:
        return foresee(plan, open_judge(plan, catalog, options, ledger))


def _told(step: Foreseen) -> tuple[Any, ...]:
    decision, trace = step.decision, step.decision.trace
    about = None if trace is None else (trace.outputs, trace.node, trace.run_id, trace.finished)
    return decision.action, decision.reasons, decision.notes, decision.adopted, about


def _touch(root: Path) -> None:
    os.utime(root / "data" / "start.json", ns=(time.time_ns(), time.time_ns()))


_EDITS: dict[str, tuple[Callable[[Path], object], dict[str, Any], dict[str, Any]]] = {
    "nothing": (lambda root: None, {}, {}),
    "input touched": (_touch, {}, {}),
    "input changed": (lambda root: (root / "data/start.json").write_text("5"), {}, {}),
    "input gone": (lambda root: (root / "data/start.json").unlink(), {}, {}),
    "output changed": (lambda root: (root / "data/number.json").write_text("5"), {}, {}),
    "output gone": (lambda root: (root / "data/named.json").unlink(), {}, {}),
    "parameter": (lambda root: None, {}, {"step": 3}),
    "save argument": (
        lambda root: None,
        {"more": {"path": "data/more.json", "save_args": {"indent": 2}}},
        {},
    ),
    "type": (lambda root: None, {"start": {"path": "data/start.json", "type": "text"}}, {}),
    "moved": (lambda root: None, {"copied": "data/elsewhere.json"}, {}),
}


@pytest.mark.parametrize("edit", _EDITS)
def test_what_is_recognised_is_decided_as_if_it_were_not(
    edit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "start.json").write_text("1")
    plait.run(_pipeline(), _catalog(tmp_path), parameters=_PARAMETERS, state=tmp_path / ".plait")
    change, entries, parameters = _EDITS[edit]
    change(tmp_path)
    parameters = {**_PARAMETERS, **parameters}

    asked: list[bool] = []
    recognise = Recognition.decide

    def counted(*given: Any) -> Any:
        found = recognise(*given)
        asked.append(found is not None)
        return found

    monkeypatch.setattr(Recognition, "decide", counted)
    fast = _foreseen(tmp_path, _catalog(tmp_path, **entries), parameters)
    monkeypatch.setattr(Recognition, "decide", lambda *given: None)
    slow = _foreseen(tmp_path, _catalog(tmp_path, **entries), parameters)

    assert [_told(step) for step in fast] == [_told(step) for step in slow]
    if edit in ("nothing", "input touched"):
        assert asked == [True] * 4  # all but the one in memory and the one that is kept
        assert {step.action for step in fast} == {"skip"}
    else:
        assert {step.action for step in fast} != {"skip"}
