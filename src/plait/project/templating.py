"""Copying a template: files and folders, with the words ``project_package`` and the like replaced."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from plait.errors import ProjectError

__all__ = ["copy_template", "template_folder"]

_LEFT_OUT = {"__pycache__", ".plait", ".venv", ".ruff_cache", ".pytest_cache", ".mypy_cache", "uv.lock"}


def template_folder(name: str) -> Path:
    """Return the folder of a template that comes with Plait."""
    return Path(__file__).parent / "templates" / name


def copy_template(source: Path, target: Path, words: Mapping[str, str]) -> list[Path]:
    """Copy a template into a folder and return the new files, relative to it. Nothing is overwritten.

    Raises:
        ProjectError: a file to be made is there already, or cannot be written.
    """
    files = {file: target / _replaced(str(file.relative_to(source)), words) for file in _files(source)}
    for new in files.values():
        if new.exists():
            raise ProjectError(f"{new.relative_to(target)} is there already", where=str(target))
    try:
        for file, new in files.items():
            _copy(file, new, words)
    except OSError as error:
        raise ProjectError("The files cannot be written", where=str(target), why=str(error)) from error
    return sorted(new.relative_to(target) for new in files.values())


def _files(folder: Path) -> Iterator[Path]:
    for place in sorted(folder.iterdir()):
        if place.name in _LEFT_OUT or place.suffix == ".pyc":
            continue
        if place.is_dir():
            yield from _files(place)
        else:
            yield place


def _copy(file: Path, new: Path, words: Mapping[str, str]) -> None:
    new.parent.mkdir(parents=True, exist_ok=True)
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        shutil.copyfile(file, new)
        return
    new.write_text(_replaced(text, words), encoding="utf-8")


def _replaced(text: str, words: Mapping[str, str]) -> str:
    for word, value in words.items():
        text = text.replace(word, value)
    return text
