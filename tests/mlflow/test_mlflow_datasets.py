"""Metrics, artifacts and models in the catalog: files here, told there, and found again both ways."""

from __future__ import annotations

import json
from pathlib import Path

import boto3
import numpy as np
import pytest
from moto.server import ThreadedMotoServer
from sklearn.linear_model import LinearRegression

from plait.catalog import DataCatalog
from plait.errors import CatalogError, DatasetError
from plait.mlflow import observer
from plait.mlflow.spool import waiting

mlflow = pytest.importorskip("mlflow")

CATALOG = """
    numbers: data/01_raw/numbers.json
    best: {type: mlflow.Metric, key: best_score}
    curve: {type: mlflow.Metrics, prefix: training}
    table:
      type: mlflow.Artifact
      artifact_path: tables
      dataset: {type: json, path: data/08_reporting/table.json}
    model: {type: mlflow.Model, registered_model_name: delays, aliases: champion}
"""
NODES = """
    import numpy as np
    from sklearn.linear_model import LinearRegression

    def fit(numbers, depth):
        model = LinearRegression().fit(np.array(numbers)[:, None], np.array(numbers) * depth)
        loss = {"loss": [1.0, 0.5, 0.25], "rate": {0: 0.1, 10: 0.01}, "test": {"mae": 2}}
        return model, loss, {"rows": numbers}

    def judge(model, numbers):
        return float(model.predict([[numbers[0]]])[0])

    def count(numbers):
        return {"rows": len(numbers), "kind": "raw"}
"""
PIPELINE = """
    from plait import node, pipeline
    from lab.pipelines.main.nodes import count, fit, judge

    def create_pipeline():
        return pipeline([
            node(fit, {"depth": "params:model.depth"}, ["model", "curve", "table"]),
            node(judge, outputs="best"),
            node(count, outputs="counts", tags="metrics"),
        ])
"""


@pytest.fixture
def lab(lab):
    lab.write(
        {
            "conf/base/catalog.yml": CATALOG,
            "src/lab/pipelines/main/nodes.py": NODES,
            "src/lab/pipelines/main/pipeline.py": PIPELINE,
        }
    )
    return lab


def history(lab, run, name):
    points = lab.client.get_metric_history(run.info.run_id, name)
    return sorted((point.step, point.value) for point in points)


def files(lab, run, folder=None):
    return {item.path for item in lab.client.list_artifacts(run.info.run_id, folder)}


@pytest.mark.parametrize("executor", ["inline", "processes"])
def test_metrics_artifacts_and_models_arrive(lab, executor):
    lab.plait("run", "--executor", executor)
    (run,) = lab.runs
    assert run.data.metrics["best_score"] == pytest.approx(3.0)
    assert history(lab, run, "training.loss") == [(0, 1.0), (1, 0.5), (2, 0.25)]
    assert history(lab, run, "training.rate") == [(0, 0.1), (10, 0.01)]
    assert run.data.metrics["training.test.mae"] == 2
    assert run.data.metrics["counts.rows"] == 3
    assert "tables/table.json" in files(lab, run, "tables")
    (model,) = lab.client.search_logged_models([run.info.experiment_id])
    assert (model.name, model.source_run_id) == ("model", run.info.run_id)
    assert model.tags["plait.run_id"] == lab.last_run()
    version = lab.client.get_model_version_by_alias("delays", "champion")
    assert (str(version.version), version.run_id) == ("1", run.info.run_id)
    assert version.tags["plait.dataset"] == "model"
    assert version.tags["plait.fingerprint"] == model.tags["plait.fingerprint"]
    assert [item.model_id for item in run.outputs.model_outputs] == [model.model_id]


def test_a_model_that_the_registry_refuses_is_there_unregistered_and_the_run_says_so(
    lab, caplog, monkeypatch
):
    monkeypatch.setattr(observer, "_LOCAL", 60.0)
    lab.write({"conf/base/catalog.yml": CATALOG.replace("_name: delays", "_name: de/lays")})
    lab.plait("run")
    (run,) = lab.runs
    assert run.info.status == "FINISHED"
    assert run.data.metrics["best_score"] == pytest.approx(3.0)
    (model,) = lab.client.search_logged_models([run.info.experiment_id])
    assert model.tags["plait.fingerprint"].startswith("sha256-tree:")
    assert "MLflow has this run without what it refused: 'model' in the registry: " in caplog.text


