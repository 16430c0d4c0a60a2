"""``plait init``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from plait.cli.options import everywhere
from plait.cli.output import line

__all__ = ["command"]


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False), default=Path())
@click.option("--package", metavar="NAME", help="Name of the Python package under src/.")
@everywhere
def command(folder: Path, package: str | None, **_: Any) -> None:
    """Turn an existing repository into a project: adds a few files, overwrites none."""
    from plait.project.adoption import adopt

    adopted = adopt(folder, package=package)
    for file in adopted.added:
        line(f"  added    {file}")
    for file in adopted.changed:
        line(f"  changed  {file}")
    for file in adopted.kept:
        line(f"  kept     {file}")
    for note in adopted.notes:
        line(f"  {note}")
    line()
    line("  plait pipeline new NAME    adds a pipeline")
    line("  plait check                says what is still wrong")
