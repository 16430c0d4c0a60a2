"""What a dataset is: any object that can load and save. Each further ability is a protocol of its own.

Nothing here is a base class. The engine asks ``isinstance(dataset, Previewable)`` and does without
what a dataset cannot do.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol, runtime_checkable

from plait.catalog.preview import Preview
from plait.values import Fingerprint, SaveContext

__all__ = [
    "Appends",
    "Bound",
    "Confirms",
    "Dataset",
    "Exists",
    "Fingerprinted",
    "FrameName",
    "LoadsFrames",
    "Located",
    "Previewable",
    "Releases",
    "SavesInContext",
    "Versions",
]

FrameName = Literal["pandas", "polars", "polars-lazy", "arrow", "path"]


@runtime_checkable
class Dataset(Protocol):
    """A named piece of data that can be loaded and saved."""

    def load(self) -> Any: ...

    def save(self, data: Any) -> None: ...


@runtime_checkable
class Exists(Protocol):
    """Knows whether there is data, without loading it."""

    def exists(self) -> bool: ...


@runtime_checkable
class Fingerprinted(Protocol):
    """Knows what identifies its content; None where it cannot tell."""

    def fingerprint(self) -> Fingerprint | None: ...


@runtime_checkable
class LoadsFrames(Protocol):
    """Delivers the frame (or the local path) that a consumer's annotation asks for.

    ``load()`` gives what the entry's own reader gives; ``load_as`` the same values in another frame.
    """

    def load_as(self, frame: FrameName) -> Any: ...


@runtime_checkable
class Previewable(Protocol):
    """Shows its first ``limit`` rows or lines without reading the rest."""

    def preview(self, limit: int = 20) -> Preview: ...


@runtime_checkable
class Appends(Protocol):
    """Adds a chunk to what is there."""

    def append(self, data: Any) -> None: ...


@runtime_checkable
class Releases(Protocol):
    """Frees what it holds in memory."""

    def release(self) -> None: ...


@runtime_checkable
class Confirms(Protocol):
    """Is told when a node that names it in ``confirms`` has succeeded."""

    def confirm(self) -> None: ...


@runtime_checkable
class Versions(Protocol):
    """Keeps named saves; newest last."""

    def versions(self) -> list[str]: ...


@runtime_checkable
class Located(Protocol):
    """Lies somewhere: a project-relative path or a URL, without secrets."""

    @property
    def location(self) -> str: ...


@runtime_checkable
class Bound(Protocol):
    """Is bound to a live connection, so its nodes run in the coordinating process."""

    @property
    def connection(self) -> str: ...


@runtime_checkable
class SavesInContext(Protocol):
    """Wants to know for which run and node it saves."""

    def save_in(self, data: Any, context: SaveContext) -> None: ...
