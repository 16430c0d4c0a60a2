"""Read a page of the docs as its reader does: commands with what they print, and files to write."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^```(?P<kind>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_CAPTION = re.compile(r"^:caption: *(?P<path>\S+)\n+", re.MULTILINE)


@dataclass(frozen=True)
class Command:
    """A line after ``$``, and the lines below it that it must print; ``…`` stands for anything."""

    text: str
    prints: tuple[str, ...]


@dataclass(frozen=True)
class File:
    """A block with a caption that is a path: the whole file."""

    path: str
    text: str


def steps(page: str) -> Iterator[Command | File]:
    """Yield what a reader is asked to do, in order."""
    for block in _BLOCK.finditer(page):
        caption = _CAPTION.match(block["body"])
        if caption:
            yield File(caption["path"], block["body"][caption.end() :])
        elif block["kind"] == "console":
            yield from _commands(block["body"])


def _commands(body: str) -> Iterator[Command]:
    for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command, _, printed = part.partition("\n")
        yield Command(command, tuple(line.strip() for line in printed.splitlines() if line.strip()))


class Reader:
    """Does what a page asks for, in an empty folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def follow(self, step: Command | File) -> None:
        if isinstance(step, File):
            path = self.folder / step.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(step.text)
        elif step.text.startswith("cd "):
            self.folder = self.folder / shlex.split(step.text)[1]
        else:
            self._run(step)

    def _run(self, command: Command) -> None:
        done = subprocess.run(
            ["bash", "-c", command.text],
            cwd=self.folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        fails = command.text.endswith("# Error")
        assert fails == bool(done.returncode), f"$ {command.text}\n{done.stdout}"
        missing = first_missing(command.prints, done.stdout)
        assert missing is None, f"$ {command.text}\ndoes not print: {missing}\nbut:\n{done.stdout}"


def first_missing(expected: tuple[str, ...], printed: str) -> str | None:
    """Return the first expected line that does not appear, in order, among the printed ones.

    A line that is only ``…`` stands for any number of lines, none included.
    """
    lines = iter([_squeezed(line) for line in printed.splitlines()])
    for wanted in (line for line in expected if line != "…"):
        pattern = re.compile(".*".join(re.escape(part.strip()) for part in _squeezed(wanted).split("…")))
        if not any(pattern.fullmatch(line) for line in lines):
            return wanted
    return None


def _squeezed(line: str) -> str:
    return re.sub(r"\s+", " ", line).strip()


def _environment() -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    plain = {"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "100"}
    return {**os.environ, **plain, "PATH": path}
