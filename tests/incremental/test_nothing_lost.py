"""What Plait did not make is kept, and what a failed run had made in memory is not made again."""

from __future__ import annotations

import os
import pickle
import time
from pathlib import Path

import pytest

from plait.engine.spill import Spill, signing_key
from plait.engine.trash import Trash

WEIGHTS = "data/03_primary/weights.csv"
FAILS = 'raise ValueError("no flour")'


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def trashed(mill) -> dict[str, str]:
    folder = mill.root / ".plait/trash"
    return {
        str(file.relative_to(folder)).partition("/")[2]: file.read_text()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def test_foreign_data_is_kept_before_it_is_replaced(mill):
    mill.write({WEIGHTS: "mine\n"})
    said = mill.plait("run").out
    assert "'weights' will be replaced, but Plait did not make what lies there: kept in .plait/trash/" in said
    assert trashed(mill) == {WEIGHTS: "mine\n"}
    assert (mill.root / WEIGHTS).read_text().startswith("size,weight")
    assert "1 output that Plait did not make was replaced" in said


def test_changed_output_is_kept_even_when_the_run_is_forced(mill):
    mill.plait("run")
    mill.write({WEIGHTS: "size,weight\n1,5\n"})
    mill.plait("run", "--fresh")
    assert trashed(mill) == {WEIGHTS: "size,weight\n1,5\n"}


def test_own_outputs_need_no_trash(mill):
    mill.plait("run")
    mill.edit("src/mill/helpers.py", "> 0", "> 1")
    mill.plait("run")
    assert trashed(mill) == {}


def test_trash_is_emptied_after_seven_days(tmp_path):
    trash = Trash(tmp_path / "trash", "run")
    for name, days in (("old", 8), ("young", 6)):
        place = tmp_path / "trash" / name
        place.mkdir(parents=True)
        then = time.time() - days * 86_400
        os.utime(place, (then, then))
    trash.empty_old()
    assert [place.name for place in (tmp_path / "trash").iterdir()] == ["young"]


def failing(mill) -> None:
    mill.edit(
        "src/mill/pipelines/flour/nodes.py", '    return {"total"', f'    {FAILS}\n    return {{"total"'
    )


@pytest.mark.parametrize("executor", ["inline", "threads", "processes"])
def test_the_next_run_starts_from_what_was_in_memory(mill, executor):
    failing(mill)
    mill.plait("run", "--executor", executor, code=1)
    assert len(list((mill.root / ".plait/spill").glob("*.spill"))) == 1
    mill.edit("src/mill/pipelines/flour/nodes.py", f"    {FAILS}\n", "")
    assert mill.ran() == ["report"]
    assert list((mill.root / ".plait/spill").iterdir()) == []


def test_what_is_too_large_to_be_kept_is_said(mill):
    failing(mill)
    mill.write({"pyproject.toml": (mill.root / "pyproject.toml").read_text() + "\nspill_limit = 10\n"})
    said = mill.plait("run", code=1)
    assert "'half' is not kept for the next run" in said.out + said.err
    assert "of the 10 that spill_limit in [tool.plait] allows" in said.out + said.err


def test_what_changed_since_is_made_again(mill):
    failing(mill)
    mill.plait("run", code=1)
    mill.edit("src/mill/pipelines/flour/nodes.py", f"    {FAILS}\n", "")
    mill.edit("src/mill/pipelines/flour/nodes.py", ".sum() / 2", ".sum() / 3")
    assert sorted(mill.ran()) == ["halve", "report"]


def test_replay_opens_a_failed_node_with_its_inputs(mill):
    failing(mill)
    mill.plait("run", code=1)
    said = mill.plait("replay", "report", code=1)
    assert "ValueError: no flour" in said.out
    assert "half" in said.out
    mill.edit("src/mill/pipelines/flour/nodes.py", f"    {FAILS}\n", "")
    assert "report succeeds with the inputs it had in run" in mill.plait("replay", "report").out
    assert not (mill.root / "data/08_reporting/summary.json").exists()
    assert "had no node 'reprt'" in mill.plait("replay", "reprt", code=2).err


def test_what_somebody_else_signed_is_never_opened(tmp_path):
    class Evil:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "opened"),))

    theirs = Spill(tmp_path / "spill", b"another key" * 3)
    assert theirs.keep("run", "half", "derived:1", 1) is None
    (place,) = (tmp_path / "spill").iterdir()
    place.write_bytes(place.read_bytes()[: -len(pickle.dumps(1, protocol=5))] + pickle.dumps(Evil()))
    with pytest.raises(KeyError):
        Spill(tmp_path / "spill").get("derived:1")
    with pytest.raises(KeyError):
        theirs.get("derived:1")
    assert not (tmp_path / "opened").exists()


def test_key_is_for_the_user_alone():
    key = signing_key()
    assert len(key) == 32
    assert signing_key() == key
    (place,) = Path(os.environ["XDG_CONFIG_HOME"]).rglob("spill.key")
    assert place.stat().st_mode & 0o077 == 0


def test_the_cap_is_kept(tmp_path):
    spill = Spill(tmp_path / "spill", b"key", limit=1000)
    assert spill.keep("run", "small", "a", b"x" * 100) is None
    assert "of the 1,000 that spill_limit in [tool.plait] allows" in spill.keep(
        "run", "large", "b", b"x" * 1000
    )
    assert "cannot be pickled" in spill.keep("run", "odd", "c", lambda: None)
    assert (spill.has("a"), spill.has("b"), spill.get("a")) == (True, False, b"x" * 100)
