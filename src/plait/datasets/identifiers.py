"""Names of tables: one rule to read them, and one to quote them for an engine.

A name is written as in SQL: ``orders``, ``sales.orders``, ``warehouse.sales."Orders 2024"``. A plain word
means what the engine makes of it (Snowflake stores it in capitals, DuckDB as it is); what stands in
double quotes, and what is no plain word, is taken letter by letter.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from plait.errors import CatalogError

__all__ = ["Engine", "Identifier", "TableName", "exactly", "parse", "quote"]

Engine = Literal["snowflake", "duckdb"]

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
_LEVELS = 3


@dataclass(frozen=True, slots=True)
class Identifier:
    """One part of a name.

    Attributes:
        text: its letters, without quotes.
        exact: whether they are meant letter by letter; a plain word follows the engine's own custom.
    """

    text: str
    exact: bool

    def stored(self, engine: Engine) -> str:
        """Return the letters under which the engine keeps it."""
        return self.text.upper() if engine == "snowflake" and not self.exact else self.text

    def __str__(self) -> str:
        return quote(self.text) if self.exact else self.text


@dataclass(frozen=True, slots=True)
class TableName:
    """The name of a table, view or procedure, with the database and schema it was given."""

    parts: tuple[Identifier, ...]

    def stored(self, engine: Engine) -> tuple[str, ...]:
        """Return the letters of each part as the engine keeps them."""
        return tuple(part.stored(engine) for part in self.parts)

    def quoted(self, engine: Engine) -> str:
        """Return the name for a statement; it means the same whatever the letters are."""
        return ".".join(map(quote, self.stored(engine)))

    def within(self, database: str | None, schema: str | None) -> TableName:
        """Return the name with what it lacks at the front filled in.

        Args:
            database: taken where the name (or ``schema``) does not say one.
            schema: taken where the name does not say one; may be ``database.schema``.

        Raises:
            CatalogError: one of them cannot be read, or there is a database and no schema.
        """
        parts = self.parts
        if len(parts) == 1 and schema:
            parts = (*parse(schema).parts, *parts)
        if len(parts) == 1 and database:
            raise CatalogError(
                f"'{self}' has a database and no schema", hint=f"add the schema: `{database}.<schema>.{self}`"
            )
        if len(parts) == 2 and database:
            parts = (*parse(database).parts, *parts)
        if len(parts) > _LEVELS:
            raise _unreadable(".".join(map(str, parts)), "with its database and schema it has too many parts")
        return TableName(parts)

    def beside(self, text: str) -> TableName:
        """Return the name of another table in the same schema, meant letter by letter."""
        return TableName((*self.parts[:-1], Identifier(text, exact=True)))

    def __str__(self) -> str:
        return ".".join(map(str, self.parts))


def parse(name: str | Sequence[str]) -> TableName:
    """Read a name: text with dots between its parts, or the parts one by one.

    Raises:
        CatalogError: a part is empty, a quote is not closed, or there are more than three parts.
    """
    texts = _split(name) if isinstance(name, str) else [part for text in name for part in _split(text)]
    if len(texts) > _LEVELS:
        raise _unreadable(name, f"it has {len(texts)} parts, and a table has at most three")
    return TableName(tuple(_identifier(text, name) for text in texts))


def exactly(*texts: str) -> TableName:
    """Return a name whose parts are meant letter by letter, as an engine's own catalogue lists them."""
    return TableName(tuple(Identifier(text, exact=True) for text in texts))


def quote(text: str) -> str:
    """Return one part in double quotes, those within doubled; Snowflake and DuckDB agree on that."""
    return '"' + text.replace('"', '""') + '"'


def _split(name: str) -> list[str]:
    """Return the parts between those dots that stand outside quotes, still quoted."""
    parts, open_ = [""], False
    for letter in name.strip():
        open_ ^= letter == '"'
        if letter == "." and not open_:
            parts.append("")
        else:
            parts[-1] += letter
    if open_:
        raise _unreadable(name, "a double quote is not closed")
    return parts


def _identifier(text: str, name: object) -> Identifier:
    exact = len(text) > 1 and text[0] == text[-1] == '"'
    inner = text[1:-1].replace('""', "") if exact else text
    if '"' in inner:
        raise _unreadable(name, f"a double quote stands within {text}")
    letters = text[1:-1].replace('""', '"') if exact else text
    if not letters.strip() or "\0" in letters:
        raise _unreadable(name, "a part of it is empty, or holds a NUL character")
    return Identifier(letters, exact or _PLAIN.fullmatch(text) is None)


def _unreadable(name: object, why: str) -> CatalogError:
    return CatalogError(
        f"the name {name!r} cannot be read",
        why=why,
        hint='write it as in SQL: `orders`, `schema.orders`, or `schema."odd name"` '
        "(in YAML within single quotes)",
    )
