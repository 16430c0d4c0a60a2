"""The dataset that is a file or a folder: where it lies, its versions, and saves that happen whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from plait.catalog.formats import Format, resolve_function
from plait.catalog.preview import Preview

__all__ = ["FileDataset"]


class FileDataset:
    """A file or folder in some format, somewhere.

    Args:
        path: a local path or any fsspec URL; ``filepath`` is Kedro's name for it.
        format: a :class:`Format` or a type name such as ``csv``; by default what the suffix says.
        frame: the frame that ``load()`` gives and that ``load_args`` and ``save_args`` belong to.
        root: the folder that a relative local path starts from.
        options: further keywords for the reader and the writer.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        format: Format,  # noqa: A002
        *,
        load_args: Mapping[str, Any] | None = None,
        save_args: Mapping[str, Any] | None = None,
        frame: str | None = None,
        root: str | os.PathLike[str] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.format = format
        self.path = Path(root or "") / path
        self.load_args = dict(load_args or {})
        self.save_args = dict(save_args or {})
        self.frame = frame or format.default_frame or next(iter(format.readers))
        self.options = dict(options or {})

    def load(self) -> Any:
        read = resolve_function(self.format.readers[self.frame])
        return read(self.path, **self.options, **self.load_args)

    def save(self, data: Any) -> None:
        write = resolve_function(self.format.writers[self.frame])
        if self.frame:
            from plait.catalog import frames  # type: ignore[attr-defined]

            data = frames.convert(data, self.frame)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write(data, self.path, **self.options, **self.save_args)

    def preview(self, limit: int = 20) -> Preview:
        previews = self.format.previews
        look = resolve_function(previews.get(self.frame, previews[""]))
        return look(self.path, limit, **self.options, **self.load_args)  # type: ignore[no-any-return]
