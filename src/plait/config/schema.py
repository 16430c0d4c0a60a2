"""JSON Schema of the parameters that typed arguments declare, for editors."""

from __future__ import annotations

import collections.abc
import datetime as dt
import enum
import types
import typing
from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import Any

from plait.config.binding import NodeWithParameters, parameter_bindings, resolved_annotation
from plait.config.models import Field, fields_of, is_pydantic

__all__ = ["parameters_schema"]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SIMPLE: dict[Any, dict[str, Any]] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
    type(None): {"type": "null"},
    Path: {"type": "string"},
    PurePath: {"type": "string"},
    dt.date: {"type": "string", "format": "date"},
    dt.datetime: {"type": "string", "format": "date-time"},
    dt.time: {"type": "string", "format": "time"},
}
_ARRAYS = (
    list,
    tuple,
    set,
    frozenset,
    collections.abc.Sequence,
    collections.abc.Iterable,
    collections.abc.Set,
)


def parameters_schema(nodes: Iterable[NodeWithParameters]) -> dict[str, Any]:
    """Return a JSON Schema of ``parameters.yml``, with what the annotations of ``nodes`` say of it.

    Parameters that no node annotates may hold anything.
    """
    root: dict[str, Any] = {"$schema": _DIALECT, "type": "object", "properties": {}}
    definitions: dict[str, Any] = {}
    for use in parameter_bindings(nodes):
        hint = resolved_annotation(use)
        if hint is not None and use.binding.dataset != "parameters":
            names = use.binding.dataset.removeprefix("params:").split(".")
            _insert(root, names, _schema(hint, definitions))
    return root | ({"$defs": definitions} if definitions else {})


def _insert(root: dict[str, Any], names: list[str], schema: dict[str, Any]) -> None:
    for name in names[:-1]:
        root = root.setdefault("properties", {}).setdefault(name, {"type": "object"})
    properties = root.setdefault("properties", {})
    known = properties.get(names[-1])
    if known in (None, schema, {}):
        properties[names[-1]] = schema
    elif schema:  # the same parameter under two types must satisfy both
        properties[names[-1]] = {"allOf": [known, schema]}


def _schema(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin = typing.get_origin(hint)
    if origin is typing.Annotated:
        return _schema(typing.get_args(hint)[0], definitions)
    if hint in _SIMPLE:
        return dict(_SIMPLE[hint])
    if origin in (typing.Union, types.UnionType):
        return {"anyOf": [_schema(member, definitions) for member in typing.get_args(hint)]}
    if origin is typing.Literal:
        return {"enum": list(typing.get_args(hint))}
    if (origin or hint) in (dict, collections.abc.Mapping):
        return _object(hint, definitions)
    if (origin or hint) in _ARRAYS:
        return _array(hint, definitions)
    return _class(hint, definitions)


def _object(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    arguments = typing.get_args(hint)
    extra = {"additionalProperties": _schema(arguments[1], definitions)} if arguments else {}
    return {"type": "object", **extra}


def _array(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    items = [item for item in typing.get_args(hint) if item is not ...]
    return {"type": "array", **({"items": _schema(items[0], definitions)} if len(items) == 1 else {})}


def _class(cls: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    if isinstance(cls, type) and issubclass(cls, enum.Enum):
        return {"enum": [member.value for member in cls]}
    if not is_pydantic(cls) and fields_of(cls) is None:
        return {}
    name = cls.__qualname__.rpartition("<locals>.")[2]
    if name not in definitions:
        definitions[name] = {}  # a model that contains itself refers to this
        definitions[name] = _pydantic(cls, definitions) if is_pydantic(cls) else _fields(cls, definitions)
    return {"$ref": f"#/$defs/{name}"}


def _pydantic(cls: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    from pydantic import TypeAdapter

    schema = TypeAdapter(cls).json_schema()
    definitions.update(schema.pop("$defs", {}))
    return schema


def _field(field: Field, definitions: dict[str, Any]) -> dict[str, Any]:
    default = field.default.value if isinstance(field.default, enum.Enum) else field.default
    is_plain = default is None or isinstance(default, str | int | float)
    return {**_schema(field.hint, definitions), **({"default": default} if is_plain else {})}


def _fields(cls: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    fields = fields_of(cls) or []
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {field.name: _field(field, definitions) for field in fields},
        "additionalProperties": False,
    }
    required = [field.name for field in fields if field.required]
    documented = cls.__doc__ and not cls.__doc__.startswith(f"{cls.__name__}(")
    return (
        schema
        | ({"required": required} if required else {})
        | ({"description": cls.__doc__.strip().splitlines()[0]} if documented else {})
    )
