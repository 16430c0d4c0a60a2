"""The command line that runs what is selected on a surface: what is shown is what runs."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any

from plait.project.pipelines import DEFAULT

__all__ = ["override_words", "run_arguments", "run_command"]

_ESCAPED = re.compile("[^ -~\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


def run_command(pipeline: str, select: str, environment: str, **options: Any) -> str:
    """Return the command that runs a selection, to be pasted into a shell."""
    return shlex.join(["plait", *run_arguments(pipeline, select, environment, **options)])


def run_arguments(
    pipeline: str,
    select: str,
    environment: str,
    *,
    params: Mapping[str, Any] | None = None,
    fresh: bool = False,
    executor: str | None = None,
    workers: int | None = None,
) -> list[str]:
    """Return the arguments of ``plait`` that run a selection.

    Args:
        params: dotted names → values that override the configuration.
    """
    arguments = ["run", *select.split()]
    if pipeline != DEFAULT:
        arguments += ["--pipeline", pipeline]
    if environment != "local":
        arguments += ["--env", environment]
    if fresh:
        arguments.append("--fresh")
    if executor:
        arguments += ["--executor", executor]
    if workers:
        arguments += ["--workers", str(workers)]
    if params:
        arguments += ["--params", *override_words(params)]
    return arguments


def override_words(params: Mapping[str, Any] | None) -> list[str]:
    """Return parameters as ``--params`` takes them: ``name=value``, with values in YAML."""
    return [f"{name}={_as_yaml(value)}" for name, value in (params or {}).items()]


def _as_yaml(value: Any) -> str:
    """Return JSON that YAML reads the same way: what YAML allows in a line as it is, the rest escaped."""
    text = json.dumps(value, ensure_ascii=False)
    return _ESCAPED.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text)
