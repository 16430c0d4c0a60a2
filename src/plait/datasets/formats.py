"""What each format can do: the functions that read, write and preview it, by the library that does.

Names only: a function's module, and the library it is about, are imported at the first call.
"""

from __future__ import annotations

from plait.catalog.formats import Format

_PANDAS = "plait.datasets.pandas_tables"
_POLARS = "plait.datasets.polars_tables"
_ARROW = "plait.datasets.arrow_tables"
_GROWING = "plait.datasets.growing_arrow"
_DOCUMENTS = "plait.datasets.documents"
_TEXT = "plait.datasets.text"
_ARRAYS = "plait.datasets.arrays"
_PICKLES = "plait.datasets.pickles"
_IMAGES = "plait.datasets.images"
_MATPLOTLIB = "plait.datasets.matplotlib_figures"
_PLOTLY = "plait.datasets.plotly_figures"
_EXCEL = "plait.datasets.excel"
_PATHS = "plait.datasets.paths"
_MLFLOW = "plait.datasets.mlflow"

_TEXT_ARGS = ("encoding", "errors", "newline")

CSV = Format(
    name="csv",
    readers={
        "pandas": f"{_PANDAS}:read_csv",
        "polars": f"{_POLARS}:read_csv",
        "polars-lazy": f"{_POLARS}:scan_csv",
        "arrow": f"{_ARROW}:read_csv",
    },
    writers={
        "pandas": f"{_PANDAS}:write_csv",
        "polars": f"{_POLARS}:write_csv",
        "arrow": f"{_ARROW}:write_csv",
    },
    appenders={
        "pandas": f"{_PANDAS}:append_csv",
        "polars": f"{_POLARS}:append_csv",
        "arrow": f"{_ARROW}:append_csv",
    },
    previews={
        "pandas": f"{_PANDAS}:preview_csv",
        "polars": f"{_POLARS}:preview_csv",
        "polars-lazy": f"{_POLARS}:preview_csv",
        "arrow": f"{_ARROW}:preview_csv",
    },
    ranged=True,
)

PARQUET = Format(
    name="parquet",
    readers={
        "pandas": f"{_PANDAS}:read_parquet",
        "polars": f"{_POLARS}:read_parquet",
        "polars-lazy": f"{_POLARS}:scan_parquet",
        "arrow": f"{_ARROW}:read_parquet",
    },
    writers={
        "pandas": f"{_PANDAS}:write_parquet",
        "polars": f"{_POLARS}:write_parquet",
        "arrow": f"{_ARROW}:write_parquet",
    },
    appenders={"arrow": f"{_GROWING}:append_parquet"},
    previews={"": f"{_ARROW}:preview_parquet"},
    holds="either",
    ranged=True,
)

FEATHER = Format(
    name="feather",
    readers={
        "pandas": f"{_PANDAS}:read_feather",
        "polars": f"{_POLARS}:read_feather",
        "polars-lazy": f"{_POLARS}:scan_feather",
        "arrow": f"{_ARROW}:read_feather",
    },
    writers={
        "pandas": f"{_PANDAS}:write_feather",
        "polars": f"{_POLARS}:write_feather",
        "arrow": f"{_ARROW}:write_feather",
    },
    appenders={"arrow": f"{_GROWING}:append_feather"},
    previews={"": f"{_ARROW}:preview_feather"},
    ranged=True,
)

JSON = Format(
    name="json",
    readers={
        "": f"{_DOCUMENTS}:read_json",
        "pandas": f"{_PANDAS}:read_json",
        "polars": f"{_POLARS}:read_json",
    },
    writers={
        "": f"{_DOCUMENTS}:write_json",
        "pandas": f"{_PANDAS}:write_json",
        "polars": f"{_POLARS}:write_json",
    },
    previews={"": f"{_DOCUMENTS}:preview_json"},
    default_frame="",
    open_args=_TEXT_ARGS,
)

JSON_LINES = Format(
    name="jsonl",
    readers={
        "pandas": f"{_PANDAS}:read_jsonl",
        "polars": f"{_POLARS}:read_jsonl",
        "polars-lazy": f"{_POLARS}:scan_jsonl",
    },
    writers={"pandas": f"{_PANDAS}:write_jsonl", "polars": f"{_POLARS}:write_jsonl"},
    appenders={"pandas": f"{_PANDAS}:append_jsonl", "polars": f"{_POLARS}:append_jsonl"},
    previews={
        "pandas": f"{_PANDAS}:preview_jsonl",
        "polars": f"{_POLARS}:preview_jsonl",
        "polars-lazy": f"{_POLARS}:preview_jsonl",
    },
    ranged=True,
)

EXCEL = Format(
    name="excel",
    readers={"pandas": f"{_EXCEL}:read"},
    writers={"pandas": f"{_EXCEL}:write"},
    previews={"": f"{_EXCEL}:preview"},
    options=("engine",),
)

XML = Format(
    name="xml",
    readers={"pandas": f"{_PANDAS}:read_xml"},
    writers={"pandas": f"{_PANDAS}:write_xml"},
    previews={"": f"{_TEXT}:preview_head"},
)

