"""The guide to the formats: its examples run, and its table is the table."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from plait.catalog import DataCatalog
from plait.catalog.formats import Format, resolve_function
from plait.datasets import formats
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
    assert len(blocks("python")) == 5


def test_the_table_of_formats_imports_no_library():
    code = (
        "import sys; import plait.datasets.table, plait.datasets.formats;"
        "heavy = {'pandas', 'polars', 'pyarrow', 'numpy', 'sqlalchemy', 'fsspec', 'PIL', 'matplotlib'};"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr == ""


@pytest.mark.parametrize("format_", [value for value in vars(formats).values() if isinstance(value, Format)])
def test_every_function_that_a_format_names_is_there(format_):
    for table in (format_.readers, format_.writers, format_.previews):
        for reference in table.values():
            assert callable(resolve_function(reference))


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
