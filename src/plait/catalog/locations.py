"""Where data lies: telling URLs from paths, and showing either without the secrets in it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

__all__ = ["is_url", "local_path", "local_text", "location_of", "redact", "stand_in"]

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]+(?:::[A-Za-z][A-Za-z0-9+.\-]+)*://[^\s'\"<>)\]]+")

#: What :class:`Path` would change in a relative path: schemes, ``~``, doubled and trailing separators, dots.
_UNPLAIN = re.compile(r"^[/~.]|[:\\]|//|/\.(?:/|$)|/$|^$")


def is_url(path: object) -> bool:
    """Say whether a path is anything but a local one; ``file://`` is local."""
    text = path if isinstance(path, str) else str(path)
    return "://" in text and not text.startswith(("file://", "local://"))


def local_path(path: str | os.PathLike[str], root: str | os.PathLike[str] | None = None) -> Path:
    """Return a local path as it is opened: ``file://`` and ``~`` taken away, below ``root`` if relative."""
    text = os.fspath(path)
    for scheme in ("file://", "local://"):
        text = text.removeprefix(scheme)
    found = Path(text).expanduser()
    return found if root is None else Path(root) / found


def local_text(path: str, root: Path | None = None) -> str:
    """Return :func:`local_path` as text; a plain relative path needs no ``Path`` for it."""
    if root is None or not root.name or _UNPLAIN.search(path):
        return str(local_path(path, root))
    return f"{root}{os.sep}{path}"


def location_of(path: str | os.PathLike[str], root: str | os.PathLike[str] | None = None) -> str:
    """Return what identifies a place: a URL without secrets, or a path, relative to ``root`` if below it."""
    text = os.fspath(path)
    if is_url(text):
        return redact(text)
    if text.startswith(("~", "file://", "local://")):
        text = str(local_path(text))
    place = os.path.normpath(text)
    if root is not None and place.startswith(os.sep):
        relative = os.path.relpath(place, root)
        place = place if relative.startswith("..") else relative
    return place.replace(os.sep, "/")


def stand_in(location: str) -> str:
    """Return a relative path that stands for a location, below ``elsewhere`` where that is not relative."""
    if not is_url(location) and not location.startswith(("/", "..")):
        return location
    parts = [part for part in re.split(r"[/\\:]+", location) if part not in ("", ".", "..")]
    return "/".join(["elsewhere", *parts])


def redact(text: str) -> str:
    """Replace user names, passwords and query strings of every URL in ``text`` by ``***``."""
    if "://" not in text:
        return text
    return _URL.sub(lambda match: _redact_url(match.group(0)), text)


def _redact_url(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.split("://", 1)[0] + "://***"
    _, at, host = parts.netloc.rpartition("@")
    cleaned: dict[str, Any] = {
        "netloc": f"***@{host}" if at else host,
        "query": "***" if parts.query else "",
        "fragment": "***" if parts.fragment else "",
    }
    return urlunsplit(parts._replace(**cleaned))
