"""Which distribution a package is of, and its version, read from the names of folders.

``importlib.metadata.packages_distributions()`` reads the records of everything that is installed, a
quarter of a second in a large environment. Nearly always a package is called as its distribution, and its
version stands in the name of a folder; only for the others are records read, once, and remembered.
"""

from __future__ import annotations

import json
import re
import secrets
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

__all__ = ["Distributions"]

_INFO = re.compile(r"(?P<name>.+?)-(?P<version>[^-]+)(?:-py[0-9.]+)?\.(?:dist|egg)-info$")


class _Installed(NamedTuple):
    name: str
    version: str
    folder: Path


class Distributions:
    """What is installed in the environment of this process.

    Args:
        folder: where the records' answer is kept; None keeps it in memory only.
        path: the folders to look in; by default those that modules are imported from.
    """

    def __init__(self, folder: Path | None = None, path: Iterable[str] | None = None) -> None:
        self._folder = folder
        self._path = list(sys.path if path is None else path)

    def of_package(self, package: str) -> tuple[str, ...]:
        """Return the names of the distributions that a top-level package comes from, sorted."""
        direct = self._installed.get(_normal(package))
        if direct is not None:
            return (direct.name,)
        return self._by_package.get(package, ())

    def version(self, name: str) -> str | None:
        """Return the version of a distribution, None where it is not installed."""
        found = self._installed.get(_normal(name))
        return None if found is None else found.version

    def versions(self, names: Iterable[str]) -> dict[str, str]:
        """Return name → version of those that are installed."""
        return {name: version for name in sorted(names) if (version := self.version(name)) is not None}

    @cached_property
    def _installed(self) -> Mapping[str, _Installed]:
        found: dict[str, _Installed] = {}
        for folder in self._path:
            with suppress(OSError):
                for place in Path(folder or ".").iterdir():
                    match = _INFO.match(place.name)
                    if match is not None:
                        name = _normal(match["name"])
                        found.setdefault(name, _Installed(name, match["version"], place))
        return found

    @cached_property
    def _by_package(self) -> Mapping[str, tuple[str, ...]]:
        key = sha256("\n".join(sorted(f"{d.name} {d.version}" for d in self._installed.values())).encode())
        place = None if self._folder is None else self._folder / "distributions.json"
        kept = _read(place, key.hexdigest())
        if kept is not None:
            return kept
        found: dict[str, set[str]] = {}
        for installed in self._installed.values():
            for package in _packages(installed.folder):
                found.setdefault(package, set()).add(installed.name)
        made = {package: tuple(sorted(names)) for package, names in found.items()}
        _write(place, key.hexdigest(), made)
        return made


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _packages(info: Path) -> set[str]:
    """Return the top-level packages of one distribution."""
    with suppress(OSError):
        listed = (info / "top_level.txt").read_text(encoding="utf-8").split()
        if listed:
            return {name for name in listed if not name.startswith("_")}
    with suppress(OSError):
        rows = (info / "RECORD").read_text(encoding="utf-8").splitlines()
        return {name for row in rows if (name := _top_of(row.partition(",")[0])) is not None}
    return set()


def _top_of(file: str) -> str | None:
    first, slash, _ = file.partition("/")
    if slash:
        return first if first.isidentifier() else None
    stem = first.partition(".")[0]
    return stem if first.endswith((".py", ".so", ".pyd")) and stem.isidentifier() else None


def _read(place: Path | None, key: str) -> dict[str, tuple[str, ...]] | None:
    if place is None:
        return None
    try:
        document = json.loads(place.read_bytes())
        if document["key"] != key:
            return None
        return {package: tuple(names) for package, names in document["packages"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _write(place: Path | None, key: str, packages: Mapping[str, tuple[str, ...]]) -> None:
    if place is None:
        return
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        fresh = place.with_name(f"{place.name}.{secrets.token_hex(4)}")
        fresh.write_text(json.dumps({"key": key, "packages": packages}), encoding="utf-8")
        fresh.replace(place)
