"""A single Python file as a program: a Pipeline, and a dictionary as its catalog."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from plait.catalog import DataCatalog
from plait.errors import ProjectError
from plait.pipeline import Pipeline
from plait.project.imports import Sources
from plait.project.pipelines import DEFAULT, Pipelines, user_code

__all__ = ["Script", "load_script"]


@dataclass(frozen=True)
class Script:
    """What a file holds.

    Attributes:
        pipelines: every module-level Pipeline by its name, and ``__default__``: the one called
            ``pipeline``, the only one, or what ``create_pipeline()`` returns.
        catalog: the module-level ``catalog``: a mapping or a DataCatalog.
        parameters: the module-level ``parameters``.
    """

    pipelines: Pipelines
    catalog: Any
    parameters: Mapping[str, Any] = field(default_factory=dict)


def load_script(sources: Sources, file: Path) -> Script:
    """Import a file and return what it holds.

    Raises:
        ProjectError: it cannot be imported, or holds no pipeline or several without a main one.
    """
    with user_code(f"{file.name} cannot be imported", file.name, file.parent):
        module = sources.load(file.stem)
        found = {name: value for name, value in vars(module).items() if isinstance(value, Pipeline)}
        main = _main(module, found)
    if main is None:
        raise _no_pipeline(file, found)
    made = {DEFAULT: main, **found}
    catalog, parameters = getattr(module, "catalog", None), getattr(module, "parameters", None)
    if not isinstance(catalog, DataCatalog):
        _refuse_other_than_mapping("catalog", catalog, file)
    _refuse_other_than_mapping("parameters", parameters, file)
    return Script(Pipelines.of(made), catalog or {}, parameters or {})


def _refuse_other_than_mapping(name: str, value: object, file: Path) -> None:
    if value is not None and not isinstance(value, Mapping):
        raise ProjectError(
            f"'{name}' in {file.name} is a {type(value).__name__}",
            where=file.name,
            hint=f"make it a dictionary: {name} = {{…}}",
        )


def _main(module: ModuleType, found: Mapping[str, Pipeline]) -> Pipeline | None:
    if "pipeline" in found:
        return found["pipeline"]
    create = getattr(module, "create_pipeline", None)
    if callable(create):
        made = create()
        return made if isinstance(made, Pipeline) else None
    return next(iter(found.values())) if len(found) == 1 else None


def _no_pipeline(file: Path, found: Mapping[str, Pipeline]) -> ProjectError:
    if found:
        return ProjectError(
            f"{file.name} holds several pipelines: {', '.join(found)}",
            where=file.name,
            hint="call the one to run 'pipeline'",
        )
    return ProjectError(
        f"{file.name} holds no pipeline",
        where=file.name,
        hint="assign one to a module-level name: my_pipeline = pipeline([node(…), …])",
    )
