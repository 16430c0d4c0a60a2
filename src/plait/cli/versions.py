"""``plait versions``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from plait.cli.completion import complete_datasets
from plait.cli.options import Place, PlaitGroup, as_json, everywhere
from plait.cli.output import document, line
from plait.errors import DatasetError, DatasetNotFoundError, PlaitError, did_you_mean

if TYPE_CHECKING:
    from plait.catalog import DataCatalog

__all__ = ["command"]


@click.group(cls=PlaitGroup)
def command() -> None:
    """List and prune the versions of a dataset."""


@command.command("list")
@click.argument("dataset", required=False, shell_complete=complete_datasets)
@as_json
@everywhere
def list_versions(dataset: str | None, json_: bool, place: Place) -> None:
    """List the versions of DATASET, or of all versioned datasets, newest last."""
    with place.open() as project:
        names = [dataset] if dataset else _versioned(project.catalog)
        versions = {name: _versions(project.catalog, name) for name in names}
    if json_:
        document({"versions": versions})
        return
    if not versions:
        line("No dataset of the catalog is versioned.")
    for name, found in versions.items():
        line(f"{name}: {len(found)} version{'' if len(found) == 1 else 's'}")
        for version in found:
            line(f"  {version}")


@command.command()
@click.argument("dataset", required=False, shell_complete=complete_datasets)
@click.option("--keep", "-k", type=click.IntRange(1), required=True, help="How many of the newest to keep.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@everywhere
def prune(dataset: str | None, keep: int, yes: bool, place: Place) -> None:
    """Remove old versions of DATASET, or of all versioned datasets."""
    with place.open() as project:
        catalog = project.catalog
        names = [dataset] if dataset else _versioned(catalog)
        old = {name: _prune(catalog, name, keep, dry_run=True) for name in names}
        count = sum(map(len, old.values()))
        if not count:
            line("Nothing to remove.")
            return
        for name, versions in old.items():
            for version in versions:
                line(f"  {name}  {version}")
        if not yes:
            click.confirm(f"Remove {count} version{'' if count == 1 else 's'} for good?", abort=True)
        for name in old:
            _prune(catalog, name, keep)
    line(f"Removed {count} version{'' if count == 1 else 's'}.")


def _versioned(catalog: DataCatalog) -> list[str]:
    return [name for name in catalog if (entry := catalog.entry(name)) is not None and entry.versioned]


def _versions(catalog: DataCatalog, name: str) -> list[str]:
    from plait.catalog.protocols import Versions

    if name not in catalog:
        raise DatasetNotFoundError(
            f"The catalog has no dataset '{name}'",
            hint=did_you_mean(name, catalog.keys()) or "plait catalog list",
        )
    entry = catalog.entry(name)
    dataset = catalog.dataset(name)
    if entry is None or not entry.versioned or not isinstance(dataset, Versions):
        raise _unversioned(name, entry and entry.origin)
    return dataset.versions()


def _unversioned(name: str, origin: object) -> PlaitError:
    return DatasetError(
        f"'{name}' is not versioned",
        where=str(origin) if origin else (),
        hint="add `versioned: true` to its entry",
    )


def _prune(catalog: DataCatalog, name: str, keep: int, *, dry_run: bool = False) -> list[str]:
    _versions(catalog, name)
    prune: Any = getattr(catalog.dataset(name), "prune", None)
    if prune is None:
        raise DatasetError(
            f"Versions of '{name}' cannot be removed", hint="remove them where they are stored"
        )
    with catalog.errors_named(name, "prune"):
        removed: list[str] = prune(keep, dry_run=dry_run)
    return removed
