"""The tutorial is followed to the letter, in an empty folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from console_blocks import Command, File, Reader, first_missing, steps

from plait.cli.commands import COMMANDS

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "docs" / "tutorial.md"


def test_every_command_of_the_tutorial_prints_what_the_page_shows(tmp_path: Path) -> None:
    reader = Reader(tmp_path)
    followed = [reader.follow(step) or step for step in steps(TUTORIAL.read_text())]
    assert sum(isinstance(step, Command) for step in followed) >= 20
    assert sum(isinstance(step, File) for step in followed) == 4


def test_a_page_is_read_as_commands_with_output_and_files() -> None:
    page = "```console\n$ one\n a  b\n$ two\n```\n\n```{code-block} yaml\n:caption: a/b.yml\n\nkey: 1\n```\n"
    assert list(steps(page)) == [Command("one", ("a  b",)), Command("two", ()), File("a/b.yml", "key: 1\n")]


@pytest.mark.parametrize(
    ("expected", "missing"),
    [(("a … c",), None), (("a b c", "d"), None), (("d", "a b c"), "a b c"), (("b",), "b")],
)
def test_output_is_compared_line_by_line_in_order(expected: tuple[str, ...], missing: str | None) -> None:
    assert first_missing(expected, "a   b c\nd\n") == missing


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_every_make_target_that_a_page_names_exists(page: str) -> None:
    named = set(re.findall(r"`?make ([a-z-]+)", (ROOT / page).read_text()))
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert named
    assert named <= targets


PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs/how-to").glob("*.md")),
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    called = re.findall(r"(?:`|^|\$ |; )plait ([a-z]+)", page.read_text(), re.MULTILINE)
    assert set(called) <= set(COMMANDS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []
