"""``plait new``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from plait.cli.options import everywhere
from plait.cli.output import line

__all__ = ["command"]


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--example", metavar="NAME", help="A complete example; there is: flights.")
@click.option("--from", "source", metavar="TEMPLATE", help="A template folder or git URL (Copier).")
@click.option("--package", metavar="NAME", help="Name of the Python package.  [default: the folder's]")
@click.option("--no-lock", is_flag=True, help="Do not lock the environment with uv.")
@everywhere
def command(
    folder: Path | None,
    example: str | None,
    source: str | None,
    package: str | None,
    no_lock: bool,
    **_: Any,
) -> None:
    """Make a new project in FOLDER, which must be new or empty.

    \b
      plait new weather                      a minimal project
      plait new --example flights            a complete one with real data
      plait new weather --from ../template   from a template of your own
    """
    from plait.project.creation import create

    made = create(folder, example=example, source=source, package=package, lock=not no_lock)
    line(f"Made {made.title} in {made.folder}")
    for note in made.notes:
        line(f"  {note}")
    line()
    for step in made.next_steps:
        line(f"  {step}")