def test_an_alias_that_the_registry_refuses_keeps_the_version_of_no_other_alias_away(lab):
    lab.write({"conf/base/catalog.yml": CATALOG.replace("aliases: champion", "aliases: [a b, champion]")})
    lab.plait("run")
    assert [run.info.status for run in lab.runs] == ["FINISHED"]
    assert str(lab.client.get_model_version_by_alias("delays", "champion").version) == "1"
    assert "alias 'a b' of 'model'" in lab.plait("runs", "show")


def test_a_second_run_skips_and_still_has_the_metrics(lab):
    lab.plait("run")
    lab.write({"src/lab/pipelines/main/nodes.py": NODES.replace("return float(", "return 2 * float(")})
    assert "1 skipped, 2 done" in lab.plait("run")
    first, second = lab.runs
    assert second.data.metrics["best_score"] == pytest.approx(6.0)
    for name in ("training.loss", "counts.rows"):
        assert history(lab, second, name) == history(lab, first, name) != []
    (found,) = lab.client.get_run(second.info.run_id).inputs.model_inputs
    (model,) = lab.client.search_logged_models([first.info.experiment_id])
    assert found.model_id == model.model_id
    assert len(lab.client.search_model_versions("name = 'delays'")) == 1


def test_the_model_that_is_fitted_again_is_the_same_and_goes_no_further(lab):
    lab.plait("run")
    lab.write({"src/lab/pipelines/main/nodes.py": NODES.replace("* depth)", "* depth * 1)")})
    assert "✓ fit" in (said := lab.plait("run"))
    assert "· judge  skipped" in said


def test_what_is_kept_for_a_server_is_what_was_saved_then(lab, nobody_sends):
    lab.plait("run", "--params", "model.depth=1")
    lab.plait("run", "--params", "model.depth=2")
    assert "of 2 runs." in lab.plait("mlflow", "sync")
    assert [run.data.metrics["best_score"] for run in lab.runs] == pytest.approx([1.0, 2.0])
    slopes = []
    for version in (1, 2):
        source = lab.client.get_model_version("delays", str(version)).source
        found = mlflow.artifacts.download_artifacts(source, tracking_uri=f"sqlite:///{lab.root}/mlflow.db")
        slopes.append(mlflow.sklearn.load_model(found).coef_[0])
    assert slopes == pytest.approx([1.0, 2.0])
    assert str(lab.client.get_model_version_by_alias("delays", "champion").version) == "2"
    assert not list((lab.state / "mlflow").glob("*.files"))


@pytest.mark.parametrize(
    "last",
    [
        "log_artifact",
        "create_logged_model",
        "log_model_artifacts",
        "finalize_logged_model",
        "create_registered_model",
        "create_model_version",
        "set_registered_model_alias",
        "log_outputs",
    ],
)
def test_whoever_sends_may_die_and_no_model_is_there_twice(lab, nobody_sends, last):
    lab.plait("run")
    original = getattr(mlflow.MlflowClient, last)

    def dying(client, *given, **more):
        original(client, *given, **more)
        raise OSError("the process dies here")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mlflow.MlflowClient, last, dying)
        assert "the process dies here" in lab.plait("mlflow", "sync", code=1)
    lab.plait("mlflow", "sync")
    (run,) = lab.runs
    (model,) = lab.client.search_logged_models([run.info.experiment_id])
    assert str(model.status) == "READY"
    assert len(lab.client.search_model_versions("name = 'delays'")) == 1


def test_a_registered_model_is_loaded_by_alias_and_version(lab):
    lab.plait("run")
    assert len(lab.runs) == 1
    lab.write(
        {
            "conf/base/catalog.yml": CATALOG
            + """
    champion: {type: mlflow.RegisteredModel, model_name: delays, alias: champion}
    first: {type: mlflow.RegisteredModel, model_name: delays, version: 1, flavor: pyfunc}
    nobody: {type: mlflow.RegisteredModel, model_name: delays, alias: nobody}
    answer: data/07_model_output/answer.json
""",
            "src/lab/pipelines/use/__init__.py": "",
            "src/lab/pipelines/use/pipeline.py": """
                from plait import node, pipeline

                def use(champion, first):
                    return [round(float(one.predict([[5.0]])[0]), 6) for one in (champion, first)]

                def create_pipeline():
                    return pipeline([node(use, outputs="answer")])
            """,
        }
    )
    lab.plait("run", "--pipeline", "use")
    assert json.loads((lab.root / "data/07_model_output/answer.json").read_text()) == [15.0, 15.0]
    assert "1 up to date" in lab.plait("run", "--pipeline", "use")
    lab.plait("run", "--pipeline", "main", "--params", "model.depth=4")  # makes another champion
    assert len(lab.runs) == 3
    lab.plait("run", "--pipeline", "use")
    assert json.loads((lab.root / "data/07_model_output/answer.json").read_text()) == [20.0, 15.0]
    assert "flavors:" in lab.plait("catalog", "preview", "first")
    assert "There is nothing there yet" in lab.plait("catalog", "preview", "nobody", code=2)


