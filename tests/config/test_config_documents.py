"""Reading one file: what it says, and what a user reads when it is broken."""

import os
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from plait.config.documents import MAX_BYTES, parse, read_bytes
from plait.config.parsed import load_document
from plait.config.yaml_values import parse_yaml
from plait.errors import ConfigError


def error_of(text: str | bytes, name: str = "conf/base/catalog.yml") -> str:
    with pytest.raises(ConfigError) as caught:
        parse(text if isinstance(text, bytes) else text.encode(), name)
    return str(caught.value)


def test_a_tab_is_named_with_line_column_and_the_line_itself():
    assert error_of("a:\n\tb: 1\n") == (
        "a configuration file is not valid YAML\n"
        "  at conf/base/catalog.yml:2:1\n"
        "  the line is indented with a tab\n"
        "  2 | →b: 1\n"
        "    | ^\n"
        "  → indent with spaces"
    )


def test_broken_yaml_shows_where():
    text = error_of("a: [1, 2\nb: 3\n")
    assert text.startswith("a configuration file is not valid YAML\n  at conf/base/catalog.yml:2:2\n")
    assert "2 | b: 3\n" in text


def test_equal_keys_name_both_lines():
    assert error_of("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n") == (
        "the key 'c' is given twice\n"
        "  at conf/base/catalog.yml:3\n"
        "  at conf/base/catalog.yml:5\n"
        "  5 |   c: 3\n"
        "    |   ^\n"
        "  → keep one of the two"
    )


def test_equal_keys_after_nested_values_name_the_first_of_the_same_mapping():
    text = error_of("x: {k: 1}\nm:\n  n:\n    k: 1\n    l: [k, k]\n  k: 2\n  k: 3\n")
    assert "at conf/base/catalog.yml:6\n  at conf/base/catalog.yml:7\n" in text


def test_bytes_that_are_no_text_name_the_byte():
    assert error_of(b"a: 1\nb: caf\xe9\n") == (
        "a configuration file is not UTF-8 text\n"
        "  at conf/base/catalog.yml:2:7\n"
        "  byte 0xe9 does not belong to any character\n"
        "  → save the file as UTF-8"
    )


@pytest.mark.parametrize(
    ("text", "kind", "line"), [("# x\n- a\n- b\n", "a list", 2), ("just text", "a single value", 1)]
)
def test_a_file_that_holds_no_keys_is_refused(text, kind, line):
    assert error_of(text) == (
        f"a configuration file must hold keys and values, not {kind}\n"
        f"  at conf/base/catalog.yml:{line}\n"
        "  → write 'key: value' lines"
    )


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n", "null\n"])
def test_a_file_without_values_is_empty_as_in_kedro(text):
    assert parse(text.encode(), "parameters.yml").values == {}


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_absurd_nesting_is_an_error_not_a_crash(opening):
    assert "nested more than 200 levels deep" in error_of(
        "a: " + "\n " * (opening == "- ") + opening * 300_000
    )


def test_aliases_that_multiply_are_an_error():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert "the aliases multiply to more than 1,000,000 values" in error_of("\n".join(lines))


def test_an_anchor_that_contains_itself_is_an_error():
    assert "the anchor 'a' contains itself" in error_of("x: &a\n  y: *a\n")
    assert "no anchor '&b' stands before this alias" in error_of("x: *b\n")


def test_tags_other_than_replace_are_refused():
    assert "the tag '!!python/name:os.system' is not known here; '!replace' is" in error_of(
        "x: !!python/name:os.system ''\n"
    )


def test_two_documents_and_control_characters_are_refused():
    assert "a second document ('---') begins here" in error_of("a: 1\n---\nb: 2\n")
    assert "control characters are not allowed\n  1 | a: ·\n" in error_of("a: \x01\n")


def test_a_file_larger_than_any_configuration_is_refused(tmp_path):
    path = tmp_path / "catalog.yml"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(ConfigError, match="larger than 64 MB"):
        read_bytes(path, "catalog.yml")


def test_a_file_that_cannot_be_read_says_so(tmp_path):
    (tmp_path / "catalog.yml").mkdir()
    with pytest.raises(ConfigError, match=r"(?s)cannot be read.*conf/catalog.yml.*Is a directory"):
        read_bytes(tmp_path / "catalog.yml", "conf/catalog.yml")


def test_json_and_toml_say_where_too():
    assert "conf/a.json:1:7" in error_of('{"a": }', "conf/a.json")
    assert "the key 'a' is given twice" in error_of('{"a": 1, "a": 2}', "conf/a.json")
    assert "line 1" in error_of("a = \n", "conf/a.toml")
    assert parse(b"a = 2020-01-01\n[b]\nc = 1\n", "x.toml").values["b"] == {"c": 1}


