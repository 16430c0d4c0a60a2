"""An unchanged project is recognised without importing it, and anything that changed is not missed."""

from __future__ import annotations

import json
import os
import shutil
import time

import pytest

UP_TO_DATE = "everything is up to date"


@pytest.fixture
def done(mill):
    """A project that has run, whose files are older than what a file system may mix up."""
    mill.plait("run")
    return mill


def fast(mill, *words) -> bool:
    return UP_TO_DATE in mill.plait("run", *words).out


def test_an_executor_that_is_none_is_refused_although_nothing_changed(done):
    assert "There is no executor 'dask'" in done.plait("run", "--executor", "dask", code=2).err


def test_second_run_imports_nothing_and_records_nothing(done):
    said = done.alone("run", options=("-X", "importtime"))
    assert said.out == "✓ everything is up to date: 4 nodes, nothing changed since they last ran\n"
    assert "pandas" not in said.err
    assert "mill" not in said.err
    assert "plait.engine" not in said.err
    assert len(done.plait("runs", "list", "--json").json()["runs"]) == 1


def test_as_json(done):
    event = json.loads(done.plait("run", "--json").out)
    assert (event["event"], event["nodes"], event["schema"]) == ("up_to_date", 4, 1)


EDITS = {
    "own source": lambda mill: mill.edit("src/mill/helpers.py", "> 0", "> 1"),
    "comment in a source": lambda mill: mill.edit("src/mill/helpers.py", "def", "# why\ndef"),
    "new source": lambda mill: mill.write({"src/mill/pipelines/more/__init__.py": ""}),
    "removed source": lambda mill: (mill.root / "src/mill/helpers.py").unlink(),
    "catalog": lambda mill: mill.edit("conf/base/catalog.yml", "weights.csv", "weights2.csv"),
    "parameter": lambda mill: mill.edit("conf/base/parameters.yml", "10", "11"),
    "new configuration": lambda mill: mill.write({"conf/local/parameters.yml": "factor: 12\n"}),
    "settings": lambda mill: mill.edit("pyproject.toml", '"mill"\n', '"mill"\nseed = 3\n'),
    "new settings.py": lambda mill: mill.write({"src/mill/settings.py": "SEED = 1\n"}),
    "input": lambda mill: mill.write({"data/01_raw/grain.csv": "size\n1\n2\n4\n"}),
    "input gone": lambda mill: (mill.root / "data/01_raw/grain.csv").unlink(),
    "output": lambda mill: mill.write({"data/03_primary/weights.csv": "size,weight\n"}),
    "output gone": lambda mill: (mill.root / "data/08_reporting/summary.json").unlink(),
    "ledger gone": lambda mill: (mill.root / ".plait/ledger.db").unlink(),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_every_change_is_noticed(done, edit):
    assert fast(done)
    edit(done)
    assert UP_TO_DATE not in done.plait("run", code=None).out


def test_same_size_and_time_is_noticed_while_it_is_fresh(done):
    file = done.root / "data/01_raw/grain.csv"
    status = file.stat()
    file.write_text("size\n1\n2\n9\n")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    if time.time_ns() - status.st_mtime_ns < 60_000_000_000:
        assert not fast(done)


def test_touched_files_are_no_change(done):
    for name in ("data/01_raw/grain.csv", "src/mill/helpers.py", "data/08_reporting/summary.json"):
        os.utime(done.root / name)
    assert fast(done)


def test_moved_and_copied_projects_stay_up_to_date(done):
    copy = done.root.parent / "copy"
    shutil.copytree(done.root, copy)
    done.root = copy
    assert fast(done)


def test_other_questions_are_other_questions(done):
    assert not fast(done, "--params", "factor=11")
    assert not fast(done)  # what lies there is of the other parameters now
    assert fast(done)
    assert not fast(done, "--fresh")
    assert not fast(done, "report")
    assert fast(done, "report")


def test_environment_variables_of_configuration_count(mill):
    mill.edit("conf/base/parameters.yml", "unused: 1\n", "unused: ${oc.env:FACTOR}\n")
    mill.setenv("FACTOR", "3")
    mill.plait("run")
    assert fast(mill)
    mill.setenv("FACTOR", "4")
    assert not fast(mill)


NOT_FROM_OUTSIDE = {
    "a pipeline made from files": (
        "def create_pipeline():",
        "def create_pipeline():\n    open('names.txt').read()",
    ),
    "a pipeline made from a listing": (
        "def create_pipeline():",
        "def create_pipeline():\n    import os; os.listdir('data')",
    ),
    "a node that always runs": ('outputs="summary"', 'outputs="summary", cache="off"'),
}


@pytest.mark.parametrize(("old", "new"), NOT_FROM_OUTSIDE.values(), ids=NOT_FROM_OUTSIDE.keys())
def test_what_cannot_be_seen_from_outside_takes_the_long_way(mill, old, new):
    mill.write({"names.txt": "a"})
    mill.edit("src/mill/pipelines/flour/pipeline.py", old, new)
    mill.plait("run")
    assert not fast(mill)


def test_a_project_below_another_is_its_own(done):
    inner = done.root / "inner"
    shutil.copytree(done.root, inner, ignore=shutil.ignore_patterns(".plait", "data", "inner"))
    shutil.copytree(done.root / "data/01_raw", inner / "data/01_raw")
    done.root = inner
    assert not fast(done)