def test_an_artifact_of_another_run_is_loaded(lab):
    lab.plait("run")
    (run,) = lab.runs
    entry = f"{{type: mlflow.Artifact, run_id: {run.info.run_id}, artifact_path: tables/table.json}}"
    lab.write({"conf/base/catalog.yml": CATALOG + f"    theirs: {entry}\n"})
    assert '"rows"' in lab.plait("catalog", "preview", "theirs")


def test_by_reference_only_the_place_is_told(lab):
    lab.write({"conf/base/catalog.yml": CATALOG.replace("artifact_path: tables", "by: reference")})
    lab.plait("run")
    (run,) = lab.runs
    assert run.data.tags["plait.artifact.table"] == "data/08_reporting/table.json"
    assert "table.reference.json" in files(lab, run)


def test_child_runs_on_request(lab):
    lab.write(
        {
            "conf/base/mlflow.yml": "child_runs: true\n",
            "src/lab/pipelines/more/__init__.py": "",
            "src/lab/pipelines/more/pipeline.py": """
                from plait import node, pipeline

                def broken(best):
                    raise ValueError("no")

                def create_pipeline():
                    return pipeline([node(broken, outputs="nothing")])
            """,
        }
    )
    lab.plait("run", code=1)
    runs = {run.info.run_name: run for run in lab.runs}
    parent = runs[lab.last_run()]
    children = {name: run for name, run in runs.items() if run is not parent}
    assert {name: run.info.status for name, run in children.items()} == {"main": "FINISHED", "more": "FAILED"}
    assert {run.data.tags["mlflow.parentRunId"] for run in children.values()} == {parent.info.run_id}
    assert children["main"].data.metrics["best_score"] == parent.data.metrics["best_score"]
    assert "seconds.broken" in children["more"].data.metrics


def test_runs_lead_to_mlflow_and_back(lab):
    lab.plait("run")
    (run,) = lab.runs
    plaits = lab.last_run()
    assert f"mlflow      run {run.info.run_id}" in lab.plait("runs", "show")
    assert f"plait runs show {plaits}" in run.data.tags["mlflow.note.content"]
    said = lab.plait("lineage", "best")
    assert "model  data/06_models/mlflow/model" in said
    assert "models:/delays/1" in said
    assert "numbers  data/01_raw/numbers.json" in lab.plait("lineage", "models:/delays/1")
    assert lab.plait("lineage", "models:/delays@champion") == lab.plait("lineage", "models:/delays/1")
    assert "models:/delays/9" in lab.plait("lineage", "models:/delays/9", code=2)
    said = lab.plait("lineage", "models:/delays@champignon", code=2)
    assert "Model 'delays' has no alias 'champignon'" in said
    assert "did you mean 'champion'" in said
    assert "There is no model 'delay'" in lab.plait("lineage", "models:/delay@champion", code=2)


METRICS = {
    "a number": 0.5,
    "NumPy's": np.float64(0.5),
    "a list": [1.0, 0.5],
    "steps": {0: 1.0, 5: 0.5},
    "a point": {"value": 1.0, "step": 3},
    "points": [{"value": 1.0, "step": 3}, {"value": 0.5, "step": 4, "timestamp": 1_700_000_000_000}],
}


@pytest.mark.parametrize("value", METRICS.values(), ids=METRICS)
def test_a_metric_is_loaded_as_it_was_saved(tmp_path, value):
    catalog = DataCatalog.from_config({"m": {"type": "mlflow.Metric"}}, root=tmp_path)
    catalog.save("m", value)
    assert catalog.load("m") == value
    assert (tmp_path / "data/08_reporting/mlflow/m.json").is_file()


@pytest.mark.parametrize("value", ["high", {"a": 1}, [[1]], True, np.True_, {"value": "x"}, np.ones((2, 2))])
def test_what_is_no_metric_is_refused(tmp_path, value):
    catalog = DataCatalog.from_config({"m": {"type": "mlflow.Metric"}}, root=tmp_path)
    with pytest.raises(DatasetError, match=r"is no (metric|step of a metric)"):
        catalog.save("m", value)


