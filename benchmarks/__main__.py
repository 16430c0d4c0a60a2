"""``python -m benchmarks``: run every measure, print the table, and keep it in ``docs/benchmarks.md``."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import subprocess
import sys
import time

from benchmarks import publish
from benchmarks.environments import REPOSITORY
from benchmarks.table import Row, as_text

MEASURES = (
    "startup",
    "chain",
    "building",
    "catalog",
    "parquet",
    "small_project",
    "flights",
    "unchanged",
    "deciding",
    "executors",
    "partitions",
    "ledger",
    "pushdown",
    "snowflake",
    "tracking",
    "browser",
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("measures", nargs="*", metavar="MEASURE", help=f"any of {', '.join(MEASURES)}")
    parser.add_argument("--keep", action="store_true", help="write docs/benchmarks.* and the README's table")
    chosen = parser.parse_args()
    if unknown := set(chosen.measures) - set(MEASURES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    failed = [name for name in chosen.measures or MEASURES if not _measured(name, keep=chosen.keep)]
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _measured(name: str, *, keep: bool) -> bool:
    """Take one measure, print and keep its rows; one that fails leaves the others standing."""
    start = time.perf_counter()
    try:
        rows: list[Row] = importlib.import_module(f"benchmarks.{name}").measure()
    except SystemExit as failure:
        print(f"{name} failed: {failure}", file=sys.stderr)
        return False
    print(as_text(rows), end="\n\n", flush=True)
    print(f"{name}: {time.perf_counter() - start:.0f} s", file=sys.stderr)
    if keep:
        publish.keep(name, rows, conditions())
    return True


def conditions() -> str:
    """Return one line on machine, Python and commit."""
    cores = os.cpu_count()
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=REPOSITORY, capture_output=True, text=True
    ).stdout.strip()
    parts = [
        time.strftime("%Y-%m-%d"),
        f"commit {commit}" if commit else "",
        f"Python {platform.python_version()}",
        f"{platform.system()} {platform.machine()}",
        f"{cores} cores" if cores else "",
    ]
    return ", ".join(part for part in parts if part)


if __name__ == "__main__":
    raise SystemExit(main())
