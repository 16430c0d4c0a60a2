"""Replace ``${…}`` in a tree of plain values; every failure names its line, all are collected."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from plait.config.interpolation import Call, Part, Quoted, Reference, SyntaxProblem, Template, parse_template
from plait.config.paths import KeyPath, dotted, find, split
from plait.errors import ConfigError, PlaitError, did_you_mean
from plait.values import Origin

__all__ = ["Resolved", "Resolver", "Tainted", "Unresolved", "resolve_tree"]


class Tainted(NamedTuple):
    """A value that came from an environment variable or from credentials."""

    value: Any


Resolver = Callable[..., Any]
"""Gets the arguments of ``${name:arguments}`` and returns a value, or a :class:`Tainted` one."""


class Unresolved(Exception):  # noqa: N818 - becomes a ConfigError once the place is known
    """Raised by a resolver: what is wrong, and what to do."""

    def __init__(self, what: str, hint: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


class Resolved(NamedTuple):
    """Values without interpolations, the paths of those that are secret, and the resolvers that were used."""

    values: dict[Any, Any]
    secrets: frozenset[KeyPath] = frozenset()
    used: frozenset[str] = frozenset()


class _Outcome(NamedTuple):
    value: Any
    tainted: bool


_SIMPLE = re.compile(r"\$\{([^${}\\'\"\[\]]*)\}")
_MAX_COPIES = 1_000_000
_MAX_CHAIN = 100
_MAX_TEXT = 1_000_000
_INTEGER = re.compile(r"[-+]?\d[\d_]*$")
_FLOAT = re.compile(r"[-+]?(\d[\d_]*\.[\d_]*|\.\d[\d_]*|\d[\d_]*(?=[eE]))([eE][-+]?\d+)?$")
_WORDS = {"null": None, "true": True, "false": False}


def resolve_tree(
    tree: Mapping[Any, Any],
    resolvers: Mapping[str, Resolver],
    *,
    kind: str,
    origin: Callable[[KeyPath], Origin | None],
    skip_templates: bool = False,
    within: Mapping[Any, Any] | None = None,
) -> tuple[Resolved, list[PlaitError]]:
    """Return a copy of ``tree`` with every interpolation replaced, and what could not be.

    Args:
        tree: merged values of one kind; never changed.
        resolvers: what may stand before the colon.
        kind: ``parameters``, ``catalog``, … for messages.
        origin: where a value was written, for messages.
        skip_templates: leave out top-level keys that begin with ``_``.
        within: the whole that ``tree`` is a part of, for references; ``tree`` itself by default.
    """
    work = _Work(tree if within is None else within, resolvers, kind)
    values = {}
    for key, value in tree.items():
        if not (skip_templates and isinstance(key, str) and key.startswith("_")):
            values[key] = work.walk(value, [key])
    return Resolved(values, frozenset(work.secrets), frozenset(work.used)), work.problems(origin)


class _Work:
    def __init__(self, tree: Mapping[Any, Any], resolvers: Mapping[str, Resolver], kind: str) -> None:
        self._tree = tree
        self._resolvers = resolvers
        self._kind = kind
        self._active: dict[KeyPath, None] = {}
        self._simple: dict[str, _Outcome] = {}
        self._failures: dict[tuple[str, str | None], list[KeyPath]] = {}
        self.secrets: set[KeyPath] = set()
        self.used: set[str] = set()
        self._copies = 0

    def walk(self, value: Any, path: list[Any]) -> Any:
        """Return ``value``, which stands at ``path``, resolved; failures are noted and leave the text."""
        if isinstance(value, str):
            return self._text(value, tuple(path)) if "${" in value else value
        if isinstance(value, dict):
            return {key: self._item(item, path, key) for key, item in value.items()}
        if isinstance(value, list):
            return [self._item(item, path, index) for index, item in enumerate(value)]
        return value

    def _item(self, value: Any, path: list[Any], key: Any) -> Any:
        kind = type(value)
        if kind is str:
            return self._text(value, (*path, key)) if "${" in value else value
        if kind is not dict and kind is not list:
            return value
        path.append(key)
        result = self.walk(value, path)
        path.pop()
        return result

    def _text(self, text: str, keys: KeyPath) -> Any:
        try:
            value, tainted = self._string(text, keys)
        except (Unresolved, SyntaxProblem) as problem:
            self._failures.setdefault((str(problem), getattr(problem, "hint", None)), []).append(keys)
            return text
        if tainted:
            self.secrets.add(keys)
        return value

    def problems(self, origin: Callable[[KeyPath], Origin | None]) -> list[PlaitError]:
        return [
            ConfigError(what, where=_places(keys, self._kind, origin), hint=hint)
            for (what, hint), keys in self._failures.items()
        ]

    def _string(self, text: str, keys: KeyPath) -> _Outcome:
        """Resolve one string that stands at ``keys``."""
        if keys in self._active:
            raise Unresolved(f"interpolations go in a circle: {self._cycle(keys)}")
        if len(self._active) >= _MAX_CHAIN:
            raise Unresolved(f"interpolations follow each other more than {_MAX_CHAIN} times")
        self._active[keys] = None
        try:
            return self._quick(text, keys) or self._template(parse_template(text), keys)
        finally:
            del self._active[keys]

    def _cycle(self, keys: KeyPath) -> str:
        """Return the circle from its first name on, so that every member reports the same."""
        active = [dotted(other) for other in self._active]
        circle = active[active.index(dotted(keys)) :]
        first = circle.index(min(circle))
        circle = circle[first:] + circle[:first]
        return " → ".join([*circle, circle[0]])

    def _quick(self, text: str, keys: KeyPath) -> _Outcome | None:
        """Resolve ``text${a.b}text``, which nearly all are, with a memo; None for anything harder."""
        if "\\" in text:
            return None
        pieces = _SIMPLE.split(text)
        if len(pieces) - 1 != 2 * text.count("${"):
            return None
        tainted = False
        for index in range(1, len(pieces), 2):
            outcome = self._simple.get(pieces[index]) or self._expression(pieces[index], keys)
            if len(pieces) == 3 and not pieces[0] and not pieces[2]:
                return outcome
            tainted = tainted or outcome.tainted
            pieces[index] = _as_text(outcome.value)
        return _Outcome(_bounded("".join(pieces)), tainted)

    def _expression(self, inner: str, keys: KeyPath) -> _Outcome:
        outcome = self._template(parse_template("${" + inner + "}"), keys)
        relative = inner.lstrip().startswith(".") or "oc.select" in inner
        if not relative and not isinstance(outcome.value, dict | list):
            self._simple[inner] = outcome
        return outcome

    def _template(self, template: Template, keys: KeyPath) -> _Outcome:
        parts = template.parts
        if len(parts) == 1:
            return self._part(parts[0], keys)
        outcomes = [self._part(part, keys) for part in parts]
        text = "".join(_as_text(outcome.value) for outcome in outcomes)
        return _Outcome(_bounded(text), any(outcome.tainted for outcome in outcomes))

    def _part(self, part: Part, keys: KeyPath) -> _Outcome:
        if isinstance(part, str):
            return _Outcome(part, False)
        if isinstance(part, Quoted):
            value, tainted = self._template(part.content, keys)
            return _Outcome(_as_text(value), tainted)
        if isinstance(part, Reference):
            path, tainted = self._template(part.path, keys)
            value, also = self._reference(str(path), keys)
            return _Outcome(value, tainted or also)
        return self._call(part, keys)

    def _call(self, call: Call, keys: KeyPath) -> _Outcome:
        arguments = [self._argument(argument, keys) for argument in call.arguments]
        tainted = any(argument.tainted for argument in arguments)
        if call.name == "oc.select":
            return self._select([argument.value for argument in arguments], keys)
        resolver = self._resolvers.get(call.name)
        if resolver is None:
            known = [*self._resolvers, "oc.select"]
            hint = did_you_mean(call.name, known) or "there are " + ", ".join(sorted(known))
            raise Unresolved(f"'${{{call.name}:…}}' is no resolver", hint)
        self.used.add(call.name)
        try:
            value = resolver(*(argument.value for argument in arguments))
        except Unresolved:
            raise
        except Exception as error:
            raise Unresolved(f"'${{{call.name}:…}}' failed: {type(error).__name__}: {error}") from error
        if isinstance(value, Tainted):
            return _Outcome(value.value, True)
        return _Outcome(value, tainted)

    def _select(self, arguments: Sequence[Any], keys: KeyPath) -> _Outcome:
        path, *default = arguments
        try:
            return self._reference(str(path), keys)
        except _UnknownKey:
            return _Outcome(default[0] if default else None, False)

    def _argument(self, template: Template, keys: KeyPath) -> _Outcome:
        parts = template.parts
        if len(parts) == 1 and isinstance(parts[0], str):
            return _Outcome(primitive(parts[0]), False)
        return self._template(template, keys) if parts else _Outcome("", False)

    def _reference(self, path: str, keys: KeyPath) -> _Outcome:
        parts = self._absolute(path.strip(), keys)
        found = find(self._tree, parts)
        if found is not None:
            return self._at(found.value, found.keys)
        for length in range(len(parts) - 1, 0, -1):  # a parent may itself be an interpolation
            parent = find(self._tree, parts[:length])
            if parent is None:
                continue
            value, tainted = self._at(parent.value, parent.keys)
            below = find(value, parts[length:])
            if below is not None:
                return _Outcome(below.value, tainted)
            break
        raise self._unknown(path, parts)

    def _absolute(self, path: str, keys: KeyPath) -> list[str]:
        name = path.lstrip(".")
        up = len(path) - len(name)
        parts = split(name)
        if not up:
            return parts
        if up > len(keys):
            raise Unresolved(f"'${{{path}}}' goes above the top")
        return [str(key) for key in keys[: len(keys) - up]] + parts

    def _at(self, value: Any, keys: KeyPath) -> _Outcome:
        """Resolve what stands elsewhere in the tree, and let its failures be failures here."""
        if isinstance(value, str):
            return self._string(value, keys) if "${" in value else _Outcome(value, False)
        if isinstance(value, dict | list):
            self._copies += len(value)
            if self._copies > _MAX_COPIES:
                raise Unresolved(f"interpolations multiply to more than {_MAX_COPIES:,} values")
            items = value.items() if isinstance(value, dict) else enumerate(value)
            outcomes = {key: self._at(item, (*keys, key)) for key, item in items}
            plain = {key: outcome.value for key, outcome in outcomes.items()}
            tainted = any(outcome.tainted for outcome in outcomes.values())
            return _Outcome(plain if isinstance(value, dict) else list(plain.values()), tainted)
        return _Outcome(value, False)

    def _unknown(self, path: str, parts: list[str]) -> Unresolved:
        what = f"'${{{path}}}' names no key of {self._kind}"
        hint = did_you_mean(dotted(parts), self._neighbours(parts))
        if hint is None:
            hint = "other kinds are reached by ${globals:…}, ${runtime_params:…} or ${oc.env:…}"
        return _UnknownKey(what, hint)

    def _neighbours(self, parts: list[str]) -> Iterator[str]:
        """Yield the paths that differ from the wanted one in the first part that is not there."""
        for length in range(len(parts) - 1, -1, -1):
            parent = find(self._tree, parts[:length])
            if parent is not None and isinstance(parent.value, Mapping):
                for key in parent.value:
                    yield dotted([*parts[:length], key, *parts[length + 1 :]])
                    yield dotted([*parts[:length], key])
                return


class _UnknownKey(Unresolved):
    pass


def primitive(text: str) -> Any:
    """Return an argument as a number, boolean, null, list or mapping where it looks like one."""
    if text[:1] in ("[", "{"):
        from plait.config.yaml_values import parse_yaml

        return parse_yaml(text).values
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _INTEGER.match(text):
        return int(text)
    return float(text) if _FLOAT.match(text) else text


def _bounded(text: str) -> str:
    if len(text) > _MAX_TEXT:
        raise Unresolved(f"interpolations make a text of more than {_MAX_TEXT:,} characters")
    return text


def _as_text(value: Any) -> str:
    if isinstance(value, dict | list):
        kind = "a mapping" if isinstance(value, dict) else "a list"
        raise Unresolved(f"{kind} cannot stand inside text", "interpolate one of its values")
    return value if isinstance(value, str) else str(value)


def _places(
    failures: Sequence[KeyPath], kind: str, origin: Callable[[KeyPath], Origin | None], limit: int = 3
) -> list[str]:
    places = [f"{origin(keys) or kind} ({dotted(keys)})" for keys in failures[:limit]]
    more = len(failures) - limit
    return [*places, f"{more} more places"] if more > 0 else places
