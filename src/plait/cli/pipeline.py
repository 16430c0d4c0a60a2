"""``plait pipeline``."""

from __future__ import annotations

import click

from plait.cli.completion import complete_pipelines, complete_selectors
from plait.cli.names import remember
from plait.cli.options import Place, PlaitGroup, as_json, everywhere
from plait.cli.output import document, line, table

__all__ = ["command"]


@click.group(cls=PlaitGroup)
def command() -> None:
    """List, show and add pipelines."""


@command.command("list")
@as_json
@everywhere
def list_pipelines(json_: bool, place: Place) -> None:
    """List the pipelines, with what goes in and what comes out."""
    from plait.pipeline import is_parameter

    with place.open() as project:
        rows = [
            {
                "name": name,
                "nodes": len(pipeline.nodes),
                "inputs": sorted(item for item in pipeline.inputs() if not is_parameter(item)),
                "outputs": sorted(pipeline.outputs()),
            }
            for name, pipeline in project.pipelines.items()
        ]
        remember(project)
    if json_:
        document({"pipelines": rows})
        return
    table(("name", "nodes", "inputs", "outputs"), [list(row.values()) for row in rows])


@command.command()
@click.argument("name", default="__default__", shell_complete=complete_pipelines)
@click.argument("selectors", nargs=-1, shell_complete=complete_selectors)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "mermaid", "dot", "json"]),
    default="text",
    show_default=True,
    help="How to draw it.",
)
@click.option("--json", "json_", is_flag=True, help="The same as --format json.")
@everywhere
def show(name: str, selectors: tuple[str, ...], format_: str, json_: bool, place: Place) -> None:
    """Draw the pipeline NAME, or the part of it that SELECTORS pick.

    \b
      plait pipeline show
      plait pipeline show reporting --format mermaid
      plait pipeline show __default__ +train_model --format dot | dot -Tsvg > pipeline.svg
    """
    from plait.project.graph import drawings
    from plait.project.running import RunRequest, selected

    with place.open() as project:
        request = RunRequest(pipeline=name, select=" ".join(selectors) or None)
        pipeline = selected(project.parts(), request)
        catalog = project.catalog
    if json_ or format_ == "json":
        document(drawings.as_document(name, pipeline, catalog))
    else:
        line(drawings.DRAWINGS[format_](pipeline))


@command.command()
@click.argument("name")
@everywhere
def new(name: str, place: Place) -> None:
    """Add a pipeline to the project, with a first node and a test."""
    from plait.project.creation import add_pipeline

    with place.open() as project:
        for file in add_pipeline(project, name):
            line(f"  added  {file}")
