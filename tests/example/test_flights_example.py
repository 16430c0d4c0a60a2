"""``plait new --example flights``: its own tests pass, a run leaves what its README promises."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

PLAIT = str(Path(sys.executable).parent / "plait")


def started(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("example")
    started([PLAIT, "new", "--example", "flights", "--no-lock"], folder)
    return folder / "flights"


@pytest.fixture(scope="module")
def printed(made: Path) -> str:
    """What ``plait run`` prints; the project has been run once when this is used."""
    return started([PLAIT, "run"], made)


def test_the_example_is_copied_without_anybody_s_data_or_caches(made: Path) -> None:
    files = {path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file()}
    assert {"README.md", "pyproject.toml", ".gitignore", "conf/base/catalog.yml"} <= files
    assert not [name for name in files if "__pycache__" in name or name.startswith(".plait/")]
    assert all(name.endswith(".gitkeep") for name in files if name.startswith(("data/", "conf/local/")))


def test_its_own_tests_pass(made: Path) -> None:
    printed = started([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"], made)
    assert re.search(r"\d+ passed", printed)


def test_a_run_ends_with_every_output_in_its_place(made: Path, printed: str) -> None:
    assert "17 done" in printed
    names = {path.relative_to(made / "data").as_posix() for path in (made / "data").rglob("*.*")}
    assert {
        "01_raw/flights.csv",
        "01_raw/weather.parquet",
        "01_raw/airlines.xlsx",
        "02_intermediate/flights.parquet",
        "05_model_input/test.parquet",
        "07_model_output/at_departure.parquet",
        "08_reporting/results.csv",
        "08_reporting/airlines.xlsx",
        "08_reporting/hours.html",
        "08_reporting/predictions.png",
    } <= names
    assert len(list((made / "data/06_models").glob("*.joblib/*/*.joblib"))) >= 2


def test_the_readme_tells_the_results_truly(made: Path, printed: str) -> None:
    assert printed
    results = pl.read_csv(made / "data/08_reporting/results.csv")
    rows = re.findall(
        r"^\| (the day before|at departure) \|.*?\| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$",
        readme(made),
        re.MULTILINE,
    )
    assert len(rows) == len(results) == 4
    for (_, *written), row in zip(rows, results.iter_rows(named=True), strict=True):
        found = [row["mean_absolute_error"], row["root_mean_squared_error"], row["r2"]]
        assert [float(text) for text in written] == pytest.approx(found, abs=0.06)


def readme(made: Path) -> str:
    return (made / "README.md").read_text()


def test_a_second_run_gives_the_same_model(made: Path, printed: str) -> None:
    assert printed
    metrics = made / "data/08_reporting/day_before_metrics.json"
    before = json.loads(metrics.read_text())
    started([PLAIT, "run", "day_before.train_model+", "not:compare_models", "not:plot_*"], made)
    assert json.loads(metrics.read_text()) == before


def test_no_flight_that_was_cancelled_is_predicted(made: Path, printed: str) -> None:
    assert printed
    raw = pl.scan_csv(made / "data/01_raw/flights.csv").filter(pl.col("month") >= 10)
    arrived = raw.filter(pl.col("arr_delay").is_not_null()).select(pl.len()).collect().item()
    assert pl.read_parquet(made / "data/07_model_output/at_departure.parquet").height == arrived


def test_every_command_of_its_readme_works(made: Path, printed: str) -> None:
    assert printed
    blocks = re.findall(r"^```bash\n(.*?)^```$", readme(made), re.MULTILINE | re.DOTALL)
    commands = [line.partition("  #")[0].strip() for block in blocks for line in block.splitlines()]
    assert len(commands) >= 6
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for command in commands:
        if command not in ("plait run", "pytest"):
            done = subprocess.run(
                command,
                shell=True,
                cwd=made,
                env={**os.environ, "PATH": path},
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
