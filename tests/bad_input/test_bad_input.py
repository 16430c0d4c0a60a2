"""Broken projects, catalogs, parameters, data and commands: what their users see, to the letter.

Each case of the tables beside this file runs through the real command line and is compared with its file in
``snapshots/``. After a change of a message, renew them and read the difference as its user would::

    RENEW_SNAPSHOTS=1 pytest tests/bad_input
    git diff tests/bad_input/snapshots
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from bad_catalogs import CATALOGS
from bad_commands import COMMANDS
from bad_configuration import CONFIGURATION
from bad_data import DATA
from bad_nodes import NODES_THAT_FAIL
from bad_parameters import PARAMETERS
from bad_pipelines import PIPELINES
from bad_projects import Case, Seen, contents, make_project, transcript, words
from bad_surroundings import SURROUNDINGS

from plait.__main__ import main

SNAPSHOTS = Path(__file__).parent / "snapshots"
RENEW = bool(os.environ.get("RENEW_SNAPSHOTS"))

AREAS: dict[str, list[Case]] = {
    "catalogs": CATALOGS,
    "commands": COMMANDS,
    "configuration": CONFIGURATION,
    "data": DATA,
    "nodes": NODES_THAT_FAIL,
    "parameters": PARAMETERS,
    "pipelines": PIPELINES,
    "surroundings": SURROUNDINGS,
}
ALL = [pytest.param(area, case, id=f"{area}-{case.name}") for area, cases in AREAS.items() for case in cases]

Run = Callable[[Case, str], Seen]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run a command of a case in its project."""

    def in_process(case: Case, command: str) -> Seen:
        capfd.readouterr()
        code = main(words(command))
        captured = capfd.readouterr()
        return Seen(captured.out, captured.err, code)

    def apart(case: Case, command: str) -> Seen:
        def limited() -> None:
            if case.largest is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (case.largest, case.largest))

        line = [sys.executable, "-m", "plait", *words(command)]
        ran = subprocess.run(
            line, capture_output=True, text=True, preexec_fn=limited, timeout=60, check=False
        )
        return Seen(ran.stdout, ran.stderr, ran.returncode)

    def ready(case: Case, command: str) -> Seen:
        monkeypatch.chdir(tmp_path / case.folder)
        monkeypatch.setenv("NO_COLOR", "1")
        monkeypatch.setenv("COLUMNS", "100")
        for name, value in case.env.items():
            monkeypatch.setenv(name, value)
        for module in case.hidden:
            monkeypatch.setitem(sys.modules, module, None)
        return (apart if case.process else in_process)(case, command)

    return ready


@pytest.mark.parametrize(("area", "case"), ALL)
def test_the_user_sees(area: str, case: Case, run: Run, tmp_path: Path) -> None:
    make_project(tmp_path, case)
    for command in case.before:
        run(case, command)
    before = contents(tmp_path)

    seen = run(case, case.command)

    after = contents(tmp_path)
    made = sorted(after.keys() - before.keys())
    text = transcript(case, seen, tmp_path, made)
    _compare(SNAPSHOTS / area / f"{case.name}.txt", text)
    assert seen.code == case.code
    touched = [name for name, digest in before.items() if after.get(name) != digest]
    assert touched == list(case.changes), "files of the user were changed"
    for secret in case.secrets:
        assert secret not in text
    _no_machinery(seen)


def _compare(snapshot: Path, text: str) -> None:
    if RENEW:
        snapshot.parent.mkdir(parents=True, exist_ok=True)
        snapshot.write_text(text, encoding="utf-8")
    assert text == (snapshot.read_text(encoding="utf-8") if snapshot.is_file() else None)


def _no_machinery(seen: Seen) -> None:
    said = seen.out + seen.err
    assert "src/plait/" not in said, "a stack of Plait's own"
    assert "did not expect" not in said, "an error that Plait did not foresee"
    assert len(said) < 8_000, "more than anybody reads"
    if seen.code == 2 and seen.err:
        assert "Traceback" not in seen.err or ", line " in seen.err


def test_the_project_that_the_cases_break_is_sound(run: Run, tmp_path: Path) -> None:
    sound = Case("sound", "check")
    make_project(tmp_path, sound)
    assert run(sound, "check") == Seen("✓ nothing wrong\n", "", 0)
    assert run(sound, "run").code == 0


def test_every_case_has_a_name_and_every_snapshot_a_case() -> None:
    named = {f"{area}/{case.name}.txt" for area, cases in AREAS.items() for case in cases}
    assert len(named) == len(ALL)
    assert named == {str(path.relative_to(SNAPSHOTS)) for path in SNAPSHOTS.rglob("*.txt")}
