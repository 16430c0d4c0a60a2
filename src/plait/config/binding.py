"""Bind the parameters of nodes: typed arguments get validated instances, before anything runs."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from plait.config.layers import raise_collected
from plait.config.parameters import Parameters
from plait.config.paths import KeyPath, dotted
from plait.config.typed import Violation, conform, type_name
from plait.errors import ParameterError

__all__ = ["BoundParameters", "bind_parameters", "parameter_bindings", "resolved_annotation"]

_PREFIX = "params:"
_WHOLE = "parameters"


class ParameterBinding(Protocol):
    """The part of :class:`plait.pipeline.Binding` that is read here."""

    @property
    def parameter(self) -> str: ...
    @property
    def dataset(self) -> str: ...
    @property
    def annotation(self) -> object: ...


class NodeWithParameters(Protocol):
    """The part of :class:`plait.Node` that is read here."""

    @property
    def name(self) -> str: ...
    @property
    def func(self) -> Any: ...
    @property
    def bindings(self) -> Iterable[Any]: ...


class Use(NamedTuple):
    """One argument of one node that takes a parameter."""

    node: Any
    binding: Any


class BoundParameters:
    """The parameters of every node of a run, validated."""

    def __init__(self, parameters: Parameters, typed: Mapping[tuple[str, str], Any]) -> None:
        self._parameters = parameters
        self._typed = typed

    def value(self, node: str, binding: ParameterBinding) -> Any:
        """Return what a node's argument gets: its own instance, or a copy of the plain value."""
        key = (node, binding.parameter)
        if key in self._typed:
            return self._typed[key]
        return self._parameters.lookup(binding.dataset)


def bind_parameters(
    nodes: Iterable[NodeWithParameters], parameters: Parameters | Mapping[str, Any]
) -> BoundParameters:
    """Validate every parameter that ``nodes`` take against the annotation of its argument.

    An annotation that cannot be resolved, or is no type :mod:`plait.config.typed` knows, accepts any value.

    Raises:
        ParameterError: for one violation or unknown name.
        Problems: for several, each with the line of the value.
    """
    known = parameters if isinstance(parameters, Parameters) else Parameters(parameters)
    typed: dict[tuple[str, str], Any] = {}
    failures = _Failures(known)
    for use in parameter_bindings(nodes):
        name = use.binding.dataset.removeprefix(_PREFIX) if use.binding.dataset != _WHOLE else ""
        if name and not known.has_path(name):
            failures.unknown(name, use)
            continue
        hint = resolved_annotation(use)
        if hint is None:
            continue
        keys = known.keys_of(name)
        value, violations = conform(known.lookup(use.binding.dataset), hint, keys)
        typed[use.node.name, use.binding.parameter] = value
        for violation in violations:
            failures.violation(violation, use, hint)
    raise_collected(failures.errors())
    return BoundParameters(known, typed)


def parameter_bindings(nodes: Iterable[NodeWithParameters]) -> list[Use]:
    """Return the arguments that take parameters; called for 50,000 nodes of which few do."""
    return [
        Use(node, binding)
        for node in nodes
        for binding in node.bindings
        if (dataset := binding.dataset)[:7] == _PREFIX or dataset == _WHOLE
    ]


def resolved_annotation(use: Use) -> Any:
    """Return the type of an argument, or None when there is none or it cannot be resolved.

    Text is resolved against the globals of the function, which is looked up through its wrappers.
    """
    annotation = use.binding.annotation
    if annotation is None or annotation is inspect.Parameter.empty or annotation is Any:
        return None
    if not isinstance(annotation, str):
        return annotation
    names = getattr(_innermost(use.node.func), "__globals__", {})
    try:
        return eval(annotation, dict(names))  # noqa: S307 - the user's own annotation, as typing does
    except Exception:
        return None  # a name that only a type checker sees


def _innermost(func: Any) -> Any:
    while True:
        if hasattr(func, "__wrapped__"):
            func = func.__wrapped__
        elif hasattr(func, "func"):  # functools.partial
            func = func.func
        elif hasattr(func, "__func__"):
            func = func.__func__
        else:
            return func if hasattr(func, "__globals__") else type(func).__call__


class _Failures:
    """Violations, each once however many nodes share it."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self._found: dict[tuple[Any, ...], list[str]] = {}

    def unknown(self, name: str, use: Use) -> None:
        self._found.setdefault(("unknown", name), []).append(_described(use))

    def violation(self, violation: Violation, use: Use, hint: Any) -> None:
        place = _described(use)
        if type_name(hint) not in violation.message:
            place += f" ({type_name(hint)})"
        self._found.setdefault(("violation", *violation), []).append(place)

    def errors(self) -> list[ParameterError]:
        return [self._error(key, uses) for key, uses in self._found.items()]

    def _error(self, key: tuple[Any, ...], uses: list[str]) -> ParameterError:
        if key[0] == "unknown":
            try:
                self._parameters.get_path(key[1])
            except ParameterError as error:
                return ParameterError(error.what, where=_limited(uses), why=error.why, hint=error.hint)
        _, keys, message, hint = key
        secret = self._parameters.is_secret(keys)
        found = ParameterError(
            f"{_subject(keys)} {_without_value(message) if secret else message}",
            where=[*self._place(keys), *_limited(uses)],
            hint=hint,
        )
        found.parameter = dotted(keys) if keys else None
        return found

    def _place(self, keys: KeyPath) -> list[str]:
        origin = self._parameters.origin(keys)
        return [str(origin)] if origin else []


def _subject(keys: KeyPath) -> str:
    return f"the parameter '{dotted(keys)}'" if keys else "the whole of the parameters"


def _without_value(message: str) -> str:
    return message.partition(", not ")[0].partition(": ")[0]


def _described(use: Use) -> str:
    return f"node '{use.node.name}', argument '{use.binding.parameter}'"


def _limited(places: list[str], limit: int = 3) -> list[str]:
    more = len(places) - limit
    return [*places[:limit], f"{more} more nodes"] if more > 0 else places
