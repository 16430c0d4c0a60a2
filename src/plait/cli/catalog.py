"""``plait catalog``."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import click

from plait.cli.completion import complete_datasets
from plait.cli.options import Place, PlaitGroup, as_json, everywhere
from plait.cli.output import document, line, styled, table

if TYPE_CHECKING:
    from plait.catalog import DataCatalog, Entry
    from plait.project import Project

__all__ = ["command"]


@click.group(cls=PlaitGroup)
def command() -> None:
    """List, show and preview datasets."""


@command.command("list")
@click.argument("pattern", required=False, shell_complete=complete_datasets)
@click.option("--resolve", is_flag=True, help="Also what the pipelines use through factories and in memory.")
@as_json
@everywhere
def list_datasets(pattern: str | None, resolve: bool, json_: bool, place: Place) -> None:
    """List the datasets of the catalog, or those whose name fits PATTERN (such as 'model_*')."""
    with place.open() as project:
        catalog = project.catalog
        names = catalog.keys() + (_resolved(project, catalog) if resolve else [])
        chosen = [name for name in names if pattern is None or fnmatchcase(name, pattern)]
        rows = [_row(name, catalog.entry(name)) for name in chosen]
        patterns = catalog.list_patterns()
    if json_:
        document({"datasets": rows, "patterns": patterns})
        return
    columns = ("name", "type", "layer", "location", *(["pattern"] if resolve else []))
    table(columns, [[row[column] for column in columns] for row in rows])
    if patterns and not resolve:
        line(f"\nfactories: {', '.join(patterns)}")


@command.command()
@click.argument("name", shell_complete=complete_datasets)
@as_json
@everywhere
def show(name: str, json_: bool, place: Place) -> None:
    """Show what the catalog says of one dataset, and where."""
    with place.open() as project:
        entry = _entry(project, name)
        facts = {**_row(name, entry), **_details(entry)}
    if json_:
        document({"dataset": facts})
        return
    line(styled(name, "1"))
    for title, value in facts.items():
        if title != "name" and value not in (None, [], {}, False):
            line(f"  {title:<13}{_shown(value)}")


@command.command()
@click.argument("name", shell_complete=complete_datasets)
@click.option("--rows", "-n", default=10, show_default=True, help="How many rows or lines.")
@as_json
@everywhere
def preview(name: str, rows: int, json_: bool, place: Place) -> None:
    """Show the beginning of a dataset, reading no more than that."""
    from plait.cli.previews import preview_json, show_preview

    with place.open() as project:
        _entry(project, name)
        seen = _preview(project.catalog, name, rows)
    if json_:
        document({"dataset": name, **preview_json(seen)})
        return
    show_preview(seen)


@command.command()
@everywhere
def schema(**_: Any) -> None:
    """Print the JSON Schema of catalog files, for editors.

    \b
      plait catalog schema > .vscode/catalog.schema.json
    """
    import json

    from plait.catalog.schema import catalog_schema

    line(json.dumps(catalog_schema(), indent=2))


def _resolved(project: Project, catalog: DataCatalog) -> list[str]:
    from plait.pipeline import is_parameter

    used = project.pipelines["__default__"].datasets()
    listed = set(catalog.keys())
    return sorted(name for name in used if name not in listed and not is_parameter(name))


def _row(name: str, entry: Entry | None) -> dict[str, Any]:
    if entry is None:
        return dict.fromkeys(("layer", "location", "pattern"), None) | {"name": name, "type": "memory"}
    from plait.project.graph.document import place_of

    return {
        "name": name,
        "type": entry.type,
        "layer": entry.layer,
        "location": place_of(entry),
        "pattern": entry.pattern,
    }


def _details(entry: Entry | None) -> dict[str, Any]:
    if entry is None:
        return {}
    hidden = ("path", "filepath", "credentials", "fs_args", "metadata")
    return {
        "description": entry.description,
        "frame": entry.frame,
        "versioned": entry.versioned,
        "credentials": entry.credentials_name,
        "tags": sorted(entry.tags),
        "arguments": {key: value for key, value in entry.arguments.items() if key not in hidden},
        "metadata": entry.metadata,
        "defined": None if entry.origin is None else str(entry.origin),
    }


def _entry(project: Project, name: str) -> Entry | None:
    from plait.errors import DatasetNotFoundError, did_you_mean

    catalog = project.catalog
    if name not in catalog:
        raise DatasetNotFoundError(
            f"The catalog has no dataset '{name}'",
            hint=did_you_mean(name, catalog.keys()) or "plait catalog list",
        )
    return catalog.entry(name)


def _preview(catalog: DataCatalog, name: str, rows: int) -> Any:
    from plait.catalog.protocols import Exists, Previewable
    from plait.errors import DatasetError

    dataset = catalog.dataset(name)
    if not isinstance(dataset, Previewable):
        raise DatasetError(
            f"'{name}' has no preview", why=f"A {type(dataset).__name__} cannot show its beginning"
        )
    with catalog.errors_named(name, "preview"):
        if isinstance(dataset, Exists) and not dataset.exists():
            raise DatasetError("there is nothing there yet", hint=f"plait run --to-outputs {name}")
        return dataset.preview(rows)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}={item}" for key, item in value.items())
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ", ".join(map(str, value))
    return str(value)
