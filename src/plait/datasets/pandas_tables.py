"""Tables that pandas reads and writes. ``load_args`` and ``save_args`` are those of pandas' own functions."""

from __future__ import annotations

import gzip
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from plait.catalog.preview import Preview
from plait.datasets import previews
from plait.datasets.growing_text import Appending, Lines, appended_lines, refuse_compression, written
from plait.datasets.sources import Source, suffix_of
from plait.errors import DatasetError

_COMPRESSIONS = {".gz": "gzip", ".bz2": "bz2", ".xz": "xz", ".zst": "zstd", ".zip": "zip"}


def read_csv(source: Source, **load_args: Any) -> Any:
    return pd.read_csv(source, **_compressed(source, load_args))


def write_csv(data: Any, target: Path, **save_args: Any) -> None:
    _write_text(_table(data).to_csv, target, {"index": False, **save_args})


def append_csv(target: Path, before: Path | None, **save_args: Any) -> Appending:
    options = {"index": False, **refuse_compression(save_args)}

    def rows(chunk: Any) -> bytes:
        return written(lambda file: _table(chunk).to_csv(file, **{**options, "header": False}))

    def header(chunk: Any) -> bytes:
        return written(lambda file: _table(chunk).head(0).to_csv(file, **options))

    return appended_lines(target, before, Lines(header, rows))


def preview_csv(source: Source, limit: int, **load_args: Any) -> Preview:
    return _first_rows(read_csv, source, limit, load_args)


def read_json(source: Source, **load_args: Any) -> Any:
    return pd.read_json(source, **_compressed(source, load_args))


def write_json(data: Any, target: Path, **save_args: Any) -> None:
    _write_text(_table(data).to_json, target, save_args)


def read_jsonl(source: Source, **load_args: Any) -> Any:
    return read_json(source, **{"lines": True, **load_args})


def write_jsonl(data: Any, target: Path, **save_args: Any) -> None:
    write_json(data, target, **{"orient": "records", "lines": True, **save_args})


def append_jsonl(target: Path, before: Path | None, **save_args: Any) -> Appending:
    options = {"orient": "records", "lines": True, **refuse_compression(save_args)}

    def rows(chunk: Any) -> bytes:
        return written(lambda file: _table(chunk).to_json(file, **options)) if len(chunk) else b""

    return appended_lines(target, before, Lines(lambda _: b"", rows))


def preview_jsonl(source: Source, limit: int, **load_args: Any) -> Preview:
    return _first_rows(read_jsonl, source, limit, load_args)


def read_parquet(source: Source, **load_args: Any) -> Any:
    return pd.read_parquet(source, **load_args)


def write_parquet(data: Any, target: Path, **save_args: Any) -> None:
    if "partition_cols" in save_args:
        raise DatasetError(
            "a Parquet file is one table, and `partition_cols` would make it a folder of many",
            hint="store it as a partitioned dataset",
        )
    _table(data).to_parquet(target, **save_args)


def read_feather(source: Source, **load_args: Any) -> Any:
    return pd.read_feather(source, **load_args)


def write_feather(data: Any, target: Path, **save_args: Any) -> None:
    data = _table(data)
    if data.index.name is None and data.index.nlevels == 1 and data.index.dtype.kind in "iu":
        data = data.reset_index(drop=True)  # row numbers: Feather holds columns only
    data.to_feather(target, **save_args)


def read_xml(source: Source, **load_args: Any) -> Any:
    return pd.read_xml(source, **{"parser": _xml_parser(), **_compressed(source, load_args)})


def write_xml(data: Any, target: Path, **save_args: Any) -> None:
    _table(data).to_xml(target, **{"index": False, "parser": _xml_parser(), **save_args})


def read_any(source: Source, file_format: str, **load_args: Any) -> Any:
    return _method(pd, f"read_{file_format}", file_format)(source, **load_args)


def write_any(data: Any, target: Path, file_format: str, **save_args: Any) -> None:
    _method(_table(data), f"to_{file_format}", file_format)(target, **save_args)


def preview_any(source: Source, limit: int, file_format: str, **load_args: Any) -> Preview:
    read = _method(pd, f"read_{file_format}", file_format)
    if file_format in ("csv", "table", "fwf", "excel", "sas"):
        return _first_rows(read, source, limit, load_args)
    raise DatasetError(f"there is no preview of {file_format} that would not read the whole file")


def _xml_parser() -> str:
    return "lxml" if importlib.util.find_spec("lxml") else "etree"


def _table(data: Any) -> Any:
    return data.to_frame() if isinstance(data, pd.Series) else data


def _method(owner: Any, name: str, file_format: str) -> Callable[..., Any]:
    method = getattr(owner, name, None)
    if method is None:
        known = sorted(item.partition("_")[2] for item in dir(pd) if item.startswith("read_"))
        raise DatasetError(
            f"pandas has no function for `file_format: {file_format}`",
            hint=f"pandas {pd.__version__} knows {', '.join(known)}",
        )
    return method  # type: ignore[no-any-return]


def _first_rows(read: Callable[..., Any], source: Source, limit: int, load_args: dict[str, Any]) -> Preview:
    asked = load_args.get("nrows")
    kept = {
        key: value for key, value in load_args.items() if key not in ("chunksize", "iterator", "skipfooter")
    }
    rows = limit + 1 if asked is None else min(limit + 1, asked)
    return previews.of_pandas(read(source, **{**kept, "nrows": rows}), limit)


def _compressed(source: Source, load_args: dict[str, Any]) -> dict[str, Any]:
    """Tell pandas how an open file is compressed, which it knows by itself only of paths."""
    compression = None if isinstance(source, Path) else _COMPRESSIONS.get(suffix_of(source))
    return {"compression": compression, **load_args} if compression else load_args


def _write_text(write: Callable[..., Any], target: Path, save_args: dict[str, Any]) -> None:
    if suffix_of(target) != ".gz" or "compression" in save_args:
        write(target, **save_args)
        return
    # gzip's header holds a name and a time, which would make every save of the same data differ.
    with target.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as file:
        write(file, **save_args)
