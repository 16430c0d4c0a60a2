"""What a name in a piece of code means, where it is written.

Names of modules that are imported anyway are looked up as they are now: their values count. A module that
only the body of a function imports is read, not imported, whether or not someone else has imported it:
the answer must not depend on that.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from plait.identity.encoding import digest_bytes
from plait.identity.origins import Origins
from plait.identity.scopes import Reference
from plait.identity.sources import Sources
from plait.identity.symbols import CodeProblem, Link, Symbol, external
from plait.identity.tables import Definition, ModuleTable

__all__ = ["Names", "Place"]

_OF_EVERY_MODULE = frozenset(
    {"__name__", "__file__", "__doc__", "__package__", "__spec__", "__path__", "__loader__", "__builtins__"}
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where names are written: a module, and what a function there has captured.

    Attributes:
        module: its dotted name.
        package: what relative imports start from.
        names: its globals; None where it is read but not imported.
    """

    module: str
    package: str
    file: str
    table: ModuleTable | None
    names: Mapping[str, Any] | None = None
    captured: Mapping[str, Any] = field(default_factory=dict)


class Names:
    """Resolves names to symbols.

    Args:
        of_value: makes the symbol of a value that has a name; None where the value does not tell.
    """

    def __init__(self, sources: Sources, origins: Origins) -> None:
        self._sources = sources
        self._origins = origins
        self._known: dict[tuple[object, ...], Symbol] = {}
        # The values are held as well: an id says nothing once its object is gone.
        self._values: dict[tuple[object, ...], tuple[Any, Symbol | None]] = {}
        self._reading: set[str] = set()
        self.of_value: Callable[[Any, str], Symbol | None] = lambda _value, _name: None

    def place(
        self, names: Mapping[str, Any], file: str | None, captured: Mapping[str, Any] | None = None
    ) -> Place:
        """Return the place of code that was imported, by its globals."""
        module = names.get("__name__") or "__main__"
        package = names.get("__package__")
        if package is None:
            package = module if "__path__" in names else module.rpartition(".")[0]
        where = file or names.get("__file__") or ""
        return Place(module, package, where, self._sources.table(where), names, captured or {})

    def links(self, references: Iterable[Reference], place: Place) -> Iterator[Link]:
        """Follow what a definition uses; names that mean nothing, or Python's own, are left out."""
        for reference in references:
            link = self._follow(reference, place)
            if link is not None:
                yield link

    def _follow(self, reference: Reference, place: Place) -> Link | None:
        if reference.target is not None:
            return _linked(reference.name, self._read(_absolute(reference.target, place.package)))
        first, *attributes = reference.name.split(".")
        if first in place.captured:
            return self._reach(first, attributes, place.captured[first], None)
        if place.names is None:
            return _linked(reference.name, self._read_name(first, attributes, place))
        if first in _OF_EVERY_MODULE:
            return None
        if first in place.names:
            return self._reach(first, attributes, place.names[first], place)
        if hasattr(builtins, first):
            return None
        return _linked(reference.name, self._read_name(first, attributes, place))

    # --- Names of modules that are imported

    def _reach(self, written: str, attributes: list[str], value: Any, home: Place | None) -> Link | None:
        """Walk from a value along attributes as long as it is a module, and take what is at the end."""
        name = written.rpartition(".")[2]
        while True:
            target = self._import_from_outside(name, home)
            if target is None and isinstance(value, ModuleType) and self._origins.of_module(value) != "own":
                target = value.__name__
            if target is not None:
                return self._link_outside(written, target, attributes)
            if not isinstance(value, ModuleType):
                return _linked(written, self._named(name, value, home))
            home = self.place(vars(value), None)
            if not attributes or not hasattr(value, attributes[0]):
                return _linked(written, self._module(home))
            name, attributes = attributes[0], attributes[1:]
            value = getattr(value, name)
            written = f"{written}.{name}"

    def _import_from_outside(self, name: str, home: Place | None) -> str | None:
        """Return what a name stands for that a module imports from outside of the project, dotted."""
        if home is None or home.table is None or name in home.table.assignments:
            return None
        target = home.table.imports.get(name)
        if target is None:
            return None
        target = _absolute(target, home.package)
        return None if self._origins.of_name(target) == "own" else target

    def _link_outside(self, written: str, target: str, attributes: list[str]) -> Link | None:
        """Link to what a name stands for; its attributes are in the code itself, but a generator is told."""
        whole = self._outside(".".join([target, *attributes]))
        if whole is not None and whole.random:
            return ".".join([written, *attributes]), whole
        return _linked(written, self._outside(target))

    def _named(self, name: str, value: Any, home: Place | None) -> Symbol | None:
        key = (id(value), name, home.file if home is not None else None)
        if key not in self._values:
            self._values[key] = (value, self._value_or_statement(name, value, home))
        return self._values[key][1]

    def _value_or_statement(self, name: str, value: Any, home: Place | None) -> Symbol | None:
        found = self.of_value(value, name if home is None else f"{home.module}.{name}")
        if home is None:
            return found or unidentified(name, value)
        if found is not None and (found.file is not None or found.digest.startswith("name:")):
            return found
        statement = self._read_name(name, [], home)
        if found is None:
            return statement or self._module(home)
        if statement is not None:
            found.file, found.definition = statement.file, statement.definition
        return found

    # --- Names that are read in a source file

    def _read(self, dotted: str) -> Symbol | None:
        """Find what a dotted name means without importing its module."""
        if self._origins.of_name(dotted) != "own":
            return self._outside(dotted)
        if dotted in self._reading:  # modules that import a name from each other
            return None
        self._reading.add(dotted)
        try:
            return self._read_own(dotted)
        finally:
            self._reading.discard(dotted)

    def _read_own(self, dotted: str) -> Symbol | None:
        parts = dotted.split(".")
        for length in range(len(parts), 0, -1):
            file = self._origins.module_file(".".join(parts[:length]))
            if file is None:
                continue
            place = self._unimported(".".join(parts[:length]), file)
            if length == len(parts):
                return self._module(place)
            return self._read_name(parts[length], parts[length + 1 :], place)
        return None

    def _unimported(self, module: str, file: str) -> Place:
        package = module if file.endswith("__init__.py") else module.rpartition(".")[0]
        return Place(module, package, file, self._sources.table(file))

    def _read_name(self, name: str, attributes: list[str], place: Place) -> Symbol | None:
        table = place.table
        if table is None:
            return self._module(place) if place.names is None else None
        found = table.definitions.get(name) or (table.assignments.get(name),)
        if found[-1] is not None:
            return self._definition(found[-1], place)
        if name in table.imports:
            return self._read(".".join([_absolute(table.imports[name], place.package), *attributes]))
        for module in table.stars:
            inner = self._read(f"{_absolute(module, place.package)}.{name}")
            if inner is not None:
                return inner
        return None if hasattr(builtins, name) or name in _OF_EVERY_MODULE else self._lost(place)

    def _lost(self, place: Place) -> Symbol | None:
        # A name that a module which was only read does not define may be made in ways unknown.
        return self._module(place) if place.names is None else None

    def _definition(self, definition: Definition, place: Place) -> Symbol:
        key = (place.file, definition.name, definition.start, place.names is None)
        known = self._known.get(key)
        if known is None:
            used = [*definition.references, *[r for rows in definition.defaults.values() for r in rows]]
            known = self._known[key] = Symbol(
                f"{place.module}.{definition.name}".rstrip("."),
                definition.digest,
                file=place.file,
                definition=definition,
                expand=lambda: self.links(used, place),
            )
        return known

    def _module(self, place: Place) -> Symbol | None:
        """Return a whole module, for where it is not known what of it is used."""
        if place.table is not None:
            return self._definition(place.table.whole, place)
        return compiled(place.module, place.file)

    def _outside(self, dotted: str) -> Symbol | None:
        origin = self._origins.of_name(dotted)
        if origin == "plait":
            return None
        return external(dotted, library=origin == "library")


def unidentified(name: str, value: Any) -> Symbol:
    """Return the symbol of a value that a function holds and that nothing identifies."""
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    text = f"'{name}' holds a {kind}, which has no content that Plait could compare"
    problem = CodeProblem("cannot be identified", name, text, needs_version=True)
    return Symbol(name, f"name:{kind}", problems=[problem])


def compiled(module: str, file: str) -> Symbol | None:
    """Return the symbol of a project's own compiled module: the content of its file."""
    if not file.endswith((".so", ".pyd")):
        return None
    with open(file, "rb") as stream:  # noqa: PTH123 - the name is a string
        return Symbol(module, digest_bytes(stream.read()), file=file)


def _linked(written: str, symbol: Symbol | None) -> Link | None:
    return None if symbol is None else (written, symbol)


def _absolute(dotted: str, package: str) -> str:
    if not dotted.startswith("."):
        return dotted
    rest = dotted.lstrip(".")
    parts = package.split(".")
    up = len(dotted) - len(rest) - 1
    base = parts[: len(parts) - up] if up else parts
    return ".".join([*base, rest]).strip(".")
