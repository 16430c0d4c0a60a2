"""The names a shell may complete: written when a project was opened, read at TAB.

Reading imports nothing of the project and, of the standard library, little.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence

__all__ = ["read_names", "write_names"]

_FILE = os.path.join(".plait", "cache", "names.json")  # noqa: PTH118 - pathlib costs time at TAB


def read_names(folder: str | None = None) -> dict[str, list[str]]:
    """Return the names by kind that are known for the project here or above; nothing if none are."""
    place = os.path.abspath(folder or ".")  # noqa: PTH100
    while True:
        try:
            with open(os.path.join(place, _FILE), encoding="utf-8") as file:  # noqa: PTH118, PTH123
                names = json.load(file)
        except (OSError, ValueError):
            above = os.path.dirname(place)  # noqa: PTH120
            if above == place:
                return {}
            place = above
        else:
            return names if isinstance(names, dict) else {}


def write_names(root: str, names: Mapping[str, Sequence[str]]) -> None:
    """Keep ``names`` for the next TAB. A folder that cannot be written to is no reason to fail."""
    file = os.path.join(root, _FILE)  # noqa: PTH118
    text = json.dumps({kind: sorted(values) for kind, values in names.items()})
    try:
        with open(file, encoding="utf-8") as old:  # noqa: PTH123
            if old.read() == text:
                return
    except OSError:
        pass
    beside = f"{file}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(file), exist_ok=True)  # noqa: PTH103, PTH120
        with open(beside, "w", encoding="utf-8") as new:  # noqa: PTH123
            new.write(text)
        os.replace(beside, file)  # noqa: PTH105
    except OSError:
        return
