"""``conf/<env>/mlflow.yml``: whether runs are told to MLflow, and where."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from plait.catalog.locations import is_url, redact
from plait.catalog.stores import revealed
from plait.datasets.mlflow.server import LOGINS
from plait.errors import ConfigError, did_you_mean

__all__ = ["Tracking", "read_tracking"]

_STORE = "mlflow.db"
_ARTIFACTS = "mlartifacts"
_KEYS = ("tracking_uri", "experiment", "credentials", "enabled", "artifacts", "child_runs")
_WHERE = "mlflow.yml"
_SCHEMES = frozenset(
    {"http", "https", "sqlite", "postgresql", "mysql", "mssql", "databricks", "databricks-uc", "uc"}
)
_PLUGINS = "mlflow.tracking_store"


@dataclass(frozen=True)
class Tracking:
    """Where runs are told.

    Attributes:
        uri: of the tracking server, or of an SQLite file, without secrets.
        experiment: the name runs are filed under.
        artifacts: where a local store keeps files; None leaves that to the server.
        credentials: the name of an entry of ``credentials.yml``.
        child_runs: whether each pipeline of a run becomes a run below it.
        login: environment variables for MLflow's client; never written down.
    """

    uri: str
    experiment: str
    artifacts: str | None = None
    credentials: str | None = None
    child_runs: bool = False
    login: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def is_local(self) -> bool:
        """Whether it is a file of this machine, which answers at once."""
        return self.uri.startswith("sqlite:")

    def as_document(self) -> dict[str, Any]:
        """Return what may be written down: all but the login."""
        document = asdict(self)
        del document["login"]
        return document


def read_tracking(
    values: Mapping[str, Any], root: Path, package: str, credentials: Callable[[str], Any]
) -> Tracking | None:
    """Return what ``mlflow.yml`` says, or None where it says that runs are not told.

    Args:
        values: the merged file; kedro-mlflow's keys are understood.
        package: names the experiment where the file does not.
        credentials: returns the values of a name.

    Raises:
        ConfigError: a key or a value cannot be right.
    """
    given = _plain(values)
    for key in given:
        if key not in _KEYS:
            raise ConfigError(
                f"'{key}' is no key of mlflow.yml", where=_WHERE, hint=did_you_mean(key, _KEYS) or _known()
            )
    if given.get("enabled", True) is False:
        return None
    uri = str(given.get("tracking_uri") or f"sqlite:///{root / _STORE}")
    if not (is_url(uri) or uri.startswith("sqlite:")) or not _is_known(uri.partition(":")[0]):
        raise ConfigError(
            f"'{redact(uri)}' is no place that MLflow keeps runs in",
            where=f"{_WHERE}, tracking_uri",
            hint="write a URL such as http://host:5000, sqlite:///runs.db, or leave it out",
        )
    uri = _absolute(uri, root)
    children = given.get("child_runs", False)
    if not isinstance(children, bool):
        raise ConfigError(f"'child_runs' is {children!r}", where=_WHERE, hint="write true or false")
    artifacts = given.get("artifacts") or (str(root / _ARTIFACTS) if uri.startswith("sqlite:") else None)
    name = given.get("credentials")
    return Tracking(
        uri,
        str(given.get("experiment") or package),
        None if artifacts is None else str(root / artifacts),
        name,
        children,
        {} if name is None else _login(credentials(str(name)), str(name)),
    )


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys as Plait calls them, also where the file is kedro-mlflow's."""
    found = {key: value for key, value in values.items() if key not in ("server", "tracking", "ui")}
    server, tracking = values.get("server") or {}, values.get("tracking") or {}
    theirs = {
        "tracking_uri": server.get("mlflow_tracking_uri"),
        "credentials": server.get("credentials"),
        "experiment": (tracking.get("experiment") or {}).get("name"),
    }
    return {key: value for key, value in theirs.items() if value is not None} | found


def _is_known(scheme: str) -> bool:
    """Whether MLflow, or a plugin of it, knows a kind of place, found without importing any of them."""
    plain = scheme.lower().partition("+")[0]
    return plain in _SCHEMES or any(each.name == scheme for each in entry_points(group=_PLUGINS))


def _absolute(uri: str, root: Path) -> str:
    path = uri.removeprefix("sqlite:///")
    return uri if path == uri or path.startswith("/") else f"sqlite:///{root / path}"


def _login(given: Any, name: str) -> dict[str, str]:
    values = revealed(given)
    if not isinstance(values, Mapping):
        raise ConfigError(f"credentials '{name}' are no mapping", where=_WHERE, hint=f"{', '.join(LOGINS)}")
    odd = [key for key in values if key not in LOGINS]
    if odd:
        raise ConfigError(
            f"credentials '{name}' hold '{odd[0]}', which MLflow does not know",
            where=_WHERE,
            hint=did_you_mean(odd[0], LOGINS) or f"it knows {', '.join(LOGINS)}",
        )
    return {LOGINS[key]: str(value) for key, value in values.items()}


def _known() -> str:
    return f"its keys: {', '.join(_KEYS)}"
