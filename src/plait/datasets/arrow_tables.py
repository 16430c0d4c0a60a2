"""Tables that pyarrow reads and writes, and the first rows of Parquet and Arrow files for everyone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet

from plait.catalog.preview import Preview
from plait.datasets import previews
from plait.datasets.growing_text import Appending, Lines, appended_lines, written
from plait.datasets.sources import Source, suffix_of

_CSV_OPTIONS = {
    "read_options": pa.csv.ReadOptions,
    "parse_options": pa.csv.ParseOptions,
    "convert_options": pa.csv.ConvertOptions,
    "write_options": pa.csv.WriteOptions,
}

_COMPRESSIONS = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}
# Read back as missing what pyarrow wrote as missing; an empty text it writes in quotes.
_MISSING = {"convert_options": {"strings_can_be_null": True, "quoted_strings_can_be_null": False}}


def read_csv(source: Source, **load_args: Any) -> Any:
    return pa.csv.read_csv(_decompressed(source), **_csv_options(load_args, _MISSING))


def write_csv(data: Any, target: Path, **save_args: Any) -> None:
    with pa.output_stream(target, compression="detect") as file:
        pa.csv.write_csv(data, file, **_csv_options(save_args, {}))


def append_csv(target: Path, before: Path | None, **save_args: Any) -> Appending:
    options = _csv_options(save_args, {}).get("write_options") or pa.csv.WriteOptions()
    bare = pa.csv.WriteOptions(
        include_header=False,
        batch_size=options.batch_size,
        delimiter=options.delimiter,
        quoting_style=options.quoting_style,
    )

    def rows(chunk: Any) -> bytes:
        return written(lambda file: pa.csv.write_csv(chunk, file, bare))

    def header(chunk: Any) -> bytes:
        return written(lambda file: pa.csv.write_csv(chunk.slice(0, 0), file, options))

    return appended_lines(target, before, Lines(header, rows))


def preview_csv(source: Source, limit: int, **load_args: Any) -> Preview:
    with pa.csv.open_csv(_decompressed(source), **_csv_options(load_args, _MISSING)) as reader:
        return previews.of_arrow(_enough(reader, reader.schema, limit), limit)


def read_parquet(source: Source, **load_args: Any) -> Any:
    return pa.parquet.read_table(source, **load_args)


def write_parquet(data: Any, target: Path, **save_args: Any) -> None:
    pa.parquet.write_table(data, target, **save_args)


def preview_parquet(source: Source, limit: int, columns: list[str] | None = None, **_: Any) -> Preview:
    """Show the first rows, read from the first pages; the number of all rows is in the footer."""
    if isinstance(source, Path) and source.is_dir():
        dataset = pa.dataset.dataset(source, format="parquet")
        return previews.of_arrow(dataset.head(limit + 1, columns=columns), limit)
    with pa.parquet.ParquetFile(source) as file:
        batches = file.iter_batches(batch_size=limit + 1, columns=columns)
        table = _enough(batches, _selected(file.schema_arrow, columns), limit)
        return previews.of_arrow(table, limit, file.metadata.num_rows)


def read_feather(source: Source, **load_args: Any) -> Any:
    return pa.feather.read_table(source, **load_args)


def write_feather(data: Any, target: Path, **save_args: Any) -> None:
    pa.feather.write_feather(data, target, **save_args)


def preview_feather(source: Source, limit: int, columns: list[str] | None = None, **_: Any) -> Preview:
    with pa.memory_map(str(source)) if isinstance(source, Path) else source as file:
        reader = pa.ipc.open_file(file)
        batches = (reader.get_batch(index) for index in range(reader.num_record_batches))
        table = _enough(batches, reader.schema, limit)
        complete = table.num_rows <= limit
        table = table.select(columns) if columns else table
        return previews.of_arrow(table.slice(0, limit + 1), limit, table.num_rows if complete else None)


def _enough(batches: Any, schema: Any, limit: int) -> Any:
    taken: list[Any] = []
    rows = 0
    for batch in batches:
        taken.append(batch)
        rows += batch.num_rows
        if rows > limit:
            break
    return pa.Table.from_batches(taken, schema)


def _selected(schema: Any, columns: list[str] | None) -> Any:
    return schema if columns is None else pa.schema([schema.field(name) for name in columns])


def _decompressed(source: Source) -> Any:
    """Unpack an open file; of a path pyarrow sees by itself how it is packed."""
    compression = None if isinstance(source, Path) else _COMPRESSIONS.get(suffix_of(source))
    return pa.input_stream(source, compression=compression) if compression else source


def _csv_options(arguments: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Build pyarrow's option objects from the mappings that YAML can hold."""
    found = {**defaults, **arguments}
    for name in _CSV_OPTIONS.keys() & found.keys():
        if isinstance(found[name], Mapping):
            found[name] = _CSV_OPTIONS[name](**{**defaults.get(name, {}), **found[name]})
    return found
