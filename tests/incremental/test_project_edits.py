"""What runs after an edit of a project: never too little, never too much."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from project_edits import EDITS


@pytest.fixture
def milled(mill, request):
    edit = EDITS[request.param]
    edit.before(mill)
    mill.plait("run")
    return mill, edit


@pytest.mark.parametrize("milled", EDITS, indirect=True, ids=list(EDITS))
def test_edit(milled):
    mill, edit = milled
    edit.edit(mill)
    active = {node: told for node, told in mill.plan().items() if not told.startswith("skip")}
    assert active == dict(edit.plan)
    if edit.ran or not edit.plan:
        assert sorted(mill.ran()) == sorted(edit.ran)
        assert {told.partition(" ")[0] for told in mill.plan().values()} <= {"skip"}


@pytest.mark.skipif("PLAIT_OTHER_SEED" in os.environ, reason="runs the others")
def test_edits_under_another_hash_seed():
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", str(Path(__file__))],
        env={**os.environ, "PYTHONHASHSEED": "4711", "PLAIT_OTHER_SEED": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
