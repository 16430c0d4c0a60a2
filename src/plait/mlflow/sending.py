"""Tells MLflow what a spool holds: the one module that imports it, run as a program beside a run.

Every line may be sent twice: a run is found by its tag before one is made, and MLflow takes equal parameters
and equal points of a metric once.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from plait.catalog.locations import redact
from plait.catalog.registry import missing_library
from plait.errors import PlaitError
from plait.mlflow.spool import Spool
from plait.processes import is_gone

__all__ = ["TAG", "send"]

TAG = "plait.run_id"
_POLL = 0.2
_PARAMS, _METRICS = 100, 1000  # MLflow's own limits of a batch
_LONG = 6000  # characters of a parameter, above which MLflow cuts it without a word
_DIGEST = 36  # characters of a digest that MLflow keeps
_STATUS = {"done": "FINISHED", "failed": "FAILED", "interrupted": "KILLED"}


def send(spool: Spool, *, follow: bool = False) -> bool:
    """Send what has not arrived; return whether all of a run has that ended, or was killed.

    Args:
        follow: wait for more lines while the process of the run lives.

    Raises:
        PlaitError: MLflow is not installed, or cannot be reached or refuses.
    """
    with spool.alone() as alone:
        if not alone:
            return spool.is_gone()
        try:
            return _sent(spool, follow)
        except ImportError as error:
            raise missing_library(error.name or "mlflow", "MLflow") from error
        except PlaitError:
            raise
        except Exception as error:  # of the client, the network, the server
            raise PlaitError(_short(error)) from error


def _sent(spool: Spool, follow: bool) -> bool:
    arrived = spool.arrived()
    head = next(iter(spool.lines()), None)
    if head is None:
        return False
    client = _client(head["where"])
    while True:
        lives = not is_gone(head["process"])  # before its lines are read: what it wrote last is among them
        lines = spool.lines(arrived["lines"])
        if not lines and not lives:
            lines = [{"kind": "end", "time": time.time(), "status": "interrupted", "counts": {}}]
        if lines:
            run = arrived.get("run") or _run_of(client, head)
            ended = _send_lines(client, run, lines)
            arrived = {"lines": arrived["lines"] + len(lines), "run": run}
            spool.note_arrived(arrived)
            if ended:
                spool.forget()
                return True
        elif not follow:
            return False
        if follow:
            time.sleep(_POLL)


def _client(where: Mapping[str, Any]) -> Any:
    from mlflow import MlflowClient

    return MlflowClient(where["uri"])


def _run_of(client: Any, head: Mapping[str, Any]) -> str:
    """Return MLflow's name of a run, which is made where there is none yet."""
    experiment = _experiment(client, head["where"])
    found = client.search_runs([experiment], f"tags.`{TAG}` = '{head['run']}'", max_results=1)
    if found:
        return str(found[0].info.run_id)
    tags = {TAG: head["run"], **head.get("tags", {})}
    made = client.create_run(experiment, int(head["time"] * 1000), tags, head.get("name") or head["run"])
    return str(made.info.run_id)


def _experiment(client: Any, where: Mapping[str, Any]) -> str:
    name = where["experiment"]
    found = client.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    try:
        return str(client.create_experiment(name, where.get("artifacts")))
    except Exception:  # somebody else has made it meanwhile, or this is the error to tell
        found = client.get_experiment_by_name(name)
        if found is None:
            raise
        return str(found.experiment_id)


def _send_lines(client: Any, run: str, lines: Sequence[Mapping[str, Any]]) -> bool:
    """Send lines in order; return whether the last of them ends the run."""
    from mlflow.entities import Metric

    points = []
    for line in lines:
        if line["kind"] == "run":
            _send_about(client, run, line)
        elif line["kind"] == "metrics":
            moment = int(line["time"] * 1000)
            points += [Metric(_name(key), float(value), moment, 0) for key, value in line["metrics"].items()]
    for batch in _batches(points, _METRICS):
        client.log_batch(run, metrics=batch)
    last = lines[-1]
    if last["kind"] != "end":
        return False
    _send_inputs(client, run, last.get("inputs", {}))
    for name, value in {**last["counts"], **last.get("tags", {})}.items():
        client.set_tag(run, name, value)
    client.set_terminated(run, _STATUS[last["status"]], int(last["time"] * 1000))
    return True


def _send_inputs(client: Any, run: str, inputs: Mapping[str, Mapping[str, str]]) -> None:
    """Tell which data the run loaded; MLflow keeps short digests, so the whole one is a tag beside it."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    found = [
        DatasetInput(
            Dataset(name, item["fingerprint"].rpartition(":")[2][:_DIGEST], "plait", item["location"]),
            [InputTag("mlflow.data.context", "input"), InputTag("plait.fingerprint", item["fingerprint"])],
        )
        for name, item in inputs.items()
    ]
    if found:
        client.log_inputs(run, found)


def _send_about(client: Any, run: str, head: Mapping[str, Any]) -> None:
    from mlflow.entities import Param

    params = dict(_flat(head.get("params", {})))
    long = {key: value for key, value in params.items() if len(value) > _LONG}
    short = [Param(_name(key), value) for key, value in params.items() if key not in long]
    for batch in _batches(short, _PARAMS):
        client.log_batch(run, params=batch)
    texts = dict(head.get("texts", {}))
    texts |= {f"params/{_name(key)}.txt": value for key, value in long.items()}
    for file, text in texts.items():
        client.log_text(run, text, file)


def _flat(values: Any, above: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(values, Mapping) and values:
        for key, value in values.items():
            yield from _flat(value, f"{above}.{key}" if above else str(key))
    elif above:
        yield above, str(values)


def _name(text: str) -> str:
    """Return a name without the signs that MLflow refuses."""
    return "".join(sign if sign.isalnum() or sign in "_-. :/" else "_" for sign in text)[:250]


def _batches(items: Sequence[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(items), size):
        yield list(items[start : start + size])


def _short(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return redact(f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__)


def main() -> int:
    """Send the lines of one run while it runs, and the rest of them when it ended."""
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
    state, run = sys.argv[1:]
    spool = Spool(Path(state), run)
    try:
        send(spool, follow=True)
    except PlaitError as error:
        spool.note_problem(str(error))
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
