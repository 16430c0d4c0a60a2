"""What a node consists of, checked once: pure functions from what was written to complete values."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import FrameType
from typing import Any

from plait.errors import NodeError, PlaitError, did_you_mean
from plait.pipeline.binding import Bound, Inferred, bind, with_modes
from plait.pipeline.calling import Outputs
from plait.pipeline.mapping import check_modes
from plait.pipeline.modes import Each, Mode, New, without_modes
from plait.pipeline.names import (
    PARAMETER_PREFIX,
    PARAMETERS,
    TRANSCODING_SEPARATOR,
    check_dataset_name,
    check_label,
    is_parameter,
    strip_transcoding,
)
from plait.pipeline.signature import function_name, function_place, read_signature

__all__ = [
    "Inputs",
    "Place",
    "caller_place",
    "define",
    "labels",
    "places",
    "rebind",
    "redefine",
    "rename_outputs",
]

Input = str | Each | New
Inputs = Input | list[Input] | list[str] | dict[str, Input] | dict[str, str] | None
GivenOutputs = str | Each | list[Each] | list[str] | dict[str, Each] | dict[str, str] | None
Place = tuple[str, int]

_CACHE = ("auto", "off", "keep")
_NO_TAGS: frozenset[str] = frozenset()
_WHOLE = frozenset({type(None)})
_NOT_IN_A_NAME = re.compile(r"[^\w.-]+")


def define(
    func: Callable[..., Any],
    inputs: Inputs | Inferred,
    outputs: GivenOutputs,
    values: dict[str, Any],
) -> dict[str, Any]:
    """Complete the attributes of a new node.

    Args:
        values: the attributes that were given, by the name of the attribute; becomes the result.

    Raises:
        NodeError: the definition is wrong; ``where`` names the node's place and its function's.
    """
    try:
        if not callable(func):
            raise NodeError(
                f"the first argument of node() must be a function, not {func!r} ({type(func).__name__})"
            )
        names, modes = without_modes(inputs)
        made, out_modes = without_modes(outputs)
        _check_datasets("inputs", names)
        _check_datasets("outputs", made)
        values["func"] = func
        _add_call(values, names, modes)
        _add_outputs(values, made)
        check_modes(values, out_modes)
        _add_options(values)
    except PlaitError as error:
        raise _located(error, func, values["_place"]) from None
    return redefine(values)


def redefine(values: dict[str, Any]) -> dict[str, Any]:
    """Check attributes that were changed and return them with those that follow from them.

    Raises:
        NodeError: they are wrong.
    """
    try:
        _check_options(values)
        _check_data(values["func"], values)
    except PlaitError as error:
        raise _located(error, values["func"], values["_place"]) from None
    _add_names(values)
    return values


def _add_call(values: dict[str, Any], inputs: Any, modes: Sequence[Mode | None]) -> None:
    func = values["func"]
    signature = read_signature(func)
    name = function_name(func)
    if signature is not None and signature.awaits:
        raise NodeError(
            f"{name} is asynchronous, and nodes are called, not awaited",
            hint="give the node a function that calls asyncio.run(…)",
        )
    values["streams"] = signature is not None and signature.streams
    values["return_annotation"] = None if signature is None else signature.returns
    bound = bind(name, signature, inputs)
    rebind(values, with_modes(bound, inputs, modes) if modes else bound)


def rebind(values: dict[str, Any], bound: Bound) -> None:
    """Set the attributes that follow from how the function is bound."""
    bindings, values["injected"], values["_positions"] = bound
    values["bindings"] = bindings
    values["_input_names"] = names = tuple([binding.dataset for binding in bindings])
    values["reads"] = _bases(names)
    found = {type(binding.mode) for binding in bindings} - _WHOLE
    values["maps"], values["incremental"] = Each in found, New in found


def _add_outputs(values: dict[str, Any], outputs: Outputs) -> None:
    # Copied, because the caller could still change a list or a dict.
    values["_outputs"] = outputs.copy() if isinstance(outputs, list | dict) else outputs
    values["_output_names"] = names = _as_tuple(outputs)
    values["writes"] = _bases(names)


def rename_outputs(values: dict[str, Any], rename: Callable[[str], str]) -> None:
    """Set the attributes that follow from outputs whose names change."""
    outputs: Outputs = values["_outputs"]
    if isinstance(outputs, str):
        outputs = rename(outputs)
    elif isinstance(outputs, dict):
        outputs = {key: rename(name) for key, name in outputs.items()}
    elif outputs is not None:
        outputs = [rename(name) for name in outputs]
    _add_outputs(values, outputs)


def _add_options(values: dict[str, Any]) -> None:
    tags, confirms, resources = values["tags"], values["_confirms"], values["_resources"]
    values["tags"] = _NO_TAGS if tags is None else labels("tag", tags)
    values["_confirms"] = _as_tuple(confirms)
    values["_resources"] = None if resources is None else dict(resources)


def _as_tuple(names: Iterable[str] | Mapping[str, str] | None) -> tuple[str, ...]:
    """Return the names in any of the forms in which datasets are given."""
    if names is None:
        return ()
    if isinstance(names, str):
        return (names,)
    return tuple(names.values()) if isinstance(names, Mapping) else tuple(names)


def labels(kind: str, given: str | Iterable[str] | None) -> frozenset[str]:
    """Return tags as a set.

    Raises:
        NodeError: one of them is not a valid label.
    """
    found = frozenset(_as_tuple(given))
    for label in found:
        _raise_if(check_label(kind, label))
    return found


def _bases(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names without formats, each once; the same object where that is no change."""
    if len(names) == 1 and TRANSCODING_SEPARATOR not in names[0]:
        return names
    bases = tuple(dict.fromkeys([strip_transcoding(name) for name in names]))
    return names if bases == names else bases


