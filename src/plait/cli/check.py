"""``plait check``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from plait.cli.completion import complete_pipelines
from plait.cli.failures import WRONG, sentence
from plait.cli.names import remember
from plait.cli.options import Place, as_json, everywhere
from plait.cli.output import document, line, styled

if TYPE_CHECKING:
    from plait.project.check import Finding

__all__ = ["command"]


@click.command()
@click.option(
    "--pipeline", "-p", default="__default__", shell_complete=complete_pipelines, help="Check one pipeline."
)
@click.option("--strict", is_flag=True, help="Count warnings as errors.")
@as_json
@everywhere
def command(pipeline: str, strict: bool, json_: bool, place: Place) -> None:
    """Find everything that is wrong or doubtful, without running or loading anything."""
    with place.open() as project:
        findings = project.check(pipeline)
        remember(project)
    wrong = [finding for finding in findings if strict or finding.severity == "error"]
    if json_:
        document({"ok": not wrong, "findings": [finding.to_json() for finding in findings]})
    else:
        _show(findings)
    if wrong:
        raise SystemExit(WRONG)


def _show(findings: list[Finding]) -> None:
    for finding in findings:
        color = "31;1" if finding.severity == "error" else "33"
        first, *rest = str(finding).replace(f"{Path.cwd()}/", "").splitlines()
        line(f"{styled(finding.severity, color)}: {sentence(first)}")
        for text in rest:
            line(text)
        line()
    line(_summary(findings))


def _summary(findings: list[Finding]) -> str:
    if not findings:
        return f"{styled('✓', '32')} nothing wrong"
    counts = {kind: sum(finding.severity == kind for finding in findings) for kind in ("error", "warning")}
    return ", ".join(f"{count} {kind}{'' if count == 1 else 's'}" for kind, count in counts.items() if count)
