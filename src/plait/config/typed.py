"""Plain configured values to the types that functions declare; every violation is collected.

Checked: ``bool int float str None``, lists, tuples, sets, dicts, ``Literal``, enums, ``Path``, dates, unions,
dataclasses, attrs classes, TypedDicts and pydantic models, nested in any way. An ``int`` is accepted where a
``float`` is declared; nothing else is coerced. Any other class accepts every value.
"""

from __future__ import annotations

import collections.abc
import datetime as dt
import enum
import types
import typing
from collections.abc import Callable, Mapping
from pathlib import Path, PurePath
from typing import Any, NamedTuple

from plait.config.models import (
    Field,
    extra_is_default,
    fields_of,
    is_pydantic,
    pydantic_fields,
    validate_pydantic,
)
from plait.config.paths import KeyPath
from plait.errors import did_you_mean

__all__ = ["Violation", "conform", "type_name"]


class Violation(NamedTuple):
    """What is wrong with the value at ``keys`` (its parent, where a field is missing)."""

    keys: KeyPath
    message: str
    hint: str | None = None


def conform(value: Any, hint: Any, keys: KeyPath = ()) -> tuple[Any, list[Violation]]:
    """Return ``value`` as an instance of ``hint``, and what is wrong with it."""
    work = _Conforming()
    return work.convert(value, hint, keys), work.violations


def type_name(hint: Any) -> str:
    """Return a type as a person writes it."""
    if hint is None or hint is type(None):
        return "null"
    if typing.get_origin(hint) is not None or not isinstance(hint, type):
        return str(hint).replace("typing.", "").replace("NoneType", "None")
    return hint.__qualname__.rpartition("<locals>.")[2]


_SEQUENCES = (list, collections.abc.Sequence, collections.abc.Iterable, collections.abc.Collection)
_SETS: dict[Any, type] = {set: set, frozenset: frozenset, collections.abc.Set: frozenset}
_MAPPINGS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)


