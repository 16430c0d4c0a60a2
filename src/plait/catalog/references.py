"""SQL that names other datasets and values: ``FROM dataset('orders') WHERE day >= :since``.

``dataset('…')`` stands for a table of the catalog, so that whoever reads the query comes after whoever makes
the table. ``:name`` stands for a value that is bound, never written into the text. Both are looked for
outside quotes and comments only. There is no templating.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plait.catalog.sql_tables import tables_named, unsteady
from plait.values import Fingerprint

__all__ = [
    "Parameter",
    "Query",
    "Reference",
    "file_of",
    "query_fingerprint",
    "read_query",
    "text_of",
    "unknown_parameters",
]

_TOKEN = re.compile(
    r"""
    (?P<quiet>
        '(?:[^']|'')*' | "(?:[^"]|"")*" | `[^`]*`       # quoted
        | --[^\n]* | /\*.*?\*/                           # comments
        | \$(?P<tag>\w*)\$ .*? \$(?P=tag)\$              # text between dollars
    )
    | (?<![\w.$]) dataset \s* \( \s* '(?P<dataset>[^'\n]+)' \s* \)
    | (?<![\w:\\]) : (?P<parameter>[A-Za-z_]\w*)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Reference:
    """A dataset that a query names, and the line of the text where it does."""

    dataset: str
    line: int


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that a query takes."""

    name: str


@dataclass(frozen=True, slots=True)
class Query:
    """The text of a query, taken apart."""

    parts: tuple[str | Reference | Parameter, ...]

    @property
    def references(self) -> tuple[Reference, ...]:
        """The datasets it names, once for each time."""
        return tuple(part for part in self.parts if isinstance(part, Reference))

    @property
    def datasets(self) -> tuple[str, ...]:
        """The names of those datasets, each once."""
        return tuple(dict.fromkeys(part.dataset for part in self.references))

    @property
    def parameters(self) -> tuple[str, ...]:
        """What stands after a colon, each once; a value only where the entry gives one."""
        return tuple(dict.fromkeys(part.name for part in self.parts if isinstance(part, Parameter)))

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that it reads without saying which dataset they are."""
        return tables_named(part if isinstance(part, str) else None for part in self.parts)

    @property
    def unsteady(self) -> str | None:
        """A word in it that gives something else each time, such as ``now``; None where there is none."""
        return unsteady(part if isinstance(part, str) else None for part in self.parts)

    def written(
        self,
        table: Callable[[str], str],
        value: Callable[[str], str] = lambda name: f":{name}",
        plain: Callable[[str], str] = lambda text: text,
    ) -> str:
        """Return the text for a database.

        Args:
            table: gives the quoted name of a dataset's table.
            value: gives what stands for a value of a name.
            plain: gives what stands for all other text.
        """
        return "".join(self._written(table, value, plain))

    def _written(
        self, table: Callable[[str], str], value: Callable[[str], str], plain: Callable[[str], str]
    ) -> Iterator[str]:
        for part in self.parts:
            if isinstance(part, Reference):
                yield table(part.dataset)
            else:
                yield value(part.name) if isinstance(part, Parameter) else plain(part)


def read_query(text: str) -> Query:
    """Take the text of a query apart."""
    parts: list[str | Reference | Parameter] = []
    done = 0
    for found in _TOKEN.finditer(text):
        if found["quiet"] is not None:
            continue
        parts.append(text[done : found.start()])
        if found["dataset"] is not None:
            parts.append(Reference(found["dataset"], text.count("\n", 0, found.start()) + 1))
        else:
            parts.append(Parameter(found["parameter"]))
        done = found.end()
    return Query((*parts, text[done:]))


def text_of(arguments: Mapping[str, Any], root: Path | None) -> str:
    """Return the SQL of an entry: its ``sql``, or what its file holds.

    Raises:
        OSError, UnicodeDecodeError: the file cannot be read.
    """
    file = file_of(arguments, root)
    if file is None:
        return str(arguments.get("sql") or "")
    return file.read_text(arguments.get("encoding") or "utf-8")


def file_of(arguments: Mapping[str, Any], root: Path | None) -> Path | None:
    """Return the file that holds the SQL of an entry, or None where the entry itself does."""
    path = arguments.get("path", arguments.get("filepath"))
    return None if path is None else (root or Path()) / path


def query_fingerprint(
    text: str, parameters: Mapping[str, Any], tables: Mapping[str, Fingerprint | None]
) -> Fingerprint | None:
    """Return what identifies the result of a query: its text, its values, and the tables it names.

    None where one of the tables cannot be identified.
    """
    known = {name: found for name, found in tables.items() if found is not None}
    if len(known) < len(tables):
        return None
    parts = (
        text,
        sorted((name, repr(value)) for name, value in parameters.items()),
        sorted((name, found.token) for name, found in known.items()),
    )
    exact = all(found.strength == "content" for found in known.values())
    return Fingerprint(
        f"query:{hashlib.sha256(repr(parts).encode()).hexdigest()}", "content" if exact else "token"
    )


def unknown_parameters(query: Query, given: Iterable[str]) -> list[str]:
    """Return the values that are given and that the text does not take."""
    known: Collection[str] = query.parameters
    return [name for name in given if name not in known]
