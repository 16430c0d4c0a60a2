"""A run on a terminal: drawn while nodes run, and over when they are."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

NODES = """
import time
from plait import node, pipeline

def slow():
    print("said by the node")
    time.sleep(0.5)  # long enough to be drawn several times
    return 1

both = pipeline([node(slow, None, "a"), node(lambda a: a, "a", "b", name="quick")])
"""


def on_a_terminal(command: list[str], folder: Path) -> tuple[int, str]:
    reader, writer = pty.openpty()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "100"},
        stdin=writer,
        stdout=writer,
        stderr=writer,
    )
    os.close(writer)
    printed = b""
    while chunk := _read(reader):
        printed += chunk
    return process.wait(timeout=60), printed.decode()


def _read(reader: int) -> bytes:
    try:
        return os.read(reader, 65536)
    except OSError:  # Linux says so when the other end is closed
        return b""


def test_what_is_drawn_is_not_taken_for_what_a_node_says(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(NODES)
    plait = str(Path(sys.executable).parent / "plait")
    code, printed = on_a_terminal([plait, "run", "slow.py"], tmp_path)
    assert code == 0, printed
    assert "2 done in" in printed
    assert "slow │" in printed
    assert "said by the node" in printed
    assert "│ ━" not in printed
