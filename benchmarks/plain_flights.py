"""The flights example without a framework: the same functions, files and order, written by hand.

    python benchmarks/plain_flights.py PROJECT

``PROJECT`` is a folder made by ``plait new --example flights``; the results go into its ``data``.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import joblib
import numpy as np
import pandas as pd
import polars as pl
import yaml


def main(project: Path) -> None:
    sys.path.insert(0, str(project / "src"))
    from flights.pipelines.data_processing import nodes as processing
    from flights.pipelines.modelling import nodes as modelling
    from flights.pipelines.modelling.model import ModelOptions
    from flights.pipelines.raw_data import nodes as raw
    from flights.pipelines.reporting import nodes as reporting

    parameters = yaml.load((project / "conf/base/parameters.yml").read_text(), yaml.CSafeLoader)
    data = folders(project / "data")

    tables = raw.unpack_tables()
    tables["flights"].write_csv(data.raw / "flights.csv")
    tables["weather"].write_parquet(data.raw / "weather.parquet")
    tables["planes"].write_csv(data.raw / "planes.csv")
    tables["airports"].write_excel(data.raw / "airports.xlsx")
    tables["airlines"].write_excel(data.raw / "airlines.xlsx")
    del tables

    flights = processing.clean_flights(pl.read_csv(data.raw / "flights.csv"))
    flights.write_parquet(data.intermediate / "flights.parquet")
    weather = processing.clean_weather(pl.read_parquet(data.raw / "weather.parquet"))
    weather.write_parquet(data.intermediate / "weather.parquet")
    planes = processing.clean_planes(pd.read_csv(data.raw / "planes.csv"))
    planes.to_parquet(data.intermediate / "planes.parquet")
    table = processing.join_tables(
        pl.read_parquet(data.intermediate / "flights.parquet"),
        pl.read_parquet(data.intermediate / "weather.parquet"),
        pl.read_parquet(data.intermediate / "planes.parquet"),
        pl.from_pandas(pd.read_excel(data.raw / "airports.xlsx", engine="calamine")),
    )
    table.write_parquet(data.primary / "flight_table.parquet")
    features = processing.build_features(pl.read_parquet(data.primary / "flight_table.parquet"))
    features.write_parquet(data.feature / "features.parquet")
    train, test = processing.split_by_date(
        pl.read_parquet(data.feature / "features.parquet"), processing.Split(**parameters["split"])
    )
    train.write_parquet(data.model_input / "train.parquet")
    test.write_parquet(data.model_input / "test.parquet")

    metrics = {}
    for moment in ("day_before", "at_departure"):
        options = ModelOptions(**parameters[moment]["options"])
        rng = np.random.default_rng(0)
        model = modelling.train_model(pd.read_parquet(data.model_input / "train.parquet"), options, rng)
        path = data.models / f"{moment}.joblib" / version() / f"{moment}.joblib"
        path.parent.mkdir(parents=True)
        joblib.dump(model, path)
        predictions = modelling.predict_delays(
            joblib.load(path), pd.read_parquet(data.model_input / "test.parquet")
        )
        predictions.to_parquet(data.model_output / f"{moment}.parquet")
        measured = modelling.evaluate(pd.read_parquet(data.model_output / f"{moment}.parquet"))
        (data.reporting / f"{moment}_metrics.json").write_text(json.dumps(measured))
        metrics[moment] = json.loads((data.reporting / f"{moment}_metrics.json").read_text())

    reporting.compare_models(**metrics).write_csv(data.reporting / "results.csv")
    reporting.report_airlines(
        pl.read_parquet(data.model_output / "at_departure.parquet"),
        pl.from_pandas(pd.read_excel(data.raw / "airlines.xlsx", engine="calamine")),
    ).write_excel(data.reporting / "airlines.xlsx")
    reporting.plot_hours(*both_predictions(data)).write_html(data.reporting / "hours.html")
    reporting.plot_predictions(*both_predictions(data)).savefig(data.reporting / "predictions.png")


def folders(data: Path) -> SimpleNamespace:
    """Return the data layers by their short names, each an existing folder."""
    layers = {path.name[3:]: path for path in sorted(data.glob("0*"))}
    return SimpleNamespace(**layers)


def both_predictions(data: SimpleNamespace) -> list[pd.DataFrame]:
    return [pd.read_parquet(data.model_output / f"{name}.parquet") for name in ("day_before", "at_departure")]


def version() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H.%M.%S.%fZ")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
