"""Files and models of a run, told to MLflow: artifacts, logged models, versions in the registry."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from plait.mlflow.names import name_in_mlflow
from plait.mlflow.refusals import Refusals
from plait.mlflow.spool import Spool

__all__ = ["Files"]

_PATIENCE, _LOOK = 30.0, 0.1  # seconds
_RUN, _DATASET, _FINGERPRINT = "plait.run_id", "plait.dataset", "plait.fingerprint"


class Files:
    """Sends what lies beside the lines of a run.

    Args:
        models: dataset → what its model is called in MLflow; filled as they arrive.
        refusals: takes what is refused of a model that is there all the same.
    """

    def __init__(
        self,
        client: Any,
        spool: Spool,
        experiment: str,
        run: str,
        models: dict[str, dict[str, Any]],
        refusals: Refusals,
    ) -> None:
        self._client = client
        self._spool = spool
        self._experiment = experiment
        self._run = run
        self._models = models
        self._refusals = refusals

    def send(self, line: Mapping[str, Any]) -> None:
        """Send one file, the name of one, or a model. What is there already is put there again."""
        if line["kind"] == "model":
            self._send_model(line)
        elif line["kind"] == "reference":
            self._send_reference(line, None)
        else:
            self._send_file(line)

    def _send_file(self, line: Mapping[str, Any]) -> None:
        file = self._spool.files / line["file"]
        place = line.get("artifact_path")
        if file.is_dir():
            inside = "/".join(part for part in (place, file.name) if part)
            self._client.log_artifacts(self._run, str(file), inside)
        else:
            self._client.log_artifact(self._run, str(file), place)

    def _send_reference(self, line: Mapping[str, Any], fingerprint: str | None) -> None:
        """Say where data lies, instead of copying it."""
        about = {"location": line["location"], "fingerprint": fingerprint, "run": self._spool.run}
        file = PurePosixPath(line.get("path") or "", f"{line['dataset']}.reference.json")
        self._client.log_text(self._run, json.dumps(about, indent=2), str(file))
        tag = name_in_mlflow(f"plait.artifact.{line['dataset']}")
        self._client.set_tag(self._run, tag, line["location"])

    def _send_model(self, line: Mapping[str, Any]) -> None:
        name = line.get("name") or line["dataset"].replace(".", "-")
        model = self._logged_model(name, line["dataset"])
        if model.status != "READY":
            self._client.log_model_artifacts(model.model_id, str(self._spool.files / line["file"]))
            self._client.finalize_logged_model(model.model_id, "READY")
        self._link(model.model_id)
        self._models[line["dataset"]] = {"model_id": model.model_id, "uri": f"models:/{model.model_id}"}
        if line.get("registered_model_name") is not None:
            with self._refusals.may_refuse(f"'{line['dataset']}' in the registry"):
                self._register(line, model.model_id)

    def _register(self, line: Mapping[str, Any], model_id: str) -> None:
        name = line["registered_model_name"]
        version = self._version(name, line["dataset"], model_id)
        self._models[line["dataset"]] |= {
            "name": name,
            "version": version,
            "uri": f"models:/{name}/{version}",
        }
        for alias in line.get("aliases", ()):
            with self._refusals.may_refuse(f"alias '{alias}' of '{line['dataset']}'"):
                self._client.set_registered_model_alias(name, alias, version)

    def _link(self, model_id: str) -> None:
        """Say that the model came of this run, which MLflow takes but once."""
        from mlflow.entities import LoggedModelOutput

        outputs = self._client.get_run(self._run).outputs
        if outputs is None or model_id not in [item.model_id for item in outputs.model_outputs]:
            self._client.log_outputs(self._run, [LoggedModelOutput(model_id, 0)])

    def _logged_model(self, name: str, dataset: str) -> Any:
        """Return the model of this run and dataset, which is made where there is none yet."""
        for model in self._client.search_logged_models(
            [self._experiment], f"source_run_id = '{self._run}' AND name = '{name}'"
        ):
            return model
        tags = {_RUN: self._spool.run, _DATASET: dataset}
        return self._client.create_logged_model(self._experiment, name, self._run, tags)

    def _version(self, name: str, dataset: str, model_id: str) -> str:
        """Return the version under which the model of this run is registered, which is made if need be."""
        from mlflow.exceptions import MlflowException

        try:
            self._client.create_registered_model(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        for version in self._client.search_model_versions(f"name = '{name}'"):
            if version.run_id == self._run and version.tags.get(_DATASET) == dataset:
                return str(version.version)
        tags = {_RUN: self._spool.run, _DATASET: dataset}
        made = self._client.create_model_version(
            name, f"models:/{model_id}", self._run, tags, model_id=model_id
        )
        return str(made.version)

    def send_lineage(self, outputs: Mapping[str, str], loaded: Mapping[str, str]) -> None:
        """Say what identifies the models of the run, and which models it loaded.

        Args:
            outputs: dataset → fingerprint of what the run saved.
            loaded: dataset → the run of Plait whose model was loaded.
        """
        from mlflow.entities import LoggedModelInput

        for dataset, told in self._models.items():
            if dataset in outputs:
                tags = {_FINGERPRINT: outputs[dataset]}
                self._client.set_logged_model_tags(told["model_id"], tags)
                if "version" in told:
                    self._client.set_model_version_tag(
                        told["name"], told["version"], _FINGERPRINT, outputs[dataset]
                    )
        known = {item.model_id for item in self._client.get_run(self._run).inputs.model_inputs}
        found = {self._model_of(dataset, run) for dataset, run in loaded.items()} - known - {None}
        if models := [LoggedModelInput(str(model_id)) for model_id in found]:
            self._client.log_inputs(self._run, models=models)

    def _model_of(self, dataset: str, run: str) -> str | None:
        if run == self._spool.run:
            return self._models.get(dataset, {}).get("model_id")
        told = _arrival(self._spool.state, run) or {}
        found: str | None = told.get("models", {}).get(dataset, {}).get("model_id")
        return found


def _arrival(state: Path, run: str) -> dict[str, Any] | None:
    """Return what is known of an earlier run in MLflow, once who sends it right now is done."""
    earlier, patience = Spool(state, run), time.monotonic() + _PATIENCE
    while not earlier.is_gone() and earlier.problem is None and time.monotonic() < patience:
        time.sleep(_LOOK)
    return earlier.arrival()
