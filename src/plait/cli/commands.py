"""The commands there are: names, one line each, and the module that holds them.

Plain data, so that the help text and the suggestions need no import of the commands themselves.
"""

from __future__ import annotations

__all__ = ["COMMANDS", "KEDRO_SPELLINGS", "SECTIONS", "overview"]

#: Section → command → what it does. Each command lives in the module ``plait.cli.<command>``.
SECTIONS: dict[str, dict[str, str]] = {
    "Begin": {
        "new": "make a new project",
        "init": "turn this folder into a project",
    },
    "Work": {
        "run": "run the project, or a part of it",
        "plan": "what a run would do, without running",
        "why": "why a node runs or not, to the line",
        "check": "find mistakes without running anything",
    },
    "Look": {
        "pipeline": "list, show and add pipelines",
        "catalog": "list, show and preview datasets",
        "runs": "what ran: list, show, logs, diff",
        "replay": "call a failed node again with the inputs it had",
        "lineage": "what a dataset was made from, and what from it",
        "config": "parameters and settings, and where they come from",
        "versions": "list and prune the versions of a dataset",
        "ui": "the project in a browser",
        "mlflow": "tell MLflow what it missed; its experiments",
        "info": "this project and its environment",
    },
    "More": {
        "state": "accept what lies there; prune, export and import records",
        "completion": "shell completion for bash, zsh and fish",
    },
}

COMMANDS: dict[str, str] = {
    name: summary for section in SECTIONS.values() for name, summary in section.items()
}

#: What Kedro's users type → what it is called here.
KEDRO_SPELLINGS: dict[str, str] = {
    "registry": "plait pipeline",
    "registry list": "plait pipeline list",
    "registry describe": "plait pipeline show",
    "catalog describe-datasets": "plait catalog list",
    "catalog list-patterns": "plait catalog list",
    "catalog resolve-patterns": "plait catalog list --resolve",
    "catalog create": "plait check",
    "catalog rank": "plait catalog list",
    "pipeline create": "plait pipeline new",
    "pipeline delete": "remove its folder under src/<package>/pipelines",
    "starter": "plait new --from FOLDER-OR-URL",
    "ipython": "project = plait.Project.open() in IPython",
    "jupyter": "project = plait.Project.open() in a notebook",
    "package": "uv build",
    "server": "plait.Project.open() in any web framework",
}


def overview() -> str:
    """Return the help text of ``plait`` itself."""
    lines = [
        "Usage: plait COMMAND [ARGUMENTS]",
        "",
        "Data and machine-learning pipelines that run only what changed and lose nothing.",
    ]
    for title, commands in SECTIONS.items():
        lines += ["", f"{title}:"]
        lines += [f"  {name:<12}{summary}" for name, summary in commands.items()]
    lines += [
        "",
        "plait COMMAND --help tells more. Every command takes --env NAME, --project FOLDER and --debug.",
        "plait --version prints the version.",
    ]
    return "\n".join(lines) + "\n"
