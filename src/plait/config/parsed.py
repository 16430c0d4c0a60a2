"""Parsed configuration files, kept by content, so that an unchanged project parses no YAML."""

from __future__ import annotations

import os
from pathlib import Path

from plait.config.documents import Document, parse, read_bytes
from plait.config.kept import digest, recall, remember

__all__ = ["load_document"]


def load_document(path: Path, name: str, cache: Path | None) -> Document:
    """Return what a configuration file says, from the cache folder when its content is known there.

    Args:
        path: the file.
        name: how messages call it.
        cache: folder for parsed files, made when needed; None parses always.

    Raises:
        ConfigError: when the file cannot be read or parsed.
    """
    content = read_bytes(path, name)
    # TOML has dates, and a parser as fast as the cache; secrets are kept in no second place.
    if cache is None or path.suffix == ".toml" or path.name.startswith("credentials"):
        return parse(content, name)
    kept = cache / (digest(os.fsencode(path.absolute())).hex() + ".parsed")
    key = digest(path.suffix.encode(), content)
    known = recall(kept, key)
    if known is not None:
        values, lines, replaced = known
        return Document(values, lines, frozenset(replaced))
    document = parse(content, name)
    remember(kept, key, (document.values, document.lines, tuple(document.replaced)))
    return document
