"""A project that is open: what it consists of, and running it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from plait.errors import ProjectError
from plait.project.discovery import Found, find_project
from plait.project.imports import ProjectImports
from plait.project.parts import Parts
from plait.project.pipelines import DEFAULT, Pipelines
from plait.project.settings import Settings, from_table

if TYPE_CHECKING:
    from plait.catalog import DataCatalog
    from plait.config import Config, Parameters
    from plait.engine import RunResult
    from plait.engine.options import CodeMemory
    from plait.engine.provenance import GitWatch
    from plait.engine.workers import Workers
    from plait.events import Observer
    from plait.ledger import Ledger
    from plait.pipeline import Pipeline
    from plait.project.check import Finding

__all__ = ["Project"]


class Project:
    """A project: its configuration, catalog, parameters and pipelines, each read when first needed.

    Several projects can be open in one process as long as their packages have different names, and one
    project can run any number of pipelines, one after another and at the same time. Close it, or use it in
    a ``with`` block, to take its package out of the process again.

    Attributes:
        root: the project's folder.
        environments: the configuration environments above ``base``, in order.
    """

    def __init__(
        self,
        found: Found,
        environments: Sequence[str] | None = None,
        params: Mapping[str, Any] | None = None,
        conf: str | Path | None = None,
    ) -> None:
        self.root = found.root
        self._found = found
        self._lock = threading.RLock()
        declared = from_table(found.table)
        self.environments = tuple(environments) if environments is not None else (declared.environment,)
        self._declared = declared
        self._params = nested(params or {})
        self._conf = Path(conf).expanduser().absolute() if conf else self.root / declared.conf
        self._imports = ProjectImports(self.source, self._top_names())
        self._parts = self._new_parts(self._params)
        self._git: GitWatch | None = None
        self._ledger: Ledger | None = None
        self._code_memory: CodeMemory | None = None
        self._workers: Workers | None = None

    @classmethod
    def open(
        cls,
        path: str | Path | None = None,
        *,
        env: str | Sequence[str] | None = None,
        params: Mapping[str, Any] | None = None,
        conf: str | Path | None = None,
    ) -> Project:
        """Open the project at ``path``, or in the nearest folder above it.

        Args:
            path: a folder in the project, or a Python file that holds a pipeline; default: here.
            env: the environment, or several in order (``"prod,eu"``); default: ``local``.
            params: overrides of parameters, nested or with dotted names.
            conf: another configuration folder than the project's.

        Raises:
            ProjectError: there is no project, or its settings are wrong.
        """
        environments = env.split(",") if isinstance(env, str) else env
        return cls(find_project(path), environments, params, conf)

    @property
    def name(self) -> str:
        """The package's name, or that of the file."""
        return self.package or self.root.name

    @property
    def package(self) -> str | None:
        """The Python package that holds the pipelines; None for a single file."""
        return None if self._found.script else self._declared.package

    @property
    def env(self) -> str:
        """The environments as ``--env`` names them."""
        return ",".join(self.environments)

    @property
    def state(self) -> Path:
        """The folder of everything Plait itself keeps: ignorable and deletable."""
        return self.root / ".plait"

    @property
    def conf(self) -> Path:
        """The folder of the configuration."""
        return self._conf

    @property
    def settings(self) -> Settings:
        """The settings of ``pyproject.toml`` and ``settings.py``."""
        return self._parts.settings

    @property
    def config(self) -> Config:
        """The merged configuration, whose values know where they come from."""
        return self._parts.config

    @property
    def parameters(self) -> Parameters:
        """The parameters, overrides included."""
        return self._parts.parameters

    @property
    def catalog(self) -> DataCatalog:
        """The catalog. Nothing in it is instantiated until it is needed."""
        return self._parts.catalog

    @property
    def pipelines(self) -> Pipelines:
        """The pipelines by name; ``__default__`` is their sum unless the registry says otherwise."""
        return self._parts.pipelines

    @property
    def ledger(self) -> Ledger:
        """The record of runs, open for as long as the project is; opened again if its file was deleted."""
        with self._lock:
            if self._ledger is None or not self._ledger.database.is_current():
                from plait.ledger import Ledger

                self._ledger = Ledger.open(self.state)
            return self._ledger

    @property
    def code_memory(self) -> CodeMemory:
        """What is known of source files and installed packages."""
        with self._lock:
            if self._code_memory is None:
                from plait.engine.options import CodeMemory
                from plait.identity.distributions import Distributions
                from plait.identity.sources import Sources

                cache = self.state / "cache"
                self._code_memory = CodeMemory(Sources(self.root, cache), Distributions(cache))
            return self._code_memory

    @property
    def git(self) -> GitWatch:
        """Who knows which commit is checked out."""
        if self._git is None:
            from plait.engine.provenance import GitWatch

            self._git = GitWatch(self.root)
        return self._git

    @property
    def place(self) -> Path:
        """What :meth:`open` finds this project by: its folder, or the file that it is."""
        return self._found.script or self.root

    def workers(self, count: int | None = None) -> Workers:
        """Return the worker processes of this project; they start with the first run that needs them.

        Args:
            count: how many; another number than before ends those there are.
        """
        from plait.engine.workers import Workers

        with self._lock:
            if self._workers is None or self._workers.count != (count or self._workers.count):
                self._end_workers()
                self._workers = Workers(count)
            return self._workers

    def _end_workers(self) -> None:
        workers, self._workers = self._workers, None
        if workers is not None:
            workers.close()

    def run(
        self,
        pipeline: str | Pipeline = DEFAULT,
        *,
        inputs: Mapping[str, Any] | None = None,
        outputs: Iterable[str] | None = None,
        params: Mapping[str, Any] | None = None,
        select: str | None = None,
        executor: str | None = None,
        workers: int | Workers | None = None,
        observers: Iterable[Observer] = (),
        load_versions: Mapping[str, str] | None = None,
        save: bool | None = None,
        fresh: bool | Iterable[str] = False,
        fail_fast: bool = False,
        raise_errors: bool = True,
    ) -> RunResult:
        """Run a pipeline of the project, by name or as a value. Safe to call from several threads.

        Args:
            inputs: data to use in place of what nodes or the catalog would provide. Such a run is not
                recorded, and saves stored outputs only with ``save=True``.
            outputs: names to compute and keep; default: all free outputs.
            params: overrides of parameters for this run, nested or with dotted names.
            select: a selector, as on the command line.
            executor: ``inline``, ``threads`` or ``processes``; default: the project's setting.
            workers: how many nodes run at once, or a :class:`plait.Workers`; alone it means processes.
            observers: listen to this run, besides the project's own observers.
            load_versions: versions to load of versioned datasets.
            fresh: True runs everything that is selected, changed or not; names run those nodes.
            fail_fast: stop at the first failure instead of finishing independent branches.
            raise_errors: False returns a failed result instead of raising it.

        Raises:
            RunError: nodes failed; ``error.result`` is the result.
            PlaitError: something does not fit together; nothing ran.
        """
        from plait.engine.options import fresh_nodes
        from plait.project.running import RunRequest, run_request

        request = RunRequest(
            pipeline=pipeline,
            inputs=dict(inputs or {}),
            outputs=None if outputs is None else tuple(outputs),
            select=select,
            executor=executor,
            workers=workers,
            observers=tuple(observers),
            load_versions=dict(load_versions or {}),
            save=save,
            fresh=fresh_nodes(fresh),
            fail_fast=fail_fast,
        )
        result = run_request(self, self.parts(params), request)
        if raise_errors and result.error is not None:
            raise result.error
        return result

    def check(self, pipeline: str = DEFAULT) -> list[Finding]:
        """Return everything that is wrong or doubtful, worst first, running nothing."""
        from plait.project.check import check_project

        return check_project(self, pipeline)

    def reload(self) -> None:
        """Forget configuration, catalog and code, so that edits count. Runs that are going on keep theirs."""
        with self._lock:
            self._imports.forget()
            self._end_workers()
            self._parts = self._new_parts(self._params)

    def close(self) -> None:
        """End the workers, close connections, and take the project's package out of the process."""
        self._end_workers()
        self._parts.close_connections()
        self._imports.close()

    def parts(self, params: Mapping[str, Any] | None = None) -> Parts:
        """Return configuration, catalog and pipelines, with some parameters overridden."""
        parts = self._parts
        return parts.overridden(nested(params)) if params else parts

    def __enter__(self) -> Project:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, frames: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Project('{self.name}', env='{self.env}')"

    def _new_parts(self, params: Mapping[str, Any]) -> Parts:
        return Parts(self, self._declared, self._imports, params, self._found.script)

    @property
    def source(self) -> Path:
        """The folder that the project's own code lies in."""
        if self._found.script:
            return self.root
        if not self._declared.package:
            raise ProjectError(
                "The project does not say which package holds its pipelines",
                where="pyproject.toml, [tool.plait]",
                hint='add package = "name": the folder under src/',
            )
        return self.root / self._declared.source

    def _top_names(self) -> list[str]:
        if self._found.script:
            return [self._found.script.stem]
        return [str(self._declared.package).partition(".")[0]]


def nested(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters with dotted names taken apart: ``{"a.b": 1}`` is ``{"a": {"b": 1}}``."""
    result: dict[str, Any] = {}
    for name, value in params.items():
        *path, last = name.split(".")
        place = result
        for key in path:
            place = place.setdefault(key, {})
        if isinstance(value, Mapping) and isinstance(place.get(last), dict):
            place[last].update(nested(value))
        else:
            place[last] = nested(value) if isinstance(value, Mapping) else value
    return result
