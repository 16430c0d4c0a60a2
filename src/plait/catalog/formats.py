"""What a file format is to the catalog: a table of functions that are imported when they are first called.

A format promises nothing about where a file lies, how it gets there whole, or which version it is;
:class:`~plait.catalog.files.FileDataset` does, once, for all of them.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from plait.errors import CatalogError, did_you_mean

__all__ = ["Format", "resolve_function"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """How a kind of file is read, written and looked at.

    Functions are named ``"package.module:function"``; their module may import the data library it is
    about, because it is imported at the first call. Keys of the tables are frames (``pandas``,
    ``polars``, ``polars-lazy``, ``arrow``) or ``""`` for a format that holds plain Python objects.

    Attributes:
        name: the short type name, as ``csv``.
        readers: frame → ``read(source, **load_args) -> data``. ``source`` is a local ``Path``.
            ``polars-lazy`` is listed only where scanning gives the same values as reading.
        writers: frame → ``write(data, target, **save_args) -> None``. ``target`` is a local ``Path``
            that does not exist yet (for ``holds="folder"`` an empty folder); it is moved into place
            afterwards. The same data must give the same bytes.
        previews: frame → ``preview(source, limit, **load_args) -> Preview``, reading no more than it
            shows; the one under ``""`` serves every frame that has none of its own.
        appenders: frame → ``append(target, before, **save_args)``, a context whose value adds one chunk to
            the file at ``target``, which begins with the content of the local file ``before``, if there is
            one. A frame that has none of its own takes that of ``arrow``, to which chunks are converted.
        default_frame: what ``type: <name>`` gives when neither the entry nor the type name says;
            None takes the project's default where there is a reader for it, else the first reader.
        holds: what lies at the path. ``either`` is decided by what is there and what is saved.
        ranged: readers and previews take an open, seekable binary file as well as a path, so that a
            remote file is read in ranges; without it a remote file is first downloaded.
        options: further keys of an entry that readers and writers take as keywords, as Kedro's
            ``backend`` of pickles.
        open_args: which of ``fs_args.open_args_load`` and ``open_args_save`` (``encoding``, …) the
            reader and the writer take as keywords.
        any_object: the writer stores any Python object, so that a ``Path`` is data and not the file
            that shall be copied into place.
    """

    name: str
    readers: Mapping[str, str]
    writers: Mapping[str, str] = field(default_factory=dict)
    previews: Mapping[str, str] = field(default_factory=dict)
    appenders: Mapping[str, str] = field(default_factory=dict)
    default_frame: str | None = None
    holds: Literal["file", "folder", "either"] = "file"
    ranged: bool = False
    options: tuple[str, ...] = ()
    open_args: tuple[str, ...] = ()
    any_object: bool = False

    def choose_frame(self, wanted: str | None, default: str = "pandas") -> str:
        """Return the frame of a dataset that wants this one, or of one that does not say.

        Raises:
            CatalogError: the format has no such frame.
        """
        known = list(dict.fromkeys([*self.readers, *self.writers]))
        for frame in (self.default_frame, default) if wanted is None else (wanted,):
            if frame is not None and frame in known:
                return frame
        if wanted is None:
            return known[0]
        choices = [frame for frame in known if frame]
        raise CatalogError(
            f"{self.name} has no frame '{wanted}'",
            why=f"it has {', '.join(choices)}" if choices else "it holds plain Python objects",
            hint=did_you_mean(wanted, choices),
        )

    def appender(self, frame: str) -> tuple[str, str] | None:
        """Return the frame that chunks are in and the function that appends them; None where none can."""
        frame = "polars" if frame == "polars-lazy" else frame
        found = frame if frame in self.appenders else "arrow"
        return (found, self.appenders[found]) if found in self.appenders else None


def resolve_function(reference: str) -> Callable[..., Any]:
    """Import ``"package.module:name"``."""
    module, _, name = reference.partition(":")
    return getattr(importlib.import_module(module), name)  # type: ignore[no-any-return]
