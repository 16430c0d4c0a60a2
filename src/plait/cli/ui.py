"""``plait ui``: the project in a browser."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plait.cli.completion import complete_pipelines, complete_selectors
from plait.cli.options import Place, PlaitGroup, everywhere
from plait.cli.output import line
from plait.errors import UsageError

if TYPE_CHECKING:
    from plait.project import Project
    from plait.ui.asking import Workbench

__all__ = ["command"]


@click.group(cls=PlaitGroup, invoke_without_command=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=0, help="The port.  [default: a free one]")
@click.option("--token", help="What whoever asks has to know; needed beyond this machine.")
@click.option("--read-only", is_flag=True, help="Show only: runs can be neither started nor cancelled.")
@click.option("--no-browser", is_flag=True, help="Print the address and open nothing.")
@click.option("--pipeline", shell_complete=complete_pipelines, help="The pipeline to open.")
@click.option("--select", shell_complete=complete_selectors, help="The selection to open.")
@everywhere
@click.pass_context
def command(
    ctx: click.Context, /, place: Place, pipeline: str | None, select: str | None, **how: Any
) -> None:
    """Show the project in a browser: pipeline, data, runs, plan, and what happens as it happens.

    \b
      plait ui
      plait ui --select +model
      plait ui export site/
    """
    if ctx.invoked_subcommand is not None:
        return
    project = place.open()
    workbench = _begun(project)
    try:
        _serve(project, workbench, pipeline, select, how)
    finally:
        workbench.end()


def _begun(project: Project) -> Workbench:
    """Return what opens the project; where no picture was kept it begins to take one, beside our imports."""
    asking, snapshot = _installed("plait.ui.asking"), _installed("plait.ui.snapshot")
    workbench: Workbench = asking.Workbench(project.place, project.env)
    if not snapshot.is_kept(project.state, project.env):
        workbench.begin("snapshot")
    return workbench


def _serve(
    project: Project,
    workbench: Workbench,
    pipeline: str | None,
    select: str | None,
    how: Mapping[str, Any],
) -> None:
    serving = _installed("plait.ui.serving")
    shown = {"pipeline": pipeline, "select": select}
    options = serving.ServerOptions(
        how["host"],
        how["port"],
        how["token"],
        read_only=how["read_only"],
        browser=not how["no_browser"],
        shown={name: value for name, value in shown.items() if value},
    )
    serving.serve(
        project,
        options,
        lambda address: line(f"{project.name} is shown at {address}\n  Ctrl-C ends it"),
        workbench,
    )


@command.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--pipeline", default="__default__", shell_complete=complete_pipelines, help="What is shown.")
@click.option("--select", default="", shell_complete=complete_selectors, help="A selection within that.")
@click.option("--preview", "previews", multiple=True, help="A dataset whose first rows are shown; * for all.")
@click.option("--rows", default=100, show_default=True, help="How many rows of each.")
@click.option("--runs", default=20, show_default=True, help="How many of the last runs.")
@everywhere
def export(folder: Path, place: Place, previews: tuple[str, ...], **what: Any) -> None:
    """Write a static site into FOLDER: it opens from the folder, and on any host of files."""
    exporting = _installed("plait.ui.export")
    options = exporting.ExportOptions(previews=previews, **what)
    files = exporting.export(place.open(), folder, options)
    size = sum(file.stat().st_size for file in files)
    line(f"{len(files)} files, {size / 1e6:.1f} MB: open {folder / 'index.html'}")


def _installed(name: str) -> Any:
    import importlib

    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("plait"):
            raise
        raise UsageError(
            f"The browser view needs {error.name}, which is not installed", hint="pip install 'plait[ui]'"
        ) from error
