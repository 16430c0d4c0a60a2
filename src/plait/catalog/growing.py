"""Files that grow: what is added is written behind a copy of what is there, and the whole moved into place.

So nobody sees half a chunk, a kill leaves the file as it was, and a chunk is never there twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from plait.catalog.progress import read_document, recorded, sidecar_of, with_commit, write_document
from plait.catalog.stores import LocalStore, Store
from plait.errors import DatasetError

__all__ = ["ChunkWriter", "GrowingFile"]

Append = Callable[[Any], None]
_NOTHING = object()


class ChunkWriter:
    """Takes chunks, and counts them."""

    def __init__(self, append: Append, reported: Callable[[], AbstractContextManager[None]]) -> None:
        self._append = append
        self._reported = reported
        self.count = 0

    def append(self, data: Any) -> None:
        """Add one chunk. Raises DatasetError when it does not fit what came before."""
        with self._reported():
            if data is None:
                raise DatasetError("saving None is not allowed, and a chunk is None")
            self._append(data)
        self.count += 1


@dataclass(frozen=True, slots=True)
class GrowingFile:
    """A file that is written in chunks.

    Attributes:
        store: where it is.
        path: its path there.
        opened: given the path to write to and the path of what comes first, or None, the context whose value
            appends a chunk.
        reported: the context that turns what a library or the system raises into an error of the dataset's.
    """

    store: Store
    path: str
    opened: Callable[[Path, Path | None], AbstractContextManager[Append]]
    reported: Callable[[], AbstractContextManager[None]]

    def append(self, data: Any) -> None:
        """Add one chunk to what is there."""
        with (
            self.reported(),
            self.store.alone(self.path),
            self._before() as before,
            self.store.replacing(self.path, flush=True) as target,
        ):
            self._write(target, before, [data])

    @contextmanager
    def streamed(self, filled: AbstractContextManager[Path]) -> Iterator[ChunkWriter]:
        """Take chunks, and put them in place when the context ends normally.

        Args:
            filled: gives the path to write to, and moves what is there into place.
        """
        with ExitStack() as stack:
            with self.reported():
                target = stack.enter_context(filled)
                append = stack.enter_context(self.opened(target, None))
            writer = ChunkWriter(append, self.reported)
            yield writer
            if not writer.count:
                raise DatasetError("there was no chunk, so there is nothing to save")
            with self.reported():
                stack.close()

    def read_progress(self) -> Mapping[str, Any] | None:
        """Return the progress that was stored with the content that lies there."""
        with self.reported():
            document = read_document(self.store, sidecar_of(self.path))
            if document is None:
                return None
            found = recorded(document, self._token()) if self._token() else None
            if found is not None:
                return found
            with self._before() as before:
                return recorded(document, _digest(before))

    def append_with_progress(self, chunks: Iterable[Any], progress: Mapping[str, Any]) -> None:
        """Add chunks, and store how far their producer has come, in one commit."""
        with self.store.alone(self.path), self._before() as before:
            self._commit(chunks, progress, before, keep=before)

    def replace_with_progress(self, chunks: Iterable[Any], progress: Mapping[str, Any]) -> None:
        """Put chunks in the place of what is there, with new progress, in one commit."""
        with self.store.alone(self.path), self._before() as before:
            self._commit(chunks, progress, before, keep=None)

    def _commit(
        self, chunks: Iterable[Any], progress: Mapping[str, Any], before: Path | None, keep: Path | None
    ) -> None:
        record = sidecar_of(self.path)
        document = read_document(self.store, record)
        old = _digest(before)
        rest = iter(chunks)
        first = next(rest, _NOTHING)
        if first is _NOTHING:
            kept = keep is not None or before is None
            write_document(self.store, record, with_commit(document, old, old if kept else None, progress))
            if not kept:
                self.store.remove(self.path)
            return
        with self.reported_around(self.store.replacing(self.path, flush=True)) as target:
            self._write(target, keep, chain([first], rest))
            committed = with_commit(document, old, _digest(target), progress)
            write_document(self.store, record, committed)
        token = self._token()
        if token:
            committed["commits"][0]["token"] = token
            write_document(self.store, record, committed)

    def _write(self, target: Path, before: Path | None, chunks: Iterable[Any]) -> None:
        with self.reported_around(self.opened(target, before)) as append:
            writer = ChunkWriter(append, self.reported)
            for chunk in chunks:
                writer.append(chunk)

    @contextmanager
    def reported_around(self, context: AbstractContextManager[Any]) -> Iterator[Any]:
        """Report what the context raises when it begins and ends; what is raised inside is not its error."""
        with ExitStack() as stack:
            with self.reported():
                found = stack.enter_context(context)
            yield found
            with self.reported():
                stack.close()

    @contextmanager
    def _before(self) -> Iterator[Path | None]:
        if not self.store.exists(self.path):
            yield None
            return
        with self.store.fetched(self.path) as place:
            yield place

    def _token(self) -> str | None:
        """Return what a store says of the object, which saves a download; a local file is hashed."""
        if isinstance(self.store, LocalStore) or not self.store.exists(self.path):
            return None
        found = self.store.fingerprint(self.path)
        return found.token if found is not None and found.strength == "token" else None


def _digest(place: Path | None) -> str | None:
    if place is None:
        return None
    with place.open("rb") as stream:
        return f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}"
