"""What is fetched from an MLflow server: models by version or alias, artifacts of other runs. Only loaded."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from plait.catalog.files import FileDataset
from plait.catalog.locations import redact
from plait.catalog.preview import Preview
from plait.catalog.registry import type_of_path
from plait.datasets.mlflow import models
from plait.errors import CatalogError, DatasetError, DatasetNotFoundError, did_you_mean
from plait.values import Fingerprint

__all__ = ["LOGINS", "RegisteredModel", "RunArtifact", "kedros_registered_model", "version_of_alias"]

T = TypeVar("T")

# MLflow's client takes logins from nowhere but the environment.
LOGINS: Mapping[str, str] = {
    "username": "MLFLOW_TRACKING_USERNAME",
    "password": "MLFLOW_TRACKING_PASSWORD",
    "token": "MLFLOW_TRACKING_TOKEN",
}
_NOT_THERE = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
_LOGGING_IN = threading.Lock()


class _Fetched:
    """Something at a server, downloaded into a temporary folder when it is first loaded."""

    def __init__(self, tracking_uri: str | None, credentials: Mapping[str, Any] | None) -> None:
        if tracking_uri is None:
            raise CatalogError(
                "the entry does not say which server it is at",
                hint="add conf/base/mlflow.yml, or `tracking_uri: …` to the entry",
            )
        self._uri = tracking_uri
        self._login = {LOGINS[key]: str(value) for key, value in (credentials or {}).items() if key in LOGINS}
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    @property
    def location(self) -> str:
        raise NotImplementedError

    def save(self, data: Any) -> None:  # noqa: ARG002 - nothing can be saved
        """Raise DatasetError: what other runs made is not changed."""
        raise DatasetError(
            f"{self.location} is what another run made, and is only loaded",
            hint="to save, use `type: mlflow.Model` or `type: mlflow.Artifact`",
        )

    def release(self) -> None:
        """Remove what was downloaded."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}('{self.location}')"

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_folder": None}

    def _download(self, **what: Any) -> Path:
        self._folder = self._folder or tempfile.TemporaryDirectory(prefix="plait-mlflow-")
        folder = self._folder.name

        def fetch(_: Any) -> Path:
            from mlflow.artifacts import download_artifacts

            return Path(download_artifacts(dst_path=folder, tracking_uri=self._uri, **what))

        return self._asked(fetch)

    def _asked(self, what: Callable[[Any], T]) -> T:
        """Ask the server something. Raises DatasetError with what it said."""
        try:
            with _logged_in(self._login):
                from mlflow import MlflowClient

                return what(MlflowClient(self._uri))
        except ImportError:
            raise
        except Exception as error:  # of the client, the network, the server
            raise DatasetError(
                f"{self.location} cannot be had from {redact(self._uri)}", why=_said(error)
            ) from error


