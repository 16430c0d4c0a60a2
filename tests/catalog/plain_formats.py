"""Two formats without any library, for tests of what every format gets from the catalog."""

from __future__ import annotations

import sys
from pathlib import Path

from plait.catalog import Format
from plait.catalog.preview import Preview


def read_text(source: Path, **_: object) -> str:
    return Path(source).read_text(encoding="utf-8")


def write_text(data: str, target: Path, **_: object) -> None:
    """Write in three pieces, with a point to die at between them."""
    with target.open("w", encoding="utf-8") as stream:
        for start in range(0, len(data), max(1, len(data) // 3)):
            sys.audit("plain.write")
            stream.write(data[start : start + max(1, len(data) // 3)])
            stream.flush()


def preview_text(source: Path, limit: int, **_: object) -> Preview:
    with Path(source).open(encoding="utf-8") as stream:
        return Preview("text", "".join(line for line, _ in zip(stream, range(limit), strict=False)))


def read_folder(source: Path, **_: object) -> dict[str, str]:
    return {
        path.relative_to(source).as_posix(): path.read_text()
        for path in sorted(source.rglob("*"))
        if path.is_file()
    }


def write_folder(data: dict[str, str], target: Path, **_: object) -> None:
    for name, text in data.items():
        sys.audit("plain.write")
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_text(text)


TEXT = Format(
    name="plain",
    readers={"": f"{__name__}:read_text"},
    writers={"": f"{__name__}:write_text"},
    previews={"": f"{__name__}:preview_text"},
)
FOLDER = Format(
    name="plain-folder",
    readers={"": f"{__name__}:read_folder"},
    writers={"": f"{__name__}:write_folder"},
    holds="folder",
)
