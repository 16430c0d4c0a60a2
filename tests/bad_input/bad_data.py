# ruff: noqa: E501 - files of others stand here as they are, one string each
"""Data files that are missing, truncated or something else, and places that cannot be written."""

from __future__ import annotations

from pathlib import Path

from bad_projects import Case, Files, pipeline

__all__ = ["DATA"]

_USE = pipeline('node(use, "raw", "report"),', "def use(raw):\n    return {'size': len(raw)}\n", "use")


def _raw(path: str, content: str | bytes | None, entry: str | None = None) -> Files:
    """A node that reads one file."""
    files = {} if content is None else {path: content}
    catalog = f"raw: {entry or path}\nreport: data/08_reporting/report.json\n"
    return {**_USE, "conf/base/catalog.yml": catalog, **files}


def _broken(name: str, path: str, content: str | bytes | None, entry: str | None = None) -> Case:
    return Case(name, "run", _raw(f"data/01_raw/{path}", content, entry), code=1)


def _workbook(folder: Path) -> None:
    """A workbook with one sheet, ``Sheet``."""
    import xlsxwriter

    with xlsxwriter.Workbook(folder / "data/01_raw/table.xlsx") as workbook:
        workbook.add_worksheet("Sheet")


_SAVE = "report: {entry}\nnumbers: data/01_raw/numbers.json\n"
_LARGE = pipeline(
    'node(grow, "numbers", "report"),', "def grow(numbers):\n    return ['x' * 1000] * 1000\n", "grow"
)

DATA = [
    _broken("missing", "table.csv", None),
    _broken("empty-csv", "table.csv", ""),
    _broken("ragged-csv", "table.csv", "a,b\n1,2\n3,4,5\n"),
    _broken("csv-in-another-encoding", "table.csv", "name\ngröße\n".encode("latin-1")),
    _broken(
        "csv-in-another-encoding-polars",
        "table.csv",
        "name\ngröße\n".encode("latin-1"),
        "{type: polars.CSVDataset, path: data/01_raw/table.csv}",
    ),
    _broken("parquet-truncated", "table.parquet", b"PAR1\x15\x04\x15\x10"),
    _broken("parquet-that-is-text", "table.parquet", "a,b\n1,2\n" * 10),
    _broken(
        "parquet-truncated-polars",
        "table.parquet",
        b"PAR1\x15\x04\x15\x10",
        "{type: polars.ParquetDataset, path: data/01_raw/table.parquet}",
    ),
    _broken("empty-parquet", "table.parquet", ""),
    _broken("feather-truncated", "table.feather", b"ARROW1\x00\x00\xff\xff"),
    _broken("excel-truncated", "table.xlsx", b"PK\x03\x04\x14\x00"),
    _broken("excel-that-is-text", "table.xlsx", "a,b\n1,2\n"),
    Case(
        "excel-sheet-missing",
        "run",
        _raw("data/01_raw/", None, "{path: data/01_raw/table.xlsx, load_args: {sheet_name: Sales}}"),
        code=1,
        prepare=_workbook,
    ),
    _broken("json-truncated", "values.json", '{"a": [1, 2'),
    _broken("empty-json", "values.json", ""),
    _broken("jsonl-truncated", "lines.jsonl", '{"a": 1}\n{"a": \n'),
    _broken("xml-truncated", "table.xml", "<rows><row><a>1</a>"),
    _broken("pickle-truncated", "model.pkl", b"\x80\x05\x95\x10\x00\x00\x00"),
    _broken("pickle-of-a-class-that-is-gone", "model.pkl", b"\x80\x03cshop.models\nForest\nq\x00."),
    _broken("empty-pickle", "model.pkl", ""),
    _broken("joblib-truncated", "model.joblib", b"\x80\x05\x95\x10\x00\x00\x00"),
    _broken("npy-truncated", "array.npy", b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fort"),
    _broken("npz-truncated", "arrays.npz", b"PK\x03\x04\x14\x00"),
    _broken("text-in-another-encoding", "notes.txt", "größe".encode("latin-1")),
    _broken("yaml-data", "values.yml", "a: [1, 2\n"),
    _broken("toml-data", "values.toml", "a = = 1\n"),
    _broken("image-that-is-text", "photo.png", "not an image"),
    _broken("image-truncated", "photo.png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"),
    _broken("compressed-truncated", "table.csv.gz", b"\x1f\x8b\x08\x00\x00"),
    _broken("folder-instead-of-file", "values.json/inside.txt", "x", "data/01_raw/values.json"),
    _broken("case-of-the-name", "Table.csv", "a\n1\n", "data/01_raw/table.csv"),
    Case(
        "sqlite-that-is-text",
        "run",
        _raw(
            "data/shop.db",
            "not a database, however long this text may be",
            "{type: pandas.SQLTableDataset, table_name: sales, credentials: db}",
        )
        | {"conf/local/credentials.yml": "db: {con: 'sqlite:///data/shop.db'}\n"},
        code=2,
    ),
    Case(
        "table-missing",
        "run",
        _raw("data/shop.db", "", "{type: pandas.SQLTableDataset, table_name: sales, credentials: db}")
        | {"conf/local/credentials.yml": "db: {con: 'sqlite:///data/shop.db'}\n"},
        code=1,
    ),
    Case(
        "file-where-a-folder-should-be",
        "run",
        {"conf/base/catalog.yml": _SAVE.format(entry="data/01_raw/numbers.json/report.json")},
        code=1,
    ),
    Case(
        "folder-where-a-file-should-be",
        "run",
        {"conf/base/catalog.yml": _SAVE.format(entry="data/08_reporting"), "data/08_reporting/": ""},
        code=2,
    ),
    Case(
        "folder-where-the-result-goes",
        "run",
        {
            "conf/base/catalog.yml": _SAVE.format(entry="data/out/report.json"),
            "data/out/report.json/kept.txt": "kept",
        },
        code=1,
    ),
    Case(
        "name-too-long",
        "run",
        {"conf/base/catalog.yml": _SAVE.format(entry=f"data/{'n' * 300}.json")},
        code=2,
    ),
    Case("disk-full", "run", _LARGE, code=1, process=True, largest=300_000),
    Case(
        "disk-full-csv",
        "run",
        {
            "conf/base/catalog.yml": _SAVE.format(entry="data/08_reporting/table.csv"),
            "data/08_reporting/table.csv": "n\n1\n",
            **pipeline(
                'node(grow, "numbers", "report"),',
                "import pandas as pd\n\n\ndef grow(numbers):\n    return pd.DataFrame({'n': ['x' * 1000] * 1000})\n",
                "grow",
            ),
        },
        code=1,
        process=True,
        largest=300_000,
    ),
    Case(
        "disk-full-parquet",
        "run",
        {
            "conf/base/catalog.yml": _SAVE.format(entry="data/08_reporting/table.parquet"),
            **pipeline(
                'node(grow, "numbers", "report"),',
                "import numpy as np\nimport pandas as pd\n\n\ndef grow(numbers):\n    return pd.DataFrame({'n': np.random.rand(200_000)})\n",
                "grow",
            ),
        },
        code=1,
        process=True,
        largest=300_000,
    ),
    Case(
        "preview-of-a-broken-file", "catalog preview raw", _raw("data/01_raw/table.parquet", b"PAR1\x15\x04")
    ),
    Case("preview-of-an-empty-csv", "catalog preview raw", _raw("data/01_raw/table.csv", "")),
]
