"""Kill a run that takes what is new at every single thing it does to its output; run by test_killed_new.py.

Prints one line of JSON: at how many places it was killed, and what was not as it must be afterwards.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy
from partition_nodes import lines_of, take_rows, upper_parts

import plait
from plait import new, node

_CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.truncate")
NODES = {
    "file": (lines_of, new("events"), "log"),
    "parts": (upper_parts, new("events"), "loud"),
    "table": (take_rows, new("orders", by="id"), "taken"),
}


class Place:
    """A folder with inputs, and a node that takes what is new of them."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.folder = folder
        self.kind = kind

    def add(self, *numbers: int) -> None:
        if self.kind == "table":
            with sqlite3.connect(self.folder / "in.db") as database:
                database.execute("create table if not exists orders (id integer, item text)")
                database.executemany("insert into orders values (?, ?)", [(n, f"i{n}") for n in numbers])
            database.close()
            return
        for number in numbers:
            (self.folder / "events").mkdir(exist_ok=True)
            (self.folder / "events" / f"k{number}.txt").write_text(str(number))

    def run(self) -> None:
        tables = {"type": "sql.TableDataset", "credentials": {"con": f"sqlite:///{self.folder}/in.db"}}
        entries = {
            "events": "events/*.txt",
            "log": "log.txt",
            "loud": "loud/*.txt",
            "orders": {**tables, "table_name": "orders"},
            "taken": {
                **tables,
                "table_name": "taken",
                "credentials": {"con": f"sqlite:///{self.folder}/out.db"},
            },
        }
        catalog = plait.DataCatalog.from_config(entries, root=self.folder)
        function, inputs, outputs = NODES[self.kind]
        plait.run(
            plait.pipeline([node(function, inputs, outputs, name="n")]), catalog, state=self.folder / ".plait"
        )

    def content(self) -> list[str]:
        if self.kind == "file":
            return (self.folder / "log.txt").read_text().splitlines()
        if self.kind == "parts":
            return sorted(f"{part.stem}={part.read_text()}" for part in (self.folder / "loud").glob("*.txt"))
        with sqlite3.connect(self.folder / "out.db") as database:
            return [str(row) for row in database.execute("select * from taken order by rowid")]


def kill_at(moment: int, outputs: Path) -> None:
    """End this process, as ``kill -9`` does, before it does its ``moment``-th thing to the outputs."""
    left = moment

    def step() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        writes = event in _CHANGES or (event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR))
        touched = str(arguments[0]) if writes else ""
        if touched.startswith(str(outputs)) and ".plait/" not in touched:
            step()

    def before_statement(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.lstrip().upper().startswith(("SELECT", "PRAGMA")):
            step()

    sys.addaudithook(audit)
    sqlalchemy.event.listen(sqlalchemy.Engine, "before_cursor_execute", before_statement)
    sqlalchemy.event.listen(sqlalchemy.Engine, "commit", lambda _: step())


def ends(call: Callable[[], None]) -> bool:
    """Call in a process of its own, and say whether that came to its end."""
    process = os.fork()
    if not process:
        code = 1
        try:
            call()
            code = 0
        finally:
            os._exit(code)
    status = os.waitpid(process, 0)[1]
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise SystemExit("a run failed")
    return os.WIFEXITED(status)


def kill_everywhere(folder: Path, kind: str) -> dict[str, Any]:
    if kind == "table":
        import pandas  # noqa: F401, ICN001 - once, for all the processes
    begun, whole = Place(folder / "begun", kind), Place(folder / "whole", kind)
    begun.folder.mkdir()
    begun.add(1, 2)
    ends(begun.run)
    before = begun.content()
    begun.add(3)
    shutil.copytree(begun.folder, whole.folder)
    ends(whole.run)
    after = whole.content()
    wrong: list[str] = []
    for moment in range(1_000):
        place = Place(folder / f"place{moment}", kind)
        shutil.copytree(begun.folder, place.folder)
        if ends(partial(run_until, place, moment)):
            break
        if place.content() not in (before, after):
            wrong.append(f"killed at {moment}: {place.content()}")
        ends(place.run)
        if place.content() != after:
            wrong.append(f"run after a kill at {moment}: {place.content()}")
        wrong += [f"left by a kill at {moment}: {left}" for left in place.folder.rglob("*.tmp")]
    return {"kills": moment, "wrong": wrong, "before": before, "after": after}


def run_until(place: Place, moment: int) -> None:
    kill_at(moment, place.folder)
    place.run()


if __name__ == "__main__":
    print(json.dumps(kill_everywhere(Path(sys.argv[1]), sys.argv[2])))