def test_values_are_those_kedro_reads():
    from omegaconf import OmegaConf

    text = (
        "a: 010\nb: 1e-3\nc: 2020-01-01\nd: yes\ne: ~\nf: 1_000\ng: 12:30:00\nh: .5\ni: 0x1f\nj: '1'\n"
        "k: .inf\nl: -2.5E+3\nm: !!str 5\nn: |\n  two\n  lines\no: >-\n  folded\n  text\np: 1.e3\n"
        "q: 2020-01-01T10:00:00\n"
    )
    assert parse_yaml(text).values == OmegaConf.to_container(OmegaConf.create(text))


def test_merge_keys_are_weaker_than_their_own_and_the_first_is_the_strongest():
    text = "a: &a {x: 1, y: 1}\nb: &b {x: 2, z: 2}\nc:\n  y: 3\n  <<: [*a, *b]\nd: {<<: *a, x: 9}\n"
    assert parse_yaml(text).values == yaml.safe_load(text)


def test_aliases_do_not_share_what_they_copy():
    values = parse_yaml("a: &a [1]\nb: *a\n").values
    values["a"].append(2)
    assert values["b"] == [1]


# PyYAML writes some line separators wrongly, and leaves 1e5 unquoted, which is a number to us as to Kedro
_text = st.text(st.characters(exclude_categories=["Cs", "Zl", "Zp"], exclude_characters="\x85eE"), max_size=8)
_scalars = st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6) | _text
_trees = st.dictionaries(
    _text,
    st.recursive(
        _scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3)
    ),
    max_size=4,
)


@given(_trees, st.booleans())
def test_whatever_yaml_writes_is_read_back(tree, flow):
    text = yaml.safe_dump(tree, allow_unicode=True, default_flow_style=flow)
    assert parse_yaml(text).values == tree


@given(st.text(alphabet="ab:-[]{}&*!|>'\"#\n ,<?%@`\t0.", max_size=40))
def test_any_text_gives_values_or_an_error_with_a_place(text):
    try:
        parse(text.encode(), "x.yml")
    except ConfigError as error:
        broken = error
    else:
        return
    assert broken.where[0].startswith("x.yml:")


def test_an_unchanged_file_is_not_parsed_again(tmp_path, monkeypatch):
    path, cache = tmp_path / "catalog.yml", tmp_path / "cache"
    path.write_text("a: {b: 1}\nc: !replace [2]\n")
    first = load_document(path, "catalog.yml", cache)
    monkeypatch.setattr("plait.config.parsed.parse", lambda *_: pytest.fail("parsed again"))
    assert load_document(path, "catalog.yml", cache) == first
    os.utime(path, ns=(1, 1))
    assert load_document(path, "catalog.yml", cache) == first


def test_a_changed_file_of_equal_size_and_time_is_seen(tmp_path):
    path, cache = tmp_path / "catalog.yml", tmp_path / "cache"
    path.write_text("a: 1\n")
    os.utime(path, ns=(10**18, 10**18))
    load_document(path, "catalog.yml", cache)
    path.write_text("a: 2\n")
    os.utime(path, ns=(10**18, 10**18))
    assert load_document(path, "catalog.yml", cache).values == {"a": 2}


def test_a_damaged_cache_is_a_miss(tmp_path):
    path, cache = tmp_path / "catalog.yml", tmp_path / "cache"
    path.write_text("a: 1\n")
    load_document(path, "catalog.yml", cache)
    (kept,) = cache.iterdir()
    whole = kept.read_bytes()
    for damaged in (b"", whole[:20], whole[:-1], whole[:-1] + b"?", b"x" * len(whole)):
        kept.write_bytes(damaged)
        assert load_document(path, "catalog.yml", cache).values == {"a": 1}


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path):
    path = tmp_path / "catalog.yml"
    path.write_text("a: 1\n")
    (tmp_path / "file").write_text("")
    assert load_document(path, "catalog.yml", tmp_path / "file" / "cache").values == {"a": 1}


def test_dates_survive_because_they_are_not_kept(tmp_path):
    path, cache = tmp_path / "parameters.yml", tmp_path / "cache"
    path.write_text("day: !!timestamp 2020-01-01\n")
    for _ in range(2):
        assert str(load_document(path, "p.yml", cache).values["day"]) == "2020-01-01"
    assert not cache.exists()


def test_the_module_reads_no_yaml_library_for_a_kept_file(tmp_path):
    import subprocess
    import sys

    code = (
        "import sys; from pathlib import Path; from plait.config import load_config\n"
        "config = load_config(Path('conf'), cache=Path('cache'))\n"
        "config.catalog, config.parameters['b']\n"
        "print('yaml' in sys.modules, sorted({'pydantic', 'attr', 'pandas'} & set(sys.modules)))"
    )
    (tmp_path / "conf/base").mkdir(parents=True)
    (tmp_path / "conf/base/catalog.yml").write_text("a: ${globals:root}/a.csv\n")
    (tmp_path / "conf/base/globals.yml").write_text("root: data\n")
    (tmp_path / "conf/base/parameters.yml").write_text("b: 1\n")
    run = [sys.executable, "-c", code]
    outputs = [
        subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=True).stdout for _ in "ab"
    ]
    assert outputs == ["True []\n", "False []\n"]
    assert Path(tmp_path / "cache").is_dir()
