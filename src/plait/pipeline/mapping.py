"""Which ways of taking inputs and making outputs go together in one node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plait.errors import NodeError, did_you_mean
from plait.pipeline.modes import Mode, New
from plait.pipeline.signature import function_name

__all__ = ["check_modes"]

_ON_ERROR = ("continue", "stop")


def check_modes(values: dict[str, Any], out_modes: Sequence[Mode | None]) -> None:
    """Check how a node takes its inputs against what it makes.

    Args:
        values: the attributes of the node so far.
        out_modes: how each output was given; none where all are plain names.

    Raises:
        NodeError: they make no sense together.
    """
    if not (values["maps"] or values["incremental"] or out_modes) and values["on_error"] is None:
        return
    name = function_name(values["func"])
    if any(isinstance(mode, New) for mode in out_modes):
        raise NodeError(f"an output of {name} is new(…), which is how inputs are taken")
    if values["maps"] and values["incremental"]:
        raise NodeError(
            f"{name} takes one input key by key and of another what is new",
            hint="each() runs only new and changed keys already; or split the node in two",
        )
    if values["maps"]:
        _check_mapped(name, values, out_modes)
        return
    if out_modes:
        raise _nothing_mapped(name, values)
    if values["on_error"] is not None:
        raise NodeError(
            f"on_error says what a failed key means, but {name} is not mapped over keys",
            hint="take an input by each(…), or leave on_error out",
        )
    if values["incremental"] and not values["_output_names"]:
        raise NodeError(
            f"{name} takes what is new but has no output",
            why="how far a node has come is stored with what it made",
            hint="return what was done, and append it to a dataset",
        )
    if values["incremental"] and values["streams"]:
        raise NodeError(
            f"{name} is a generator function and takes what is new",
            hint="return the whole: what is new is added to the output in one commit",
        )


def _check_mapped(name: str, values: dict[str, Any], out_modes: Sequence[Mode | None]) -> None:
    if values["on_error"] not in (None, *_ON_ERROR):
        raise NodeError(
            f"on_error is one of {', '.join(map(repr, _ON_ERROR))}, not {values['on_error']!r}",
            hint=did_you_mean(str(values["on_error"]), _ON_ERROR),
        )
    if values["streams"]:
        raise NodeError(
            f"{name} is a generator function and is mapped over keys",
            hint="return the whole of a key, or let the generator yield (key, data) from the whole dataset",
        )
    if "Completed" in values["injected"].values():
        raise NodeError(
            f"{name} is mapped over keys and asks which are completed",
            why="only keys that are not are given to it",
        )
    outputs = values["_output_names"]
    modes = out_modes or (None,) * len(outputs)
    whole = [output for output, mode in zip(outputs, modes, strict=True) if mode is None]
    if whole:
        raise NodeError(
            f"{name} is called once per key, so what it makes is not the whole '{whole[0]}'",
            hint=f"write each('{whole[0]}') among its outputs",
        )


def _nothing_mapped(name: str, values: dict[str, Any]) -> NodeError:
    first = values["_output_names"][0]
    if values["streams"]:
        return NodeError(
            f"{name} is a generator function, which names the keys itself",
            hint=f"write outputs='{first}' and yield (key, data)",
        )
    return NodeError(
        f"{name} makes each('{first}'), but none of its inputs is taken by each()",
        why="the keys come from the inputs",
        hint=f"take one of them by each(…), or make the whole: return a dict of keys for '{first}'",
    )
