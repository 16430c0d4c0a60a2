"""The catalog of a project, from its configuration or from a dictionary."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plait.catalog import DataCatalog
from plait.project.plugins import dataset_names
from plait.project.settings import Settings
from plait.project.tracking import with_server

if TYPE_CHECKING:
    from plait.config import Config
    from plait.project.project import Project
    from plait.project.script import Script

__all__ = ["for_references", "from_configuration", "from_script"]


def from_configuration(project: Project, config: Config, settings: Settings) -> DataCatalog:
    """Return the catalog that the configuration describes; nothing in it is instantiated."""
    entries = _with_types(config.catalog, dataset_names(project, settings))
    return DataCatalog.from_config(
        with_server(entries, project, config),
        config.credentials,
        root=project.root,
        origins=lambda path: config.origin("catalog", path),
        default_frame=settings.default_frame,
    )


def from_script(catalog: Any, root: Path) -> DataCatalog:
    """Return the catalog of a single file: entries as in YAML, dataset objects and raw data may be mixed."""
    if isinstance(catalog, DataCatalog):
        return catalog
    return DataCatalog.from_mapping(catalog, root=root)


def for_references(config: Config | None, script: Script | None, root: Path) -> DataCatalog:
    """Return the catalog as far as it takes to tell which dataset refers to which."""
    if script is not None:
        return from_script(script.catalog, root)
    return DataCatalog.from_config(config.catalog if config is not None else {}, root=root)


def _with_types(entries: Mapping[str, Any], names: Mapping[str, str]) -> Mapping[str, Any]:
    """Replace the project's own type names by the import paths they stand for."""
    if not names:
        return entries
    return {name: _with_type(entry, names) for name, entry in entries.items()}


def _with_type(entry: Any, names: Mapping[str, str]) -> Any:
    if not isinstance(entry, Mapping) or entry.get("type") not in names:
        return entry
    return {**entry, "type": names[entry["type"]]}
