"""``plait completion``: the script a shell reads, and the answers it gets at TAB.

Names of nodes, datasets, pipelines and tags come from the list that the last command which opened
the project wrote to ``.plait/cache``; user code is never imported at TAB.
"""

from __future__ import annotations

import os
from typing import Any

import click

from plait.cli.options import everywhere
from plait.errors import UsageError

__all__ = [
    "answer",
    "command",
    "complete_datasets",
    "complete_nodes",
    "complete_pipelines",
    "complete_selectors",
    "complete_tags",
]

_VARIABLE = "_PLAIT_COMPLETE"
_WHERE = {
    "bash": 'eval "$(plait completion bash)"      # in ~/.bashrc',
    "zsh": 'eval "$(plait completion zsh)"       # in ~/.zshrc, after compinit',
    "fish": "plait completion fish | source      # in ~/.config/fish/config.fish",
}


@click.command()
@click.argument("shell", type=click.Choice(list(_WHERE)), required=False)
@everywhere
def command(shell: str | None, **_: Any) -> None:
    """Print the completion script of a shell.

    \b
    eval "$(plait completion bash)"      # in ~/.bashrc
    eval "$(plait completion zsh)"       # in ~/.zshrc, after compinit
    plait completion fish | source       # in ~/.config/fish/config.fish
    """
    shell = shell or os.environ.get("SHELL", "").rpartition("/")[2]
    if shell not in _WHERE:
        raise UsageError("Which shell is completion for?", hint="plait completion bash  (or zsh, or fish)")
    click.echo(_script(shell))


def answer(group: click.Command) -> int:
    """Answer the shell: the words that could stand where the cursor is."""
    from click.shell_completion import shell_complete

    return shell_complete(group, {}, "plait", _VARIABLE, os.environ[_VARIABLE])


def _script(shell: str) -> str:
    if shell == "bash":
        return _BASH
    from click.shell_completion import get_completion_class

    script = get_completion_class(shell)
    assert script is not None
    completer = script(click.Command("plait"), {}, "plait", _VARIABLE)
    return completer.source_template % completer.source_vars()


# Click's own script takes the words as bash splits them, at colons too; selectors such as tag:x
# stay whole here.
_BASH = r"""_plait_completion() {
    local line="${COMP_LINE:0:$COMP_POINT}" words count response kind value current cut=""
    read -ra words <<< "$line"
    count=$((${#words[@]} - 1))
    [[ "$line" == *[[:space:]] ]] && count=$((count + 1))
    current="${words[$count]:-}"
    [[ "$current" == *[:=]* ]] && cut="${current%"${current##*[:=]}"}"
    COMPREPLY=()
    response=$(COMP_WORDS="$line" COMP_CWORD=$count _PLAIT_COMPLETE=bash_complete "$1" 2>/dev/null)
    while IFS=, read -r kind value; do
        case "$kind" in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain)
                [[ "$value" == *: || "$value" == *+ ]] && compopt -o nospace
                COMPREPLY+=("${value#"$cut"}") ;;
        esac
    done <<< "$response"
}
complete -o nosort -F _plait_completion plait
"""


def complete_selectors(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Return what a selector could go on with: nodes, ``tag:``, ``pipeline:``, ``ns:``, ``dataset:``."""
    names = _names(ctx)
    head, last = _split_selector(incomplete)
    words = [*names.get("nodes", ())]
    for prefix, kind in (
        ("tag", "tags"),
        ("pipeline", "pipelines"),
        ("ns", "namespaces"),
        ("dataset", "datasets"),
    ):
        known = names.get(kind, ())
        words += [f"{prefix}:{name}" for name in known] if last.startswith(f"{prefix}:") else [f"{prefix}:"]
    return [head + word for word in words if word.startswith(last)]


def complete_pipelines(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Return the pipelines whose name begins so."""
    return _beginning(_names(ctx).get("pipelines", ()), incomplete)


def complete_datasets(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Return the datasets whose name begins so."""
    return _beginning(_names(ctx).get("datasets", ()), incomplete)


def complete_nodes(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Return the nodes whose name begins so, in a list with commas."""
    return _listed(_names(ctx).get("nodes", ()), incomplete)


def complete_tags(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Return the tags whose name begins so, in a list with commas."""
    return _listed(_names(ctx).get("tags", ()), incomplete)


def _names(ctx: click.Context) -> dict[str, list[str]]:
    from plait.project.names import read_names

    return read_names(ctx.params.get("project"))


def _split_selector(incomplete: str) -> tuple[str, str]:
    """Split what is typed into the finished part of the expression and the name that is being typed."""
    ends = [incomplete.rfind(mark) + len(mark) for mark in (",", "+", "..", "not:") if mark in incomplete]
    start = max(ends, default=0)
    return incomplete[:start], incomplete[start:]


def _beginning(names: Any, incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]


def _listed(names: Any, incomplete: str) -> list[str]:
    head, comma, last = incomplete.rpartition(",")
    return [head + comma + name for name in names if name.startswith(last)]
