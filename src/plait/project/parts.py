"""What a project consists of under one set of parameters: read once, when first needed, and then shared."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from plait.errors import PlaitError, ProjectError
from plait.pipeline import is_parameter
from plait.project.imports import ProjectImports
from plait.project.pipelines import Pipelines, load_pipelines, user_code
from plait.project.settings import KEDRO_ONLY, Settings, from_module

if TYPE_CHECKING:
    import pluggy

    from plait.catalog import DataCatalog
    from plait.config import Config, Parameters
    from plait.events import Observer
    from plait.pipeline import Pipeline
    from plait.project.project import Project
    from plait.project.script import Script

__all__ = ["Parts"]

T = TypeVar("T")


class Parts:
    """Settings, configuration, catalog and pipelines of one project.

    Values are made under a lock and then never change, so threads can share them.
    """

    def __init__(
        self,
        project: Project,
        declared: Settings,
        imports: ProjectImports,
        params: Mapping[str, Any],
        script: Path | None = None,
        shared: Parts | None = None,
    ) -> None:
        self._project = project
        self._declared = declared
        self._imports = imports
        self._params = params
        self._script_file = script
        self._shared = shared
        self._made: dict[str, Any] = {}
        self._lock = threading.RLock()

    def overridden(self, params: Mapping[str, Any]) -> Parts:
        """Return the same project with further parameters; code and settings are shared."""
        merged = _deeply(self._params, params)
        return Parts(self._project, self._declared, self._imports, merged, self._script_file, self)

    @property
    def runtime_parameters(self) -> Mapping[str, Any]:
        """The overrides these parts were made with."""
        return self._params

    def check_overrides(self, *more: Pipeline) -> None:
        """Refuse overrides of parameters that no file knows, and no node of the project or of ``more``.

        Raises:
            ParameterError: or Problems, all of them at once.
        """
        if not self._params:
            return
        if script := self.script:
            from plait.config import check_overrides

            check_overrides(self._params, script.parameters, mentioned=lambda: self._parameters_read(more))
        else:
            self.config.check_overrides(lambda: self._parameters_read(more))

    def _parameters_read(self, more: Iterable[Pipeline]) -> set[str]:
        known = [*more]
        for name in self.pipelines:
            with suppress(PlaitError):  # another pipeline than the one that runs may be broken
                known.append(self.pipelines[name])
        names = {name for pipeline in known for name in pipeline.inputs() if is_parameter(name)}
        return {name.removeprefix("params:") for name in names} - {"parameters"}

    @property
    def settings(self) -> Settings:
        return self._shared.settings if self._shared else self._once("settings", self._read_settings)

    @property
    def ignored_settings(self) -> tuple[str, ...]:
        """Kedro's settings that ``settings.py`` has and Plait does not."""
        if self._script_file or "settings" not in self._made:
            return ()
        module = sys.modules.get(f"{self._declared.package}.settings")
        return tuple(sorted(KEDRO_ONLY & vars(module).keys())) if module else ()

    @property
    def pipelines(self) -> Pipelines:
        return self._once("completed pipelines", self._complete_pipelines)

    @property
    def _written_pipelines(self) -> Pipelines:
        if self._shared:
            return self._shared._written_pipelines
        return self._once("pipelines", self._find_pipelines)

    def completed(self, pipeline: Pipeline) -> Pipeline:
        """Return a pipeline with what the inputs of its nodes refer to, as queries in the catalog do."""
        return pipeline if self._references is None else pipeline.reading_through(self._references)

    def _complete_pipelines(self) -> Pipelines:
        found = self._written_pipelines
        return found if self._references is None else found.reading_through(self._references)

    @property
    def _references(self) -> Callable[[str], Iterable[str]] | None:
        """What gives the datasets that a dataset refers to, or None where none does."""
        return self._once("references", self._read_references)

    def _read_references(self) -> Callable[[str], Iterable[str]] | None:
        from plait.project.catalogs import for_references

        try:
            # Not the catalog itself: hooks see that when it is made, and they may ask for the pipelines.
            catalog = for_references(None if self.script else self.config, self.script, self._project.root)
        except PlaitError:
            return None  # whoever needs the catalog is told what is wrong with it
        return catalog.references if catalog.may_refer else None

    @property
    def hooks(self) -> pluggy.PluginManager | None:
        """The registered hooks, or None where there are none."""
        return self._shared.hooks if self._shared else self._once("hooks", self._collect_hooks)

    @property
    def observers(self) -> tuple[Observer, ...]:
        """The project's own observers."""
        return self._shared.observers if self._shared else self._once("observers", self._collect_observers)

    @property
    def config(self) -> Config:
        return self._once("config", self._load_config)

    @property
    def parameters(self) -> Parameters:
        return self._once("parameters", self._load_parameters)

    @property
    def catalog(self) -> DataCatalog:
        return self._once("catalog", self._make_catalog)

    def close_connections(self) -> None:
        """Close what datasets of the catalog opened, if there is a catalog yet."""
        if "catalog" in self._made:
            self.catalog.connections.close()

    @property
    def script(self) -> Script | None:
        """The single file that is the project, or None."""
        if self._script_file is None:
            return None
        return self._shared.script if self._shared else self._once("script", self._load_script)

    def _once(self, name: str, make: Callable[[], T]) -> T:
        try:
            return self._made[name]  # type: ignore[no-any-return]
        except KeyError:
            pass
        with self._lock:
            if name not in self._made:
                self._made[name] = make()
            return self._made[name]  # type: ignore[no-any-return]

    def _read_settings(self) -> Settings:
        name = f"{self._declared.package}.settings"
        if self._script_file or not self._imports.exists(name):
            return self._declared
        with user_code("settings.py cannot be imported", "settings.py", self._project.root):
            module = self._imports.load(name)
        return from_module(self._declared, module)

    def _find_pipelines(self) -> Pipelines:
        if script := self.script:
            return script.pipelines
        return load_pipelines(self._imports, str(self._declared.package), self._project.root)

    def _load_script(self) -> Script:
        from plait.project.script import load_script

        assert self._script_file is not None
        return load_script(self._imports, self._script_file)

    def _load_config(self) -> Config:
        from plait.config import load_config

        project = self._project
        return load_config(
            project.conf,
            project.environments,
            runtime_parameters=self._params,
            project=project.root,
            cache=project.state / "cache",
        )

    def _load_parameters(self) -> Parameters:
        if script := self.script:
            from plait.config import Parameters

            return Parameters(_deeply(script.parameters, self._params))
        return self.config.parameters

    def _make_catalog(self) -> DataCatalog:
        from plait.project.catalogs import from_configuration, from_script

        if script := self.script:
            return from_script(script.catalog, self._project.root)
        catalog = from_configuration(self._project, self.config, self.settings)
        if self.hooks is not None:
            with user_code("A hook failed", "hook after_catalog_created", self._project.root):
                self.hooks.hook.after_catalog_created(
                    catalog=catalog,
                    conf_catalog=self.config.catalog,
                    conf_creds=self.config.credentials,
                    parameters=self.parameters,
                    save_version=None,
                    load_versions={},
                )
        return catalog

    def _collect_hooks(self) -> pluggy.PluginManager | None:
        from plait.project.plugins import hook_instances

        instances = hook_instances(self._project, self.settings, self._imports)
        if not instances:
            return None
        from plait.engine.hooks import make_hooks

        manager = make_hooks(instances)
        with user_code("A hook failed", "hook after_context_created", self._project.root):
            manager.hook.after_context_created(context=self._project)
        return manager

    def _collect_observers(self) -> tuple[Observer, ...]:
        from plait.project.plugins import registered

        observers = tuple(registered(entry, self._imports, "observer") for entry in self.settings.observers)
        for observer in observers:
            if not callable(getattr(observer, "on_event", None)):
                raise ProjectError(
                    f"The observer {observer!r} has no method on_event(event)",
                    where="settings.py or [tool.plait], observers",
                    hint="plait.events tells what an observer is and which events there are",
                )
        return observers


def _deeply(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        merged[key] = _deeply(old, value) if both else value  # type: ignore[arg-type]
    return merged
