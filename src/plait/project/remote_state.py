"""What stores say of a project's data behind URLs, asked without importing the project or a data library."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from plait.catalog import DataCatalog, FileDataset
from plait.engine.fingerprints import Fingerprints
from plait.engine.listings import list_remote
from plait.identity.fingerprints import MemoryMemo

if TYPE_CHECKING:
    from plait.project.project import Project

__all__ = ["can_be_asked", "is_as_recorded", "tokens"]


def can_be_asked(dataset: Any) -> bool:
    """Say whether the configuration alone is enough to ask a store about a dataset."""
    if isinstance(dataset, FileDataset):
        return True
    return type(dataset).__module__.startswith("plait.") and getattr(dataset, "part_class", 0) is None


def tokens(catalog: DataCatalog, names: Iterable[str]) -> dict[str, str | None]:
    """Return what identifies datasets behind URLs now, from one listing for each prefix."""
    fingerprints = Fingerprints(MemoryMemo())
    datasets = {name: catalog.dataset(name) for name in names}
    listed = list_remote(datasets.items())
    fingerprints.take((datasets[name], found) for name, found in listed.items())
    found = {name: fingerprints.of(dataset) for name, dataset in datasets.items()}
    return {name: None if item is None else item.token for name, item in found.items()}


def is_as_recorded(project: Project, recorded: Mapping[str, str]) -> bool:
    """Say whether stores say of datasets what they said before; no where one cannot be asked."""
    try:
        config = project.parts().config
        catalog = DataCatalog.from_config(config.catalog, config.credentials, root=project.root)
        with catalog.connections.in_use():
            return tokens(catalog, recorded) == dict(recorded)
    except Exception:  # the long way tells what is wrong, if it still is
        return False
