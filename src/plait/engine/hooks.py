"""Interceptors: Kedro's hooks, which see the data where it is and may replace or refuse it.

A hook is a method marked with :data:`hook_impl` and named as in :class:`HookSpecs`. It takes the
arguments it names and no others. Objects marked with Kedro's own ``hook_impl`` work too.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

import pluggy

from plait.catalog import DataCatalog
from plait.errors import UsageError, did_you_mean
from plait.pipeline import Node, Pipeline

__all__ = ["HookSpecs", "RunHooks", "hook_impl", "intercepts", "make_hooks"]

_NAMESPACE = "plait"
_KEDRO_MARK = "kedro_impl"
_INTERCEPTING = (
    "before_node_run",
    "after_node_run",
    "before_dataset_loaded",
    "after_dataset_loaded",
    "before_dataset_saved",
    "after_dataset_saved",
)

_spec = pluggy.HookspecMarker(_NAMESPACE)
hook_impl = pluggy.HookimplMarker(_NAMESPACE)


class HookSpecs:
    """The hooks there are, by Kedro's names and arguments. ``is_async`` is always False."""

    @_spec
    def after_context_created(self, context: Any) -> None:
        """A project was opened; ``context`` is the :class:`~plait.Project`."""

    @_spec
    def after_catalog_created(
        self,
        catalog: DataCatalog,
        conf_catalog: Mapping[str, Any],
        conf_creds: Mapping[str, Any],
        parameters: Mapping[str, Any],
        save_version: str | None,
        load_versions: Mapping[str, str],
    ) -> None:
        """The catalog was made; nothing in it is instantiated yet. Credentials print as ``***``."""

    @_spec
    def before_pipeline_run(
        self, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog
    ) -> None:
        """A run is about to begin."""

    @_spec
    def after_pipeline_run(
        self, run_params: dict[str, Any], run_result: Any, pipeline: Pipeline, catalog: DataCatalog
    ) -> None:
        """A run has ended well; ``run_result`` maps names to the data it left in memory."""

    @_spec
    def on_pipeline_error(
        self, error: Exception, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog
    ) -> None:
        """A run has failed."""

    @_spec
    def before_node_run(
        self, node: Node, catalog: DataCatalog, inputs: dict[str, Any], is_async: bool, run_id: str
    ) -> dict[str, Any] | None:
        """A node is about to be called; return a dictionary to replace some of its inputs."""

    @_spec
    def after_node_run(
        self,
        node: Node,
        catalog: DataCatalog,
        inputs: dict[str, Any],
        outputs: dict[str, Any],
        is_async: bool,
        run_id: str,
    ) -> None:
        """A node has returned; raise to fail it before anything is saved."""

    @_spec
    def on_node_error(
        self,
        error: Exception,
        node: Node,
        catalog: DataCatalog,
        inputs: dict[str, Any],
        is_async: bool,
        run_id: str,
    ) -> None:
        """A node has raised."""

    @_spec
    def before_dataset_loaded(self, dataset_name: str, node: Node) -> None:
        """A dataset is about to be loaded for a node."""

    @_spec
    def after_dataset_loaded(self, dataset_name: str, data: Any, node: Node) -> None:
        """A dataset was loaded for a node."""

    @_spec
    def before_dataset_saved(self, dataset_name: str, data: Any, node: Node) -> None:
        """An output of a node is about to be saved."""

    @_spec
    def after_dataset_saved(self, dataset_name: str, data: Any, node: Node) -> None:
        """An output of a node was saved."""


class _Manager(pluggy.PluginManager):
    """Understands Kedro's marker beside Plait's."""

    def parse_hookimpl_opts(self, plugin: object, name: str) -> pluggy.HookimplOpts | None:
        found = super().parse_hookimpl_opts(plugin, name)
        if found is not None:
            return found
        marked = getattr(inspect.getattr_static(plugin, name, None), _KEDRO_MARK, None)
        return marked if isinstance(marked, dict) else None  # type: ignore[return-value]


def make_hooks(instances: Iterable[object]) -> pluggy.PluginManager:
    """Register hook objects; the one registered last is called first, as in Kedro.

    Raises:
        UsageError: a class in place of an instance, an object without hooks, a misspelt hook or
            an argument that the hook does not have.
    """
    manager = _Manager(_NAMESPACE)
    manager.add_hookspecs(HookSpecs)
    for instance in instances:
        _register(manager, instance)
    return manager