def test_truth_values_of_numpy_are_refused_as_those_of_python_are(tmp_path):
    catalog = DataCatalog.from_config({"m": {"type": "mlflow.Metric"}}, root=tmp_path)
    for value in (True, np.True_, np.array(True)):
        with pytest.raises(DatasetError, match=r"True is no metric") as refused:
            catalog.save("m", value)
        assert "a metric is a number" in str(refused.value)


@pytest.mark.parametrize(("type_", "value"), [("Metric", 10**400), ("Metrics", {"a": [1, 10**5000]})])
def test_a_number_that_is_too_large_for_a_metric_is_called_so(tmp_path, type_, value):
    catalog = DataCatalog.from_config({"m": {"type": f"mlflow.{type_}"}}, root=tmp_path)
    with pytest.raises(DatasetError, match="too large for one"):
        catalog.save("m", value)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"type": "mlflow.Artifact"}, "does not say what the artifact is"),
        ({"type": "mlflow.Artifact", "dataset": "a.csv", "sep": ";"}, "takes no 'sep'"),
        ({"type": "mlflow.Artifact", "dataset": "a.csv", "by": "copi"}, "did you mean 'copy'"),
        (
            {"type": "mlflow.Artifact", "dataset": "a.csv", "artifact_path": "../x"},
            "is no folder below a run",
        ),
        ({"type": "mlflow.Artifact", "dataset": "a.csv", "artifact_path": "/x"}, "is no folder below a run"),
        ({"type": "mlflow.Artifact", "dataset": "a.csv", "artifact_path": 3}, "is no folder below a run"),
        ({"type": "mlflow.Model", "aliases": "best"}, "no 'registered_model_name'"),
        ({"type": "mlflow.Metrics", "prefx": "x"}, "did you mean 'prefix'"),
        ({"type": "mlflow.RegisteredModel", "model_name": "x", "version": 1}, "which server"),
        (
            {"type": "mlflow.RegisteredModel", "model_name": "x", "tracking_uri": "sqlite:///x.db"},
            "does not say which model",
        ),
    ],
)
def test_a_mistake_in_an_entry_is_told(tmp_path, entry, said):
    catalog = DataCatalog.from_config({"m": entry}, root=tmp_path)
    with pytest.raises(CatalogError, match=said):
        catalog.dataset("m")


def test_an_empty_artifact_path_is_the_top_of_a_run(tmp_path):
    entry = {"type": "mlflow.Artifact", "dataset": "a.json", "artifact_path": ""}
    catalog = DataCatalog.from_config({"a": entry}, root=tmp_path)
    catalog.save("a", [1])
    assert catalog.load("a") == [1]


def test_kedro_mlflows_entries_work_as_they_stand(tmp_path):
    catalog = DataCatalog.from_config(
        {
            "metric": {"type": "kedro_mlflow.io.metrics.MlflowMetricDataset", "key": "m"},
            "history": {
                "type": "kedro_mlflow.io.metrics.MlflowMetricHistoryDataset",
                "save_args": {"mode": "list"},
            },
            "metrics": {"type": "kedro_mlflow.io.metrics.MlflowMetricsHistoryDataset", "prefix": "x"},
            "table": {
                "type": "kedro_mlflow.io.artifacts.MlflowArtifactDataset",
                "dataset": {"type": "pandas.CSVDataset", "filepath": "data/t.csv"},
                "artifact_path": "tables",
            },
            "model": {
                "type": "kedro_mlflow.io.models.MlflowModelTrackingDataset",
                "flavor": "mlflow.sklearn",
                "pyfunc_workflow": "python_model",
                "save_args": {"name": "m"},
            },
        },
        root=tmp_path,
    )
    catalog.save("history", [1.0, 0.5])
    catalog.save("metrics", {"loss": [{"value": 1.0, "step": 0}]})
    catalog.save("model", LinearRegression().fit([[1], [2]], [1, 2]))
    assert catalog.load("history") == [1.0, 0.5]
    assert isinstance(catalog.load("model"), LinearRegression)
    told = {name: catalog.entry(name).tracked for name in catalog}
    assert told["metric"].options == {"key": "m"}
    assert told["table"].options == {"artifact_path": "tables"}
    assert told["model"].options == {"name": "m"}
    assert catalog.entry("table").location == "data/t.csv"


