"""``plait init``: the few files that turn an existing repository into a project."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plait.errors import ProjectError, UsageError
from plait.project.creation import package_name

__all__ = ["Adopted", "adopt"]

_CATALOG = """\
# What data there is, and where. The shortest entry is a name and a path:
#
# companies: data/01_raw/companies.csv
"""
_PARAMETERS = """\
# Values that nodes take as params:name.
"""
_PROJECT = """\
[project]
name = "{name}"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["plait"]
"""
_IGNORED = (".plait/", "conf/local/*", "!conf/local/.gitkeep")


@dataclass
class Adopted:
    """What was done to a repository; paths relative to it."""

    package: str
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def adopt(folder: Path, package: str | None = None) -> Adopted:
    """Turn a folder into a project. Files that are there are kept; two of them get lines added.

    Raises:
        ProjectError: it is a project already, or its ``pyproject.toml`` cannot be read.
        UsageError: the package cannot be told.
    """
    pyproject = folder / "pyproject.toml"
    document = _read(pyproject)
    if "plait" in document.get("tool", {}):
        raise ProjectError("This is a Plait project already", where="pyproject.toml", hint="plait check")
    done = Adopted(package or _package(folder, document))
    _declare(pyproject, document, done)
    source = folder / _source(document) / done.package
    _add(folder, str(source.relative_to(folder) / "__init__.py"), "", done)
    _add(folder, "conf/base/catalog.yml", _CATALOG, done, instead="conf/base/catalog*")
    _add(folder, "conf/base/parameters.yml", _PARAMETERS, done, instead="conf/base/parameters*")
    _add(folder, "conf/local/.gitkeep", "", done)
    _ignore(folder, done)
    _look_for_kedro(source, done)
    return done


def _read(pyproject: Path) -> dict[str, Any]:
    if not pyproject.is_file():
        return {}
    try:
        return tomllib.loads(pyproject.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectError("pyproject.toml cannot be read", where="pyproject.toml", why=str(error)) from None


def _package(folder: Path, document: dict[str, Any]) -> str:
    kedro = document.get("tool", {}).get("kedro", {}).get("package_name")
    if isinstance(kedro, str):
        return kedro
    source = folder / _source(document)
    found = sorted(place.parent.name for place in source.glob("*/__init__.py"))
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(
            f"{source.name}/ holds several packages: {', '.join(found)}",
            hint=f"say which one holds the pipelines: plait init --package {found[0]}",
        )
    return package_name(document.get("project", {}).get("name") or folder.resolve().name)


def _source(document: dict[str, Any]) -> str:
    return str(document.get("tool", {}).get("kedro", {}).get("source_dir", "src"))


def _declare(pyproject: Path, document: dict[str, Any], done: Adopted) -> None:
    source = _source(document)
    table = f'[tool.plait]\npackage = "{done.package}"\n'
    if source != "src":
        table += f'source = "{source}"\n'
    if not pyproject.is_file():
        head = _PROJECT.format(name=done.package)
        pyproject.write_text(f"{head}\n{table}", encoding="utf-8")
        done.added.append("pyproject.toml")
        return
    text = pyproject.read_text(encoding="utf-8").rstrip()
    pyproject.write_text(f"{text}\n\n{table}", encoding="utf-8")
    done.changed.append("pyproject.toml: [tool.plait]")


def _add(folder: Path, name: str, content: str, done: Adopted, instead: str | None = None) -> None:
    file = folder / name
    there = [found.relative_to(folder) for found in folder.glob(instead)] if instead else []
    if file.exists() or there:
        done.kept.append(name if file.exists() else str(there[0]))
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content, encoding="utf-8")
    done.added.append(name)


def _ignore(folder: Path, done: Adopted) -> None:
    file = folder / ".gitignore"
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    known = {line.strip().strip("/") for line in text.splitlines()}
    missing = [line for line in _IGNORED if line.strip("/") not in known]
    if "conf/local/**" in known or "conf/local" in known:
        missing = [line for line in missing if "conf/local" not in line]
    if not missing:
        return
    before = f"{text.rstrip()}\n\n" if text.strip() else ""
    (done.changed if file.is_file() else done.added).append(".gitignore")
    file.write_text(before + "\n".join(missing) + "\n", encoding="utf-8")


def _look_for_kedro(source: Path, done: Adopted) -> None:
    files = [
        file
        for file in source.rglob("*.py")
        if any(
            line.startswith(("from kedro", "import kedro"))
            for line in file.read_text(errors="replace").splitlines()
        )
    ]
    if files:
        done.notes.append(
            f"{len(files)} files import kedro: in most of them `from kedro.pipeline import …` becomes "
            "`from plait import …`"
        )