def intercepts(manager: pluggy.PluginManager) -> bool:
    """Say whether any hook is called where the data is, rather than told of a project or a run."""
    return any(getattr(manager.hook, name).get_hookimpls() for name in _INTERCEPTING)


def _register(manager: pluggy.PluginManager, instance: object) -> None:
    if inspect.isclass(instance):
        name = instance.__qualname__
        raise UsageError(
            f"The hook '{name}' is a class, and hooks are instances",
            where=_defined(instance),
            hint=f"write {name}() in place of {name}",
        )
    if manager.is_registered(instance):
        return
    kind = instance if inspect.ismodule(instance) else type(instance)
    try:
        manager.register(instance)
    except pluggy.PluginValidationError as error:
        raise UsageError(_first_line(error), where=_defined(kind), hint=_arguments_hint(error)) from None
    _refuse_unknown(manager, instance, kind)


def _refuse_unknown(manager: pluggy.PluginManager, instance: object, kind: object) -> None:
    callers = manager.get_hookcallers(instance) or []
    known = [name for name in vars(HookSpecs) if not name.startswith("_")]
    for caller in callers:
        if caller.name not in known:
            raise UsageError(
                f"There is no hook called '{caller.name}'",
                where=_defined(kind),
                hint=did_you_mean(caller.name, known) or "hooks are: " + ", ".join(known),
            )
    if not callers:
        raise UsageError(
            f"'{_title(kind)}' has no hooks",
            where=_defined(kind),
            why="None of its methods is marked",
            hint="mark them: @hook_impl before def before_node_run(self, node): …",
        )


def _first_line(error: pluggy.PluginValidationError) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return "A hook does not fit: " + ", ".join(lines[1:3] if len(lines) > 1 else lines)


def _arguments_hint(error: pluggy.PluginValidationError) -> str | None:
    known = [name for name in vars(HookSpecs) if not name.startswith("_")]
    hook = next((name for name in sorted(known, key=len, reverse=True) if f"'{name}'" in str(error)), None)
    if hook is None:
        return None
    arguments = [name for name in inspect.signature(getattr(HookSpecs, hook)).parameters if name != "self"]
    return f"{hook} may take: {', '.join(arguments)}"


def _title(kind: object) -> str:
    return str(getattr(kind, "__qualname__", None) or getattr(kind, "__name__", kind))


def _defined(kind: object) -> str:
    try:
        file = inspect.getsourcefile(kind)  # type: ignore[arg-type]
        line = inspect.getsourcelines(kind)[1]  # type: ignore[arg-type]
    except (OSError, TypeError):
        return str(getattr(kind, "__module__", kind))
    return f"{file}:{line or 1}"


class RunHooks:
    """The hooks of one run, with what they are told about it filled in.

    The engine calls this where the data is (:class:`plait.engine.perform.Interceptors`).
    """

    def __init__(self, manager: pluggy.PluginManager, catalog: DataCatalog, run_id: str) -> None:
        self._hook = manager.hook
        self._run = {"catalog": catalog, "is_async": False, "run_id": run_id}

    def before_node_run(self, node: Node, inputs: dict[str, Any]) -> dict[str, Any]:
        """Return the inputs that hooks replace."""
        changed: dict[str, Any] = {}
        for answer in self._hook.before_node_run(node=node, inputs=inputs, **self._run):
            if not isinstance(answer, dict):
                raise UsageError(
                    f"A before_node_run hook returned a {type(answer).__name__}",
                    where=f"node '{node.name}'",
                    hint="return None, or a dictionary of the inputs to replace",
                )
            changed.update(answer)
        return changed

    def after_node_run(self, node: Node, inputs: dict[str, Any], outputs: dict[str, Any]) -> None:
        self._hook.after_node_run(node=node, inputs=inputs, outputs=outputs, **self._run)

    def on_node_error(self, error: Exception, node: Node, inputs: dict[str, Any]) -> None:
        self._hook.on_node_error(error=error, node=node, inputs=inputs, **self._run)

    def before_dataset_loaded(self, name: str, node: Node) -> None:
        self._hook.before_dataset_loaded(dataset_name=name, node=node)

    def after_dataset_loaded(self, name: str, data: Any, node: Node) -> None:
        self._hook.after_dataset_loaded(dataset_name=name, data=data, node=node)

    def before_dataset_saved(self, name: str, data: Any, node: Node) -> None:
        self._hook.before_dataset_saved(dataset_name=name, data=data, node=node)

    def after_dataset_saved(self, name: str, data: Any, node: Node) -> None:
        self._hook.after_dataset_saved(dataset_name=name, data=data, node=node)
