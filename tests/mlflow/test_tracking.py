"""Runs told to MLflow: what arrives, whatever becomes of the server, and what it costs the run: nothing."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from plait.mlflow import observer
from plait.mlflow.names import name_in_mlflow
from plait.mlflow.spool import Spool, waiting

mlflow = pytest.importorskip("mlflow")


@pytest.mark.parametrize("executor", ["inline", "threads", "processes"])
def test_a_run_arrives_with_what_it_was_made_of(lab, executor):
    lab.plait("run", "--executor", executor, "--params", "model.depth=5")
    (run,) = lab.runs
    assert run.info.status == "FINISHED"
    assert run.info.run_name == run.data.tags["plait.run_id"] == lab.last_run()
    assert run.data.params == {"model.depth": "5", "model.names": "['a', 'b']"}
    assert {name: run.data.metrics[name] for name in ("scores.mean", "scores.depth")} == {
        "scores.mean": 2.0,
        "scores.depth": 5.0,
    }
    assert {"seconds", "seconds.score"} <= set(run.data.metrics)
    assert (run.data.tags["plait.executor"], run.data.tags["plait.done"]) == (executor, "1")
    (found,) = run.inputs.dataset_inputs
    assert (found.dataset.name, found.dataset.source) == ("numbers", "data/01_raw/numbers.json")
    fingerprint = {tag.key: tag.value for tag in found.tags}["plait.fingerprint"]
    assert fingerprint.startswith(f"sha256:{found.dataset.digest}")
    assert {item.path for item in lab.client.list_artifacts(run.info.run_id)} == {"catalog.yml", "params"}
    long = lab.client.download_artifacts(run.info.run_id, "params/long.txt", str(lab.root))
    assert len(Path(long).read_text()) == 7000


def test_a_failed_run_is_told_as_failed(lab):
    lab.write({"src/lab/pipelines/main/nodes.py": "def score(numbers, depth):\n    raise ValueError('no')\n"})
    lab.plait("run", code=1)
    (run,) = lab.runs
    assert (run.info.status, run.data.tags["plait.failed"]) == ("FAILED", "1")


def test_without_the_file_or_switched_off_nothing_is_written(lab):
    (lab.root / "conf/base/mlflow.yml").unlink()
    lab.plait("run")
    lab.write({"conf/base/mlflow.yml": "enabled: false\n"})
    lab.plait("run", "--fresh")
    assert not (lab.state / "mlflow").exists()
    assert "Runs of this project are not told to MLflow" in lab.plait("mlflow", "sync", code=2)


def test_a_run_with_nothing_to_do_tells_nothing(lab):
    lab.plait("run")
    assert len(lab.runs) == 1
    lab.plait("run")
    assert len(lab.runs) == 1


def test_a_server_that_is_down_fails_no_run_and_what_is_kept_arrives_once(lab):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    lab.write({"conf/base/mlflow.yml": f"tracking_uri: http://127.0.0.1:{port}\n"})
    assert "1 done" in lab.plait("run")
    (spool,) = waiting(lab.state)
    deadline = time.monotonic() + 60
    while spool.problem is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert f"✗ {spool.run}" in lab.plait("mlflow", "sync", code=1)
    head, *rest = spool.file.read_text().splitlines()
    there = json.loads(head)
    store = {"uri": f"sqlite:///{lab.root / 'mlflow.db'}", "artifacts": str(lab.root / "mlartifacts")}
    there["where"] |= store
    spool.file.write_text("\n".join([json.dumps(there), *rest, ""]))
    lab.write({"conf/base/mlflow.yml": "{}\n"})
    assert "of 1 run." in lab.plait("mlflow", "sync")
    assert [run.info.status for run in lab.runs] == ["FINISHED"]
    assert lab.plait("mlflow", "sync").strip() == "MLflow has been told of every run."


def test_a_server_that_takes_connections_and_never_answers_holds_no_run_up(lab):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)
        lab.write({"conf/base/mlflow.yml": f"tracking_uri: http://127.0.0.1:{silent.getsockname()[1]}\n"})
        assert "1 done" in lab.plait("run")
        (spool,) = waiting(lab.state)
        kinds = [line["kind"] for line in spool.lines()]
        assert (kinds[0], kinds[-1]) == ("run", "end")


def test_a_full_disk_fails_no_run_and_leaves_no_half_line(lab, nobody_sends, monkeypatch, caplog):
    whole = Spool.write

    def full(spool, documents):
        if spool.file.exists():
            monkeypatch.setattr(spool, "_open", _Full(spool.file))
        whole(spool, documents)

    monkeypatch.setattr(Spool, "write", full)
    assert "1 done" in lab.plait("run")
    assert "MLflow is not told of the whole of this run" in caplog.text
    (spool,) = waiting(lab.state)
    assert [line["kind"] for line in spool.lines()] == ["run"]
    assert spool.file.read_text().endswith("}\n")


class _Full:
    """A file of which every write takes half of what it is given, as on a disk that fills up."""

    def __init__(self, path):
        self._file = path.open("ab", buffering=0)
        self.seek, self.truncate, self.close = self._file.seek, self._file.truncate, self._file.close

    def write(self, data):
        return self._file.write(data[: len(data) // 2])


@pytest.mark.parametrize("last", ["create_run", "log_batch", "log_text", "set_tag", "set_terminated"])
def test_whoever_sends_may_die_anywhere_and_nothing_arrives_twice(lab, nobody_sends, monkeypatch, last):
    lab.plait("run")
    (spool,) = waiting(lab.state)

    def dying(client, *given, **more):
        original(client, *given, **more)
        raise OSError("the process dies here")

    original = getattr(mlflow.MlflowClient, last)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mlflow.MlflowClient, last, dying)
        assert "the process dies here" in lab.plait("mlflow", "sync", code=1)
    kept = spool.file.read_text()
    lab.plait("mlflow", "sync")
    (run,) = lab.runs
    spool.file.write_text(kept)  # as if it had died before it could note that all had arrived
    lab.plait("mlflow", "sync")
    (again,) = lab.runs
    assert (again.data.params, again.data.metrics) == (run.data.params, run.data.metrics)
    assert len(lab.client.get_metric_history(run.info.run_id, "scores.mean")) == 1
    assert run.info.status == "FINISHED"


def test_a_run_that_was_killed_is_told_as_killed(lab):
    lab.write({"src/lab/pipelines/main/nodes.py": "import os\ndef score(numbers, depth):\n    os._exit(9)\n"})
    command = [sys.executable, "-m", "plait", "run"]
    assert subprocess.run(command, cwd=lab.root, capture_output=True, check=False).returncode == 9
    (run,) = lab.runs
    assert run.info.status == "KILLED"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("experimentt: x\n", "did you mean 'experiment'"),
        ("tracking_uri: foo://x\n", "'foo://x' is no place that MLflow keeps runs in"),
        ("tracking_uri: mlruns\n", "'mlruns' is no place that MLflow keeps runs in"),
        ("credentials: nosuch\n", "nosuch"),
    ],
)
def test_a_mistake_in_the_file_is_told_before_anything_runs(lab, text, said):
    lab.write({"conf/base/mlflow.yml": text})
    assert said in lab.plait("run", code=2)


def test_kedro_mlflows_file_is_understood(lab):
    lab.write(
        {
            "conf/base/mlflow.yml": """
                server: {mlflow_tracking_uri: "sqlite:///theirs.db"}
                tracking: {experiment: {name: theirs}}
            """
        }
    )
    lab.plait("run")
    assert lab.runs == []
    client = mlflow.MlflowClient(f"sqlite:///{lab.root / 'theirs.db'}")
    assert len(client.search_runs([client.get_experiment_by_name("theirs").experiment_id])) == 1


def test_credentials_reach_the_sender_and_no_file(lab, nobody_sends):
    lab.write(
        {
            "conf/base/mlflow.yml": "credentials: tracker\n",
            "conf/local/credentials.yml": "tracker: {username: ann, password: hunter2}\n",
        }
    )
    lab.plait("run")
    for file in lab.state.rglob("*"):
        assert not file.is_file() or b"hunter2" not in file.read_bytes(), file


def test_no_other_command_imports_mlflow(lab):
    program = (
        "import sys; from plait.__main__ import main; main(sys.argv[1:]); print('mlflow' in sys.modules)"
    )
    for words in (["plan"], ["check"], ["catalog", "list"], ["run"]):
        done = subprocess.run(
            [sys.executable, "-c", program, *words], cwd=lab.root, capture_output=True, text=True, check=True
        )
        assert done.stdout.splitlines()[-1] == "False", words


ODD_NAMES = """
    def score(numbers, depth):
        return {"a": 1, "a$": 2, "a#": 3, "b//c": 4, "d/": 5, "..e": 6, "/f": 7, "": 8, "g" * 300: 9}
