"""The guide to partitions: its entries make datasets, and its programs run."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from plait.catalog import DataCatalog
from plait.catalog.check import check_catalog
from plait.catalog.protocols import Partitions

GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "partitions.md"


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text(), flags=re.DOTALL)


def test_every_entry_of_the_guide_makes_a_dataset(tmp_path):
    store = {"warehouse": {"con": "sqlite://"}, "hospital": {"key": "me", "secret": "it"}}
    names = []
    for block in blocks("yaml"):
        catalog = DataCatalog.from_config(yaml.safe_load(block), store, root=tmp_path)
        assert check_catalog(catalog) == []
        names += [name for name, dataset in catalog.items() if isinstance(dataset, Partitions)]
    assert names[:6] == ["images", "months", "models", "stations", "scans", "kedro_stations"]


def test_the_programs_of_the_guide_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in blocks("python"):
        exec(compile(block, str(GUIDE), "exec"), names)
    assert len(names["months"]) == 2
