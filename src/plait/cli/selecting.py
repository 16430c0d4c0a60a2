"""Which part of the project a command is about: selectors, Kedro's filters, parameters and versions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from plait.cli.completion import (
    complete_datasets,
    complete_nodes,
    complete_pipelines,
    complete_selectors,
    complete_tags,
)
from plait.cli.options import Place

if TYPE_CHECKING:
    from plait.project import Project
    from plait.project.running import RunRequest

__all__ = ["Asked", "asked", "selecting"]

F = TypeVar("F", bound=Callable[..., Any])

_FILTERS = {
    "from_nodes": "from_nodes",
    "to_nodes": "to_nodes",
    "nodes": "node_names",
    "from_inputs": "from_inputs",
    "to_outputs": "to_outputs",
    "tags": "tags",
    "namespaces": "node_namespaces",
}


class Names(click.ParamType[list[str]]):
    """A list with commas, where brackets keep commas together."""

    name = "names"

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,  # noqa: ARG002 - click's signature
        ctx: click.Context | None,  # noqa: ARG002
    ) -> list[str]:
        return value if isinstance(value, list) else split_names(value)


def split_names(text: str) -> list[str]:
    """Split at commas outside brackets: ``f([a,b]) -> [c], g`` are two names."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts if part.strip()]


def _names(*flags: str, complete: Any, help: str) -> Callable[[F], F]:  # noqa: A002 - click's word
    return click.option(
        *flags, type=Names(), metavar="NAMES", multiple=True, shell_complete=complete, help=help
    )


@dataclass(frozen=True)
class Asked:
    """What was asked for on the command line, before any project is open.

    Attributes:
        words: selectors.
        overrides: ``KEY=VALUE`` texts.
    """

    place: Place
    words: tuple[str, ...]
    overrides: tuple[str, ...]
    options: dict[str, Any]

    def open(self) -> Project:
        """Open the project with the parameters that were given."""
        return self.place.open(params=self._parameters(), conf=self.options["conf_source"])

    def request(self, **more: Any) -> RunRequest:
        """Return the request for a run; ``more`` are further fields of it."""
        from plait.pipeline import spell_flags
        from plait.project.running import RunRequest

        given = {flag: self._given(flag) for flag in _FILTERS}
        select = " ".join(self.words) or None
        return RunRequest(
            pipeline=",".join(self._given("pipelines")) or "__default__",
            filters={_FILTERS[flag]: names for flag, names in given.items() if names},
            select=select,
            selection=" ".join(text for text in (spell_flags(**given), select) if text) or None,
            load_versions=dict(_version(text) for text in self._given("load_versions")),
            **more,
        )

    def question(self) -> dict[str, Any]:
        """Return all that tells two such commands apart, as plain values."""
        folder = self.place.folder or ""
        flags = ("pipelines", "load_versions", *_FILTERS)
        return {
            "script": Path(folder).name if folder.endswith(".py") else None,
            "env": self.place.environment,
            "conf": self.options["conf_source"],
            "words": list(self.words),
            "params": list(self.overrides),
            **{flag: self._given(flag) for flag in flags},
        }

    def _given(self, flag: str) -> list[str]:
        return [name for names in self.options[flag] for name in names]

    def _parameters(self) -> dict[str, Any]:
        if not self.overrides:
            return {}
        from plait.config import parse_overrides

        return parse_overrides(self.overrides)


def asked(selectors: tuple[str, ...], place: Place, options: dict[str, Any]) -> Asked:
    """Sort the words of a command: a script, selectors, and further overrides after ``--params a=1``."""
    words = [word for word in selectors if "=" not in word]
    overrides = (*options["params"], *(word for word in selectors if "=" in word))
    if words and _names_script(words[0]):
        _refuse_missing(Path(words[0]))
        place = Place(words.pop(0), place.environment)
    return Asked(place, tuple(words), overrides, options)


def _names_script(word: str) -> bool:
    return word.endswith(".py") and not set(word) & set("*?:+,[")


def _refuse_missing(script: Path) -> None:
    if script.is_file():
        return
    from plait.errors import ProjectError, did_you_mean

    if script.exists():
        raise ProjectError(f"'{script}' is a folder, not a file")
    there = [path.name for path in script.parent.glob("*.py") if path.is_file()]
    folder = "" if script.parent == Path() else f", in {script.parent}"
    raise ProjectError(f"There is no file '{script.name}'{folder}", hint=did_you_mean(script.name, there))


def _version(text: str) -> tuple[str, str]:
    from plait.errors import UsageError

    name, colon, version = text.partition(":")
    if not colon or not version:
        raise UsageError(
            f"'{text}' names no version", hint="write DATASET:VERSION; plait versions list shows them"
        )
    return name, version


def selecting(function: F) -> F:
    """Add selectors and the options that choose a part of the project; see :func:`asked`."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.argument("selectors", nargs=-1, shell_complete=complete_selectors),
    _names(
        "--pipelines",
        "--pipeline",
        "-p",
        complete=complete_pipelines,
        help="Pipelines to run.  [default: all]",
    ),
    _names("--nodes", "-n", complete=complete_nodes, help="Only these nodes."),
    _names("--from-nodes", complete=complete_nodes, help="These nodes and all that follows from them."),
    _names("--to-nodes", complete=complete_nodes, help="These nodes and all that leads to them."),
    _names("--from-inputs", complete=complete_datasets, help="All that follows from these datasets."),
    _names("--to-outputs", complete=complete_datasets, help="All that leads to these datasets."),
    _names("--tags", "-t", complete=complete_tags, help="Nodes with any of these tags."),
    _names("--namespaces", "-ns", complete=None, help="Nodes in these namespaces."),
    click.option(
        "--params", metavar="KEY=VALUE", multiple=True, help="Override parameters; values are YAML."
    ),
    _names(
        "--load-versions",
        "--load-version",
        "-lv",
        complete=complete_datasets,
        help="DATASET:VERSION to load.",
    ),
    click.option("--conf-source", type=click.Path(), help="Another configuration folder."),
)