class _Conforming:
    def __init__(self) -> None:
        self.violations: list[Violation] = []

    def convert(self, value: Any, hint: Any, keys: KeyPath) -> Any:
        hint = _bare(hint)
        scalar = _SCALARS.get(hint) if isinstance(hint, type) or hint is None else None
        if scalar is not None:
            return self._scalar(value, hint, keys, scalar)
        origin = typing.get_origin(hint) or hint
        if origin in (typing.Union, types.UnionType):
            return self._union(value, hint, keys)
        if origin is typing.Literal:
            return self._literal(value, hint, keys)
        if origin in _MAPPINGS:
            return self._mapping(value, hint, keys)
        if origin is tuple:
            return self._tuple(value, hint, keys)
        if origin in _SEQUENCES or origin in _SETS:
            return self._collection(value, hint, origin, keys)
        return self._instance(value, origin, keys)

    def _fail(self, keys: KeyPath, message: str, hint: str | None = None) -> None:
        self.violations.append(Violation(keys, message, hint))

    def _mismatch(self, value: Any, hint: Any, keys: KeyPath) -> None:
        self._fail(keys, f"must be {type_name(hint)}, not {_described(value)}")

    def _scalar(self, value: Any, hint: Any, keys: KeyPath, convert: Callable[[Any], Any]) -> Any:
        try:
            return convert(value)
        except (TypeError, ValueError):
            self._mismatch(value, hint, keys)
            return value

    def _union(self, value: Any, hint: Any, keys: KeyPath) -> Any:
        members = typing.get_args(hint)
        members = tuple(sorted(members, key=lambda member: member is not type(value)))  # the exact type first
        attempts = []
        for member in members:
            converted, violations = conform(value, member, keys)
            if not violations:
                return converted
            attempts.append(violations)
        telling = [
            found for member, found in zip(members, attempts, strict=True) if _goes_deep(member, value)
        ]
        if len(telling) == 1:
            self.violations += telling[0]
        else:
            self._mismatch(value, hint, keys)
        return value

    def _literal(self, value: Any, hint: Any, keys: KeyPath) -> Any:
        options = typing.get_args(hint)
        for option in options:
            if option == value and type(option) is type(value):
                return option
        close = (
            did_you_mean(value, [o for o in options if isinstance(o, str)])
            if isinstance(value, str)
            else None
        )
        self._fail(keys, f"must be one of {', '.join(map(repr, options))}, not {_described(value)}", close)
        return value

    def _mapping(self, value: Any, hint: Any, keys: KeyPath) -> Any:
        if not isinstance(value, Mapping):
            self._mismatch(value, hint, keys)
            return value
        arguments = typing.get_args(hint)
        if len(arguments) != 2:
            return value
        key_hint, item_hint = arguments
        return {
            self.convert(key, key_hint, (*keys, key)): self.convert(item, item_hint, (*keys, key))
            for key, item in value.items()
        }

    def _collection(self, value: Any, hint: Any, origin: Any, keys: KeyPath) -> Any:
        if not isinstance(value, list | tuple | set | frozenset):
            self._mismatch(value, hint, keys)
            return value
        (item_hint,) = typing.get_args(hint) or (Any,)
        items = [self.convert(item, item_hint, (*keys, index)) for index, item in enumerate(value)]
        if origin not in _SETS:
            return items
        try:
            return _SETS[origin](items)
        except TypeError:
            self._fail(keys, "must hold single values, because it becomes a set")
            return value

    def _tuple(self, value: Any, hint: Any, keys: KeyPath) -> Any:
        if not isinstance(value, list | tuple):
            self._mismatch(value, hint, keys)
            return value
        hints = typing.get_args(hint)
        if not hints:
            return tuple(value)
        if hints[-1] is ...:
            hints = (hints[0],) * len(value)
        if len(hints) != len(value):
            self._fail(keys, f"must have {len(hints)} items, not {len(value)}")
            return value
        pairs = enumerate(zip(value, hints, strict=True))
        return tuple(self.convert(item, wanted, (*keys, index)) for index, (item, wanted) in pairs)

    def _instance(self, value: Any, cls: Any, keys: KeyPath) -> Any:
        if cls is Any or not isinstance(cls, type) or _is_instance(value, cls):
            return value
        if is_pydantic(cls):
            return self._pydantic(value, cls, keys)
        if issubclass(cls, enum.Enum):
            return self._enum(value, cls, keys)
        fields = fields_of(cls)
        return value if fields is None else self._model(value, cls, fields, keys)

    def _enum(self, value: Any, cls: type[enum.Enum], keys: KeyPath) -> Any:
        for member in cls:
            if member.value == value and type(member.value) is type(value):
                return member
        if isinstance(value, str) and value in cls.__members__:
            return cls[value]
        options = [str(member.value) for member in cls]
        close = did_you_mean(value, [*options, *cls.__members__]) if isinstance(value, str) else None
        self._fail(
            keys, f"must be one of {', '.join(options)} ({cls.__name__}), not {_described(value)}", close
        )
        return value

    def _model(self, value: Any, cls: Any, fields: list[Field], keys: KeyPath) -> Any:
        if not isinstance(value, Mapping):
            self._fail(keys, f"must be the fields of {type_name(cls)}, not {_described(value)}")
            return value
        before = len(self.violations)
        names = [field.name for field in fields]
        for key in value:
            if key not in names:
                close = did_you_mean(str(key), [name for name in names if name not in value])
                hint = close or "its fields are " + ", ".join(names)
                self._fail((*keys, key), f"is no field of {type_name(cls)}", hint)
        arguments = {}
        for field in fields:
            if field.name in value:
                arguments[field.name] = self.convert(value[field.name], field.hint, (*keys, field.name))
            elif field.required:
                self._fail(keys, f"lacks the field '{field.name}' of {type_name(cls)}")
        return value if len(self.violations) > before else self._construct(cls, arguments, keys)

    def _construct(self, cls: Any, arguments: dict[str, Any], keys: KeyPath) -> Any:
        try:
            return cls(**arguments)
        except Exception as error:  # the class's own validators may raise anything
            text = str(error.args[0]) if error.args else type(error).__name__
            self._fail(keys, f"is refused by {type_name(cls)}: {text}")
            return None

    def _pydantic(self, value: Any, cls: Any, keys: KeyPath) -> Any:
        known = pydantic_fields(cls)
        before = len(self.violations)
        if isinstance(value, Mapping) and extra_is_default(cls):
            self._near_misses(value, known, cls, keys)
        instance, errors = validate_pydantic(cls, value)
        for location, message, kind in errors:
            if kind == "missing":
                text = f"lacks the field '{location[-1]}' of {type_name(cls)}"
                self._fail((*keys, *location[:-1]), text)
            elif kind == "extra_forbidden":
                close = did_you_mean(str(location[-1]), known) if len(location) == 1 else None
                self._fail((*keys, *location), f"is no field of {type_name(cls)}", close)
            else:
                self._fail((*keys, *location), f"is refused by {type_name(cls)}: {message}")
        return value if len(self.violations) > before else instance

    def _near_misses(self, value: Mapping[Any, Any], known: dict[str, str], cls: Any, keys: KeyPath) -> None:
        """Refuse a misspelt field, which pydantic would silently leave at its default."""
        given = {known[key] for key in value if key in known}
        for key in value:
            if key not in known:
                close = did_you_mean(str(key), [name for name, field in known.items() if field not in given])
                if close:
                    self._fail((*keys, key), f"is no field of {type_name(cls)}", close)


