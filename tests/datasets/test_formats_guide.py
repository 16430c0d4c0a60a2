"""The guide to the formats: its examples run, and its table is the table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from plait.catalog import DataCatalog
from plait.datasets.table import SUFFIXES, TYPES

GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "formats.md"


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text(), flags=re.DOTALL)


def test_every_entry_of_the_guide_makes_a_dataset(tmp_path):
    for block in blocks("yaml"):
        store = {"warehouse": {"con": "sqlite://"}}
        catalog = DataCatalog.from_config(yaml.safe_load(block), store, root=tmp_path)
        assert len(catalog.values()) >= 1


def test_the_programs_of_the_guide_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in blocks("python"):
        exec(compile(block, str(GUIDE), "exec"), names)
    assert len(blocks("python")) == 4


@pytest.mark.parametrize("name", TYPES)
def test_every_type_is_in_the_guide(name):
    assert f"`{name}`" in GUIDE.read_text()


def test_the_guide_names_each_suffix_with_its_type():
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]*) \|", GUIDE.read_text(), flags=re.MULTILINE)
    told = {
        suffix: name
        for name, cell in rows
        for suffix in re.findall(r"`(\.[a-z.]+)`", cell)
        if "type:" not in cell
    }
    assert told == dict(SUFFIXES)
