"""What all commands share: the options every command takes, and groups and commands that suggest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from plait.cli.commands import KEDRO_SPELLINGS

if TYPE_CHECKING:
    from plait.project import Project

__all__ = ["Place", "PlaitGroup", "as_json", "everywhere"]

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Place:
    """Which project, in which environment, a command is about."""

    folder: str | None = None
    environment: str | None = None

    def open(self, **how: Any) -> Project:
        """Open the project here, or above here."""
        from plait.project import Project

        return Project.open(self.folder, env=self.environment, **how)


class PlaitGroup(click.Group):
    """A group that says what was meant by a mistyped command, Kedro's names among them."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        word = args[0]
        if self.get_command(ctx, word) is None and not word.startswith("-") and not ctx.resilient_parsing:
            raise click.UsageError(self._unknown(ctx, args), ctx=ctx)
        return super().resolve_command(ctx, args)

    def _unknown(self, ctx: click.Context, args: list[str]) -> str:
        from plait.errors import did_you_mean

        path = ctx.command_path.removeprefix("plait").strip()
        spoken = [f"{path} {' '.join(args[:length])}".strip() for length in (2, 1)]
        here = next((KEDRO_SPELLINGS[words] for words in spoken if words in KEDRO_SPELLINGS), None)
        known = self.list_commands(ctx)
        hint = f"In Plait this is: {here}" if here else did_you_mean(args[0], known)
        what = f"There is no command '{ctx.command_path} {args[0]}'."
        return f"{what}\n  → {hint}" if hint else f"{what}\n  → known: {', '.join(known)}"


def everywhere(function: F) -> F:
    """Add ``--env``, ``--project`` and ``--debug``; the command gets a :class:`Place` as ``place``."""

    def command(*args: Any, env: str | None = None, project: str | None = None, **rest: Any) -> Any:
        return function(*args, place=Place(project, env), **rest)

    command.__name__ = function.__name__
    command.__doc__ = function.__doc__
    command.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]
    options = [
        click.option("--env", "-e", metavar="NAME", help="Configuration environment.  [default: local]"),
        click.option("--project", metavar="FOLDER", help="The project.  [default: here, or above here]"),
        click.option("--debug", is_flag=True, expose_value=False, help="Show full tracebacks."),
    ]
    for option in options:
        command = option(command)
    return command  # type: ignore[return-value]


def as_json(function: F) -> F:
    """Add ``--json``."""
    return click.option("--json", "json_", is_flag=True, help="Print one JSON document.")(function)
