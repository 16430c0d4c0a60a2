"""Draw ``docs/images`` from real runs: ``make pictures``.

A command runs on a pseudo-terminal, so that it looks as it does for a person; what is on the screen
at the end is exported as SVG.
"""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

IMAGES = Path(__file__).parent / "images"
WIDTH = 96
_TOKEN = re.compile(
    r"\x1b\[(?P<numbers>[?\d;]*)(?P<verb>[A-Za-z])|(?P<text>[^\x1b\r\n]+)|(?P<control>[\r\n])"
)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder, "flights")
        screen(["plait", "new", str(project), "--example", "flights", "--no-lock"], Path(folder))
        draw("run", "plait run", project)
        draw("results", "plait catalog preview results", project)


def draw(name: str, command: str, folder: Path) -> None:
    """Run a command and write what it leaves on the screen to ``images/<name>.svg``."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text.assemble(("$ ", "dim"), (command, "bold")))
    for line in screen(command.split(), folder):
        console.print(Text.from_ansi(line), soft_wrap=True)
    console.save_svg(str(IMAGES / f"{name}.svg"), title="", code_format=_without_network(CONSOLE_SVG_FORMAT))


def screen(command: list[str], folder: Path) -> list[str]:
    """Run a command on a pseudo-terminal and return the lines that stay on it, with their colours."""
    reader, writer = pty.openpty()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    terminal = {"TERM": "xterm-256color", "COLUMNS": str(WIDTH), "LINES": "60"}
    environment = {**os.environ, **terminal, "PATH": path}
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdin=writer, stdout=writer, stderr=writer
    )
    os.close(writer)
    printed = b"".join(iter(lambda: _read(reader), b""))
    if process.wait():
        raise SystemExit(printed.decode())
    return _last_screen(printed.decode())


def _read(reader: int) -> bytes:
    try:
        return os.read(reader, 65536)
    except OSError:  # Linux says so when the other end is closed
        return b""


def _last_screen(printed: str) -> list[str]:
    """Follow the few movements that a live view makes: up, carriage return, erase the line."""
    lines, row = [""], 0
    for token in _TOKEN.finditer(printed):
        if token["text"]:
            lines[row] += token["text"]
        elif token["control"] == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif token["verb"] == "m":
            lines[row] += token[0]
        elif token["verb"] == "A":
            row -= int(token["numbers"] or 1)
        elif token["verb"] == "K":
            lines[row] = ""
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def _without_network(template: str) -> str:
    return re.sub(r"@font-face \{\{.*?\}\}\n?", "", template, flags=re.DOTALL)


if __name__ == "__main__":
    main()
