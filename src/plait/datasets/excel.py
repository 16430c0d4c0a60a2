"""Excel workbooks in pandas: read by calamine, written by XlsxWriter, the same bytes for the same data."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from plait.catalog import frames
from plait.catalog.preview import Preview
from plait.datasets import previews
from plait.datasets.sources import Source
from plait.errors import DatasetError

_CREATED = datetime(2000, 1, 1)  # noqa: DTZ001 - a workbook knows no time zone
# By the names of pandas; a missing one is to be named as what `pip` calls it.
_ENGINES = {"calamine": "python_calamine", "odf": "odf", "pyxlsb": "pyxlsb", "xlrd": "xlrd"}


def read(source: Source, engine: str = "calamine", **load_args: Any) -> Any:
    """Return one sheet, or with ``sheet_name: null`` a dictionary of all."""
    importlib.import_module(_ENGINES.get(engine, engine))
    return pd.read_excel(source, engine=engine, **load_args)


def write(
    data: Any,
    target: Path,
    engine: str = "xlsxwriter",
    writer: Mapping[str, Any] | None = None,
    **save_args: Any,
) -> None:
    """Write one table, or a dictionary of tables to a sheet each."""
    sheets = data if isinstance(data, Mapping) else {save_args.pop("sheet_name", "Sheet1"): data}
    save_args.pop("sheet_name", None)
    settings = {"engine": engine, **(writer or {})}
    importlib.import_module(settings["engine"])
    if settings.pop("mode", "w") != "w":
        raise DatasetError(
            "a workbook is always written as a whole, and `mode: a` would change one in place",
            hint="load the other sheets in the node and return them all as a dictionary",
        )
    with pd.ExcelWriter(target, **settings) as workbook:
        if settings["engine"] == "xlsxwriter":
            workbook.book.set_properties({"created": _CREATED})
        for name, sheet in sheets.items():
            frames.to_save(sheet, "pandas").to_excel(
                workbook, sheet_name=name, **{"index": False, **save_args}
            )


def preview(source: Source, limit: int, engine: str = "calamine", **load_args: Any) -> Preview:
    """Show the first rows of the (first) sheet that the entry reads."""
    rows = min(limit + 1, load_args.get("nrows") or limit + 1)
    found = read(source, engine, **{**load_args, "nrows": rows})
    return previews.of_pandas(next(iter(found.values())) if isinstance(found, dict) else found, limit)
