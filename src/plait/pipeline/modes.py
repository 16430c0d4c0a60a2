"""How a node takes a dataset: whole, key by key, or only what it has not seen yet.

``each("images")`` and ``new("events")`` stand among the inputs of a node where a name would stand.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, overload

from plait.errors import NodeError
from plait.pipeline.names import check_dataset_name, is_parameter

__all__ = ["Each", "Mode", "New", "OnError", "each", "new", "without_modes"]

OnError = Literal["continue", "stop"]

_MISSING = ("fail", "skip")


@dataclass(frozen=True, slots=True)
class Each:
    """A partitioned dataset taken, or made, key by key.

    Attributes:
        missing: what keys mean that other ``each`` inputs of the node lack: ``fail`` or ``skip``.
    """

    dataset: str
    missing: Literal["fail", "skip"] = "fail"

    def __repr__(self) -> str:
        more = "" if self.missing == "fail" else f", missing={self.missing!r}"
        return f"each({self.dataset!r}{more})"


@dataclass(frozen=True, slots=True)
class New:
    """What of a dataset a node has not consumed yet: partitions, or rows beyond a watermark.

    Attributes:
        by: the column that grows with time, for rows.
        lookback: how far behind the watermark rows are taken once more, in the unit of the column.
    """

    dataset: str
    by: str | None = None
    lookback: Any = None

    def __repr__(self) -> str:
        more = "".join(
            f", {name}={value!r}"
            for name, value in (("by", self.by), ("lookback", self.lookback))
            if value is not None
        )
        return f"new({self.dataset!r}{more})"


Mode = Each | New


def each(dataset: str, *, missing: Literal["fail", "skip"] = "fail") -> Each:
    """Map a node over a partitioned dataset: one call per key, saved under the same key.

    Among ``inputs`` it reads ``dataset`` key by key; several such inputs are joined on their keys. Among
    ``outputs`` it says that what a call returns is saved under the key of the call.

    Args:
        missing: what happens to keys that not all ``each`` inputs have: ``fail`` lists them and fails the
            node, ``skip`` leaves them out. One input that says ``skip`` may lack keys of the others.

    Raises:
        NodeError: it is no dataset, or ``missing`` is neither.
    """
    _check("each", dataset)
    if missing not in _MISSING:
        raise NodeError(f"missing is 'fail' or 'skip', not {missing!r}", where=f"each({dataset!r})")
    return Each(dataset, missing)


def new(dataset: str, *, by: str | None = None, lookback: Any = None) -> New:
    """Give a node only what it has not consumed yet: partitions, or table rows beyond a watermark.

    The node gets the mapping of the new partitions (key → value, loaded one at a time), or the new rows. Its
    outputs must be partitioned or able to be appended to; how far it has come is stored with them.

    Args:
        by: for rows, the column whose greatest value so far is the watermark.
        lookback: for rows, how far below the watermark to look again for late ones; what it lets in twice
            replaces itself only in a partitioned output.

    Raises:
        NodeError: it is no dataset, or ``lookback`` is given without ``by``.
    """
    _check("new", dataset)
    if by is not None and (not isinstance(by, str) or not by):
        raise NodeError(f"by is the name of a column, not {by!r}", where=f"new({dataset!r})")
    if lookback is not None and by is None:
        raise NodeError(
            "lookback needs a column to look back along",
            where=f"new({dataset!r})",
            hint=f"new({dataset!r}, by='column', lookback={lookback!r}); late partitions are found without",
        )
    return New(dataset, by, lookback)


def _check(word: str, dataset: object) -> None:
    problem = check_dataset_name(dataset)
    if problem is None and is_parameter(str(dataset)):
        problem = f"'{dataset}' is a parameter, and {word}() takes a dataset"
    if problem is not None:
        raise NodeError(problem, where=f"{word}({dataset!r})")


@overload
def without_modes(given: str | Mode) -> tuple[str, tuple[Mode | None, ...]]: ...
@overload
def without_modes(given: Any) -> tuple[Any, tuple[Mode | None, ...]]: ...
def without_modes(given: Any) -> tuple[Any, tuple[Mode | None, ...]]:
    """Return inputs or outputs as plain names, and the mode of each in order; none where none has one."""
    if isinstance(given, Each | New):
        return given.dataset, (given,)
    values: Iterable[Any] = given.values() if isinstance(given, dict) else given
    if not isinstance(given, list | dict) or not any(isinstance(item, Each | New) for item in values):
        return given, ()
    modes = tuple([item if isinstance(item, Each | New) else None for item in values])
    if isinstance(given, dict):
        return {key: _name(item) for key, item in given.items()}, modes
    return [_name(item) for item in given], modes


def _name(item: Any) -> Any:
    return item.dataset if isinstance(item, Each | New) else item
