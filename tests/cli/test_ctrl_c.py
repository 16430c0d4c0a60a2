"""Ctrl-C in a terminal, which the whole group of processes hears: once, and twice."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

NODES = """
    import os, pathlib, time

    def double(numbers):
        pathlib.Path("started").write_text(str(os.getpid()))
        for _ in range(3000):
            if pathlib.Path("go").exists():
                break
            time.sleep(0.02)
        return numbers

    def total(doubled, factor):
        return 1
"""
KEYED_NODES = """
    import pathlib, time
    from plait import PartitionKey

    def double(numbers, key: PartitionKey):
        with pathlib.Path("calls").open("a") as calls:
            calls.write(f"{key}\\n")
        if key == "k1":
            pathlib.Path("started").touch()
        time.sleep(0.1)  # what takes less than 20 ms may be recorded together with the next key
        for _ in range(3000):
            if key == "k0" or pathlib.Path("go").exists():
                break
            time.sleep(0.02)
        return numbers
"""
KEYED_PIPELINE = """
    from plait import each, node, pipeline
    from shop.pipelines.sums.nodes import double

    def create_pipeline():
        return pipeline([node(double, each("numbers"), each("doubled"))])
"""
ONCE = "Stopping when running nodes are done. Ctrl-C again stops now."

pytestmark = pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs groups of processes")
executors = pytest.mark.parametrize("executor", ["inline", "threads", "processes"])


class Terminal:
    """A run whose group of processes is interrupted as a terminal does it."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self.process = process
        self._folder = folder
        self._said = ""

    def wait_for(self, file: str) -> None:
        deadline = time.monotonic() + 60
        while not (self._folder / file).exists():
            assert self.process.poll() is None, self.ended()
            assert time.monotonic() < deadline, f"{file} never appeared"
            time.sleep(0.01)

    def wait_for_record(self, key: str) -> None:
        """Wait until a key is done and recorded: from then on it must not be done again."""
        deadline = time.monotonic() + 60
        with closing(sqlite3.connect(f"file:{self._folder}/.plait/ledger.db?mode=ro", uri=True)) as ledger:
            while not ledger.execute("SELECT 1 FROM traces WHERE part = ?", [key]).fetchall():
                assert self.process.poll() is None, self.ended()
                assert time.monotonic() < deadline, f"{key} was never recorded"
                time.sleep(0.01)

    def press_ctrl_c(self) -> None:
        os.killpg(self.process.pid, signal.SIGINT)

    def read_until(self, text: str) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._said += line
            if text in line:
                return
        raise AssertionError(f"{text!r} was never said, but:\n{self._said}")

    def ended(self) -> tuple[int, str, str]:
        """Return exit code, output and errors."""
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, self._said + out, err


@contextmanager
def running(folder: Path, *words: str) -> Iterator[Terminal]:
    process = subprocess.Popen(
        [sys.executable, "-m", "plait", "run", *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield Terminal(process, folder)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def group_is_gone(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


def left_in_shared_memory(pid: int) -> list[str]:
    folder = Path("/dev/shm")
    return [path.name for path in folder.glob(f"plait-*-{pid}-*")] if folder.is_dir() else []


@executors
def test_once_lets_the_running_node_finish(shop, write, executor):
    write({"src/shop/pipelines/sums/nodes.py": NODES})
    with running(shop, "--executor", executor) as terminal:
        terminal.wait_for("started")
        terminal.press_ctrl_c()
        terminal.read_until(ONCE)
        (shop / "go").touch()
        code, out, err = terminal.ended()
    assert code == 130, err
    assert "✓ double" in out
    assert "1 not run, 1 done" in out
    assert left_in_shared_memory(terminal.process.pid) == []


@executors
def test_twice_stops_now_and_leaves_nothing_behind(shop, write, plait, executor):
    write({"src/shop/pipelines/sums/nodes.py": NODES})
    with running(shop, "--executor", executor) as terminal:
        terminal.wait_for("started")
        terminal.press_ctrl_c()
        terminal.read_until(ONCE)
        terminal.press_ctrl_c()
        if executor == "threads":
            (shop / "go").touch()  # a thread cannot be broken off from outside
        code, out, err = terminal.ended()
        assert code == 130
        assert err.strip() == "Interrupted."
        assert "✓ double" not in out
        deadline = time.monotonic() + 30
        while not group_is_gone(terminal.process.pid):
            assert time.monotonic() < deadline, "workers outlive their run"
            time.sleep(0.02)
    assert left_in_shared_memory(terminal.process.pid) == []
    (shop / "go").touch()
    assert "2 done" in plait("run", "--executor", executor).out


@executors
@pytest.mark.parametrize("times", [1, 2])
def test_keys_that_are_done_are_not_done_again(shop, write, plait, executor, times):
    write(
        {
            "conf/base/catalog.yml": "numbers: data/numbers/*.txt\ndoubled: data/doubled/*.txt\n",
            "src/shop/pipelines/sums/nodes.py": KEYED_NODES,
            "src/shop/pipelines/sums/pipeline.py": KEYED_PIPELINE,
            **{f"data/numbers/k{number}.txt": "1" for number in range(4)},
        }
    )
    with running(shop, "--executor", executor) as terminal:
        terminal.wait_for("started")
        terminal.wait_for_record("k0")
        terminal.press_ctrl_c()
        terminal.read_until(ONCE)
        if times == 2:
            terminal.press_ctrl_c()
        if times == 1 or executor == "threads":
            (shop / "go").touch()
        code, _, err = terminal.ended()
    assert code == 130, err
    first = (shop / "calls").read_text().split()
    (shop / "calls").unlink()
    saved = {path.stem for path in (shop / "data/doubled").glob("*.txt")}
    (shop / "go").touch()
    plait("run", "--executor", executor)
    second = (shop / "calls").read_text().split() if (shop / "calls").exists() else []
    assert "k0" in saved
    assert "k0" not in second
    assert sorted({*first, *second}) == [f"k{number}" for number in range(4)]
    if times == 1:
        assert not saved.intersection(second), "what was finished was done again"
        assert saved == set(first)
