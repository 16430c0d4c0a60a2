"""Small values that every layer shares: origins, fingerprints, secrets, injection markers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

__all__ = [
    "Completed",
    "Fingerprint",
    "Origin",
    "PartitionKey",
    "RunContext",
    "SaveContext",
    "Secret",
    "Strength",
    "calling",
    "current_call",
]

Strength = Literal["content", "token", "stat"]


class Fingerprint(NamedTuple):
    """What identifies the content of a dataset.

    Attributes:
        token: the identity, with its algorithm as a prefix (``sha256:…``, ``etag:…``).
        strength: ``content`` (equal means equal data), ``token`` (changes at least when the
            data does) or ``stat`` (size and time only).
    """

    token: str
    strength: Strength


class Origin(NamedTuple):
    """Where a configured value came from."""

    file: str
    line: int | None = None
    layer: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


class Secret:
    """A value that prints as ``***`` and never pickles by accident.

    ``reveal()`` is called at the last moment, by the code that opens the connection.
    """

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        self._value = value

    def reveal(self) -> Any:
        return self._value

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash((Secret, repr(type(self._value))))

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a Secret is not pickled; pass the name of the credentials instead")


@dataclass(frozen=True, slots=True)
class SaveContext:
    """Which run and node a save belongs to, for stores that tag what they write."""

    run_id: str
    node: str
    key: str | None = None


_CALL: ContextVar[SaveContext | None] = ContextVar("the node call of this thread", default=None)


@contextmanager
def calling(context: SaveContext) -> Iterator[None]:
    """Say for which run and node this thread works within the context."""
    token = _CALL.set(context)
    try:
        yield
    finally:
        _CALL.reset(token)


def current_call() -> SaveContext | None:
    """Return for which run and node this thread works; None outside a node call."""
    return _CALL.get()


@dataclass(frozen=True, slots=True)
class RunContext:
    """What a node may know of the run it is part of; injected by annotation.

    Attributes:
        run_id: identifier of the run.
        node: name of the node.
        scratch: an empty folder of this node's own, created on first access of the attribute
            and removed when the node is done. A node may write a file here and return its path.
        seed: the seed of this node, derived from the project seed, the node and the partition.
        environment: the configuration environment, or None without a project.
        key: the partition key, or None.
        attempt: 1 for the first try, 2 for the first retry.
    """

    run_id: str
    node: str
    seed: int
    environment: str | None = None
    key: str | None = None
    attempt: int = 1
    _scratch: Path = field(default=Path(), repr=False)

    @property
    def scratch(self) -> Path:
        self._scratch.mkdir(parents=True, exist_ok=True)
        return self._scratch


class PartitionKey(str):
    """Injected by annotation: the key of the partition that a node works on."""

    __slots__ = ()


class Completed(frozenset[str]):
    """Injected by annotation: the keys this node already committed for the same code and inputs."""

    __slots__ = ()
