"""The examples of the configuration guide, section by section, run as a reader would."""

import re
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[2] / "docs/how-to/configuration.md"
BLOCK = re.compile(r"^```(yaml|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SECTIONS = dict(
    section.split("\n", 1)
    for section in GUIDE.read_text(encoding="utf-8").split("\n## ")[1:]
    if "```" in section
)


@pytest.mark.parametrize("title", list(SECTIONS))
def test_the_examples_of_a_section_run(title, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LAKE_SECRET", raising=False)
    names: dict[str, object] = {"__name__": "__main__"}
    ran = 0
    for language, text in BLOCK.findall(SECTIONS[title]):
        if language == "yaml":
            first, _, content = text.partition("\n")
            path = tmp_path / first.removeprefix("# ")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        else:
            exec(compile(text, f"{GUIDE.name}: {title}", "exec"), names)
            ran += 1
    assert ran
