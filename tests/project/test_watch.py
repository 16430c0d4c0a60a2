"""What the project's own code reads while it is opened, and what listening to it leaves behind."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FunctionType

import pytest

from plait.project import watch
from plait.project.watch import Watch
from plait.testing import datasets


def test_watching_again_and_again_leaves_one_hook_in_the_process(monkeypatch, tmp_path: Path) -> None:
    added = []
    add = sys.addaudithook
    monkeypatch.setattr(sys, "addaudithook", lambda hook: (added.append(hook), add(hook)))
    for _ in range(20):
        with Watch([tmp_path], []).watching():
            pass
    assert len(added) <= 1, "audit hooks cannot be taken away, and each makes every later access slower"


def test_what_the_own_code_reads_is_noted_only_while_watching(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "settings.txt").write_text("x")
    source = tmp_path / "own" / "reads.py"
    source.parent.mkdir()
    code = compile("open(path).close()", str(source), "exec")
    found = Watch([source.parent], [])
    with found.watching():
        exec(code, {"path": str(other / "settings.txt")})
    assert any("settings.txt" in noted for noted in found.touched), found.touched
    noted = list(found.touched)
    exec(code, {"path": str(other / "settings.txt")})
    assert found.touched == noted


@pytest.mark.parametrize("hook", [watch._tell_watching, datasets._tell_faults])
def test_a_hook_is_silent_while_the_interpreter_ends(hook: FunctionType) -> None:
    """Audit hooks are called until the very end, when modules hold nothing any more."""
    at_the_end = FunctionType(hook.__code__, {}, argdefs=hook.__defaults__)
    at_the_end("open", ("late.txt", "w", 0))
