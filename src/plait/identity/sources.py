"""Source files and what they define, remembered: the steady state is a lookup.

A table is remembered with the size, time of change and inode of its file. A file that was written within
two seconds of being read may change again without its time of change telling, so it is read once more the
next time; its table is made again only if the text differs. What is kept on disk is JSON, one file per
source file, and anything odd about it means that it is made again.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

from plait.identity.tables import SCHEMA, Definition, ModuleTable, build_table, table_from_json, table_to_json

__all__ = ["Located", "Sources"]

_RACY = 2_000_000_000  # nanoseconds; some file systems count in steps of two seconds

_STARTED = time.time_ns()  # what was written before was imported as it is

Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Located:
    """A definition and the file it is in.

    Attributes:
        exact: False where the file was changed after it was imported: what runs is not what is written.
    """

    definition: Definition
    file: str
    table: ModuleTable
    exact: bool = True


@dataclass(slots=True)
class _Known:
    stamp: Stamp
    content: str
    table: ModuleTable | None
    settled: bool
    moment: int = 0
    codes: frozenset[CodeType] | None = None


class Sources:
    """The source files of one project and their tables.

    Args:
        root: the folder that files are called relative to.
        folder: where tables are kept between processes; None keeps them in memory only.
    """

    def __init__(self, root: Path, folder: Path | None = None) -> None:
        self.root = os.path.realpath(root)
        self._folder = folder
        self._known: dict[str, _Known] = {}
        self._moment = 1

    def look_again(self) -> None:
        """Begin a new moment: within one, every file is looked at once."""
        self._moment += 1

    def table(self, file: str) -> ModuleTable | None:
        """Return what a file, or a cell of a notebook, defines; None where there is no Python to read."""
        known = self._known.get(file)
        if known is None or known.moment != self._moment:
            known = self._known[file] = self._now(file, known)
            known.moment = self._moment
        return known.table

    def _now(self, file: str, known: _Known | None) -> _Known:
        try:
            status = os.stat(file)  # noqa: PTH116 - the name is a string
        except (OSError, ValueError):
            return _cell_table(file, known)
        stamp = (status.st_size, status.st_mtime_ns, status.st_ino)
        if known is not None and known.stamp == stamp and known.settled:
            return known
        return self._look(file, stamp, known)

    def relative(self, file: str) -> str:
        """Return what a file is called: relative to the root where below it."""
        real = os.path.realpath(file)
        if real.startswith(self.root + os.sep):
            return real[len(self.root) + 1 :].replace(os.sep, "/")
        for folder in sys.path:
            if folder and real.startswith(os.path.realpath(folder) + os.sep):
                return os.path.relpath(real, os.path.realpath(folder)).replace(os.sep, "/")
        return file

    def locate(self, code: CodeType) -> tuple[Located, ...]:
        """Return where a function came from; several for lambdas that cannot be told apart."""
        table = self.table(code.co_filename)
        if table is None:
            return ()
        name, line = code.co_qualname, code.co_firstlineno
        if code.co_name == "<lambda>":
            return tuple(Located(item, code.co_filename, table) for item in _lambdas(table, code))
        found = table.at(name, line)
        if found is not None:
            return (Located(found, code.co_filename, table, self._is_current(code)),)
        same = table.definitions.get(name, ())
        return tuple(Located(item, code.co_filename, table, exact=False) for item in same[:1])

    def _is_current(self, code: CodeType) -> bool:
        """Say whether code that was imported is what its file says now."""
        known = self._known[code.co_filename]
        if known.stamp[1] < _STARTED:
            return True
        if known.codes is None:
            known.codes = _compiled(code.co_filename)
        return not known.codes or code in known.codes

    def text(self, file: str, definition: Definition) -> str | None:
        """Return the source of a definition without comments, docstring and indentation."""
        lines = self._lines(file)
        if lines is None:
            return None
        from plait.identity.texts import plain_text

        return plain_text(lines[definition.start[0] - 1 : definition.end[0]])

    def written(self, file: str, definition: Definition) -> str | None:
        """Return the source of a definition as it was written, without the indentation all of it has."""
        lines = self._lines(file)
        if lines is None:
            return None
        from textwrap import dedent

        return dedent("\n".join(lines[definition.start[0] - 1 : definition.end[0]]))

    def _lines(self, file: str) -> list[str] | None:
        with suppress(OSError, UnicodeDecodeError, SyntaxError):
            return _decoded(Path(file).read_bytes()).splitlines()
        text = _cell(file)
        return None if text is None else text.splitlines()

    def _look(self, file: str, stamp: Stamp, before: _Known | None) -> _Known:
        if before is None:
            kept = self._recall(file)
            if kept is not None and kept.stamp == stamp and kept.settled:
                return kept
            before = kept
        try:
            data = Path(file).read_bytes()
        except OSError:
            return _Known(stamp, "", None, settled=False)
        settled = time.time_ns() - stamp[1] > _RACY
        content = hashlib.sha256(data).hexdigest()
        same = before if before is not None and before.content == content else None
        table = _built_from(data) if same is None else same.table
        known = _Known(stamp, content, table, settled, codes=None if same is None else same.codes)
        if same is None or (same.stamp, same.settled) != (stamp, settled):
            self._remember(file, known)
        return known

    def _place(self, file: str) -> Path | None:
        if self._folder is None:
            return None
        name = hashlib.sha256(self.relative(file).encode("utf-8", "surrogateescape")).hexdigest()[:24]
        return self._folder / f"{name}.json"

    def _recall(self, file: str) -> _Known | None:
        place = self._place(file)
        if place is None:
            return None
        try:
            document = json.loads(place.read_bytes())
            if document["schema"] != SCHEMA or document["file"] != self.relative(file):
                return None
            table = None if document["table"] is None else table_from_json(document["table"])
            return _Known(tuple(document["stamp"]), document["content"], table, document["settled"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def _remember(self, file: str, known: _Known) -> None:
        place = self._place(file)
        if place is None:
            return
        document = {
            "schema": SCHEMA,
            "file": self.relative(file),
            "stamp": known.stamp,
            "content": known.content,
            "settled": known.settled,
            "table": None if known.table is None else table_to_json(known.table),
        }
        with suppress(OSError):  # a cache that cannot be written is none
            place.parent.mkdir(parents=True, exist_ok=True)
            fresh = place.with_name(f"{place.name}.{secrets.token_hex(4)}")
            fresh.write_text(json.dumps(document, separators=(",", ":")), encoding="utf-8")
            fresh.replace(place)


def _compiled(file: str) -> frozenset[CodeType]:
    """Return every code object that a file makes now; none where it is no file."""
    try:
        waiting = [compile(Path(file).read_bytes(), file, "exec", dont_inherit=True)]
    except (OSError, SyntaxError, ValueError):
        return frozenset()
    found = set()
    while waiting:
        code = waiting.pop()
        found.add(code)
        waiting += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return frozenset(found)


def _decoded(data: bytes) -> str:
    import io
    import tokenize

    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    return data.decode(encoding)


def _built_from(data: bytes) -> ModuleTable | None:
    try:
        return _built(data.decode() if data.isascii() else _decoded(data))
    except (UnicodeDecodeError, SyntaxError):
        return None


def _built(text: str) -> ModuleTable | None:
    try:
        return build_table(text)
    except (SyntaxError, ValueError, RecursionError):
        return None


def _cell_table(file: str, before: _Known | None) -> _Known:
    text = _cell(file)
    if text is None:
        return _Known((0, 0, 0), "", None, settled=False)
    content = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    if before is not None and before.content == content:
        return before
    return _Known((0, 0, 0), content, _built(text), settled=False)


def _cell(file: str) -> str | None:
    """Return the text of what never was a file, such as the cell of a notebook."""
    linecache = sys.modules.get("linecache")
    if linecache is None:
        return None
    entry = linecache.cache.get(file)
    return "".join(entry[2]) if entry is not None and len(entry) == 4 else None


def _lambdas(table: ModuleTable, code: CodeType) -> Iterator[Definition]:
    """Find lambdas by the place of their first instruction: many share a line, and a name says little.

    (What a lambda in a comprehension is called depends on the version of Python.)
    """
    every = [item for items in table.definitions.values() for item in items if item.kind == "lambda"]
    same = sorted([item for item in every if item.first == code.co_firstlineno], key=lambda item: item.start)
    place = next(
        ((row, column) for row, _, column, _ in code.co_positions() if row is not None and column),
        None,
    )
    around = [item for item in same if place is not None and item.start <= place < item.end]
    # Of nested lambdas the innermost around the place is meant.
    yield from around[-1:] if around else same
