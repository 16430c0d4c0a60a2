"""The commands of the how-to print what it says."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs/how-to/find-out-why.md"
STEP = re.compile(r"<!-- edit: (?P<edit>.*?) -->|```console\n(?P<console>.*?)```", re.DOTALL)


def test_page(mill):
    for step in STEP.finditer(PAGE.read_text(encoding="utf-8")):
        if step["edit"]:
            mill.edit(*step["edit"].split(" | "))
            continue
        for text in re.split(r"^\$ ", step["console"], flags=re.MULTILINE)[1:]:
            command, _, expected = text.partition("\n")
            said = mill.plait(*command.split()[1:]).out
            pattern = ".*".join(re.escape(part) for part in expected.strip("\n").split("…"))
            assert re.fullmatch(pattern, said.strip("\n"), re.DOTALL), f"{command}\n{said}"