"""


def test_names_that_mlflow_refuses_are_changed_and_kept_apart(lab):
    lab.write(
        {
            "conf/base/parameters.yml": '"x!": 1\n"x?": 2\n"a/": 3\n"ok": 4\nmodel: {depth: 3}\n',
            "src/lab/pipelines/main/nodes.py": ODD_NAMES,
        }
    )
    lab.plait("run")
    (run,) = lab.runs
    assert run.info.status == "FINISHED"
    assert sorted(run.data.params.values()) == ["1", "2", "3", "3", "4"]
    assert run.data.params["ok"] == "4"
    told = {name: value for name, value in run.data.metrics.items() if name.startswith("scores")}
    assert sorted(told.values()) == list(range(1, 10))
    assert told["scores.a"] == 1
    assert lab.client.search_runs([run.info.experiment_id])[0].data.tags["plait.done"] == "1"


@pytest.mark.parametrize(
    "text", ["", ".", "..", "/", "//", "..a", "a/", "/a", "a//b", "a/../b", "x" * 251, "ä!"]
)
def test_a_name_is_one_that_mlflow_takes(text):
    from mlflow.utils.validation import _validate_metric_name

    name = name_in_mlflow(text)
    _validate_metric_name(name)
    assert len(name) <= 250
    assert name != text
    assert name == name_in_mlflow(text) != name_in_mlflow(text + "!")


@pytest.fixture
def refusing(monkeypatch):
    """Let MLflow refuse some names for good, as it would a value that it cannot keep."""
    from mlflow.exceptions import MlflowException

    whole = mlflow.MlflowClient.log_batch

    def log_batch(client, run, metrics=(), params=(), tags=()):
        for item in (*metrics, *params):
            if "bad" in item.key:
                raise MlflowException.invalid_parameter_value(f"no {item.key} here")
        whole(client, run, metrics, params, tags)

    monkeypatch.setattr(mlflow.MlflowClient, "log_batch", log_batch)


def test_what_mlflow_refuses_of_a_run_keeps_nothing_else_of_it_away(lab, nobody_sends, refusing):
    nodes = "def score(numbers, depth):\n    return {'bad': 1, 'good': 2, 'steps': 10 ** 18}\n"
    lab.write(
        {
            "conf/base/parameters.yml": "model: {depth: 3, bad: 4}\n",
            "src/lab/pipelines/main/nodes.py": nodes,
        }
    )
    lab.plait("run")
    said = lab.plait("mlflow", "sync")
    assert "MLflow has been told of 1 run." in said
    assert "without what MLflow refused: metric 'scores.bad': MlflowException: no scores.bad here" in said
    assert "without what MLflow refused: parameter 'model.bad'" in said
    (run,) = lab.runs
    assert (run.info.status, run.data.params) == ("FINISHED", {"model.depth": "3"})
    assert {name for name in run.data.metrics if name.startswith("scores")} == {"scores.good", "scores.steps"}
    assert "without metric 'scores.bad'" in lab.plait("runs", "show")
    assert "told of every run" in lab.plait("mlflow", "sync")


def test_a_store_that_cannot_be_opened_is_told_at_the_end_of_the_run(lab, caplog, monkeypatch):
    lab.write({"conf/base/mlflow.yml": "tracking_uri: sqlite:////proc/no/such/runs.db\n"})
    monkeypatch.setattr(observer, "_LOCAL", 60.0)
    assert "1 done" in lab.plait("run")
    assert "MLflow was not told of this run: FileNotFoundError" in caplog.text
    assert "plait mlflow sync tries again" in caplog.text


def test_a_store_that_has_not_answered_yet_is_told_at_the_end_of_the_run(lab, nobody_sends, caplog):
    lab.plait("run")
    assert "MLflow has not been told of this run yet" in caplog.text
    assert "plait mlflow sync" in caplog.text


def test_sync_says_whom_it_tells_and_asks_a_dead_server_once(lab, monkeypatch):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    lab.write({"conf/base/mlflow.yml": f"tracking_uri: http://127.0.0.1:{port}\n"})
    monkeypatch.setattr(observer, "_sender_of", lambda *given: None)
    monkeypatch.delenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES")
    monkeypatch.delenv("MLFLOW_HTTP_REQUEST_TIMEOUT")
    lab.plait("run")
    lab.plait("run", "--fresh")
    asked = []
    whole = mlflow.MlflowClient.get_experiment_by_name

    def asking(client, name):
        asked.append(os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"])
        return whole(client, name)

    monkeypatch.setattr(mlflow.MlflowClient, "get_experiment_by_name", asking)
    said = lab.plait("mlflow", "sync", code=1)
    assert asked == ["1"]
    assert said.count(f"Telling http://127.0.0.1:{port} of ") == 1
    assert said.count("✗ ") == 2
