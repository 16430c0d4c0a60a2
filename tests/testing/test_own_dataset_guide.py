"""The guide to datasets of one's own is true: its files are written, its tests are run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from plait.catalog import protocols

GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "own-dataset.md"

PROGRAM = """
import yaml
from pathlib import Path
from plait.catalog import DataCatalog

entries = {}
for part in Path("catalogs").read_text().split("# conf/base/catalog.yml"):
    entries.update(yaml.safe_load(part) or {})
catalog = DataCatalog.from_config(entries, root=Path.cwd())
catalog.save("machine", {"motor": {"speed": "3"}})
assert catalog.load("machine") == {"motor": {"speed": "3"}}
assert len(catalog["machine"].versions()) == 1

import shop.datasets
class accounting:
    kept = {}
    lines = staticmethod(kept.__getitem__)
    replace = staticmethod(kept.__setitem__)
shop.datasets.accounting = accounting
catalog.save("sales", ["a"])
assert catalog.load("sales") == ["a"]
assert catalog["sales"].account == "4400"
"""


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", GUIDE.read_text(), re.DOTALL)


def test_what_the_guide_shows_works(tmp_path: Path) -> None:
    for number, block in enumerate(blocks("python")):
        named = re.match(r"# (?:src/)?(\S+)\n", block)
        path = tmp_path / (named[1] if named else f"tests/test_block_{number}.py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block)
    (tmp_path / "shop" / "__init__.py").touch()
    (tmp_path / "catalogs").write_text("".join(blocks("yaml")))
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    subprocess.run([sys.executable, "-c", PROGRAM], cwd=tmp_path, check=True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "2 passed" in done.stdout, done.stdout + done.stderr


def test_every_ability_of_the_table_is_a_protocol() -> None:
    text = GUIDE.read_text()
    table = re.findall(r"^\| `(\w+)", text, re.MULTILINE)
    known = {
        name
        for protocol in protocols.__all__
        for name in vars(getattr(protocols, protocol, None) or object)
        if not name.startswith("_")
    }
    assert set(table) <= known
    assert len(table) > 8
