"""Keys and the files they stand for: there and back, whatever the names are."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plait.catalog.keys import KeyPattern, split_pattern
from plait.errors import CatalogError, DatasetError

PATTERNS = [
    "*.csv",
    "*",
    "**/*.csv",
    "**/*",
    "{year}/{month}.csv",
    "{year}/{year}-{month}.csv",
    "y={y}/**/part-*.csv",
    "{a}_{b}.csv",
    "{a}.{b}",
    "data {a}/x*y/**/{b}.c",
]
parts = st.text(st.sampled_from("ab.-_ éö*{}~0\\"), max_size=5)
keys = st.lists(parts, min_size=1, max_size=4).map("/".join)


@pytest.mark.parametrize("text", PATTERNS)
@settings(deadline=None)
@given(key=keys)
def test_a_key_comes_back_from_the_file_it_stands_for(text: str, key: str) -> None:
    pattern = KeyPattern.compile(text)
    try:
        path = pattern.path(key)
    except DatasetError:
        return
    assert pattern.key(path) == key
    assert not path.startswith("/")
    assert not {"", ".", ".."} & set(path.split("/"))


@pytest.mark.parametrize("text", PATTERNS)
@settings(deadline=None)
@given(values=st.lists(parts, min_size=8, max_size=8))
def test_a_file_that_fits_is_found_again_by_its_key(text: str, values: list[str]) -> None:
    pattern = KeyPattern.compile(text)
    path, rest = text, iter(values)
    for token in re.findall(r"\*\*/|\*|\{\w+\}", text):
        path = path.replace(token, next(rest) + "/" * (token == "**/"), -1 if token[0] == "{" else 1)
    key = pattern.key(path)
    if key is not None:
        assert pattern.path(key) == path


@pytest.mark.parametrize(
    ("text", "path", "key"),
    [
        ("{year}/{month}.parquet", "2024/05.parquet", "2024/05"),
        ("*.png", "cat.png", "cat"),
        ("**/*.csv", "a/b/c.csv", "a/b/c"),
        ("**/*.csv", "c.csv", "c"),
        ("{a}_{b}.csv", "x_y_z.csv", "x/y_z"),
        ("{y}/{y}-{m}.csv", "24/24-05.csv", "24/05"),
        ("{y}/{y}-{m}.csv", "24/25-05.csv", None),
        ("*.csv", "deep/c.csv", None),
        ("**/*", ".hidden", None),
        ("**/*", "a/.plait-saving/b", None),
        ("**/*", "a/b.csv~", None),
        ("*", "half.crdownload", None),
    ],
)
def test_what_a_file_is_called(text: str, path: str, key: str | None) -> None:
    assert KeyPattern.compile(text).key(path) == key


@pytest.mark.parametrize("key", ["", "a", "a/b/c", "../b", "a/..", "a/.b", "/a", "a\0/b"])
def test_a_key_that_no_file_can_have_is_refused(key: str) -> None:
    with pytest.raises(DatasetError, match="cannot be the key of a partition"):
        KeyPattern.compile("{year}/{month}.csv").path(key)


def test_a_key_whose_file_would_have_another_key_is_refused() -> None:
    with pytest.raises(DatasetError) as caught:
        KeyPattern.compile("{a}_{b}.csv").path("x_y/z")
    assert str(caught.value) == (
        "'x_y/z' cannot be the key of a partition\n"
        "  the files are named '{a}_{b}.csv', so a key has 2 parts between '/'\n"
        "  → keys are relative, with '/', without hidden names and '..'"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{a}{b}.csv", "two placeholders side by side"),
        ("a.csv", "names one file, not many"),
        ("../*.csv", "no relative path"),
        ("/x/*.csv", "no relative path"),
        (".*.csv", "no relative path"),
        ("**.csv", "that is no folder"),
        ("**/a/**/b", "has '**' twice"),
        ("{a.csv", "a brace without its partner"),
        ("{1}.csv", "a placeholder '{1}'"),
    ],
)
def test_a_pattern_that_tells_no_files_apart_is_refused(text: str, message: str) -> None:
    with pytest.raises(CatalogError, match=re.escape(message)):
        KeyPattern.compile(text)


@pytest.mark.parametrize(
    ("path", "folder", "pattern"),
    [
        ("data/images/*.png", "data/images", "*.png"),
        ("s3://b/x/{y}/{m}.csv", "s3://b/x", "{y}/{m}.csv"),
        ("/abs/**/*.csv", "/abs", "**/*.csv"),
        ("*.csv", ".", "*.csv"),
        ("/*.csv", "/", "*.csv"),
    ],
)
def test_a_path_in_two(path: str, folder: str, pattern: str) -> None:
    assert split_pattern(path) == (folder, pattern)
