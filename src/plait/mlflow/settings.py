"""``conf/<env>/mlflow.yml``: whether runs are told to MLflow, and where."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from plait.catalog.locations import is_url, redact
from plait.catalog.stores import revealed
from plait.datasets.mlflow.server import LOGINS
from plait.errors import ConfigError, CredentialsError, PlaitError, Problems, did_you_mean

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
    values: Mapping[str, Any],
    root: Path,
    package: str,
    credentials: Callable[[str], Any],
    place: Callable[[str], object | None] = lambda _: None,
) -> Tracking | None:
    """Return what ``mlflow.yml`` says, or None where it says that runs are not told.

    Args:
        values: the merged file; kedro-mlflow's keys are understood.
        package: names the experiment where the file does not.
        credentials: returns the values of a name.
        place: returns the file and line that say a key.

    Raises:
        ConfigError: a key or a value cannot be right.
        CredentialsError: it names credentials that do not exist.
        Problems: several of that.
    """
    given = _plain(values)
    if given.get("enabled", True) is False:
        _raise_all(_unknown_keys(given), place)
        return None
    uri = str(given.get("tracking_uri") or f"sqlite:///{root / _STORE}")
    login, refused = _login_of(given.get("credentials"), credentials)
    _raise_all([*_unknown_keys(given), *_wrong_values(given, uri), *refused], place)
    uri = _absolute(uri, root)
    artifacts = given.get("artifacts") or (str(root / _ARTIFACTS) if uri.startswith("sqlite:") else None)
    return Tracking(
        uri,
        str(given.get("experiment") or package),
        None if artifacts is None else str(root / artifacts),
        given.get("credentials"),
        given.get("child_runs", False),
        login,
    )


_Wrong = tuple[str, PlaitError]  # the key to blame, and what is wrong with it


def _unknown_keys(given: Mapping[str, Any]) -> list[_Wrong]:
    return [
        (key, ConfigError(f"'{key}' is no key of mlflow.yml", hint=did_you_mean(key, _KEYS) or _known()))
        for key in given
        if key not in _KEYS
    ]


def _wrong_values(given: Mapping[str, Any], uri: str) -> Iterator[_Wrong]:
    if not (is_url(uri) or uri.startswith("sqlite:")) or not _is_known(uri.partition(":")[0]):
        yield (
            "tracking_uri",
            ConfigError(
                f"'{redact(uri)}' is no place that MLflow keeps runs in",
                hint="write a URL such as http://host:5000, sqlite:///runs.db, or leave it out",
            ),
        )
    for key in ("enabled", "child_runs"):
        if not isinstance(given.get(key, False), bool):
            yield key, ConfigError(f"'{key}' is {given[key]!r}", hint="write true or false, without quotes")


def _login_of(name: Any, credentials: Callable[[str], Any]) -> tuple[Mapping[str, str], list[_Wrong]]:
    if name is None:
        return {}, []
    try:
        return _login(credentials(str(name)), str(name)), []
    except (ConfigError, CredentialsError) as error:
        return {}, [("credentials", error)]


def _raise_all(wrong: Iterable[_Wrong], place: Callable[[str], object | None]) -> None:
    problems = []
    for key, problem in wrong:
        problem.where = (str(place(key) or f"{_WHERE}, {key}"), *problem.where)
        problems.append(problem)
    if problems:
        raise problems[0] if len(problems) == 1 else Problems(problems)


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
        raise ConfigError(f"credentials '{name}' are no mapping", hint=f"its keys: {', '.join(LOGINS)}")
    odd = [key for key in values if key not in LOGINS]
    if odd:
        raise ConfigError(
            f"credentials '{name}' hold '{odd[0]}', which MLflow does not know",
            hint=did_you_mean(odd[0], LOGINS) or f"it knows {', '.join(LOGINS)}",
        )
    return {LOGINS[key]: str(value) for key, value in values.items()}


def _known() -> str:
    return f"its keys: {', '.join(_KEYS)}"
