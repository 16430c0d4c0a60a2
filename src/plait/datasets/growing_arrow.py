"""Parquet and Arrow files that grow by row groups and record batches."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet

from plait.errors import DatasetError

# What the writers of pandas and Polars call otherwise, or do not need to be told here.
_RENAMED = {"statistics": "write_statistics"}
_IGNORED = frozenset({"engine", "index", "chunksize", "version"})


@contextmanager
def append_parquet(
    target: Path, before: Path | None, row_group_size: int | None = None, **save_args: Any
) -> Iterator[Callable[[Any], None]]:
    """Write each chunk as row groups behind those of ``before``, which are copied one at a time."""
    options = _parquet_options(save_args)

    def opened(schema: Any) -> Any:
        return pa.parquet.ParquetWriter(target, schema, **options)

    def write(writer: Any, table: Any) -> None:
        writer.write_table(table, row_group_size=row_group_size)

    with _Growing(opened, write) as growing:
        if before is not None:
            with pa.parquet.ParquetFile(before) as file:
                groups = (file.read_row_group(place) for place in range(file.num_row_groups))
                growing.begin(file.schema_arrow, groups)
        yield growing.append


@contextmanager
def append_feather(
    target: Path,
    before: Path | None,
    compression: str | None = None,
    compression_level: int | None = None,
    **save_args: Any,
) -> Iterator[Callable[[Any], None]]:
    """Write each chunk as record batches behind those of ``before``."""
    _refuse_unknown(save_args.keys() - _IGNORED, "an Arrow file")
    default = "lz4" if pa.Codec.is_available("lz4") else "uncompressed"
    name = compression or default
    codec = None if name == "uncompressed" else pa.Codec(name, compression_level)
    options = pa.ipc.IpcWriteOptions(compression=codec)

    def opened(schema: Any) -> Any:
        return pa.ipc.new_file(str(target), schema, options=options)

    def write(writer: Any, table: Any) -> None:
        writer.write_table(table)

    with _Growing(opened, write) as growing:
        if before is not None:
            with pa.memory_map(str(before)) as source:
                file = pa.ipc.open_file(source)
                batches = (
                    pa.Table.from_batches([file.get_batch(place)]) for place in range(file.num_record_batches)
                )
                growing.begin(file.schema, batches)
        yield growing.append


class _Growing:
    """Opens its writer for the first chunk with rows, whose types all others must fit."""

    def __init__(self, opened: Callable[[Any], Any], write: Callable[[Any, Any], None]) -> None:
        self._opened = opened
        self._write = write
        self._writer: Any = None
        self._schema: Any = None
        self._empty: Any = None

    def __enter__(self) -> _Growing:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if self._writer is None and self._empty is not None and kind is None:
            self.begin(self._empty.schema, [self._empty])
        if self._writer is not None:
            self._writer.close()

    def begin(self, schema: Any, tables: Iterable[Any]) -> None:
        self._schema = schema
        self._writer = self._opened(schema)
        for table in tables:
            self._write(self._writer, table)

    def append(self, table: Any) -> None:
        if self._writer is None and not table.num_rows:
            self._empty = table if self._empty is None else self._empty
            return
        if self._writer is None:
            self.begin(table.schema, [table])
        else:
            self._write(self._writer, _fitted(table, self._schema))


def _fitted(table: Any, schema: Any) -> Any:
    if sorted(table.column_names) != sorted(schema.names):
        raise DatasetError(
            "a chunk has other columns than the file it is added to",
            why=f"the chunk: {', '.join(table.column_names)}\nthe file: {', '.join(schema.names)}",
            hint="give every chunk the same columns",
        )
    table = table.select(schema.names)
    for name in schema.names:
        _refuse_other_type(table, schema, name)
    return table.cast(schema)


def _refuse_other_type(table: Any, schema: Any, name: str) -> None:
    wanted, given = schema.field(name).type, table.schema.field(name).type
    if given == wanted:
        return
    try:
        table[name].cast(wanted)
    except (pa.ArrowException, NotImplementedError) as error:
        raise DatasetError(
            f"column '{name}' of a chunk is {given}, and that of the file is {wanted}",
            why=str(error).splitlines()[0],
            hint="give the column one type in every chunk, the first included: `astype`, `cast`",
        ) from error


def _parquet_options(save_args: Mapping[str, Any]) -> dict[str, Any]:
    taken = inspect.signature(pa.parquet.ParquetWriter.__init__).parameters
    renamed = {_RENAMED.get(name, name): value for name, value in save_args.items() if name not in _IGNORED}
    if renamed.get("compression") == "uncompressed":
        renamed["compression"] = "none"
    _refuse_unknown((name for name in renamed if name not in taken), "a Parquet file")
    return renamed


def _refuse_unknown(names: Iterable[str], what: str) -> None:
    for name in sorted(names):
        raise DatasetError(
            f"{what} that grows takes no '{name}'",
            hint="its chunks are written by pyarrow: use the arguments of its writer in `save_args`",
        )
