"""What of a dataset's configuration counts: for the value it loads, and for the bytes it saves.

Never the path (a copy elsewhere is the same data) and never credentials.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from plait.catalog import Entry, FileDataset
from plait.catalog.memory import MemoryDataset
from plait.catalog.protocols import Exists, Located
from plait.identity.encoding import NotEncodable, digest
from plait.values import Fingerprint

__all__ = ["binding_of", "content_of", "lies_there", "location_of", "spec_of"]

ClassDigest = Callable[[type], object]
"""Returns what identifies the code of a first-party class, and its name for all others."""

_NOT_CONTENT = frozenset({"path", "filepath", "credentials", "metadata", "root", "version", "fs_args"})
_SAVING_ONLY = frozenset({"save_args"})
_LOADING_ONLY = frozenset({"load_args"})


def location_of(name: str, dataset: Any, entry: Entry | None) -> str:
    """Return the place a dataset's record is filed under: relative to the project, or a URL."""
    if isinstance(dataset, FileDataset):
        return dataset.location
    if isinstance(dataset, Located) and dataset.location:
        return dataset.location
    if entry is not None and entry.location is not None:
        return entry.location
    return f"dataset:{name}"


def binding_of(dataset: Any, entry: Entry | None, frame: str | None, class_digest: ClassDigest) -> str:
    """Return the digest of all that shapes the value a consumer gets from the data.

    Args:
        frame: what the consumer's annotation asks for, or None.
    """
    if isinstance(part := _part_of(dataset), FileDataset):
        return digest((binding_of(part, None, frame, class_digest), class_digest(type(dataset))))
    if isinstance(dataset, FileDataset):
        pinned = dataset.version.load if dataset.version is not None else None
        return _file_digest(dataset, dataset.load_args, "open_args_load", (pinned, frame))
    return digest((_configured(dataset, entry, _SAVING_ONLY, class_digest), frame))


def spec_of(dataset: Any, entry: Entry | None, class_digest: ClassDigest) -> str:
    """Return the digest of all that affects the bytes a save writes."""
    if isinstance(part := _part_of(dataset), FileDataset):
        return digest((spec_of(part, None, class_digest), class_digest(type(dataset))))
    if isinstance(dataset, FileDataset):
        return _file_digest(dataset, dataset.save_args, "open_args_save", ())
    return digest(_configured(dataset, entry, _LOADING_ONLY, class_digest))


def _file_digest(
    dataset: FileDataset, arguments: Mapping[str, Any], opening: str, more: tuple[str | None, ...]
) -> str:
    opened = dataset.fs_args.get(opening)
    if not arguments and not dataset.options and not opened:
        return _plain_file_digest(dataset.format.name, dataset.frame, more)
    parts = (_plain(arguments), _plain(dataset.options), _plain(opened or {}))
    return digest((dataset.format.name, dataset.frame, *parts, more))


@lru_cache(maxsize=256)
def _plain_file_digest(format_name: str, frame: str, more: tuple[str | None, ...]) -> str:
    """Return what :func:`_file_digest` does without arguments: most files share few such digests."""
    return digest((format_name, frame, {}, {}, {}, more))


def content_of(dataset: MemoryDataset) -> Fingerprint | None:
    """Return what identifies a value in memory; None where there is none or it has no canonical form."""
    if not dataset.exists():
        return None
    try:
        return Fingerprint(digest(dataset.load()), "content")
    except NotEncodable:
        return None


def lies_there(dataset: Any) -> bool:
    """Say whether there is data; a dataset that cannot tell counts as having some."""
    return dataset.exists() if isinstance(dataset, Exists) else True


def _part_of(dataset: Any) -> object:
    """Return what the parts of a partitioned dataset have in common, as a dataset; keys are content."""
    return getattr(dataset, "prototype", None)


def _configured(
    dataset: Any, entry: Entry | None, without: frozenset[str], class_digest: ClassDigest
) -> object:
    arguments = entry.arguments if entry is not None else _given(dataset)
    kept = {name: _plain(value) for name, value in arguments.items() if name not in _NOT_CONTENT | without}
    parts = getattr(dataset, "part_class", None)
    of_parts = (class_digest(parts),) if isinstance(parts, type) else ()
    return class_digest(type(dataset)), kept, *of_parts


def _given(dataset: Any) -> Mapping[str, Any]:
    """Return how an object that was made in Python describes itself, where it does."""
    describe = getattr(dataset, "to_config", None)
    if not callable(describe):
        return {}
    try:
        described = describe()
    except Exception:
        return {}
    return described if isinstance(described, Mapping) else {}


def _plain(value: Any) -> Any:
    """Return a configured value as something that can be digested; what cannot be counts by its type."""
    try:
        digest(value)
    except NotEncodable:
        if isinstance(value, Mapping):
            return {str(name): _plain(item) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return [_plain(item) for item in value]
        return f"<{type(value).__module__}.{type(value).__qualname__}>"
    return value