def _check_datasets(which: str, names: object) -> None:
    if names is None or isinstance(names, Inferred):
        return
    if isinstance(names, str):
        _raise_if(check_dataset_name(names))
        return
    if not isinstance(names, list | dict):
        raise NodeError(
            f"{which} must be a name, a list of names, a dict or None, "
            f"not {names!r} ({type(names).__name__})",
            hint=f"{which}={sorted(names)!r}" if isinstance(names, tuple | set) else None,
        )
    if isinstance(names, dict):
        for key in names:
            _raise_if(None if isinstance(key, str) else f"the keys of {which} are strings, not {key!r}")
        names = list(names.values())
    for name in names:
        _raise_if(check_dataset_name(name))


def _check_options(values: dict[str, Any]) -> None:
    if values["_given_name"] is not None:
        _raise_if(check_label("node name", values["_given_name"]))
    if values["namespace"] is not None:
        _check_namespace(values["namespace"])
    for name in values["_confirms"]:
        _raise_if(check_dataset_name(name))
    if values["cache"] not in _CACHE:
        raise NodeError(
            f"cache is one of {', '.join(map(repr, _CACHE))}, not {values['cache']!r}",
            hint=did_you_mean(str(values["cache"]), _CACHE),
        )
    retries, timeout, version = values["retries"], values["timeout"], values["version"]
    if type(retries) is not int or retries < 0:
        raise NodeError(f"retries is a number of times, 0 or more, not {retries!r}")
    if timeout is not None and not _is_duration(timeout):
        raise NodeError(f"timeout is a number of seconds above 0, not {timeout!r}")
    if version is not None and not isinstance(version, str):
        raise NodeError(f"version is a string, not {version!r}", hint=f"version={str(version)!r}")


def _check_namespace(namespace: object) -> None:
    _raise_if(check_label("namespace", namespace))
    if "" in str(namespace).split("."):
        raise NodeError(f"'{namespace}' is not a valid namespace: a name must stand on each side of a dot")


def _is_duration(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def _check_data(func: Callable[..., Any], values: dict[str, Any]) -> None:
    reads, writes = values["reads"], values["writes"]
    inputs, outputs = values["_input_names"], values["_output_names"]
    values["transcoded"] = () if reads is inputs and writes is outputs else _transcoded(inputs + outputs)
    if not reads and not writes:
        raise NodeError(
            f"a node over {function_name(func)} has neither inputs nor outputs",
            hint="a node that makes nothing needs an input to say when it runs",
        )
    for name in writes:
        if name in reads or name.startswith(PARAMETER_PREFIX) or name == PARAMETERS:
            raise _wrong_output(func, name, bool(values["transcoded"]))
    if len(writes) != len(outputs):
        counts = Counter(map(strip_transcoding, outputs))
        twice = sorted(name for name, count in counts.items() if count > 1)
        raise NodeError(
            f"a node over {function_name(func)} has {_listed(twice)} more than once among its outputs"
        )


def _wrong_output(func: Callable[..., Any], name: str, transcoded: bool) -> NodeError:
    if is_parameter(name):
        return NodeError(f"a node over {function_name(func)} cannot make the parameter '{name}'")
    return NodeError(
        f"a node over {function_name(func)} has '{name}' both as input and as output",
        why="a dataset in two formats is still one dataset" if transcoded else None,
        hint=f"give what it makes another name, such as '{name}_updated'",
    )


def _transcoded(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple({strip_transcoding(name): None for name in names if TRANSCODING_SEPARATOR in name})


def _add_names(values: dict[str, Any]) -> None:
    namespace, given = values["namespace"], values["_given_name"]
    short = function_name(values["func"]) if given is None else given
    base = f"{namespace}.{short}" if namespace else short
    values["base_name"] = base
    values["name"] = f"{base}.{_suffix(values)}" if values["_qualified"] else base
    values["is_named"] = given is not None


def _suffix(values: dict[str, Any]) -> str:
    name: str = (values["writes"] or values["reads"])[0].removeprefix(PARAMETER_PREFIX)
    outer = values["namespace"] or ""
    while outer and not name.startswith(f"{outer}."):
        outer = outer.rpartition(".")[0]
    return _NOT_IN_A_NAME.sub("_", name[len(outer) + 1 :] if outer else name)


def caller_place() -> Place:
    """Return file and line of the nearest caller outside this package."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_globals.get("__package__") == __package__:
        frame = frame.f_back
    return (frame.f_code.co_filename, frame.f_lineno) if frame is not None else ("<unknown>", 0)


def places(func: Callable[..., Any], place: Place) -> tuple[str, ...]:
    """Return where a node and its function were defined, as an error lists them."""
    function = function_place(func) if callable(func) else None
    here = f"{place[0]}:{place[1]}"
    return (here, f"{function} ({function_name(func)})") if function else (here,)


def _located(error: PlaitError, func: Callable[..., Any], place: Place) -> PlaitError:
    if not error.where:
        error.where = places(func, place)
    return error


def _raise_if(problem: str | None) -> None:
    if problem is not None:
        raise NodeError(problem)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
