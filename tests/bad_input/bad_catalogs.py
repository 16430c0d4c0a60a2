# ruff: noqa: E501 - files of others stand here as they are, one string each
"""Catalogs whose entries are wrong."""

from __future__ import annotations

from bad_projects import Case, Files, pipeline

__all__ = ["CATALOGS"]

_CATALOG = "conf/base/catalog.yml"
_REPORT = "report: data/08_reporting/report.json\n"


def _numbers(entry: str, **files: str) -> Files:
    return {_CATALOG: f"numbers: {entry}\n{_REPORT}", **files}


_CSV = {"data/01_raw/numbers.csv": "number\n1\n2\n"}
_OWN = {
    "src/shop/datasets.py": """
        class Numbers:
            def __init__(self, path):
                if not path.endswith(".json"):
                    raise ValueError("numbers are JSON files")
            def load(self):
                return [1, 2]
            def save(self, data):
                pass

        class Half:
            def load(self):
                return [1, 2]
        """
}

CATALOGS = [
    Case("type-misspelt", "run", _numbers("{type: jsn, path: data/01_raw/numbers.json}")),
    Case(
        "kedro-type-misspelt",
        "check",
        _numbers("{type: pandas.CSVDataSet, filepath: data/01_raw/numbers.csv}"),
    ),
    Case(
        "type-of-no-module", "check", _numbers("{type: shp.datasets.Numbers, path: data/01_raw/numbers.json}")
    ),
    Case(
        "type-of-no-module-run",
        "run",
        _numbers("{type: shp.datasets.Numbers, path: data/01_raw/numbers.json}"),
    ),
    Case(
        "class-misspelt",
        "run",
        {**_numbers("{type: shop.datasets.Nmbers, path: data/01_raw/numbers.json}"), **_OWN},
    ),
    Case("class-without-save", "run", {**_numbers("{type: shop.datasets.Half}"), **_OWN}),
    Case(
        "class-argument-misspelt",
        "run",
        {**_numbers("{type: shop.datasets.Numbers, pth: data/n.json}"), **_OWN},
    ),
    Case(
        "class-that-refuses", "run", {**_numbers("{type: shop.datasets.Numbers, path: data/n.csv}"), **_OWN}
    ),
    Case("argument-misspelt", "run", _numbers("{type: json, pth: data/01_raw/numbers.json}")),
    Case("argument-misspelt-check", "check", _numbers("{path: data/01_raw/numbers.json, lod_args: {}}")),
    Case("no-path", "run", _numbers("{type: json}")),
    Case("neither-type-nor-path", "check", _numbers("{layer: raw}")),
    Case("suffix-unknown", "check", _numbers("data/01_raw/numbers.xyz")),
    Case("no-suffix", "check", _numbers("data/01_raw/numbers")),
    Case("number-as-entry", "check", _numbers("3")),
    Case("list-as-entry", "check", _numbers("[data/01_raw/numbers.json]")),
    Case("null-as-entry", "check", _numbers("")),
    Case("path-is-a-number", "check", _numbers("{type: json, path: 3}")),
    Case("versioned-is-text", "check", _numbers("{type: json, path: data/n.json, versioned: sometimes}")),
    Case("layer-is-a-list", "check", _numbers("{type: json, path: data/01_raw/numbers.json, layer: [raw]}")),
    Case(
        "load-args-is-text",
        "check",
        _numbers("{type: json, path: data/01_raw/numbers.json, load_args: fast}"),
    ),
    Case(
        "load-argument-misspelt",
        "run",
        {**_numbers("{path: data/01_raw/numbers.csv, load_args: {sepp: ';'}}"), **_CSV},
        code=1,
    ),
    Case(
        "save-argument-misspelt",
        "run",
        {
            _CATALOG: "numbers: data/01_raw/numbers.json\n"
            "report: {path: data/08_reporting/report.json, save_args: {indnt: 2}}\n"
        },
        code=1,
    ),
    Case("frame-misspelt", "check", _numbers("{path: data/01_raw/numbers.csv, frame: panda}")),
    Case(
        "library-missing",
        "check",
        _numbers("{type: joblib, path: data/01_raw/numbers.joblib}"),
        hidden=("joblib",),
    ),
    Case(
        "library-missing-run",
        "run",
        {**_numbers("{type: joblib, path: data/01_raw/numbers.joblib}"), "data/01_raw/numbers.joblib": "x"},
        code=1,
        hidden=("joblib",),
    ),
    Case("credentials-missing", "check", _numbers("{path: 's3://bucket/numbers.json', credentials: s3_dev}")),
    Case(
        "credentials-missing-run", "run", _numbers("{path: 's3://bucket/numbers.json', credentials: s3_dev}")
    ),
    Case(
        "credentials-misspelt",
        "run",
        {
            **_numbers("{path: 's3://bucket/numbers.json', credentials: s3_dev}"),
            "conf/local/credentials.yml": "s3_devl: {key: me, secret: hunter2}\n",
        },
        secrets=("hunter2",),
    ),
    Case(
        "credentials-in-the-wrong-folder",
        "check",
        {
            **_numbers("{path: 's3://bucket/numbers.json', credentials: s3_dev}"),
            "conf/credentials.yml": "s3_dev: {key: me, secret: hunter2}\n",
        },
        secrets=("hunter2",),
    ),
    Case(
        "credentials-in-the-catalog",
        "check",
        _numbers("{path: 's3://bucket/numbers.json', credentials: {key: me, secret: hunter2}}"),
        secrets=("hunter2",),
        code=0,
    ),
    Case("protocol-unknown", "run", _numbers("{path: 's4://bucket/numbers.json'}")),
    Case("protocol-unknown-check", "check", _numbers("{path: 's4://bucket/numbers.json'}")),
    Case("protocol-like-no-other", "check", _numbers("{path: 'bucket://numbers.json'}")),
    Case("pandas-missing-for-a-bare-csv", "check", _numbers("data/01_raw/numbers.csv"), hidden=("pandas",)),
    Case(
        "password-in-a-url",
        "run",
        _numbers("{type: pandas.SQLTableDataset, table_name: numbers, credentials: db}")
        | {"conf/local/credentials.yml": "db: {con: 'postgresql://me:hunter2@localhost:1/shop'}\n"},
        secrets=("hunter2",),
    ),
    Case(
        "placeholder-misspelt",
        "check",
        {_CATALOG: f'numbers: data/01_raw/numbers.json\n{_REPORT}"{{name}}_table": data/{{nam}}.csv\n'},
    ),
    Case(
        "two-catch-alls",
        "check",
        {
            _CATALOG: f'numbers: data/01_raw/numbers.json\n{_REPORT}"{{one}}": data/{{one}}.csv\n"{{two}}": data/{{two}}.csv\n'
        },
    ),
    Case(
        "two-writers-of-one-file",
        "check",
        {
            _CATALOG: f"numbers: data/01_raw/numbers.json\ndoubled: data/08_reporting/report.json\n{_REPORT}",
        },
    ),
    Case(
        "read-where-another-writes",
        "check",
        {
            _CATALOG: f"numbers: data/01_raw/numbers.json\nold: data/08_reporting/report.json\n{_REPORT}",
            **pipeline(
                """
                node(double, "old", "doubled"),
                node(total, {"doubled": "numbers", "factor": "params:factor"}, "report"),
                node(len, "doubled", "size"),
                """
            ),
        },
    ),
    Case("version-of-nothing", "run --load-version nmbers:2024-01-01", {}),
    Case("version-of-an-unversioned-dataset", "run --load-version numbers:2024-01-01", {}),
    Case(
        "version-that-is-not-there",
        "run --load-version numbers:2024-01-01T00.00.00.000Z",
        {
            **_numbers("{path: data/01_raw/numbers.json, versioned: true}"),
            "data/01_raw/numbers.json": None,
            "data/01_raw/numbers.json/2025-01-01T00.00.00.000Z/numbers.json": "[1]",
        },
    ),
    Case(
        "versioned-without-a-version",
        "run",
        {**_numbers("{path: data/01_raw/numbers.json, versioned: true}"), "data/01_raw/numbers.json": None},
        code=1,
    ),
    Case(
        "versioned-where-a-plain-file-is",
        "run",
        {**_numbers("{path: data/01_raw/numbers.json, versioned: true}")},
        code=1,
    ),
    Case(
        "no-longer-versioned",
        "run",
        {
            "data/08_reporting/report.json": None,
            "data/08_reporting/report.json/2025-01-01T00.00.00.000Z/report.json": "{}",
        },
        code=1,
    ),
    Case("version-without-colon", "run --load-version numbers"),
    Case(
        "parameter-as-entry",
        "check",
        {_CATALOG: f"numbers: data/01_raw/numbers.json\n{_REPORT}'params:factor': data/f.json\n"},
    ),
    Case(
        "unused-and-misspelt",
        "check",
        {_CATALOG: "nmbers: data/01_raw/numbers.json\nreport: data/08_reporting/report.json\n"},
    ),
    Case(
        "unused-and-misspelt-run",
        "run",
        {_CATALOG: "nmbers: data/01_raw/numbers.json\nreport: data/08_reporting/report.json\n"},
    ),
    Case(
        "five-mistakes-at-once",
        "check",
        {
            _CATALOG: """
                numbers: {type: jsn, path: data/01_raw/numbers.json}
                report: {path: data/08_reporting/report.json, credentials: nobody}
                spare: {type: csv}
                nothing: 3
                """,
            "conf/base/parameters.yml": "fctor: 10\n",
        },
    ),
    Case("show-misspelt", "catalog show nmbers"),
    Case("preview-misspelt", "catalog preview nmbers"),
    Case("preview-of-missing-data", "catalog preview numbers", {"data/01_raw/numbers.json": None}),
    Case("preview-of-memory", "catalog preview doubled"),
]
