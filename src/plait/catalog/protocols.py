"""What a dataset is: any object that can load and save. Each further ability is a protocol of its own.

Nothing here is a base class. The engine asks ``isinstance(dataset, Previewable)`` and does without
what a dataset cannot do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
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
    "Partitions",
    "Previewable",
    "Progress",
    "Releases",
    "Replaces",
    "SavesInContext",
    "StreamWriter",
    "Streams",
    "Versions",
    "Watermarked",
]

FrameName = Literal["pandas", "polars", "polars-lazy", "arrow", "path", "snowpark", "ibis"]


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
    """Adds a chunk to what is there: all of it durably or nothing.

    Where the format cannot, ``append`` raises a DatasetError; :attr:`Streams.appendable` tells beforehand.
    """

    def append(self, data: Any) -> None: ...


class StreamWriter(Protocol):
    """Takes the chunks of a stream, in order."""

    def append(self, data: Any) -> None: ...


@runtime_checkable
class Streams(Protocol):
    """Is written chunk by chunk; the whole becomes visible when the context ends normally.

    When it ends with an exception, what was there before is still there. Without any chunk there is
    nothing to write, and the context raises a DatasetError at its end.
    """

    @property
    def appendable(self) -> bool:
        """Whether its format can be written in chunks at all; ``stream()`` and ``append()`` raise if not."""
        ...

    def stream(self) -> AbstractContextManager[StreamWriter]: ...


@runtime_checkable
class Progress(Protocol):
    """Keeps how far its producer has come with the data that came of it, in one commit.

    ``progress`` is a JSON mapping that only the caller understands. A chunk is what ``append`` takes; for
    partitions it is a mapping of keys to values. After a crash either all of a call happened or, with
    partitions, some of the parts, which the same call saves again under the same keys.
    """

    def read_progress(self) -> Mapping[str, Any] | None:
        """Return what was committed with the data that lies there; None if that came about otherwise."""
        ...

    def append_with_progress(self, chunks: Iterable[Any], progress: Mapping[str, Any]) -> None:
        """Add the chunks to what is there and replace the progress."""
        ...

    def replace_with_progress(self, chunks: Iterable[Any], progress: Mapping[str, Any]) -> None:
        """Put the chunks in the place of what is there (partitions: of the same keys), with new progress."""
        ...


@runtime_checkable
class Watermarked(Protocol):
    """Loads only the rows whose ``column`` is greater than ``mark``; all rows when ``mark`` is None."""

    def load_beyond(self, column: str, mark: Any, frame: FrameName | None = None) -> Any: ...


@runtime_checkable
class Partitions(Protocol):
    """Keyed parts, each a dataset of its own: saved atomically, visible at once. Instances can be pickled.

    Keys are relative, with ``/``, and sorted. ``load()`` gives a lazy mapping of all parts; ``save(mapping)``
    saves its parts one by one and keeps the others.
    """

    def keys(self) -> list[str]:
        """List the parts anew; the empty list where there is nothing yet."""
        ...

    def load_part(self, key: str, frame: FrameName | None = None) -> Any: ...

    def save_part(self, key: str, data: Any) -> None: ...

    def exists_part(self, key: str) -> bool: ...

    def part_location(self, key: str) -> str:
        """Return where a part lies, there or not yet: a project-relative path or a URL without secrets."""
        ...

    def load_parts(
        self, keys: Collection[str] | None = None, frame: FrameName | None = None
    ) -> Mapping[str, Any]:
        """Return the lazy mapping of some parts, which can be pickled and loads one value at a time."""
        ...

    def part_places(self) -> Mapping[str, str] | None:
        """Return key → local path of all parts from one look at the folder; None where they are remote."""
        ...

    def part_fingerprints(self, keys: Collection[str] | None = None) -> Mapping[str, Fingerprint]:
        """Return what identifies the parts, all or those named, without the ones that are not there.

        Local files are read; whoever remembers digests uses :meth:`part_places` instead.
        """
        ...

    def retire(self, keys: Iterable[str], trash: Path | None = None) -> None:
        """Take parts away: moved below ``trash``, at the relative path of the dataset, else removed."""
        ...

    def load(self) -> Mapping[str, Any]: ...

    def save(self, data: Any) -> None: ...


@runtime_checkable
class Replaces(Protocol):
    """Can keep what its next save replaces, for the day that somebody misses it."""

    def keep_replaced(self, trash: Path) -> Path | None:
        """Put what lies there below ``trash`` as well; return where, or None where nothing is replaced."""


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
class FingerprintedTogether(Protocol):
    """Can be identified together with others of the same connection, by one question."""

    @property
    def connection(self) -> str: ...

    @classmethod
    def fingerprints_of(cls, datasets: Sequence[Any]) -> list[Fingerprint | None]:
        """Return what identifies each, in order; None for what is not there."""
        ...


@runtime_checkable
class NamedInSql(Protocol):
    """Is a table that a statement in the same database can name."""

    @property
    def sql_name(self) -> str:
        """Its name, quoted, with all the parts that it was given."""
        ...

    @property
    def sql_place(self) -> str:
        """The database, without secrets: one statement names only tables of one place."""
        ...


@runtime_checkable
class Refers(Protocol):
    """Is made from other datasets when it is loaded, as a query is from tables."""

    @property
    def references(self) -> Sequence[str]:
        """The names of those datasets."""
        ...


@runtime_checkable
class SavesInContext(Protocol):
    """Wants to know for which run and node it saves."""

    def save_in(self, data: Any, context: SaveContext) -> None: ...
