"""Text that grows: lines behind the lines that are there, packed as the name of the file says."""

from __future__ import annotations

import gzip
import io
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

from plait.datasets.sources import suffix_of
from plait.errors import DatasetError

__all__ = ["Appending", "Lines", "appended_lines", "appended_text", "refuse_compression", "written"]


Appending = AbstractContextManager[Callable[[Any], None]]
"""The context of a file that grows; its value adds a chunk."""


class Lines(NamedTuple):
    """How a chunk becomes text.

    Attributes:
        header: the first line of a file that begins with this chunk; empty where there is none.
        rows: the lines of the chunk, without the header.
    """

    header: Callable[[Any], bytes]
    rows: Callable[[Any], bytes]


@contextmanager
def appended_lines(target: Path, before: Path | None, lines: Lines) -> Iterator[Callable[[Any], None]]:
    """Write chunks to ``target``, behind the lines of ``before``.

    Raises:
        DatasetError: a chunk has another header than what is there.
    """
    known = None
    with _packing(target) as out:
        if before is not None and before.stat().st_size:
            known = _copy(before, out)

        def append(chunk: Any) -> None:
            nonlocal known
            header = lines.header(chunk)
            if known is None:
                out.write(header)
                known = header
            elif not known.startswith(header):
                raise _other_columns(header, known)
            out.write(lines.rows(chunk))

        yield append


def refuse_compression(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a writer without ``compression``, which the name of the file says."""
    kept = dict(arguments)
    if kept.pop("compression", "infer") not in ("infer", None):
        raise DatasetError(
            "a file cannot grow with `compression` in save_args",
            hint="let the name of the file say it, as `.csv.gz` does",
        )
    return kept


def _copy(before: Path, out: IO[bytes]) -> bytes:
    """Copy what is there, end its last line, and return its beginning."""
    with _unpacking(before) as source:
        head = source.read(64 * 1024)
        out.write(head)
        last = head[-1:]
        while piece := source.read(1024 * 1024):
            out.write(piece)
            last = piece[-1:]
    if last != b"\n":
        out.write(b"\n")
    return head


def _other_columns(header: bytes, known: bytes) -> DatasetError:
    there = known.splitlines()[0].decode("utf-8", "replace") if known else ""
    return DatasetError(
        "a chunk has other columns than the file it is added to",
        why=f"the chunk: {header.decode('utf-8', 'replace').strip()}\nthe file: {there}",
        hint="give every chunk the same columns, in the same order",
    )


@contextmanager
def _packing(target: Path) -> Iterator[IO[bytes]]:
    suffix = suffix_of(target)
    if suffix == ".gz":
        # Without a name and a time in its header: the same data gives the same bytes.
        with target.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as file:
            yield cast(IO[bytes], file)
    elif suffix == ".zst":
        import pyarrow as pa

        with pa.output_stream(target, compression="zstd") as file:
            yield file
    else:
        with target.open("wb") as file:
            yield file


@contextmanager
def _unpacking(source: Path) -> Iterator[IO[bytes]]:
    suffix = suffix_of(source)
    if suffix == ".zst":
        import pyarrow as pa

        with pa.input_stream(source, compression="zstd") as file:
            yield file
    else:
        with cast(IO[bytes], gzip.open(source)) if suffix == ".gz" else source.open("rb") as file:
            yield file


@contextmanager
def appended_text(
    target: Path, before: Path | None, check: Callable[[Any], None], **open_args: Any
) -> Iterator[Callable[[Any], None]]:
    """Write strings to ``target`` behind the text of ``before``, as they are."""
    if before is not None:
        shutil.copyfile(before, target)
    with target.open("a", **{"encoding": "utf-8", **open_args}) as file:

        def append(chunk: Any) -> None:
            check(chunk)
            file.write(chunk)

        yield append


def written(write: Callable[[IO[bytes]], Any]) -> bytes:
    """Return what a function writes into a binary file."""
    file = io.BytesIO()
    write(file)
    return file.getvalue()
