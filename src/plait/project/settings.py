"""What a project says about itself: ``[tool.plait]`` and ``src/<package>/settings.py``.

The table holds what can be said without importing anything; ``settings.py`` may add objects. Where both
say something, ``settings.py`` has the last word; hooks, observers and datasets add up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any, Literal

from plait.errors import PlaitError, Problems, ProjectError, did_you_mean

__all__ = ["KEDRO_ONLY", "Settings", "from_module", "from_table"]

EnvPolicy = Literal["ignore", "warn", "reached", "lock"]

#: Kedro's settings that have no meaning here; they are let stand, and ``plait check`` says so.
KEDRO_ONLY = frozenset(
    {
        "CONFIG_LOADER_ARGS",
        "CONFIG_LOADER_CLASS",
        "CONTEXT_CLASS",
        "DATASET_VALIDATION",
        "DATA_CATALOG_CLASS",
        "DISABLE_HOOKS_FOR_PLUGINS",
        "RUNNER_MODULES_WHITELIST",
        "RUNNER_MODULE_ALLOWLIST",
        "SESSION_CLASS",
        "SESSION_STORE_ARGS",
        "SESSION_STORE_CLASS",
    }
)


@dataclass(frozen=True)
class Settings:
    """The settings of a project.

    Attributes:
        package: name of the Python package in ``source``.
        source: folder of the package, relative to the project.
        conf: folder of the configuration, relative to the project.
        environment: the environment without ``--env``.
        hooks: interceptors: instances (settings.py) or import paths of classes (the table).
        observers: observers, or import paths of their classes or factories.
        datasets: type name in the catalog → import path of a dataset class.
        seed: the seed from which every node's own is derived.
        seed_globals: whether ``random``, NumPy and PyTorch are seeded before nodes that use them.
        default_frame: what table entries load as when neither entry nor argument says.
        executor: where nodes run without ``--executor``.
        workers: how many nodes run at once without ``--workers``; None is as many as there are cores.
        limits: how much there is of what nodes name in ``resources``, such as ``gpu = 1``.
        env_policy: what another version of a library means for results made before: ``ignore``, ``warn``
            (say so), ``reached`` (run what uses it) or ``lock`` (run when the lock file changed).
        naming: whether ``check`` compares the names of arguments and datasets.
        plugins: whether hooks and datasets of installed packages are used.
        spill_limit: bytes that ``.plait/spill`` may keep of what failed nodes had in memory.
    """

    package: str | None = None
    source: str = "src"
    conf: str = "conf"
    environment: str = "local"
    hooks: tuple[Any, ...] = ()
    observers: tuple[Any, ...] = ()
    datasets: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    seed_globals: bool = True
    default_frame: str = "pandas"
    executor: str = "inline"
    workers: int | None = None
    limits: Mapping[str, float] = field(default_factory=dict)
    env_policy: EnvPolicy = "warn"
    naming: bool = False
    plugins: bool = True
    spill_limit: int = 2_000_000_000


_TYPES: dict[str, type | tuple[type, ...]] = {
    "package": str,
    "source": str,
    "conf": str,
    "environment": str,
    "hooks": (list, tuple),
    "observers": (list, tuple),
    "datasets": Mapping,
    "seed": int,
    "seed_globals": bool,
    "default_frame": str,
    "executor": str,
    "workers": int,
    "limits": Mapping,
    "env_policy": str,
    "naming": bool,
    "plugins": bool,
    "spill_limit": int,
}
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "default_frame": ("pandas", "polars", "arrow"),
    "env_policy": ("ignore", "warn", "reached", "lock"),
}
_ADDING = ("hooks", "observers")
_RENAMED = {"conf_source": "conf", "package_name": "package", "source_dir": "source"}


def from_table(table: Mapping[str, Any]) -> Settings:
    """Return the settings of a ``[tool.plait]`` table. Unknown keys and wrong types are reported together."""
    where = "pyproject.toml, [tool.plait]"
    return _changed(Settings(), {key.replace("-", "_"): value for key, value in table.items()}, where, str)


def from_module(settings: Settings, module: ModuleType) -> Settings:
    """Return ``settings`` with what the upper-case names of ``settings.py`` add."""
    names = [name for name in vars(module) if name.isupper() and not name.startswith("_")]
    values = {name.lower(): getattr(module, name) for name in names if name not in KEDRO_ONLY}
    return _changed(settings, values, module.__file__ or module.__name__, str.upper)


def _changed(settings: Settings, values: Mapping[str, Any], where: str, spelled: Any) -> Settings:
    problems: list[PlaitError] = []
    changes: dict[str, Any] = {}
    for key, value in values.items():
        name = _RENAMED.get(key, key)
        problem = _problem(name, value, where, spelled)
        if problem is None:
            changes[name] = value
        else:
            problems.append(problem)
    if problems:
        raise problems[0] if len(problems) == 1 else Problems(problems)
    return replace(settings, **{name: _merged(settings, name, value) for name, value in changes.items()})


def _problem(name: str, value: Any, where: str, spelled: Any) -> PlaitError | None:
    known = _TYPES.get(name)
    if known is None:
        hint = did_you_mean(name, _TYPES)
        return ProjectError(
            f"Unknown setting '{spelled(name)}'",
            where=where,
            hint=spelled(hint)
            if hint and spelled is str
            else (hint or "known: " + ", ".join(map(spelled, _TYPES))),
        )
    if not isinstance(value, known) or (known is int and isinstance(value, bool)):
        return ProjectError(
            f"The setting '{spelled(name)}' is a {type(value).__name__}",
            where=where,
            why=f"It should be {_article(known)}",
        )
    choices = _CHOICES.get(name)
    if choices is not None and value not in choices:
        what = "frame" if name == "default_frame" else name
        return ProjectError(
            f"There is no {what} '{value}'",
            where=where,
            hint=did_you_mean(str(value), choices) or f"{name} is one of " + ", ".join(choices),
        )
    return None


def _merged(settings: Settings, name: str, value: Any) -> Any:
    if name in _ADDING:
        return (*getattr(settings, name), *value)
    if name == "datasets":
        return {**settings.datasets, **value}
    return value


def _article(known: type | tuple[type, ...]) -> str:
    words = {str: "a string", int: "a whole number", bool: "true or false", Mapping: "a table"}
    return "a list" if isinstance(known, tuple) else words.get(known, known.__name__)
