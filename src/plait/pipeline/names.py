"""What a dataset, a parameter, a node and a tag may be called, and what their names say.

``params:a.b`` is one parameter, ``parameters`` all of them, everything else a dataset. ``x@pandas`` is
the dataset ``x`` in the format ``pandas``. Dots separate namespaces.
"""

from __future__ import annotations

import re

from plait.errors import NodeError

__all__ = [
    "PARAMETERS",
    "PARAMETER_PREFIX",
    "TRANSCODING_SEPARATOR",
    "check_dataset_name",
    "check_label",
    "is_parameter",
    "split_transcoding",
    "strip_transcoding",
]

TRANSCODING_SEPARATOR = "@"
PARAMETERS = "parameters"
PARAMETER_PREFIX = "params:"

_LABEL = re.compile(r"[\w.-]+")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")


def is_parameter(name: str) -> bool:
    """Say whether ``name`` is ``parameters`` or starts with ``params:``."""
    return name == PARAMETERS or name.startswith(PARAMETER_PREFIX)


def split_transcoding(name: str) -> tuple[str, str]:
    """Split ``x@y`` into ``('x', 'y')`` and ``x`` into ``('x', '')``.

    Raises:
        NodeError: the separator occurs more than once.
    """
    base, _, suffix = name.partition(TRANSCODING_SEPARATOR)
    if TRANSCODING_SEPARATOR in suffix:
        raise NodeError(
            f"'{name}' has more than one '{TRANSCODING_SEPARATOR}'",
            why="the sign separates a dataset's name from one format, as in 'cars@pandas'",
        )
    return base, suffix


def strip_transcoding(name: str) -> str:
    """Return the name of a dataset without its format: ``x`` for ``x@y``."""
    return split_transcoding(name)[0] if TRANSCODING_SEPARATOR in name else name


def check_dataset_name(name: object) -> str | None:
    """Return what is wrong with the name of a dataset or parameter, or None."""
    if not isinstance(name, str):
        return f"a dataset is named by a string, not by {name!r} ({type(name).__name__})"
    if name.isidentifier():
        return None
    base, _, suffix = name.partition(TRANSCODING_SEPARATOR)
    if TRANSCODING_SEPARATOR in suffix:
        return f"'{name}' has more than one '{TRANSCODING_SEPARATOR}'"
    if not base or name == PARAMETER_PREFIX or (TRANSCODING_SEPARATOR in name and not suffix):
        return f"'{name}' is not a complete name"
    if name != name.strip() or _UNPRINTABLE.search(name):
        return f"{name!r} starts or ends with a space or holds a control character"
    return None


def check_label(kind: str, label: object) -> str | None:
    """Return what is wrong with the name of a node, tag or namespace, or None."""
    if not isinstance(label, str):
        return f"a {kind} is a string, not {label!r} ({type(label).__name__})"
    if label.isidentifier() or _LABEL.fullmatch(label):
        return None
    return f"{label!r} is not a valid {kind}: letters, digits, '_', '-' and '.' are"
