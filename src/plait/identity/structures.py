"""How values that are more than numbers and text are encoded: containers, records, the standard library.

A table from the name of a type to its encoding: a name costs no import. ``PLAIN`` types are told apart
from their subclasses, members of a ``FAMILIES`` type are encoded alike whatever their own class.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

from plait.identity.encoding import Encoder, NotEncodable, not_encodable, packed
from plait.identity.libraries import EXACT_LIBRARY_TYPES, LIBRARY_FAMILIES

__all__ = ["encode_structure"]

Encoding = Callable[[Encoder, Any], bytes]


def encode_structure(encoder: Encoder, value: Any) -> bytes:
    """Return the canonical bytes of anything but the simplest values; raises NotEncodable."""
    cls = type(value)
    own = _name(cls)
    encoding = PLAIN.get(own) or EXACT_LIBRARY_TYPES.get(own)
    if encoding is not None:
        return encoding(encoder, value)
    if isinstance(value, type | FunctionType | BuiltinFunctionType | MethodType):
        return encoder.reference(value)
    names = [_name(base) for base in cls.__mro__]
    for name in names:
        encoding = FAMILIES.get(name) or LIBRARY_FAMILIES.get(name)
        if encoding is not None:
            return encoding(encoder, value)
    fields = _fields(value)
    if fields is not None:
        return encoder.fields("o", cls, fields)
    return _subclass(encoder, value, names)


def _subclass(encoder: Encoder, value: Any, names: list[str]) -> bytes:
    """Encode an instance of a subclass of something plain: its class, the plain part, its attributes."""
    if any(name in EXACT_LIBRARY_TYPES for name in names):
        raise not_encodable(value, "it is a subclass with contents of its own")
    plain = next((PLAIN[name] for name in names if name in PLAIN), None)
    if plain is None:
        if callable(value):
            return encoder.reference(value)
        raise not_encodable(value)
    attributes = getattr(value, "__dict__", {})
    parts = [encoder.cls(type(value)), plain(encoder, value), encoder.mapping(attributes)]
    return packed("x", b"".join(parts))


def _name(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def _fields(value: Any) -> Mapping[str, Any] | None:
    """Return the fields of a dataclass, attrs, pydantic or named tuple instance."""
    cls = type(value)
    if hasattr(cls, "__dataclass_fields__"):
        return _present(value, cls.__dataclass_fields__)
    if hasattr(cls, "__attrs_attrs__"):
        return _present(value, [attribute.name for attribute in cls.__attrs_attrs__])
    if hasattr(cls, "__pydantic_fields__"):
        return {**_present(value, cls.__pydantic_fields__), **(value.__pydantic_extra__ or {})}
    if isinstance(value, tuple) and hasattr(cls, "_fields"):
        return _present(value, cls._fields)
    return None


def _present(value: Any, names: Any) -> dict[str, Any]:
    # A field without a value (``init=False``, or an InitVar) is told apart by being left out.
    return {name: getattr(value, name) for name in names if hasattr(value, name)}


def _enum(encoder: Encoder, value: Any) -> bytes:
    try:
        content = encoder.encode(value.value)
    except NotEncodable:
        content = b""
    # A combination of flags has no name.
    return packed("E", encoder.cls(type(value)) + encoder.encode(value.name) + content)


def _pattern(encoder: Encoder, value: Any) -> bytes:
    return encoder.items("P", (value.pattern, int(value.flags)))


def _datetime(encoder: Encoder, value: Any) -> bytes:
    zone = value.tzinfo
    return encoder.items("M", (value.replace(tzinfo=None).isoformat(), value.fold, zone))


def _date(_: Encoder, value: Any) -> bytes:
    return packed("A", value.isoformat().encode())


def _time(encoder: Encoder, value: Any) -> bytes:
    return encoder.items("C", (value.replace(tzinfo=None).isoformat(), value.fold, value.tzinfo))


def _timedelta(encoder: Encoder, value: Any) -> bytes:
    return encoder.items("L", (value.days, value.seconds, value.microseconds))


def _timezone(encoder: Encoder, value: Any) -> bytes:
    return encoder.items("Z", (value.utcoffset(None), value.tzname(None)))


def _zone(_: Encoder, value: Any) -> bytes:
    if value.key is None:
        raise not_encodable(value, "the time zone has no name")
    return packed("z", value.key.encode())


def _text_of(tag: str) -> Encoding:
    return lambda _, value: packed(tag, str(value).encode())


def _partial(encoder: Encoder, value: Any) -> bytes:
    keywords = encoder.keywords(value.keywords)
    return packed("F", encoder.encode(value.func) + encoder.encode(value.args) + keywords)


def _parts(encoder: Encoder, value: Any) -> bytes:
    return packed("G", encoder.cls(type(value)) + encoder.encode(value.__reduce__()[1]))


PLAIN: Mapping[str, Encoding] = {
    "builtins.int": lambda e, v: e.encode(int(v)),
    "builtins.float": lambda e, v: e.encode(float(v)),
    "builtins.complex": lambda e, v: e.encode(complex(v)),
    "builtins.str": lambda e, v: e.encode(str.__str__(v)),
    "builtins.bytes": lambda e, v: e.encode(bytes(v)),
    "builtins.tuple": lambda e, v: e.items("t", tuple.__iter__(v)),
    "builtins.list": lambda e, v: e.items("l", list.__iter__(v)),
    "builtins.set": lambda e, v: e.unordered("S", v),
    "builtins.frozenset": lambda e, v: e.unordered("W", v),
    "builtins.dict": lambda e, v: e.mapping(v),
    "builtins.mappingproxy": lambda e, v: packed("m", e.mapping(v)),
    "builtins.range": lambda e, v: e.items("R", (v.start, v.stop, v.step)),
    "builtins.slice": lambda e, v: e.items("V", (v.start, v.stop, v.step)),
    "collections.OrderedDict": lambda e, v: packed("O", e.ordered_mapping(v)),
    "collections.deque": lambda e, v: e.items("Q", (list(v), v.maxlen)),
    "collections.defaultdict": lambda e, v: packed("J", e.encode(v.default_factory) + e.mapping(v)),
    "types.SimpleNamespace": lambda e, v: packed("N", e.mapping(vars(v))),
    "datetime.datetime": _datetime,
    "datetime.date": _date,
    "datetime.time": _time,
    "datetime.timedelta": _timedelta,
    "datetime.timezone": _timezone,
    "zoneinfo.ZoneInfo": _zone,
    "decimal.Decimal": _text_of("B"),
    "fractions.Fraction": _text_of("H"),
    "uuid.UUID": _text_of("U"),
    "re.Pattern": _pattern,
    "functools.partial": _partial,
    "operator.itemgetter": _parts,
    "operator.attrgetter": _parts,
    "operator.methodcaller": lambda e, v: _methodcaller(e, v),
}

FAMILIES: Mapping[str, Encoding] = {
    "enum.Enum": _enum,
    "pathlib.PurePath": lambda e, v: e.path(v),
    "pathlib._local.PurePath": lambda e, v: e.path(v),
}


def _methodcaller(encoder: Encoder, value: Any) -> bytes:
    # With keywords it reduces to a partial of its class.
    how, arguments = value.__reduce__()[:2]
    first = encoder.encode((getattr(how, "args", ()), arguments))
    return packed("K", first + encoder.keywords(getattr(how, "keywords", {})))
