"""A run that takes what is new and is killed, wherever it was, takes nothing twice and loses nothing."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy")


@pytest.mark.parametrize("kind", ["file", "parts", "table"])
def test_what_is_new_is_taken_once_wherever_the_run_is_killed(tmp_path, kind):
    program = Path(__file__).with_name("killed_commits.py")
    told = subprocess.run(
        [sys.executable, program, tmp_path, kind], check=True, capture_output=True, text=True
    )
    found = json.loads(told.stdout)
    assert found["wrong"] == []
    assert (len(found["before"]), len(found["after"])) == (2, 3)
    assert found["kills"] >= 4
