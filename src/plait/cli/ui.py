"""``plait ui``: the project in a browser."""

from __future__ import annotations

import click

from plait.cli.options import Place, everywhere
from plait.cli.output import line

__all__ = ["command"]


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=0, help="The port.  [default: a free one]")
@click.option("--token", help="What whoever asks has to know; needed beyond this machine.")
@click.option("--read-only", is_flag=True, help="Show only: runs can be neither started nor cancelled.")
@click.option("--no-browser", is_flag=True, help="Print the address and open nothing.")
@everywhere
def command(host: str, port: int, token: str | None, read_only: bool, no_browser: bool, place: Place) -> None:
    """Show the project in a browser: pipeline, data, runs, plan, and what happens as it happens."""
    from plait.ui.serving import ServerOptions, serve

    project = place.open()
    options = ServerOptions(host, port, token, read_only=read_only, browser=not no_browser)
    serve(project, options, lambda address: line(f"{project.name} is shown at {address}\n  Ctrl-C ends it"))
