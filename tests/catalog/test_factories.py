"""Dataset factories resolve as Kedro's do, except that case matters and a catch-all may be pinned."""

from __future__ import annotations

import logging
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plait.catalog import DataCatalog
from plait.catalog.patterns import Pattern, rank
from plait.errors import CatalogError

logging.getLogger("kedro").setLevel(logging.ERROR)

names = st.text(alphabet="abx_.", min_size=1, max_size=8)
pieces = st.lists(
    st.one_of(st.sampled_from(["{p}", "{q}", "{r}"]), st.text(alphabet="abx_.", min_size=1, max_size=3)),
    min_size=1,
    max_size=5,
)


def well_formed(parts: list[str]) -> bool:
    return "{" in "".join(parts) and not parts[0].startswith("_")  # which would be an anchor


patterns = pieces.filter(well_formed).map("".join)


def kedro_resolver(texts: list[str]):
    from kedro.io.catalog_config_resolver import CatalogConfigResolver

    config = {
        text: {"type": "pandas.CSVDataset", "filepath": "/".join(sorted(set(re.findall(r"\{\w\}", text))))}
        for text in texts
    }
    return config, CatalogConfigResolver(config, default_runtime_patterns={"{default}": {"type": "m"}})


@settings(max_examples=300, deadline=None)
@given(st.lists(patterns, min_size=1, max_size=5, unique=True), st.lists(names, min_size=1, max_size=5))
def test_a_name_comes_from_the_pattern_that_kedro_takes_and_is_filled_as_kedro_fills_it(
    texts: list[str], wanted: list[str]
) -> None:
    catch_all = [text for text in texts if not re.sub(r"\{\w\}", "", text)]
    texts = [text for text in texts if text not in catch_all[1:]]
    config, theirs = kedro_resolver(texts)
    ours = DataCatalog.from_config(config)
    assert ours.list_patterns() == [text for text in theirs.list_patterns() if text != "{default}"]
    for name in wanted:
        matched = theirs.match_dataset_pattern(name) or theirs.match_user_catch_all_pattern(name)
        assert ours.match_pattern(name) == matched
        if matched:
            entry = ours.entry(name)
            assert entry is not None
            assert entry.arguments["filepath"] == theirs.resolve_pattern(name)["filepath"]


def test_case_matters() -> None:
    catalog = DataCatalog.from_config({"{name}_csv": "data/{name}.csv"})
    assert "FOO_CSV" not in catalog
    assert "FOO_csv" in catalog


def test_a_catch_all_comes_last_and_takes_part_in_load_versions() -> None:
    catalog = DataCatalog.from_config(
        {
            "{anything}": {"type": "pickle", "path": "data/{anything}.pkl", "versioned": True},
            "{name}_table": "data/{name}.parquet",
        },
        load_versions={"model": "2026-01-01T00.00.00.000Z"},
    )
    assert catalog.entry("cars_table").type == "parquet"
    assert catalog.entry("model").location == "data/model.pkl"
    assert catalog["model"].version.load == "2026-01-01T00.00.00.000Z"


def test_two_catch_alls_are_refused() -> None:
    catalog = DataCatalog.from_config({"{a}": "x/{a}.csv", "{b}": "y/{b}.csv"})
    with pytest.raises(CatalogError, match=r"2 catch-all factories: '\{a\}', '\{b\}'\n  → keep one"):
        catalog.list_patterns()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{na me}_x", "placeholder '{na me}'"),
        ("{1}_x", "placeholder '{1}'"),
        ("{n:d}_x", "placeholder '{n:d}'"),
        ("{name_x", "a brace without its partner"),
        ("{a}}_x", "a brace without its partner"),
    ],
)
def test_what_is_no_pattern_is_refused(text: str, message: str) -> None:
    with pytest.raises(CatalogError, match=re.escape(message)):
        Pattern.compile(text)


def test_a_placeholder_in_an_entry_that_its_name_does_not_have_gets_a_suggestion() -> None:
    catalog = DataCatalog.from_config({"{namespace}.x_{name}": "data/{nam}.csv"})
    with pytest.raises(CatalogError) as caught:
        catalog.entry("a.x_b")
    assert "factory '{namespace}.x_{name}' has no placeholder 'nam'" in str(caught.value)
    assert "did you mean 'name'?" in str(caught.value)
    assert "dataset 'a.x_b', made by the factory '{namespace}.x_{name}'" in str(caught.value)


def test_placeholders_are_filled_at_any_depth_and_only_in_text() -> None:
    pattern = Pattern.compile("{name}@{kind}")
    filled = pattern.fill({"a": ["{name}", 1, {"b": "{kind}/{name}"}], "c": None}, {"name": "x", "kind": "y"})
    assert filled == {"a": ["x", 1, {"b": "y/x"}], "c": None}


def test_a_repeated_placeholder_stands_for_the_same_text() -> None:
    pattern = Pattern.compile("{a}_{a}")
    assert pattern.match("x_x") == {"a": "x"}
    assert pattern.match("x_y") is None


def test_the_more_specific_pattern_is_tried_first() -> None:
    texts = ["{a}", "{a}.int_{b}", "{a}.int_x{b}", "{a}.{b}", "{b}.ant_{a}"]
    assert [pattern.text for pattern in rank(map(Pattern.compile, texts))] == [
        "{a}.int_x{b}",
        "{a}.int_{b}",
        "{b}.ant_{a}",
        "{a}.{b}",
        "{a}",
    ]
