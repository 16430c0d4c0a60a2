"""Dotted paths into nested values: ``a.b``, ``a.0.b``, ``a[0].b``, and keys that contain dots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

__all__ = ["ABSENT", "Found", "KeyPath", "at", "dotted", "find", "leaf_paths", "split", "structural_copy"]

KeyPath = tuple[Any, ...]
ABSENT = object()


class Found(NamedTuple):
    """A value and the keys that lead to it."""

    value: Any
    keys: KeyPath


def split(path: str) -> list[str]:
    """Return the parts of ``a.b[0].c``."""
    return [part.removesuffix("]") for part in path.replace("[", ".").split(".") if part not in ("", "]")]


def dotted(keys: Sequence[Any]) -> str:
    """Return keys as a person writes them."""
    return ".".join(str(key) for key in keys)


def at(tree: Any, keys: Sequence[Any]) -> Any:
    """Return what stands at exact keys, or ABSENT."""
    for key in keys:
        if isinstance(tree, Mapping):
            tree = tree.get(key, ABSENT)
        else:
            inside = isinstance(tree, list) and isinstance(key, int) and 0 <= key < len(tree)
            tree = tree[key] if inside else ABSENT
    return tree


def find(tree: Any, parts: Sequence[str]) -> Found | None:
    """Return what is at the parts of a path, or None.

    Nested keys win over a key that contains dots; numbers name items of lists and integer keys.
    """
    return next(_candidates(tree, list(parts), ()), None)


def _candidates(tree: Any, parts: list[str], keys: KeyPath) -> Iterator[Found]:
    if not parts:
        yield Found(tree, keys)
    elif isinstance(tree, Mapping):
        for length in range(1, len(parts) + 1):
            key = _key_in(tree, ".".join(parts[:length]))
            if key is not ABSENT:
                yield from _candidates(tree[key], parts[length:], (*keys, key))
    elif isinstance(tree, list) and parts[0].isdigit() and int(parts[0]) < len(tree):
        index = int(parts[0])
        yield from _candidates(tree[index], parts[1:], (*keys, index))


def _key_in(tree: Mapping[Any, Any], name: str) -> Any:
    if name in tree:
        return name
    if name.lstrip("-").isdigit() and int(name) in tree:
        return int(name)
    return ABSENT


def leaf_paths(tree: Any, keys: KeyPath = ()) -> Iterator[KeyPath]:
    """Yield the keys to everything that is not a mapping (an empty mapping counts)."""
    if isinstance(tree, Mapping) and tree:
        for key, value in tree.items():
            yield from leaf_paths(value, (*keys, key))
    else:
        yield keys


def structural_copy(value: Any) -> Any:
    """Return a value with its own dicts and lists; what is in them is shared."""
    if isinstance(value, dict):
        return {key: structural_copy(item) for key, item in value.items()}
    if isinstance(value, list):
        return [structural_copy(item) for item in value]
    return value
