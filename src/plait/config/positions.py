"""Find the line of a value in a YAML file; done only when an error or an explanation is shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from plait.config.documents import Document, read_bytes
from plait.errors import ConfigError

__all__ = ["line_of"]


def line_of(path: Path, document: Document, keys: tuple[Any, ...]) -> int | None:
    """Return the line, from 1, of the key at ``keys`` (of the item, in a list), or None.

    What a ``<<`` merge brought in is found where it is written. Where a key cannot be found, because
    the file was edited since, its parent's line is returned.
    """
    top = document.lines.get(keys[0]) if keys else None
    if top is None or len(keys) == 1:
        return top
    try:
        text = read_bytes(path, str(path)).decode("utf-8-sig")
    except (ConfigError, UnicodeDecodeError):
        return top
    return _find_in_entry(text, document, keys, top) or _find(text, keys, 0) or top


def _find_in_entry(text: str, document: Document, keys: tuple[Any, ...], top: int) -> int | None:
    """Look only at the lines of one top-level entry: files may have ten thousand of them."""
    end = min((line for line in document.lines.values() if line > top), default=None)
    lines = text.splitlines(keepends=True)[top - 1 : end and end - 1]
    return _find("".join(lines), keys, top - 1)


def _find(text: str, keys: tuple[Any, ...], offset: int) -> int | None:
    from yaml import YAMLError, compose

    from plait.config.yaml_values import Loader

    try:
        node: Any = compose(text, Loader)
    except YAMLError:
        return None  # an alias whose anchor stands elsewhere in the file
    line = 0
    for key in keys:
        step = _step(node, key)
        if step is None:
            return None
        line, node = step
    return offset + line + 1


def _step(node: Any, key: Any) -> tuple[int, Any] | None:
    from yaml.nodes import MappingNode, SequenceNode

    if isinstance(node, MappingNode):
        for key_node, value in reversed(node.value):
            if _names(key_node, key):
                return key_node.start_mark.line, value
        return _merged_step(node, key)
    if isinstance(node, SequenceNode) and isinstance(key, int) and 0 <= key < len(node.value):
        return node.value[key].start_mark.line, node.value[key]
    return None


def _merged_step(node: Any, key: Any) -> tuple[int, Any] | None:
    from yaml.nodes import SequenceNode

    for key_node, value in node.value:
        if key_node.value == "<<":
            for source in value.value if isinstance(value, SequenceNode) else [value]:
                found = _step(source, key)
                if found is not None:
                    return found
    return None


def _names(node: Any, key: Any) -> bool:
    from plait.config.yaml_values import plain_scalar

    return isinstance(node.value, str) and (node.value == key or plain_scalar(node.value) == key)
