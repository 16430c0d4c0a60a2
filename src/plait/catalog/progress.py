"""How far the producer of a dataset has come, stored in a hidden file beside what it produced.

A file and its record cannot be replaced in one step. So the record names the content it belongs to, and it
keeps that of the content before: it is written first, the data moved into place after it, and whichever of
the two contents lies there finds its own progress. What was changed by anybody else finds none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from plait.catalog.stores import Store
from plait.errors import DatasetError

__all__ = ["read_document", "recorded", "sidecar_of", "with_commit", "write_document"]

_SCHEMA = 1


def sidecar_of(path: str) -> str:
    """Return the path of the record that belongs to the file at ``path``."""
    folder, _, name = path.rpartition("/")
    return f"{folder}/.{name}.progress.json"


def recorded(document: Mapping[str, Any] | None, content: str | None) -> Mapping[str, Any] | None:
    """Return the progress that was stored with this content, or None.

    Args:
        content: its digest, the token that a store has for it, or None where nothing lies.
    """
    commits = (document or {}).get("commits") or ()
    fits = (
        commit["progress"] for commit in commits if content in (commit["content"], commit.get("token", 0))
    )
    return next(fits, None)


def with_commit(
    document: Mapping[str, Any] | None, before: str | None, after: str | None, progress: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the record that holds for the content before a replacement as well as for that after it."""
    commits = [{"content": after, "progress": dict(progress)}]
    old = recorded(document, before)
    if old is not None and before != after:
        commits.append({"content": before, "progress": dict(old)})
    return {"schema": _SCHEMA, "commits": commits}


def read_document(store: Store, path: str) -> dict[str, Any] | None:
    """Return a record, or None where there is none or nothing that could be one."""
    try:
        with store.open(path) as stream:
            document = json.load(stream)
    except (FileNotFoundError, ValueError):
        return None
    if not isinstance(document, dict):
        return None
    if document.get("schema") != _SCHEMA:
        raise DatasetError(
            f"the progress in '{path.rpartition('/')[2]}' was written by another version of Plait",
            hint="upgrade Plait, or delete that file and the data together",
        )
    return document


def write_document(store: Store, path: str, document: Mapping[str, Any]) -> None:
    """Put a record in its place, whole or not at all."""
    text = json.dumps(document, sort_keys=True, ensure_ascii=False)
    with store.replacing(path, flush=True) as target:
        target.write_text(text, encoding="utf-8")