PANDAS_GENERIC = Format(
    name="pandas.GenericDataset",
    readers={"pandas": f"{_PANDAS}:read_any"},
    writers={"pandas": f"{_PANDAS}:write_any"},
    previews={"": f"{_PANDAS}:preview_any"},
    options=("file_format",),
)

POLARS_GENERIC = Format(
    name="polars.EagerPolarsDataset",
    readers={"polars": f"{_POLARS}:read_any", "polars-lazy": f"{_POLARS}:scan_any"},
    writers={"polars": f"{_POLARS}:write_any", "polars-lazy": f"{_POLARS}:write_collected"},
    previews={"": f"{_POLARS}:preview_any"},
    options=("file_format",),
)

PICKLE = Format(
    name="pickle",
    readers={"": f"{_PICKLES}:read"},
    writers={"": f"{_PICKLES}:write"},
    options=("backend",),
    any_object=True,
)

JOBLIB = Format(
    name="joblib",
    readers={"": f"{_PICKLES}:read_joblib"},
    writers={"": f"{_PICKLES}:write_joblib"},
    any_object=True,
)

TEXT = Format(
    name="text",
    readers={"": f"{_TEXT}:read"},
    writers={"": f"{_TEXT}:write"},
    appenders={"": f"{_TEXT}:append"},
    previews={"": f"{_TEXT}:preview"},
    open_args=_TEXT_ARGS,
    ranged=True,
)

MARKDOWN = Format(
    name="markdown",
    readers={"": f"{_TEXT}:read"},
    writers={"": f"{_TEXT}:write"},
    appenders={"": f"{_TEXT}:append"},
    previews={"": f"{_TEXT}:preview_markdown"},
    open_args=_TEXT_ARGS,
)

HTML = Format(
    name="html",
    readers={"": f"{_TEXT}:read"},
    writers={"": f"{_TEXT}:write"},
    previews={"": f"{_TEXT}:preview_html"},
    open_args=_TEXT_ARGS,
)

YAML = Format(
    name="yaml",
    readers={"": f"{_DOCUMENTS}:read_yaml"},
    writers={"": f"{_DOCUMENTS}:write_yaml"},
    previews={"": f"{_DOCUMENTS}:preview_yaml"},
    open_args=_TEXT_ARGS,
)

TOML = Format(
    name="toml",
    readers={"": f"{_DOCUMENTS}:read_toml"},
    writers={"": f"{_DOCUMENTS}:write_toml"},
    previews={"": f"{_DOCUMENTS}:preview_toml"},
)

NPY = Format(
    name="npy",
    readers={"": f"{_ARRAYS}:read"},
    writers={"": f"{_ARRAYS}:write"},
    previews={"": f"{_ARRAYS}:preview"},
)

NPZ = Format(
    name="npz",
    readers={"": f"{_ARRAYS}:read"},
    writers={"": f"{_ARRAYS}:write_many"},
    previews={"": f"{_ARRAYS}:preview_many"},
)

IMAGE = Format(
    name="image",
    readers={"": f"{_IMAGES}:read"},
    writers={"": f"{_IMAGES}:write"},
    previews={"": f"{_IMAGES}:preview"},
)

MATPLOTLIB = Format(
    name="matplotlib",
    readers={"": f"{_MATPLOTLIB}:read"},
    writers={"": f"{_MATPLOTLIB}:write"},
    previews={"": f"{_MATPLOTLIB}:preview"},
    holds="either",
    options=("overwrite",),
)

PLOTLY = Format(
    name="plotly",
    readers={"": f"{_PLOTLY}:read"},
    writers={"": f"{_PLOTLY}:write"},
    previews={"": f"{_PLOTLY}:preview"},
    options=("plotly_args",),
)

PLOTLY_JSON = Format(
    name="plotly.JSONDataset",
    readers={"": f"{_PLOTLY}:read"},
    writers={"": f"{_PLOTLY}:write_json"},
    previews={"": f"{_PLOTLY}:preview"},
)

PLOTLY_HTML = Format(
    name="plotly.HTMLDataset",
    readers={"": f"{_PLOTLY}:read"},
    writers={"": f"{_PLOTLY}:write_html"},
    previews={"": f"{_PLOTLY}:preview"},
)

PATH = Format(
    name="path",
    readers={"": f"{_PATHS}:read"},
    writers={"": f"{_PATHS}:write"},
    previews={"": f"{_PATHS}:preview"},
    holds="either",
)

MLFLOW_METRIC = Format(
    name="mlflow.Metric",
    readers={"": f"{_MLFLOW}.metrics:read"},
    writers={"": f"{_MLFLOW}.metrics:write_one"},
    previews={"": f"{_MLFLOW}.metrics:preview"},
)

MLFLOW_METRICS = Format(
    name="mlflow.Metrics",
    readers={"": f"{_MLFLOW}.metrics:read"},
    writers={"": f"{_MLFLOW}.metrics:write_all"},
    previews={"": f"{_MLFLOW}.metrics:preview"},
)

MLFLOW_MODEL = Format(
    name="mlflow.Model",
    readers={"": f"{_MLFLOW}.models:read"},
    writers={"": f"{_MLFLOW}.models:write"},
    previews={"": f"{_MLFLOW}.models:preview"},
    holds="folder",
    options=("flavor",),
)
