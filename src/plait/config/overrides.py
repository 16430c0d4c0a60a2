"""``--params a.b=1 c=[1,2]``: dotted names and YAML values to nested parameters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from plait.errors import PlaitError, UsageError

__all__ = ["nested_names", "parse_overrides"]

_NAME = re.compile(r"[^\s=,:\[\]{}'\"][^\s=,:\[\]{}'\"]*$")
_KEDRO = re.compile(r",\s*[A-Za-z_][\w.-]*\s*=")


def parse_overrides(arguments: Iterable[str]) -> dict[str, Any]:
    """Return the nested parameters that ``name=value`` arguments give; later ones win.

    Values are YAML: ``x=1`` is a number, ``x='1'`` text, ``x=`` null, ``x=[1,2]`` a list. Dots nest.

    Raises:
        UsageError: naming the argument, and the right spelling of Kedro's ``a=1,b=2``.
    """
    result: dict[str, Any] = {}
    for argument in arguments:
        name, value = _parse(argument)
        _set(result, name.split("."), value, argument)
    return result


def _parse(argument: str) -> tuple[str, Any]:
    name, equals, text = argument.partition("=")
    name = name.strip()
    if not equals:
        raise _no_equals(argument)
    if not _NAME.match(name) or "" in name.split("."):
        raise UsageError(f"'{name}' is no name of a parameter", where=f"--params {argument}", hint=_EXAMPLE)
    if _KEDRO.search(text) and not _quoted_or_bracketed(text):
        raise UsageError(
            "parameters are separated by spaces, not commas",
            where=f"--params {argument}",
            hint="--params " + " ".join(_kedro_parts(argument)),
        )
    return name, _value(text, argument)


_EXAMPLE = "write --params name=value, with dots for nested names: --params model.depth=3"


def _no_equals(argument: str) -> PlaitError:
    name, colon, value = argument.partition(":")
    hint = f"--params {name.strip()}={value.strip()}" if colon and name.strip() else _EXAMPLE
    return UsageError("a parameter has no '='", where=f"--params {argument}", hint=hint)


def _quoted_or_bracketed(text: str) -> bool:
    return text.lstrip()[:1] in ("'", '"', "[", "{")


def _kedro_parts(argument: str) -> list[str]:
    parts = re.split(r",\s*(?=[A-Za-z_][\w.-]*\s*=)", argument)
    return [f"'{part}'" if re.search(r"[\s\[\]{}*?$&;|<>()]", part) else part for part in parts]


def _value(text: str, argument: str) -> Any:
    from yaml import YAMLError

    from plait.config.yaml_values import YamlMistake, parse_yaml

    try:
        return parse_yaml(text).values
    except (YAMLError, YamlMistake) as error:
        problem = getattr(error, "problem", None) or str(error)
        raise UsageError(
            "the value of a parameter is not valid YAML",
            where=f"--params {argument}",
            why=problem,
            hint="put text with special characters in quotes of its own: --params 'name=\"a: b\"'",
        ) from None


def _set(tree: dict[str, Any], names: list[str], value: Any, argument: str) -> None:
    for depth, name in enumerate(names[:-1], 1):
        below = tree.setdefault(name, {})
        if not isinstance(below, dict):
            raise UsageError(
                f"'{'.'.join(names[:depth])}' is given as a value and as a group of values",
                where=f"--params {argument}",
                hint="give one of the two",
            )
        tree = below
    last = names[-1]
    if isinstance(value, Mapping) and isinstance(tree.get(last), dict):
        _merge_into(tree[last], value)
    else:
        tree[last] = dict(value) if isinstance(value, Mapping) else value


def _merge_into(tree: dict[str, Any], values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        if isinstance(value, Mapping) and isinstance(tree.get(key), dict):
            _merge_into(tree[key], value)
        else:
            tree[key] = value


def nested_names(parameters: Mapping[str, Any], below: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters with names such as ``a.b`` nested, unless ``below`` has that very key."""
    result: dict[str, Any] = {}
    for name, value in parameters.items():
        parts = [name] if name in below or not isinstance(name, str) else name.split(".")
        _set(result, parts, value, str(name))
    return result
