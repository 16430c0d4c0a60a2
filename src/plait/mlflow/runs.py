"""A run of MLflow: found or made, and told line by line what a run of Plait did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from plait.mlflow.files import Files
from plait.mlflow.names import name_in_mlflow
from plait.mlflow.refusals import Refusals
from plait.mlflow.spool import Spool, one_at_a_time

__all__ = ["TAG", "Telling"]

TAG = "plait.run_id"
_PARENT = "mlflow.parentRunId"
_CHILD = "plait.child"
_PARAMS, _METRICS, _INPUTS = 100, 1000, 100  # MLflow's own limits of a batch
_LONG = 6000  # characters of a parameter, above which MLflow cuts it without a word
_DIGEST = 36  # characters of a digest that MLflow keeps
_STATUS = {"done": "FINISHED", "failed": "FAILED", "interrupted": "KILLED"}


class Telling:
    """Tells one run.

    Args:
        head: the first line of its spool.
        arrived: what is known of what has arrived.
    """

    def __init__(self, spool: Spool, head: Mapping[str, Any], arrived: Mapping[str, Any]) -> None:
        from mlflow import MlflowClient

        self._head = head
        with one_at_a_time(spool.state):
            self._client: Any = MlflowClient(head["where"]["uri"])
            self._experiment = self._experiment_named(head["where"])
        self._run: str | None = arrived.get("run")
        self._children: dict[str, str] = dict(arrived.get("children", {}))
        self._failed: set[str] = set(arrived.get("failed", ()))
        self._models: dict[str, Any] = dict(arrived.get("models", {}))
        self._refusals = Refusals(arrived.get("refused", ()))
        self._spool = spool

    @property
    def arrival(self) -> dict[str, Any]:
        """What the run, and what came of it, is called in MLflow, and what of it MLflow refused."""
        return {
            "uri": self._head["where"]["uri"],
            "experiment": self._experiment,
            "run": self._run,
            "children": self._children,
            "failed": sorted(self._failed),
            "models": self._models,
            "refused": self._refusals.told,
        }

    def send(self, lines: Sequence[Mapping[str, Any]]) -> bool:
        """Send lines in order; return whether the last of them ends the run."""
        if self._run is None:
            self._find_run()
        files = self._files()
        points: dict[str, list[Any]] = {}
        for line in lines:
            match line["kind"]:
                case "run":
                    self._send_about(line)
                case "metrics" | "points":
                    for run in self._runs_of(line):
                        points.setdefault(run, []).extend(_points(line))
                case "failed":
                    self._failed.update(run for run in self._runs_of(line) if run != self._run)
                case "artifact" | "reference" | "model":
                    with self._refusals.may_refuse(f"'{line['dataset']}'"):
                        files.send(line)
        self._send_points(points)
        if lines[-1]["kind"] != "end":
            return False
        self._send_end(lines[-1], files)
        return True

    def _files(self) -> Files:
        assert self._run is not None
        return Files(self._client, self._spool, self._experiment, self._run, self._models, self._refusals)

    def _send_points(self, points: Mapping[str, Sequence[Any]]) -> None:
        for run, found in points.items():
            self._refusals.send(partial(self._log_metrics, run), found, _METRICS, _metric)

    def _log_metrics(self, run: str, batch: list[Any]) -> None:
        self._client.log_batch(run, metrics=batch)

    def _runs_of(self, line: Mapping[str, Any]) -> Iterator[str]:
        assert self._run is not None
        yield self._run
        name = self._head.get("children", {}).get(line.get("node"))
        if name is not None:
            if name not in self._children:
                self._children[name] = self._child(name, int(line.get("time", self._head["time"]) * 1000))
            yield self._children[name]

    # --- What there is already, and is made where it is not

    def _find_run(self) -> None:
        head = self._head
        found = self._search(f"tags.`{TAG}` = '{head['run']}'")
        if found is None:
            tags = {TAG: head["run"], "mlflow.note.content": _note(head["run"]), **head.get("tags", {})}
            moment, name = int(head["time"] * 1000), head.get("name") or head["run"]
            found = str(self._client.create_run(self._experiment, moment, tags, name).info.run_id)
        self._run = found

    def _child(self, name: str, moment: int) -> str:
        found = self._search(f"tags.`{_PARENT}` = '{self._run}' and tags.`{_CHILD}` = '{name}'")
        if found is None:
            tags = {_PARENT: self._run, _CHILD: name, "plait.pipeline": name}
            found = str(self._client.create_run(self._experiment, moment, tags, name).info.run_id)
        return found

    def _search(self, condition: str) -> str | None:
        found = self._client.search_runs([self._experiment], condition, max_results=1)
        return str(found[0].info.run_id) if found else None

    def _experiment_named(self, where: Mapping[str, Any]) -> str:
        name = where["experiment"]
        found = self._client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        try:
            return str(self._client.create_experiment(name, where.get("artifacts")))
        except Exception:  # somebody else has made it meanwhile, or this is the error to tell
            found = self._client.get_experiment_by_name(name)
            if found is None:
                raise
            return str(found.experiment_id)

    # --- Beginning and end

    def _send_about(self, head: Mapping[str, Any]) -> None:
        from mlflow.entities import Param

        params = dict(_flat(head.get("params", {})))
        long = {key: value for key, value in params.items() if len(value) > _LONG}
        short = [Param(name_in_mlflow(key), value) for key, value in params.items() if key not in long]
        self._refusals.send(
            lambda batch: self._client.log_batch(self._run, params=batch), short, _PARAMS, _parameter
        )
        texts = dict(head.get("texts", {}))
        texts |= {f"params/{name_in_mlflow(key)}.txt": value for key, value in long.items()}
        for file, text in texts.items():
            with self._refusals.may_refuse(f"file '{file}'"):
                self._client.log_text(self._run, text, file)

    def _send_end(self, line: Mapping[str, Any], files: Files) -> None:
        self._send_inputs(line.get("inputs", {}))
        with self._refusals.may_refuse("where its models come from"):
            files.send_lineage(line.get("outputs", {}), line.get("loaded_models", {}))
        for name, value in {**line["counts"], **line.get("tags", {})}.items():
            with self._refusals.may_refuse(f"tag '{name}'"):
                self._client.set_tag(self._run, name, value)
        moment, status = int(line["time"] * 1000), _STATUS[line["status"]]
        for child in self._children.values():
            ended = "FAILED" if child in self._failed else ("FINISHED" if status == "FAILED" else status)
            self._client.set_terminated(child, ended, moment)
        self._client.set_terminated(self._run, status, moment)

    def _send_inputs(self, inputs: Mapping[str, Mapping[str, str]]) -> None:
        """Tell which data the run loaded; MLflow keeps short digests, so the whole one is a tag beside it."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        found = [
            DatasetInput(
                Dataset(name, item["fingerprint"].rpartition(":")[2][:_DIGEST], "plait", item["location"]),
                [
                    InputTag("mlflow.data.context", "input"),
                    InputTag("plait.fingerprint", item["fingerprint"]),
                ],
            )
            for name, item in inputs.items()
        ]
        self._refusals.send(lambda batch: self._client.log_inputs(self._run, batch), found, _INPUTS, _input)


def _note(run: str) -> str:
    """Return the description that MLflow shows of a run: the way back."""
    return f"Run `{run}` of Plait: `plait runs show {run}`, `plait runs logs {run}`, or `plait ui`."


def _points(line: Mapping[str, Any]) -> Iterator[Any]:
    from mlflow.entities import Metric

    moment = int(line["time"] * 1000)
    for key, value in line.get("metrics", {}).items():
        yield Metric(name_in_mlflow(key), float(value), moment, 0)
    for key, points in line.get("points", {}).items():
        for value, step, time in points:
            yield Metric(name_in_mlflow(key), float(value), moment if time is None else time, step)


def _flat(values: Any, above: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(values, Mapping) and values:
        for key, value in values.items():
            yield from _flat(value, f"{above}.{key}" if above else str(key))
    elif above:
        yield above, str(values)


def _metric(metric: Any) -> str:
    return f"metric '{metric.key}'"


def _parameter(param: Any) -> str:
    return f"parameter '{param.key}'"


def _input(item: Any) -> str:
    return f"input '{item.dataset.name}'"
