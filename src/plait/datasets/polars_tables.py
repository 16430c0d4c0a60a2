"""Tables that Polars reads, scans and writes; ``load_args`` and ``save_args`` are its functions' own."""

from __future__ import annotations

import inspect
import io
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from plait.catalog.preview import Preview
from plait.datasets import previews
from plait.datasets.growing_text import Appending, Lines, appended_lines, refuse_compression, written
from plait.datasets.sources import Source, opened, suffix_of
from plait.errors import DatasetError

_COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}


def read_csv(source: Source, **load_args: Any) -> Any:
    return pl.read_csv(source, **{**_literally(source), **load_args})


def scan_csv(source: Source, **load_args: Any) -> Any:
    return _scan(pl.scan_csv, read_csv, source, load_args)


def write_csv(data: Any, target: Path, **save_args: Any) -> None:
    compression = _COMPRESSIONS.get(suffix_of(target))
    _table(data).write_csv(target, **{**({"compression": compression} if compression else {}), **save_args})


def append_csv(target: Path, before: Path | None, **save_args: Any) -> Appending:
    options = refuse_compression(save_args)

    def rows(chunk: Any) -> bytes:
        return written(lambda file: _table(chunk).write_csv(file, **{**options, "include_header": False}))

    def header(chunk: Any) -> bytes:
        return written(lambda file: _table(chunk).head(0).write_csv(file, **options))

    return appended_lines(target, before, Lines(header, rows))


def preview_csv(source: Source, limit: int, **load_args: Any) -> Preview:
    return _first_rows(read_csv, source, limit, load_args)


def read_parquet(source: Source, **load_args: Any) -> Any:
    return pl.read_parquet(source, **{**_literally(source), **load_args})


def scan_parquet(source: Source, **load_args: Any) -> Any:
    return _scan(pl.scan_parquet, read_parquet, source, load_args)


def write_parquet(data: Any, target: Path, **save_args: Any) -> None:
    _table(data).write_parquet(target, **save_args)


def read_feather(source: Source, **load_args: Any) -> Any:
    return pl.read_ipc(source, **load_args)


def scan_feather(source: Source, **load_args: Any) -> Any:
    return _scan(pl.scan_ipc, read_feather, source, load_args)


def write_feather(data: Any, target: Path, **save_args: Any) -> None:
    _table(data).write_ipc(target, **save_args)


def read_json(source: Source, **load_args: Any) -> Any:
    return pl.read_json(source, **load_args)  # type: ignore[arg-type]


def write_json(data: Any, target: Path, **save_args: Any) -> None:
    _table(data).write_json(target, **save_args)


def read_jsonl(source: Source, **load_args: Any) -> Any:
    return pl.read_ndjson(source, **load_args)


def scan_jsonl(source: Source, **load_args: Any) -> Any:
    return _scan(pl.scan_ndjson, read_jsonl, source, load_args)


def write_jsonl(data: Any, target: Path, **save_args: Any) -> None:
    _table(data).write_ndjson(target, **save_args)


def append_jsonl(target: Path, before: Path | None, **save_args: Any) -> Appending:
    options = refuse_compression(save_args)

    def rows(chunk: Any) -> bytes:
        return written(lambda file: _table(chunk).write_ndjson(file, **options))

    return appended_lines(target, before, Lines(lambda _: b"", rows))


def preview_jsonl(source: Source, limit: int, **load_args: Any) -> Preview:
    with opened(source) as file:  # Polars would parse all of it for the first rows
        head = b"".join(islice(file, limit + 1))
    return previews.of_polars(pl.read_ndjson(io.BytesIO(head), **load_args), limit)


def read_any(source: Source, file_format: str, **load_args: Any) -> Any:
    return _method(pl, f"read_{file_format}", file_format)(source, **load_args)


def scan_any(source: Source, file_format: str, **load_args: Any) -> Any:
    load_args.pop("partitioning", None)  # of Kedro's pyarrow branch; it ignores it for local files too
    return _method(pl, f"scan_{file_format}", file_format)(source, **load_args)


def write_any(data: Any, target: Path, file_format: str, **save_args: Any) -> None:
    _method(_table(data), f"write_{file_format}", file_format)(target, **save_args)


def write_collected(data: Any, target: Path, file_format: str, **save_args: Any) -> None:
    write_any(data.collect(), target, file_format, **save_args)


def preview_any(source: Source, limit: int, file_format: str, **load_args: Any) -> Preview:
    scan = getattr(pl, f"scan_{file_format}", None)
    if scan is None:
        raise DatasetError(f"there is no preview of {file_format} that would not read the whole file")
    return previews.of_polars(scan(source, **load_args).head(limit + 1).collect(), limit)


def _table(data: Any) -> Any:
    return data.to_frame() if isinstance(data, pl.Series) else data


def _method(owner: Any, name: str, file_format: str) -> Callable[..., Any]:
    method = getattr(owner, name, None)
    if method is None:
        prefix = name.partition("_")[0] + "_"
        known = sorted(item.removeprefix(prefix) for item in dir(owner) if item.startswith(prefix))
        raise DatasetError(
            f"Polars has no function for `file_format: {file_format}`",
            hint=f"Polars {pl.__version__} knows {', '.join(known)}",
        )
    return method  # type: ignore[no-any-return]


def _literally(source: Source) -> dict[str, Any]:
    """Keep Polars from taking brackets in a file's name for a pattern."""
    return {"glob": False} if isinstance(source, Path) and source.is_file() else {}


def _scan(
    scan: Callable[..., Any], read: Callable[..., Any], source: Source, load_args: Mapping[str, Any]
) -> Any:
    """Scan where the scanner knows every argument; otherwise read, so that values are the same."""
    known = inspect.signature(scan).parameters
    if isinstance(source, Path) and all(name in known for name in load_args):
        literally = _literally(source) if "glob" in known else {}
        return scan(source, **{**literally, **load_args})
    return read(source, **load_args).lazy()


def _first_rows(read: Callable[..., Any], source: Source, limit: int, load_args: dict[str, Any]) -> Preview:
    asked = load_args.get("n_rows")
    rows = limit + 1 if asked is None else min(limit + 1, asked)
    return previews.of_polars(read(source, **{**load_args, "n_rows": rows}), limit)
