"""Local files in one format, read and written with what they have in common worked out once.

What is quick covers the usual: a plain file, in the frame of the entry. Whatever is different, or goes
wrong, is left to the dataset of the single file, which knows all cases and how to speak of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from plait.catalog import FileDataset
from plait.catalog.digests import digest_of
from plait.catalog.failures import reported
from plait.catalog.formats import resolve_function
from plait.catalog.protocols import FrameName
from plait.catalog.storage import put
from plait.values import Fingerprint

__all__ = ["PartFiles"]


class PartFiles:
    """Reads and writes the parts that are local files.

    Args:
        prototype: a part that is nowhere; all are like it.
        folder: where they lie.
        name: gives the relative path of the part of a key.
        part: gives the dataset of that part alone.
    """

    def __init__(
        self, prototype: FileDataset, folder: str, name: Callable[[str], str], part: Callable[[str], Any]
    ) -> None:
        self._like = prototype
        self._folder = folder
        self._below = Path(folder)
        self._name = name
        self._part = part

    def load(self, key: str, frame: FrameName | None = None) -> Any:
        """Return the data of one file. Raises DatasetError where it is not there or cannot be read."""
        if frame is not None and frame != self._like.frame:
            return self._part(key).load_as(frame)
        if self._read is None:
            return self._part(key).load()
        try:
            return self._read(self._below / self._name(key), **self._load_keywords)
        except FileNotFoundError:
            return self._part(key).load()  # it may have been on its way there
        except Exception as error:
            with reported(self._part(key), "loaded"):
                raise error

    def save(self, key: str, data: Any) -> None:
        """Put ``data`` in the place of one file, whole or not at all."""
        if data is None or isinstance(data, Path) or self._write is None:
            self._part(key).save(data)
            return
        try:
            done = put(f"{self._folder}/{self._name(key)}", lambda target: self._written(data, target))
        except Exception as error:
            with reported(self._part(key), "saved"):
                raise error
        if not done:
            self._part(key).save(data)

    def fingerprints(self, keys: Iterable[str]) -> dict[str, Fingerprint]:
        """Return what identifies files by their content, without those that are not there."""
        found = {}
        for key in keys:
            with suppress(FileNotFoundError):
                digest, _ = digest_of(f"{self._folder}/{self._name(key)}")
                found[key] = Fingerprint(f"sha256:{digest}", "content")
        return found

    def _written(self, data: Any, target: Path) -> None:
        assert self._write is not None
        self._write(self._converted(data), target, **self._save_keywords)

    def _converted(self, data: Any) -> Any:
        frame = self._like.writing_frame
        if not frame:
            return data
        from plait.catalog import frames

        return frames.to_save(data, cast(FrameName, frame))

    @cached_property
    def _read(self) -> Callable[..., Any] | None:
        return self._function(self._like.format.readers, self._like.frame)

    @cached_property
    def _write(self) -> Callable[..., Any] | None:
        return self._function(self._like.format.writers, self._like.writing_frame)

    def _function(self, table: Mapping[str, str], frame: str) -> Callable[..., Any] | None:
        """Return the function of the format for a frame; None where there is more to it than a call."""
        usual = self._like.format.holds == "file" and frame != "path" and frame in table
        return resolve_function(table[frame]) if usual else None

    @cached_property
    def _load_keywords(self) -> Mapping[str, Any]:
        return self._like.load_keywords()

    @cached_property
    def _save_keywords(self) -> Mapping[str, Any]:
        return self._like.save_keywords()
