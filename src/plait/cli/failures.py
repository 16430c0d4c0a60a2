"""How errors end a command: what, where, why and what next on stderr, and an exit code."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from plait.errors import PlaitError, RunError

__all__ = ["INTERRUPTED", "NODE_FAILED", "WRONG", "report", "sentence"]

NODE_FAILED = 1
WRONG = 2
INTERRUPTED = 130
_LONGEST = 1_000  # letters of one line


def report(error: BaseException, *, debug: bool = False) -> int:
    """Print what went wrong and return the exit code that says so."""
    if isinstance(error, KeyboardInterrupt | click.Abort):
        _say("Interrupted.")
        return INTERRUPTED
    if debug and not isinstance(error, click.ClickException):
        _traceback(error)
    if isinstance(error, click.UsageError):
        _say(_usage(error))
        return WRONG
    if isinstance(error, click.ClickException):
        _say(error.format_message())
        return WRONG
    if isinstance(error, PlaitError):
        _say(str(error))
        return NODE_FAILED if isinstance(error, RunError) else WRONG
    _say(_surprise(error, debug))
    return WRONG


def _say(text: str) -> None:
    sys.stdout.flush()
    problems = text.replace(f"{Path.cwd()}/", "").rstrip().split("\n\n")
    text = "\n\n".join(sentence(problem) for problem in problems)
    lines = [line if len(line) <= _LONGEST else line[:_LONGEST] + "…" for line in text.splitlines()]
    sys.stderr.write("\n".join(lines) + "\n")


def sentence(text: str) -> str:
    """Begin a text with a capital letter, unless it begins with the name of a file or a function."""
    first = text.split(None, 1)[0] if text.strip() else ""
    return text[:1].upper() + text[1:] if first.isalpha() else text


def _usage(error: click.UsageError) -> str:
    help_ = f"\n  → {error.ctx.command_path} --help" if error.ctx else ""
    return error.format_message() + help_


def _surprise(error: BaseException, debug: bool) -> str:
    text = f"Plait met something it did not expect: {type(error).__name__}: {error}"
    return text if debug else f"{text}\n  → --debug shows where; please report it"


def _traceback(error: BaseException) -> None:
    import traceback

    traceback.print_exception(error, file=sys.stderr)
