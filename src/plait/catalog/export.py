"""From datasets back to the configuration that describes them."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from plait.catalog.entries import Entry
from plait.catalog.files import FileDataset
from plait.catalog.protocols import Dataset
from plait.errors import CatalogError

__all__ = ["entry_config", "instance_config"]


def entry_config(value: Any, entry: Entry) -> dict[str, Any]:
    """Return the long form of an entry as it was configured."""
    if isinstance(value, Mapping):
        return {"type": entry.type, **copy.deepcopy(dict(value))}
    return {"type": entry.type, "path": value}


def instance_config(name: str, dataset: Dataset, credentials: dict[str, Any]) -> dict[str, Any]:
    """Return the entry that makes a dataset given as an object; its credentials are put aside by name.

    Raises:
        CatalogError: the object cannot say how it is made.
    """
    config = _described(dataset)
    if config.get("credentials"):
        reference = f"{name}_credentials"
        credentials[reference] = config["credentials"]
        config["credentials"] = reference
    return config


def _described(dataset: Dataset) -> dict[str, Any]:
    if isinstance(dataset, FileDataset):
        config = dataset.to_config()
        if dataset._credentials is not None:
            config["credentials"] = dataset._credentials
        return config
    described = getattr(dataset, "to_config", None) or getattr(dataset, "_init_config", None)
    if described is None:
        raise CatalogError(
            f"a {type(dataset).__name__} cannot say how it is made",
            hint="give it a `to_config()` that returns its entry of the catalog, `type` included",
        )
    return dict(described())
