"""The group of all commands: each is imported when it is called, and never before."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from plait.cli.commands import COMMANDS, overview
from plait.cli.failures import report
from plait.cli.options import PlaitGroup

__all__ = ["plait", "run"]


class LazyGroup(PlaitGroup):
    """Finds its commands in the table, and imports a command's module when it is asked for it."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"plait.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def get_help(self, ctx: click.Context) -> str:  # noqa: ARG002
        return overview().rstrip()

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:  # noqa: ARG002
        # The base class would import every command for its one line of help.
        from click.shell_completion import CompletionItem

        return [
            CompletionItem(name, help=summary)
            for name, summary in COMMANDS.items()
            if name.startswith(incomplete)
        ]


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
def plait() -> None:
    """Data and machine-learning pipelines."""


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code: 0 done, 1 a node failed, 2 wrong use, 130 interrupted."""
    if "_PLAIT_COMPLETE" in os.environ:
        return _complete()
    debug = "--debug" in arguments
    try:
        plait.main(list(arguments), prog_name="plait", standalone_mode=False, obj=tuple(arguments))
    except SystemExit as exit_:
        return exit_.code if isinstance(exit_.code, int) else 2
    except BrokenPipeError:
        return _output_closed()
    except (Exception, KeyboardInterrupt) as error:
        return report(error, debug=debug)
    return 0


def _complete() -> int:
    from plait.cli.completion import answer

    return answer(plait)


def _output_closed() -> int:
    # Whoever read our output has seen enough; nothing is to be flushed into a closed pipe at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
