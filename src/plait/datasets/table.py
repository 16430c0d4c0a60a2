"""Which type names and suffixes stand for which format, and what to install for it.

Kedro's names are here beside Plait's short ones, so that a catalog written for it works as it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from plait.catalog.registry import DatasetType

__all__ = ["REQUIREMENTS", "SUFFIXES", "TYPES"]


def _format(constant: str, frame: str | None = None, *needs: str) -> DatasetType:
    return DatasetType(f"plait.datasets.formats:{constant}", frame, needs)


def _sql(name: str, module: str = "sql") -> DatasetType:
    return DatasetType(f"plait.datasets.{module}:{name}", None, ("pandas", "sqlalchemy"), located=False)


def _snowflake(name: str, *needs: str) -> DatasetType:
    needs = ("snowflake.connector", "pyarrow", *needs)
    return DatasetType(f"plait.datasets.snowflake.{name}", None, needs, located=False)


def _duckdb(name: str) -> DatasetType:
    return DatasetType(f"plait.datasets.duckdb.{name}", None, ("duckdb", "ibis", "pyarrow"), located=False)


def _mlflow(tracked: str, constant: str = "PATH") -> DatasetType:
    needs = ("mlflow",) if tracked == "model" else ()
    return DatasetType(f"plait.datasets.formats:{constant}", None, needs, tracked=tracked)


def _at_mlflow(name: str) -> DatasetType:
    return DatasetType(f"plait.datasets.mlflow.server:{name}", None, ("mlflow",), located=False)


def _partitions(name: str) -> DatasetType:
    return DatasetType(f"plait.datasets.{name}")


_SHORT: Mapping[str, DatasetType] = {
    "csv": _format("CSV"),
    "parquet": _format("PARQUET"),
    "feather": _format("FEATHER"),
    "json": _format("JSON"),
    "jsonl": _format("JSON_LINES"),
    "excel": _format("EXCEL", "pandas", "python_calamine", "xlsxwriter"),
    "xml": _format("XML", "pandas"),
    "pickle": _format("PICKLE"),
    "joblib": _format("JOBLIB", None, "joblib"),
    "text": _format("TEXT"),
    "markdown": _format("MARKDOWN"),
    "html": _format("HTML"),
    "yaml": _format("YAML"),
    "toml": _format("TOML", None, "tomli_w"),
    "npy": _format("NPY", None, "numpy"),
    "npz": _format("NPZ", None, "numpy"),
    "image": _format("IMAGE", None, "PIL"),
    "matplotlib": _format("MATPLOTLIB", None, "matplotlib"),
    "plotly": _format("PLOTLY", None, "plotly"),
    "path": _format("PATH"),
    "partitions": _partitions("partitions:PartitionedDataset"),
    "sql.TableDataset": _sql("TableDataset"),
    "sql.QueryDataset": replace(_sql("QueryDataset", "sql_queries"), refers=True),
    "table": _duckdb("versions:table"),
    "query": replace(_duckdb("queries:Query"), refers=True),
    "snowflake.Table": _snowflake("versions:table"),
    "snowflake.Query": replace(_snowflake("queries:Query"), refers=True),
    "snowflake.TableRef": _snowflake("references:TableRef"),
    "snowflake.ProcedureRef": _snowflake("references:ProcedureRef"),
    "snowpark.Table": _snowflake("versions:snowpark_table", "snowflake.snowpark"),
    "snowpark.Session": _snowflake("snowpark:SnowparkSession", "snowflake.snowpark"),
    "mlflow.Metric": _mlflow("metric", "MLFLOW_METRIC"),
    "mlflow.Metrics": _mlflow("metrics", "MLFLOW_METRICS"),
    "mlflow.Artifact": _mlflow("artifact"),
    "mlflow.Model": _mlflow("model", "MLFLOW_MODEL"),
    "mlflow.RegisteredModel": _at_mlflow("RegisteredModel"),
    "mlflow.RunArtifact": _at_mlflow("RunArtifact"),
}

_KEDRO: Mapping[str, DatasetType] = {
    "pandas.CSVDataset": _format("CSV", "pandas"),
    "pandas.ParquetDataset": _format("PARQUET", "pandas"),
    "pandas.FeatherDataset": _format("FEATHER", "pandas"),
    "pandas.JSONDataset": _format("JSON", "pandas"),
    "pandas.ExcelDataset": _SHORT["excel"],
    "pandas.XMLDataset": _SHORT["xml"],
    "pandas.GenericDataset": _format("PANDAS_GENERIC", "pandas"),
    "partitions.PartitionedDataset": _partitions("kedro_partitions:PartitionedDataset"),
    "partitions.IncrementalDataset": _partitions("kedro_partitions:IncrementalDataset"),
    "pandas.SQLTableDataset": _sql("TableDataset"),
    "pandas.SQLQueryDataset": _SHORT["sql.QueryDataset"],
    "ibis.TableDataset": _duckdb("kedro:kedros_table"),
    "snowflake.SnowparkTableDataset": _snowflake("snowpark:kedros_table", "snowflake.snowpark"),
    "polars.CSVDataset": _format("CSV", "polars"),
    "polars.EagerPolarsDataset": _format("POLARS_GENERIC", "polars"),
    "polars.LazyPolarsDataset": _format("POLARS_GENERIC", "polars-lazy"),
    "pickle.PickleDataset": _SHORT["pickle"],
    "json.JSONDataset": _SHORT["json"],
    "text.TextDataset": _SHORT["text"],
    "yaml.YAMLDataset": _SHORT["yaml"],
    "matplotlib.MatplotlibDataset": _SHORT["matplotlib"],
    "matplotlib.MatplotlibWriter": _SHORT["matplotlib"],
    "plotly.PlotlyDataset": _SHORT["plotly"],
    "plotly.JSONDataset": _format("PLOTLY_JSON", None, "plotly"),
    "plotly.HTMLDataset": _format("PLOTLY_HTML", None, "plotly"),
    "pillow.ImageDataset": _SHORT["image"],
}

_KEDRO_MLFLOW: Mapping[str, DatasetType] = {
    "kedro_mlflow.io.metrics.MlflowMetricDataset": _SHORT["mlflow.Metric"],
    "kedro_mlflow.io.metrics.MlflowMetricHistoryDataset": _SHORT["mlflow.Metric"],
    "kedro_mlflow.io.metrics.MlflowMetricsHistoryDataset": _SHORT["mlflow.Metrics"],
    "kedro_mlflow.io.artifacts.MlflowArtifactDataset": _SHORT["mlflow.Artifact"],
    "kedro_mlflow.io.models.MlflowModelTrackingDataset": _SHORT["mlflow.Model"],
    "kedro_mlflow.io.models.MlflowModelLocalFileSystemDataset": _SHORT["mlflow.Model"],
    "kedro_mlflow.io.models.MlflowModelRegistryDataset": _at_mlflow("kedros_registered_model"),
}

# In Kedro's manner for what Kedro has no name for, so that the frame can be fixed there too.
_IN_THAT_MANNER: Mapping[str, DatasetType] = {
    "pandas.JSONLinesDataset": _format("JSON_LINES", "pandas"),
    "polars.ParquetDataset": _format("PARQUET", "polars"),
    "polars.FeatherDataset": _format("FEATHER", "polars"),
    "polars.JSONDataset": _format("JSON", "polars"),
    "polars.JSONLinesDataset": _format("JSON_LINES", "polars"),
    "arrow.CSVDataset": _format("CSV", "arrow"),
    "arrow.ParquetDataset": _format("PARQUET", "arrow"),
    "arrow.FeatherDataset": _format("FEATHER", "arrow"),
}

TYPES: Mapping[str, DatasetType] = {**_SHORT, **_KEDRO, **_KEDRO_MLFLOW, **_IN_THAT_MANNER}

SUFFIXES: Mapping[str, str] = {
    ".csv": "csv",
    ".csv.gz": "csv",
    ".csv.zst": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".feather": "feather",
    ".arrow": "feather",
    ".ipc": "feather",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".xlsx": "excel",
    ".xls": "excel",
    ".xlsb": "excel",
    ".ods": "excel",
    ".xml": "xml",
    ".pkl": "pickle",
    ".pickle": "pickle",
    ".joblib": "joblib",
    ".txt": "text",
    ".log": "text",
    ".sql": "text",
    ".md": "markdown",
    ".html": "html",
    ".htm": "html",
    ".yml": "yaml",
    ".yaml": "yaml",
    ".toml": "toml",
    ".npy": "npy",
    ".npz": "npz",
    ".png": "image",
    ".jpg": "image",
    ".jpeg": "image",
    ".gif": "image",
    ".bmp": "image",
    ".tif": "image",
    ".tiff": "image",
    ".webp": "image",
    ".svg": "matplotlib",
    ".pdf": "matplotlib",
}

REQUIREMENTS: Mapping[str, str] = {
    "pandas": "plait[pandas]",
    "polars": "plait[polars]",
    "pyarrow": "plait[arrow]",
    "numpy": "plait[numpy]",
    "joblib": "plait[joblib]",
    "python_calamine": "plait[excel]",
    "xlsxwriter": "plait[excel]",
    "PIL": "plait[images]",
    "matplotlib": "plait[plots]",
    "plotly": "plait[plots]",
    "tomli_w": "plait[toml]",
    "sqlalchemy": "plait[sql]",
    "snowflake.connector": "plait[snowflake]",
    "snowflake.snowpark": "plait[snowflake]",
    "duckdb": "plait[duckdb]",
    "ibis": "plait[duckdb]",
    "mlflow": "plait[mlflow]",
    "fsspec": "plait[remote]",
    "s3fs": "plait[s3]",
    "gcsfs": "plait[gcs]",
    "adlfs": "plait[azure]",
}