def test_a_model_is_loaded_as_it_is_asked_for(tmp_path):
    catalog = DataCatalog.from_config(
        {
            "model": {"type": "mlflow.Model"},
            "any": {"type": "mlflow.Model", "path": "data/06_models/mlflow/model", "flavor": "pyfunc"},
            "wrong": {"type": "mlflow.Model", "path": "data/06_models/mlflow/model", "flavor": "xgboost"},
        },
        root=tmp_path,
    )
    model = LinearRegression().fit([[1.0], [2.0]], [1.0, 2.0])
    catalog.save("model", model)
    before = catalog.dataset("model").fingerprint()
    catalog.save("model", model)
    assert catalog.dataset("model").fingerprint() == before
    assert catalog.load("any").predict(np.array([[3.0]])) == pytest.approx([3.0])
    with pytest.raises(DatasetError, match=r"not of flavour 'xgboost'"):
        catalog.load("wrong")
    with pytest.raises(DatasetError, match="no flavour for a builtins"):
        catalog.save("model", {"a": 1})


def test_nothing_is_left_behind_in_the_spool(lab):
    lab.plait("run")
    assert lab.runs
    assert waiting(lab.state) == []
    assert {file.suffix for file in (lab.state / "mlflow").iterdir()} == {".told", ".lock"}


PARTS = """
    from plait import each, node, pipeline

    def cut(numbers):
        return {f"n{number}": {"number": number} for number in numbers}

    def double(part):
        return {"number": 2 * part["number"]}

    def grow():
        yield "one\\n"
        yield "two\\n"

    def create_pipeline():
        return pipeline([
            node(cut, "numbers", "parts"),
            node(double, each("parts"), each("doubles")),
            node(grow, None, "lines"),
        ])
"""
OF_MANY = """
    numbers: data/01_raw/numbers.json
    parts: data/02_parts/{key}.json
    doubles: {type: mlflow.Artifact, dataset: "data/03_doubles/{key}.json"}
    lines: {type: mlflow.Artifact, dataset: {path: data/04_lines/lines.txt, versioned: true}}
"""


@pytest.mark.parametrize("executor", ["inline", "processes"])
def test_parts_streams_and_versions_are_artifacts_too(lab, executor):
    lab.write(
        {
            "conf/base/catalog.yml": OF_MANY.replace(", versioned: true", ""),
            "src/lab/pipelines/main/pipeline.py": PARTS,
        }
    )
    lab.plait("run", "--executor", executor)
    (run,) = lab.runs
    assert files(lab, run, "03_doubles") == {f"03_doubles/n{number}.json" for number in (1, 2, 3)}
    found = lab.client.download_artifacts(run.info.run_id, "lines.txt", str(lab.root))
    assert Path(found).read_text() == "one\ntwo\n"


def test_the_version_that_a_run_saved_is_its_artifact(lab, nobody_sends):
    lab.write(
        {
            "conf/base/catalog.yml": CATALOG.replace("table.json}", "table.json, versioned: true}"),
        }
    )
    for last in (3, 4):
        lab.write({"data/01_raw/numbers.json": f"[1, 2, {last}]\n"})
        lab.plait("run")
    lab.plait("mlflow", "sync")
    seen = []
    for run in lab.runs:
        place = lab.client.download_artifacts(
            run.info.run_id, "tables/table.json", str(lab.root / run.info.run_id)
        )
        seen.append(json.loads(Path(place).read_text())["rows"][-1])
    assert seen == [3, 4]


@pytest.fixture(scope="module")
def endpoint():
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.mark.parametrize(
    ("by", "told"), [("", "tables/table.reference.json"), ("by: copy", "tables/table.json")]
)
def test_what_lies_in_a_bucket_is_told_by_its_place_or_fetched(lab, endpoint, by, told):
    client = boto3.client(
        "s3", endpoint_url=endpoint, aws_access_key_id="k", aws_secret_access_key="s", region_name="us-east-1"
    )
    bucket = f"tables-{'copy' if by else 'place'}"
    client.create_bucket(Bucket=bucket)
    there = f"{{type: json, path: 's3://{bucket}/table.json', credentials: store}}"
    text = CATALOG.replace("{type: json, path: data/08_reporting/table.json}", there)
    lab.write(
        {
            "conf/base/catalog.yml": text.replace(
                "artifact_path: tables", f"artifact_path: tables\n      {by}"
            ),
            "conf/local/credentials.yml": f"store: {{key: k, secret: s, endpoint_url: '{endpoint}'}}\n",
        }
    )
    lab.plait("run")
    (run,) = lab.runs
    assert files(lab, run, "tables") == {told}
    if not by:
        assert run.data.tags["plait.artifact.table"] == f"s3://{bucket}/table.json"
