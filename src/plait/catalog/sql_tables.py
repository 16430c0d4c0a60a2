"""Which tables a query reads by their own names, as far as its words tell.

A name too many is harmless here: the query then counts as one that nobody can identify, and runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

__all__ = ["tables_named", "unsteady"]

_WORD = re.compile(
    r"""--[^\n]* | /\*.*?\*/ | '(?:[^']|'')*' | "(?:[^"]|"")*" | `[^`]*` | [A-Za-z_][\w$]* | \S""",
    re.VERBOSE | re.DOTALL,
)
_REFERENCE = "\0"
_AFTER_TABLES = frozenset(
    ["WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "WINDOW", "QUALIFY", "UNION", "EXCEPT", "INTERSECT"]
)
_BEFORE_A_TABLE = frozenset(["LATERAL", "ONLY", "TABLE"])
# Make rows of their arguments; any other function may read a file or another table.
_OF_ARGUMENTS = frozenset(
    ["UNNEST", "GENERATE_SERIES", "RANGE", "FLATTEN", "GENERATOR", "SPLIT_TO_TABLE", "JSON_EACH", "JSON_TREE"]
)
_SUBQUERY = frozenset(["SELECT", "WITH", "VALUES"])
_BEFORE_A_LEADING_FROM = frozenset(["(", "", ";", "UNION", "ALL", "EXCEPT", "INTERSECT"])
# What gives another result at another time, although no table changed.
_UNSTEADY = re.compile(
    r"(?:GET_)?CURRENT_(?:DATE|TIME|TIMESTAMP|USER|ROLE|SCHEMA)|LOCALTIME(?:STAMP)?|SYSDATE|SYSTIMESTAMP"
)
_UNSTEADY_CALL = re.compile(
    r"(?:NOW|TODAY|RAND|RANDOM|SETSEED|GETDATE|NEXTVAL|TXID_CURRENT|TRANSACTION_TIMESTAMP|\w*UUID\w*|SEQ[1248])"
)


def tables_named(parts: Iterable[str | None]) -> tuple[str, ...]:
    """Return the tables that stand after ``FROM``, ``JOIN`` and their commas, each once.

    Args:
        parts: the text; None where it names a dataset instead.
    """
    words = [word for part in parts for word in _words(part)]
    return tuple(dict.fromkeys(_Walk(words).tables()))


def unsteady(parts: Iterable[str | None]) -> str | None:
    """Return the first word that gives something else each time, such as ``now``, or None.

    Args:
        parts: as of :func:`tables_named`.
    """
    words = [word for part in parts for word in _words(part)]
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if _UNSTEADY.fullmatch(word.upper()) or (following == "(" and _UNSTEADY_CALL.fullmatch(word.upper())):
            return word
    return None


def _words(part: str | None) -> Iterator[str]:
    if part is None:
        yield _REFERENCE
        return
    for word in _WORD.findall(part):
        if not word.startswith(("--", "/*")):
            yield word


class _Walk:
    """Goes through the words once, and knows for each level of parentheses which clause it is in"""

    def __init__(self, words: list[str]) -> None:
        self._words = words
        self._upper = [word.upper() for word in words]
        self._clauses = [""]
        self._expects = False
        self._own = {
            self._upper[i]
            for i in range(len(words) - 2)
            if self._upper[i + 1] == "AS" and self._upper[i + 2] == "("
        }

    def tables(self) -> Iterator[str]:
        for place, word in enumerate(self._upper):
            if word == "(":
                self._open(place)
            elif word == ")":
                self._expects = False
                if len(self._clauses) > 1:
                    self._clauses.pop()
            elif not self._is_keyword(place, word) and self._expects and word not in _BEFORE_A_TABLE:
                self._expects = False
                if word != _REFERENCE and word not in self._own and not self._makes_rows(place):
                    yield self._words[place]

    def _open(self, place: int) -> None:
        joined = self._expects and self._at(place + 1) not in _SUBQUERY
        self._clauses.append("FROM" if joined else "")
        self._expects = joined

    def _is_keyword(self, place: int, word: str) -> bool:
        if word == "SELECT" or word in _AFTER_TABLES:
            self._clauses[-1], self._expects = "SELECT" if word == "SELECT" else "", False
        elif word == "FROM":
            # Not that of `EXTRACT(year FROM …)` and of `IS DISTINCT FROM`.
            if self._leads(place) or (self._clauses[-1] == "SELECT" and self._at(place - 1) != "DISTINCT"):
                self._clauses[-1], self._expects = "FROM", True
        elif word == "JOIN" or (word == "," and self._clauses[-1] == "FROM"):
            self._expects = True
        else:
            return False
        return True

    def _leads(self, place: int) -> bool:
        """Say whether a query begins here: DuckDB reads ``FROM orders SELECT price`` too."""
        before = self._at(place - 1)
        return before in _BEFORE_A_LEADING_FROM or (before == ")" and self._clauses == [""])

    def _makes_rows(self, place: int) -> bool:
        return self._upper[place] in _OF_ARGUMENTS and self._at(place + 1) == "("

    def _at(self, place: int) -> str:
        return self._upper[place] if 0 <= place < len(self._upper) else ""
