# ruff: noqa: E501 - files of others stand here as they are, one string each
"""A small project, the ways to break it, and what its user then sees.

A case is a table row: what differs from the sound project below, a command, and an exit code. What the user
sees is normalised (:func:`tidy`) and written down as text.
"""

from __future__ import annotations

import hashlib
import re
import shlex
import sys
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Case", "Seen", "contents", "make_project", "pipeline", "tidy", "transcript", "words"]

Files = Mapping[str, "str | bytes | None"]

NODES = """
def double(numbers):
    return [2 * number for number in numbers]


def total(doubled, factor):
    return {"total": sum(doubled) * factor}
"""

PIPELINE = """
from plait import node, pipeline
from shop.pipelines.sums.nodes import double, total


def create_pipeline():
    return pipeline([
        node(double, outputs="doubled", tags="fast"),
        node(total, {"factor": "params:factor"}, outputs="report"),
    ])
"""

#: The project that every case breaks: two nodes, one input, one result of an earlier run.
SOUND: Files = {
    "pyproject.toml": '[tool.plait]\npackage = "shop"\n',
    "conf/base/catalog.yml": "numbers: data/01_raw/numbers.json\nreport: data/08_reporting/report.json\n",
    "conf/base/parameters.yml": "factor: 10\n",
    "data/01_raw/numbers.json": "[1, 2, 3]",
    "data/08_reporting/report.json": '{"total": "from an earlier run"}',
    "src/shop/__init__.py": "",
    "src/shop/pipelines/__init__.py": "",
    "src/shop/pipelines/sums/__init__.py": "",
    "src/shop/pipelines/sums/nodes.py": NODES,
    "src/shop/pipelines/sums/pipeline.py": PIPELINE,
}


@dataclass(frozen=True)
class Case:
    """One broken thing.

    Attributes:
        name: of the case and its snapshot.
        command: what the user types after ``plait``.
        files: what differs from the sound project; None takes a file away, a name that ends in ``/`` is a folder.
        code: the exit code.
        env: environment variables.
        hidden: modules that seem not to be installed.
        before: commands that run first, and succeed or not.
        changes: files that the command may rightly change.
        process: run in a process of its own, with files no larger than ``largest`` bytes.
        alone: there is no project, only ``files``.
        folder: where the user is, relative to the project.
        secrets: texts that must never be shown.
    """

    name: str
    command: str
    files: Files = field(default_factory=dict)
    code: int = 2
    env: Mapping[str, str] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    process: bool = False
    largest: int | None = None
    alone: bool = False
    folder: str = "."
    secrets: tuple[str, ...] = ()
    prepare: Callable[[Path], None] | None = None


@dataclass(frozen=True)
class Seen:
    """What a command printed, and how it ended."""

    out: str
    err: str
    code: int


def pipeline(nodes: str, functions: str = NODES, imports: str = "double, total") -> dict[str, str]:
    """Return the files of a pipeline with other nodes, and other functions for them."""
    listed = textwrap.indent(textwrap.dedent(nodes).strip(), "        ")
    return {
        "src/shop/pipelines/sums/nodes.py": functions,
        "src/shop/pipelines/sums/pipeline.py": (
            "from plait import node, pipeline\n"
            f"from shop.pipelines.sums.nodes import {imports}\n\n\n"
            f"def create_pipeline():\n    return pipeline([\n{listed}\n    ])\n"
        ),
    }


def make_project(folder: Path, case: Case) -> None:
    """Write the project of a case."""
    files = {**({} if case.alone else SOUND), **case.files}
    for name, content in files.items():
        place = folder / name
        if content is None:
            continue
        if name.endswith("/"):
            place.mkdir(parents=True, exist_ok=True)
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content if isinstance(content, bytes) else _text(content).encode())
    (folder / case.folder).mkdir(parents=True, exist_ok=True)
    if case.prepare is not None:
        case.prepare(folder)


def _text(content: str) -> str:
    return textwrap.dedent(content).lstrip("\n")


def words(command: str) -> list[str]:
    """Split a command as a shell does."""
    return shlex.split(command)


def contents(folder: Path) -> dict[str, str]:
    """Return a digest of every file that belongs to the user."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".plait" not in path.parts and "__pycache__" not in path.parts
    }


_RULES = [
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d[.:]\d\d[.:][\d.]+Z"), "RUN"),
    (re.compile(r"\b\d+(\.\d)? (ms|s)\b"), "TIME"),
    (re.compile(r"0x[0-9a-f]{6,}"), "0xADDRESS"),
    (re.compile(r"repeated \d+ more times"), "repeated N more times"),
    (re.compile(r'"(time|seconds|peak_memory)": [\d.e-]+'), r'"\1": …'),
    (re.compile(r"(.{400}).+"), r"\1…"),
    (
        re.compile(r"^[ ]*[~^]+[ ]*$\n", re.MULTILINE),
        "",
    ),  # Python's own underlining differs between its versions
    (re.compile(r"[ ]+$", re.MULTILINE), ""),
]


def tidy(text: str, folder: Path) -> str:
    """Replace what differs from run to run and from machine to machine."""
    text = (
        text.replace(str(folder), "/PROJECT")
        .replace(sys.prefix, "/PYTHON")
        .replace(sys.base_prefix, "/PYTHON")
    )
    text = re.sub(r"/PYTHON/lib/python3\.\d+/", "/PYTHON/lib/", text)
    for pattern, instead in _RULES:
        text = pattern.sub(instead, text)
    return text


def transcript(case: Case, seen: Seen, folder: Path, made: list[str]) -> str:
    """Return what the user sees, as the snapshot keeps it."""
    parts = [f"$ plait {case.command}\n", tidy(seen.out, folder)]
    if seen.err:
        parts += ["--- stderr\n", tidy(seen.err, folder)]
    parts += [f"--- exit code {seen.code}\n"]
    parts += [f"--- new: {tidy(name, folder)}\n" for name in made]
    return "".join(parts)
