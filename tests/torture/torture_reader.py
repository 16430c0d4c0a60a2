"""Opens the outputs of a project again and again, and notes whatever is not whole.

Started as a program: ``torture_reader.py PROJECT STOP FINDINGS``. It looks until the file STOP is there.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from pathlib import Path

FILES = (
    "02_intermediate/base.json",
    "03_primary/summary.txt",
    "03_primary/light.txt",
    "03_primary/heavy.json",
    "03_primary/story.txt",
    "08_reporting/report.json",
    "08_reporting/shelf.json",
    "08_reporting/jug.json",
)
PARTS = ("02_intermediate/pieces", "03_primary/polished", "03_primary/drops")
VERSIONS = "06_models/model.json"
FOLDER = "03_primary/album"


def fault(raw: bytes, suffix: str) -> str | None:
    """Return what is wrong with the content of a file, or None."""
    try:
        lines = json.loads(raw) if suffix == ".json" else raw.decode().splitlines()
    except ValueError as error:
        return f"{len(raw)} bytes: {error}"
    if len(lines) < 2 or hashlib.sha256("\n".join(lines[:-1]).encode()).hexdigest() != lines[-1]:
        return f"{len(raw)} bytes without a seal"
    return None


class Reader:
    """Looks at everything once in a round, and keeps what it found wrong."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.seen: set[str] = set()
        self.findings: list[str] = []
        self.looks = 0

    def look(self) -> None:
        for name in FILES:
            self._file(self.data / name, stays=True)
        for folder in PARTS:
            for path in _listed(self.data / folder):
                self._file(path, stays=True)
        for version in _listed(self.data / VERSIONS):
            self._file(version / "model.json", stays=True)
        self._folder(self.data / FOLDER)

    def _file(self, path: Path, *, stays: bool) -> None:
        try:
            raw = path.read_bytes()
        except FileNotFoundError:
            if stays and str(path) in self.seen:
                self.findings.append(f"{path}: it was there before")
            if VERSIONS in str(path) and path.parent.exists():
                self.findings.append(f"{path}: a version without its file")
            return
        self.looks += 1
        self.seen.add(str(path))
        wrong = fault(raw, path.suffix)
        if wrong:
            self.findings.append(f"{path}: {wrong}")

    def _folder(self, folder: Path) -> None:
        """Read a folder through one handle: what is read belongs together, however it is replaced."""
        try:
            handle = os.open(folder, os.O_RDONLY)
        except FileNotFoundError:
            return
        try:
            self._pages(folder, handle)
        finally:
            os.close(handle)

    def _pages(self, folder: Path, handle: int) -> None:
        turns = set()
        names = os.listdir(handle)
        for name in names:
            try:
                page = os.open(name, os.O_RDONLY, dir_fd=handle)
            except FileNotFoundError:
                return  # it was replaced meanwhile, and is being taken away
            with open(page, "rb") as file:  # noqa: PTH123 - a descriptor
                raw = file.read()
            wrong = fault(raw, ".txt")
            if wrong:
                self.findings.append(f"{folder}/{name}: {wrong}")
                return
            turns.add(int(raw.split(maxsplit=2)[1]))
        if not _is_at(handle, folder):
            return
        self.looks += 1
        if len(turns) != 1 or len(names) != 3 + turns.pop() % 3:
            self.findings.append(f"{folder}: half a folder, {sorted(names)}")


def _listed(folder: Path) -> list[Path]:
    try:
        return [folder / name for name in os.listdir(folder) if not name.startswith(".")]  # noqa: PTH208
    except FileNotFoundError:
        return []


def _is_at(handle: int, folder: Path) -> bool:
    try:
        return os.stat(handle).st_ino == folder.stat().st_ino
    except FileNotFoundError:
        return False


def main(project: str, stop: str, findings: str) -> None:
    reader = Reader(Path(project) / "data")
    while not Path(stop).exists():
        reader.look()
        time.sleep(0.005)
    Path(findings).write_text("\n".join([str(reader.looks), *reader.findings]))


if __name__ == "__main__":
    main(*sys.argv[1:])
