"""Which files of a configuration folder belong to which layer and kind."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from plait.config.documents import SUFFIXES
from plait.errors import ConfigError, MissingConfigException, did_you_mean

__all__ = ["BASE", "LOCAL", "ConfigFolder", "of_kind", "split_environments"]

BASE = "base"
LOCAL = "local"


def split_environments(text: str) -> tuple[str, ...]:
    """Return the environments that ``--env a,b`` names, in order."""
    return tuple(name for name in (part.strip() for part in text.split(",")) if name)


def of_kind(files: Sequence[str], kind: str) -> list[str]:
    """Return the files, relative to their layer, that hold configuration of ``kind``.

    A file belongs to ``catalog`` when its own name begins with it, at any depth, or the name of the
    layer's folder that it is in does.
    """
    return [file for file in files if _belongs(PurePosixPath(file), kind)]


def _belongs(file: PurePosixPath, kind: str) -> bool:
    return file.name.startswith(kind) or (len(file.parts) > 1 and file.parts[0].startswith(kind))


@dataclass(frozen=True)
class ConfigFolder:
    """The folder ``conf``, its layers chosen by a run, and how messages call its files.

    Attributes:
        root: the folder.
        name: how messages call it, ``conf``.
        environments: the layers above ``base``, in order.
    """

    root: Path
    name: str
    environments: tuple[str, ...]

    @classmethod
    def open(cls, root: Path, environments: Sequence[str], project: Path | None) -> ConfigFolder:
        """Check that the folder and every environment exist.

        Raises:
            MissingConfigException: naming what exists.
        """
        folder = cls(root, _display(root, project), tuple(dict.fromkeys(environments)) or (LOCAL,))
        if not root.is_dir():
            raise MissingConfigException(
                "the configuration folder does not exist",
                where=folder.name,
                hint="make it with a folder 'base' inside, or name the right one with --conf-source",
            )
        for environment in folder.environments:
            folder._check(environment)
        return folder

    def _check(self, environment: str) -> None:
        parts = PurePosixPath(environment).parts
        if not parts or ".." in parts or parts[0] == "/":
            raise ConfigError(
                f"'{environment}' is no name of an environment",
                hint=f"name a folder inside {self.name}, such as 'local'",
            )
        if environment in (LOCAL, BASE) or (self.root / environment).is_dir():
            return
        if (self.root / environment).exists():
            raise self._no_folder(environment)
        existing = self.existing()
        raise MissingConfigException(
            f"the environment '{environment}' does not exist",
            where=f"{self.name}/{environment}",
            why=f"{self.name} has {', '.join(existing)}" if existing else f"{self.name} has no environments",
            hint=did_you_mean(environment, existing) or f"make the folder {self.name}/{environment}",
        )

    def _no_folder(self, layer: str) -> ConfigError:
        name = self.file_name(layer, "")
        return ConfigError(
            f"{name} is a file, and should be a folder of configuration files",
            where=name,
            hint=f"make a folder of it that holds the file: {name}/catalog.yml or {name}/parameters.yml",
        )

    def existing(self) -> list[str]:
        """Return the environments there are, sorted."""
        with os.scandir(self.root) as entries:
            return sorted(e.name for e in entries if e.is_dir() and not e.name.startswith("."))

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers that every kind is read from, weakest first."""
        return tuple(dict.fromkeys((BASE, *self.environments)))

    @property
    def credential_layers(self) -> tuple[str, ...]:
        """The layers of credentials, which are always also read from ``local``."""
        chosen = self.layers
        return chosen if LOCAL in chosen else (BASE, LOCAL, *chosen[1:])

    def files(self, layer: str) -> list[str]:
        """Return every configuration file of a layer, relative to it, sorted; hidden ones are left out.

        Raises:
            ConfigError: the layer is no folder, or what is called as a file is one.
        """
        top = self.root / layer
        if top.exists() and not top.is_dir():
            raise self._no_folder(layer)
        if layer == "":
            return sorted(file for file in _walk(top, "", self.name) if "/" not in file)
        return sorted(_walk(top, "", self.file_name(layer, "")))

    def file_name(self, layer: str, file: str) -> str:
        """Return how messages call a file."""
        return "/".join(part for part in (self.name, layer, file) if part)


def _walk(folder: Path, prefix: str, name: str) -> Iterator[str]:
    try:
        with os.scandir(folder / prefix if prefix else folder) as found:
            entries = list(found)
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        path = f"{prefix}/{entry.name}" if prefix else entry.name
        if entry.is_dir(follow_symlinks=True):
            if entry.name.endswith(SUFFIXES):
                raise _folder_called_as_file(f"{name}/{path}")
            if prefix.count("/") < 20:  # a link to a parent folder would never end
                yield from _walk(folder, path, name)
        elif entry.name.endswith(SUFFIXES):
            yield path


def _folder_called_as_file(place: str) -> ConfigError:
    return ConfigError(
        f"{place} is a folder, and its name is that of a file",
        where=place,
        hint="put a file in its place, or leave the suffix out: "
        f"all files in {PurePosixPath(place).with_suffix('')}/ are read",
    )


def _display(root: Path, project: Path | None) -> str:
    try:
        return root.absolute().relative_to((project or Path.cwd()).absolute()).as_posix()
    except ValueError:
        return root.as_posix()
