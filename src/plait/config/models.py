"""What a dataclass, attrs class, pydantic model or TypedDict expects, without importing attrs or pydantic.

A class of attrs or pydantic can only exist once the project has imported its library, so it is found in
``sys.modules`` and recognised by the attributes that the library leaves on its classes.
"""

from __future__ import annotations

import dataclasses
import inspect
import sys
import typing
from typing import Any, NamedTuple

__all__ = ["Field", "fields_of", "is_model", "is_pydantic", "pydantic_fields", "validate_pydantic"]


class Field(NamedTuple):
    """One field of a model.

    Attributes:
        name: the key in the configuration, which is also the argument of the class.
        hint: its type; Any when it cannot be resolved or the class converts the value itself.
        required: there is no default.
        default: what it is where the configuration does not say; ``...`` where that is made anew each time.
    """

    name: str
    hint: Any
    required: bool
    default: Any = ...


def is_pydantic(cls: Any) -> bool:
    return isinstance(cls, type) and hasattr(cls, "__pydantic_validator__")


def is_model(cls: Any) -> bool:
    """Tell whether a class says what fields it has."""
    if not isinstance(cls, type):
        return False
    return dataclasses.is_dataclass(cls) or hasattr(cls, "__attrs_attrs__") or is_pydantic(cls)


def fields_of(cls: Any) -> list[Field] | None:
    """Return the fields of a dataclass, attrs class or TypedDict; None for anything else."""
    if not isinstance(cls, type):
        return None
    if "__attrs_attrs__" in cls.__dict__ or hasattr(cls, "__attrs_attrs__"):
        return _attrs_fields(cls)
    if dataclasses.is_dataclass(cls):
        return _dataclass_fields(cls)
    return _typed_dict_fields(cls) if typing.is_typeddict(cls) else None


def _dataclass_fields(cls: Any) -> list[Field]:
    hints = _hints(cls)
    missing = dataclasses.MISSING
    return [
        Field(
            item.name,
            hints.get(item.name, Any),
            item.default is missing and item.default_factory is missing,
            ... if item.default is missing else item.default,
        )
        for item in dataclasses.fields(cls)
        if item.init
    ]


def _attrs_fields(cls: Any) -> list[Field]:
    hints = _hints(cls)
    nothing = sys.modules["attr"].NOTHING
    return [
        Field(
            item.alias,
            Any if item.converter is not None else hints.get(item.name, Any),
            item.default is nothing,
            ... if item.default is nothing else item.default,
        )
        for item in cls.__attrs_attrs__
        if item.init
    ]


def _typed_dict_fields(cls: Any) -> list[Field]:
    # a class written with text annotations does not know itself which keys may be left out
    hints = typing.get_type_hints(cls, include_extras=True)
    optional = {name for name, hint in hints.items() if typing.get_origin(hint) is typing.NotRequired}
    required = cls.__required_keys__ - optional
    return [Field(name, hint, name in required) for name, hint in _hints(cls).items()]


def _hints(cls: Any) -> dict[str, Any]:
    try:
        return typing.get_type_hints(cls, include_extras=False)
    except Exception:  # a name that only a type checker sees: those fields are taken as they come
        return _resolvable_hints(cls)


def _resolvable_hints(cls: Any) -> dict[str, Any]:
    hints: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        module = vars(sys.modules.get(base.__module__, object))
        for name, hint in inspect.get_annotations(base).items():
            hints[name] = _evaluated(hint, dict(module)) if isinstance(hint, str) else hint
    return hints


def _evaluated(text: str, names: dict[str, Any]) -> Any:
    try:
        return eval(text, names)  # noqa: S307 - the user's own annotation, as typing does
    except Exception:
        return Any


def pydantic_fields(cls: Any) -> dict[str, str]:
    """Return the keys a pydantic class accepts, names and aliases, each with the field's name."""
    declared = getattr(cls, "__pydantic_fields__", {})
    keys = {name: name for name in declared}
    for name, field in declared.items():
        for alias in (field.alias, field.validation_alias):
            if isinstance(alias, str):
                keys[alias] = name
    return keys


def validate_pydantic(cls: Any, value: Any) -> tuple[Any, list[tuple[tuple[Any, ...], str, str]]]:
    """Return the validated instance, or None and ``(location, message, kind)`` for every violation."""
    error_class = sys.modules["pydantic_core"].ValidationError
    try:
        return cls.__pydantic_validator__.validate_python(value), []
    except error_class as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        return None, [(tuple(item["loc"]), item["msg"], item["type"]) for item in found]


def extra_is_default(cls: Any) -> bool:
    """Tell whether a pydantic class leaves open what happens to fields it does not know."""
    config = getattr(cls, "model_config", None) or getattr(cls, "__pydantic_config__", None) or {}
    return "extra" not in config