class RegisteredModel(_Fetched):
    """A model of the registry, by version or alias, or any other that MLflow has a URI for.

    Args:
        model_name: what it is registered as; with ``version`` or ``alias``.
        model_uri: instead of these, as ``runs:/<run>/model`` or ``models:/m-<id>``.
        flavor: how it is loaded; by default as it was saved; ``pyfunc`` for MLflow's own ``predict``.
        load_args: further keywords for ``load_model`` of the flavour.
        tracking_uri: the server; by default that of ``mlflow.yml``.
        credentials: ``username`` and ``password``, or ``token``.

    Raises:
        CatalogError: it says no model, or several.
    """

    def __init__(
        self,
        model_name: str | None = None,
        version: int | str | None = None,
        alias: str | None = None,
        *,
        model_uri: str | None = None,
        flavor: str | None = None,
        load_args: Mapping[str, Any] | None = None,
        tracking_uri: str | None = None,
        credentials: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(tracking_uri, credentials)
        one = model_uri is None and model_name is not None and (version is None) != (alias is None)
        if not one and (model_uri is None or (model_name, version, alias) != (None, None, None)):
            raise CatalogError(
                "the entry does not say which model it is",
                hint="add `model_name` with `version` or `alias`, or `model_uri: runs:/…`",
            )
        self._name = model_name
        self._version = None if version is None else str(version)
        self._alias = alias
        self._model = model_uri
        self._flavor = flavor
        self._load_args = dict(load_args or {})

    @property
    def location(self) -> str:
        """The URI that MLflow knows it by."""
        if self._model is not None:
            return self._model
        suffix = f"@{self._alias}" if self._alias else f"/{self._version}"
        return f"models:/{self._name}{suffix}"

    def load(self) -> Any:
        """Return the model. Raises DatasetError: there is none, or the server cannot be reached."""
        return models.read(self._fetched(), self._flavor, **self._load_args)

    def exists(self) -> bool:
        """Ask the registry; a model by its URI is taken to be there."""
        return self._name is None or self._resolved() is not None

    def fingerprint(self) -> Fingerprint | None:
        """Return the version: what is registered under one is never changed. An alias is asked for."""
        if self._model is not None:
            return Fingerprint(f"mlflow:{self._model}", "token")
        version = self._version or self._resolved()
        return None if version is None else Fingerprint(f"mlflow:models:/{self._name}/{version}", "token")

    def preview(self, limit: int = 20) -> Preview:
        """Show how the model describes itself."""
        return models.preview(self._fetched(), limit)

    def _fetched(self) -> Path:
        if self._model is not None:
            return self._download(artifact_uri=self._model)
        version = self._resolved()
        if version is None:
            raise DatasetError(f"{self.location} is not in the registry at {redact(self._uri)}")
        return self._download(artifact_uri=f"models:/{self._name}/{version}")

    def _resolved(self) -> str | None:
        """Return the version that it is now, None where there is none."""
        from mlflow.exceptions import MlflowException

        def ask(client: Any) -> str | None:
            try:
                if self._alias is not None:
                    return str(client.get_model_version_by_alias(self._name, self._alias).version)
                return str(client.get_model_version(self._name, self._version).version)
            except MlflowException as error:
                if error.error_code in _NOT_THERE:
                    return None
                raise

        return self._asked(ask)


class RunArtifact(_Fetched):
    """A file that another run told MLflow of.

    Args:
        run_id: MLflow's name of the run.
        artifact_path: where it is among the files of the run.
        dataset: how it is read, a type or an entry without a path; by default what its suffix says.
    """

    def __init__(
        self,
        run_id: str,
        artifact_path: str,
        dataset: str | Mapping[str, Any] | None = None,
        *,
        tracking_uri: str | None = None,
        credentials: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(tracking_uri, credentials)
        given = {"type": dataset} if isinstance(dataset, str) else dict(dataset or {})
        given.pop("path", None), given.pop("filepath", None)
        self._run = run_id
        self._path = artifact_path.strip("/")
        self._format = given.pop("type", None) or type_of_path(self._path)
        if self._format is None:
            raise CatalogError(
                f"the suffix of '{artifact_path}' does not say which format it has",
                hint="add `dataset: {type: …}`",
            )
        self._arguments = given

    @property
    def location(self) -> str:
        """The URI that MLflow knows it by."""
        return f"runs:/{self._run}/{self._path}"

    def load(self) -> Any:
        """Return the data. Raises DatasetError."""
        return self._file().load()

    def load_as(self, frame: Any) -> Any:
        return self._file().load_as(frame)

    def exists(self) -> bool:
        """Ask the server."""
        folder, _, _ = self._path.rpartition("/")
        found = self._asked(lambda client: client.list_artifacts(self._run, folder or None))
        return any(item.path == self._path for item in found)

    def fingerprint(self) -> Fingerprint:
        """Return its name: what a run told is not told again."""
        return Fingerprint(f"mlflow:{self.location}", "token")

    def preview(self, limit: int = 20) -> Preview:
        return self._file().preview(limit)

    def _file(self) -> FileDataset:
        place = self._download(run_id=self._run, artifact_path=self._path)
        return FileDataset(place, self._format, **self._arguments)


def version_of_alias(name: str, alias: str, tracking_uri: str, login: Mapping[str, str]) -> str:
    """Return the version of a registered model that an alias stands for now.

    Args:
        login: environment variables for MLflow's client.

    Raises:
        DatasetNotFoundError: the registry has no such model, or the model no such alias.
        DatasetError: the registry cannot be asked.
    """
    place = redact(tracking_uri)
    aliases = _aliases(name, tracking_uri, login)
    if aliases is None:
        raise DatasetNotFoundError(
            f"There is no model '{name}'",
            where=place,
            hint="a model has the name under which it is registered",
        )
    if alias not in aliases:
        known = f"it has {', '.join(sorted(aliases))}" if aliases else "it has none"
        raise DatasetNotFoundError(
            f"Model '{name}' has no alias '{alias}'", where=place, hint=did_you_mean(alias, aliases) or known
        )
    return str(aliases[alias])


def _aliases(name: str, tracking_uri: str, login: Mapping[str, str]) -> Mapping[str, str] | None:
    """Return alias → version of a model, None where there is no such model."""
    try:
        with _logged_in(login):
            from mlflow import MlflowClient

            found: Mapping[str, str] = MlflowClient(tracking_uri).get_registered_model(name).aliases
            return found
    except ImportError:
        raise
    except Exception as error:  # of the client, the network, the server
        if getattr(error, "error_code", None) in _NOT_THERE:
            return None
        raise DatasetError(
            f"{redact(tracking_uri)} cannot be asked for the model '{name}'", why=_said(error)
        ) from error


def _said(error: Exception) -> str:
    """Return what an error says first, without secrets."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return redact(lines[0])


def kedros_registered_model(
    model_name: str,
    stage_or_version: str | int | None = None,
    alias: str | None = None,
    *,
    flavor: str | None = "mlflow.pyfunc",
    pyfunc_workflow: str | None = None,  # noqa: ARG001 - kedro-mlflow's word for what a model loads as
    load_args: Mapping[str, Any] | None = None,
    tracking_uri: str | None = None,
    credentials: Mapping[str, Any] | None = None,
) -> RegisteredModel:
    """Return what kedro-mlflow's entry of a registered model means; without a version it is the latest."""
    if stage_or_version is not None and not str(stage_or_version).isdecimal():
        raise CatalogError(
            f"'{stage_or_version}' is a stage, which MLflow no longer has", hint="give it an alias"
        )
    return RegisteredModel(
        model_name,
        stage_or_version,
        alias,
        flavor=flavor,
        load_args=load_args,
        tracking_uri=tracking_uri,
        credentials=credentials,
    )


@contextmanager
def _logged_in(login: Mapping[str, str]) -> Iterator[None]:
    """Put a login into the environment for as long as something is asked."""
    if not login:
        yield
        return
    with _LOGGING_IN:
        before = {name: os.environ.get(name) for name in login}
        os.environ.update(login)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