def _bare(hint: Any) -> Any:
    """Look through Annotated, NewType, Final, ``type`` aliases and bounds of type variables."""
    while True:
        if typing.get_origin(hint) in (typing.Annotated, typing.Final, typing.Required, typing.NotRequired):
            hint = typing.get_args(hint)[0]
        elif hasattr(hint, "__supertype__"):
            hint = hint.__supertype__
        elif type(hint).__name__ == "TypeAliasType":
            hint = hint.__value__
        else:
            return hint


def _is_instance(value: Any, cls: type) -> bool:
    try:
        return isinstance(value, cls)
    except TypeError:  # a TypedDict, or a protocol that cannot be checked
        return False


def _goes_deep(member: Any, value: Any) -> bool:
    """Tell whether a member of a union says more about this value than that it does not fit."""
    origin = typing.get_origin(_bare(member)) or member
    if isinstance(value, Mapping):
        return origin in _MAPPINGS or fields_of(origin) is not None or is_pydantic(origin)
    if isinstance(value, list):
        return origin in _SEQUENCES or origin in _SETS or origin is tuple
    return origin is typing.Literal or (isinstance(origin, type) and issubclass(origin, enum.Enum))


def _described(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, str):
        return f"the text '{value}'" if len(value) <= 60 else "a text"
    shown = str(value).lower() if isinstance(value, bool) else repr(value)
    return f"{shown} ({type(value).__name__})"


def _only(*classes: type) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if type(value) in classes or (isinstance(value, classes) and not isinstance(value, bool)):
            return value
        raise TypeError

    return check


def _float(value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    raise TypeError


def _path(value: Any) -> Path:
    if isinstance(value, str | PurePath):
        return Path(value)
    raise TypeError


def _date(value: Any) -> dt.date:
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    return dt.date.fromisoformat(value)


def _datetime(value: Any) -> dt.datetime:
    return value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(value)


def _time(value: Any) -> dt.time:
    return value if isinstance(value, dt.time) else dt.time.fromisoformat(value)


_SCALARS: dict[Any, Callable[[Any], Any]] = {
    bool: _only(bool),
    int: _only(int),
    float: _float,
    str: _only(str),
    type(None): _only(type(None)),
    None: _only(type(None)),
    Path: _path,
    PurePath: _path,
    dt.date: _date,
    dt.datetime: _datetime,
    dt.time: _time,
}
