"""The environment of a new project: where its Plait comes from, and a lock file by uv."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from importlib import metadata
from pathlib import Path
from urllib.parse import unquote, urlsplit

__all__ = ["add_source", "lock_environment"]

_PATIENCE = 300  # seconds for uv to resolve


def add_source(folder: Path) -> str | None:
    """Name the checkout or wheel that this Plait was installed from, so that uv finds the same one.

    Returns:
        A note for the user, or None where Plait came from a package index.
    """
    found = _installed_from()
    file = folder / "pyproject.toml"
    if (
        found is None
        or not file.is_file()
        or "[tool.uv.sources]" in (text := file.read_text(encoding="utf-8"))
    ):
        return None
    place, editable = found
    shown = _path_from(folder, place)
    setting = f'{{ path = "{shown}"' + (", editable = true }" if editable else " }")
    file.write_text(f"{text.rstrip()}\n\n[tool.uv.sources]\nplait = {setting}\n", encoding="utf-8")
    return f"pyproject.toml takes Plait from {shown}, where this one was installed from"


def lock_environment(folder: Path) -> str | None:
    """Write ``uv.lock``.

    Returns:
        A note for the user about what happened.
    """
    uv = shutil.which("uv")
    if uv is None:
        return "uv is not installed, so nothing is locked; `uv lock` does it later"
    try:
        done = subprocess.run(
            [uv, "lock", "--quiet"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"The environment could not be locked ({error}); `uv lock` does it later"
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["uv failed"])[0]
        return f"The environment could not be locked ({reason.strip()}); `uv lock` does it later"
    return "uv.lock holds the exact version of every package"


def _installed_from() -> tuple[Path, bool] | None:
    try:
        text = metadata.distribution("plait").read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        return None
    if not text:
        return None
    content = json.loads(text)
    url = urlsplit(content.get("url", ""))
    place = Path(unquote(url.path))
    if url.scheme != "file" or not place.exists():
        return None
    return place, bool(content.get("dir_info", {}).get("editable"))


def _path_from(folder: Path, place: Path) -> str:
    """Return a path that stays right when a checkout with the project in it is moved."""
    inside = folder.resolve().is_relative_to(place)
    return os.path.relpath(place, folder.resolve()) if inside else str(place)
