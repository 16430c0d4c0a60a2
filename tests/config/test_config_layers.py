"""Layers: what overrides what, where values come from, and what is refused."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.config import load_config, parse_overrides, split_environments
from plait.config.layers import merge
from plait.errors import (
    ConfigError,
    CredentialsError,
    MissingConfigException,
    ParameterError,
    Problems,
    UsageError,
)
from plait.values import Origin


@pytest.fixture
def conf(tmp_path: Path):
    def write(files: dict[str, str]) -> Path:
        for name, text in files.items():
            path = tmp_path / "conf" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path / "conf"

    return write


def test_base_then_environments_in_order_then_runtime(conf):
    folder = conf(
        {
            "base/parameters.yml": "a: base\nb: base\nc: base\nd: base\nm: {x: 1, y: [1, 2]}\n",
            "one/parameters.yml": "b: one\nc: one\nd: one\nm: {y: [3]}\n",
            "two/parameters.yml": "c: two\nd: two\nm: {z: 3}\n",
            "local/parameters.yml": "a: personal\n",
        }
    )
    config = load_config(folder, ("one", "two"), runtime_parameters={"d": "given"})
    assert dict(config.parameters) == {
        "a": "base",
        "b": "one",
        "c": "two",
        "d": "given",
        "m": {"x": 1, "y": [3], "z": 3},
    }
    assert load_config(folder).parameters["a"] == "personal"
    assert load_config(folder, "two,one").parameters["c"] == "one"


@pytest.mark.parametrize("local", [None, "", "other: 1\n", "model: {c: 3}\n"])
def test_nested_overrides_mean_the_same_whatever_files_there_are(conf, local):
    files = {"base/parameters.yml": "model: {a: 1, b: 2}\n"}
    folder = conf(files if local is None else {**files, "local/parameters.yml": local})
    model = load_config(folder, runtime_parameters={"model": {"a": 9}}).parameters["model"]
    assert {key: model[key] for key in "ab"} == {"a": 9, "b": 2}


def test_runtime_names_with_dots_nest_unless_that_is_the_key(conf):
    folder = conf({"base/parameters.yml": "model: {a: 1, b: 2}\n'x.y': 1\n"})
    parameters = load_config(folder, runtime_parameters={"model.a": 9, "x.y": 2}).parameters
    assert dict(parameters) == {"model": {"a": 9, "b": 2}, "x.y": 2}
    assert parameters.lookup("params:x.y") == 2


def test_other_runtime_parameters_read_no_file_again(conf, monkeypatch):
    config = load_config(conf({"base/parameters.yml": "a: 1\nb: 2\n"}), runtime_parameters={"a": 5})
    assert config.parameters["a"] == 5
    monkeypatch.setattr("plait.config.configuration.load_document", lambda *_: pytest.fail("read again"))
    other = config.with_runtime_parameters({"b": 7})
    assert (dict(other.parameters), dict(config.parameters)) == ({"a": 1, "b": 7}, {"a": 5, "b": 2})


def test_replace_replaces_a_mapping_and_says_nothing_of_others(conf):
    folder = conf(
        {
            "base/parameters.yml": "m: {x: {k: 1}, y: 2}\nn: {a: 1}\n",
            "local/parameters.yml": "m:\n  x: !replace {z: 1}\nn: {b: 1}\n",
        }
    )
    assert dict(load_config(folder).parameters) == {"m": {"x": {"z": 1}, "y": 2}, "n": {"a": 1, "b": 1}}


def test_a_catalog_entry_of_another_type_replaces_the_whole(conf):
    folder = conf(
        {
            "base/catalog.yml": (
                "a: {type: pandas.CSVDataset, filepath: a.csv, load_args: {sep: ';'}}\n"
                "b: {type: pandas.CSVDataset, filepath: b.csv, load_args: {sep: ';', nrows: 1}}\n"
                "c: data/c.csv\nd: data/d.csv\ne: {type: csv, filepath: e.csv}\n"
            ),
            "local/catalog.yml": (
                "a: {type: pandas.ParquetDataset, filepath: a.pq}\nb: {load_args: {sep: ','}}\n"
                "c: {load_args: {sep: ';'}}\nd: other.csv\ne: {path: mine.csv}\n"
            ),
        }
    )
    assert load_config(folder).catalog == {
        "a": {"type": "pandas.ParquetDataset", "filepath": "a.pq"},
        "b": {"type": "pandas.CSVDataset", "filepath": "b.csv", "load_args": {"sep": ",", "nrows": 1}},
        "c": {"path": "data/c.csv", "load_args": {"sep": ";"}},
        "d": "other.csv",
        "e": {"type": "csv", "path": "mine.csv"},
    }


def test_files_are_found_as_kedro_finds_them(conf):
    found = [
        "catalog.yml",
        "catalog_x.yaml",
        "catalog/deep/any.yml",
        "sub/dir/catalog-y.json",
        "catalogue.toml",
    ]
    lost = [
        "other.yml",
        ".catalog.yml",
        ".hidden/catalog.yml",
        "catalog/.git/x.yml",
        "catalog.txt",
        "sub/catalog/any.yml",
    ]
    text = {".json": '{"NAME": "x.csv"}', ".toml": 'NAME = "x.csv"'}
    names = {file: f"k{number}" for number, file in enumerate(found + lost)}
    folder = conf(
        {
            f"base/{file}": text.get(Path(file).suffix, "NAME: x.csv\n").replace("NAME", names[file])
            for file in names
        }
    )
    assert sorted(load_config(folder).catalog) == sorted(names[file] for file in found)


def test_templates_are_dropped_except_in_parameters(conf):
    folder = conf(
        {"base/catalog.yml": "_t: &t {type: csv}\na: {<<: *t, path: a}\n", "base/parameters.yml": "_p: 1\n"}
    )
    config = load_config(folder)
    assert (config.catalog, dict(config.parameters)) == ({"a": {"type": "csv", "path": "a"}}, {"_p": 1})


def test_a_key_in_two_files_of_one_layer_names_both(conf, tmp_path):
    folder = conf(
        {
            "base/catalog.yml": "x: 1.csv\ncars: a.csv\n_t: 1\n",
            "base/catalog_more.yml": "cars: b.csv\n_t: 2\n",
            "local/catalog.yml": "cars: c.csv\n",
        }
    )
    with pytest.raises(ConfigError) as caught:
        load_config(folder, project=tmp_path).catalog
    assert str(caught.value) == (
        "the catalog entry 'cars' is given twice in one layer\n"
        "  at conf/base/catalog.yml:2\n"
        "  at conf/base/catalog_more.yml:1\n"
        "  both files belong to the layer 'base', so neither overrides the other\n"
        "  → keep one of the two, or move one to another environment"
    )


def test_parameters_are_compared_by_the_path_of_each_value(conf):
    folder = conf({"base/parameters.yml": "m: {a: 1}\n", "base/parameters_b.yml": "m: {b: 2}\n"})
    assert dict(load_config(folder).parameters) == {"m": {"a": 1, "b": 2}}
    conf({"base/parameters_c.yml": "m: {b: 3, a: 1}\n"})
    with pytest.raises(Problems, match=r"(?s)parameter 'm.b' is given twice.*parameter 'm.a' is given twice"):
        load_config(folder).parameters


def test_all_broken_files_are_reported(conf):
    folder = conf({"base/catalog.yml": "a: [\n", "base/catalog_b.yml": "\tx: 1\n"})
    with pytest.raises(Problems, match=r"(?s)base/catalog.yml.*base/catalog_b.yml"):
        load_config(folder).catalog


def test_a_missing_environment_lists_what_exists(conf, tmp_path):
    folder = conf({"base/catalog.yml": "", "prod/catalog.yml": "", ".git/x.yml": ""})
    with pytest.raises(MissingConfigException) as caught:
        load_config(folder, ["prd"], project=tmp_path)
    assert str(caught.value) == (
        "the environment 'prd' does not exist\n  at conf/prd\n  conf has base, prod\n  → did you mean 'prod'?"
    )
    assert load_config(folder, ["local"]).catalog == {}
    assert load_config(folder, ["base"]).catalog == {}
    with pytest.raises(ConfigError, match=r"'\.\./x' is no name of an environment"):
        load_config(folder, ["../x"])
    with pytest.raises(MissingConfigException, match="the configuration folder does not exist"):
        load_config(folder / "nope")


def test_other_kinds_by_name(conf):
    folder = conf(
        {
            "logging.yml": "version: 1\n",
            "base/mlflow.yml": "uri: x\n",
            "local/mlflow.yml": "run: y\n",
            "base/catalog.yml": "",
        }
    )
    config = load_config(folder)
    assert config["logging"] == {"version": 1}
    assert config["mlflow"] == {"uri": "x", "run": "y"}
    assert config.get("spark") is None
    with pytest.raises(
        MissingConfigException, match=r"(?s)no configuration of the kind 'mlfow'.*did you mean 'mlflow'"
    ):
        config["mlfow"]


def test_defaults_lie_below_everything(conf):
    folder = conf({"base/mlflow.yml": "a: 1\n"})
    config = load_config(folder, defaults={"mlflow": {"a": 0, "b": 0}})
    assert config["mlflow"] == {"a": 1, "b": 0}
    assert config.origin("mlflow", "b") == Origin("package defaults", None, "package defaults")


def test_the_chain_of_layers_with_lines(conf, tmp_path):
    folder = conf(
        {
            "base/parameters.yml": "# head\nmodel:\n  depth: 3\n  grid:\n    - 1\n    - 2\n",
            "local/parameters.yml": "model: {depth: 4}\n",
        }
    )
    config = load_config(folder, runtime_parameters={"model": {"depth": 5}}, project=tmp_path)
    assert config.explain("parameters", "params:model.depth") == [
        (Origin("conf/base/parameters.yml", 3, "base"), 3),
        (Origin("conf/local/parameters.yml", 1, "local"), 4),
        (Origin("--params", None, "runtime"), 5),
    ]
    assert str(config.origin("parameters", "model.grid.1")) == "conf/base/parameters.yml:6"
    assert config.origin("parameters", "model.nope") is None
    assert config.explain("parameters", "nope") == []


def test_the_line_of_what_a_merge_brought_in_is_where_it_is_written(conf, tmp_path):
    folder = conf({"base/catalog.yml": "_csv: &csv\n  type: csv\n  sep: x\na:\n  <<: *csv\n  path: a.csv\n"})
    config = load_config(folder, project=tmp_path)
    assert str(config.origin("catalog", "a.sep")) == "conf/base/catalog.yml:3"
    assert str(config.origin("catalog", "a.path")) == "conf/base/catalog.yml:6"


def test_secrets_are_not_explained(conf, monkeypatch):
    monkeypatch.setenv("PLAIT_TEST_PW", "hunter2")
    folder = conf(
        {
            "local/credentials.yml": "db: {user: ada, password: hunter2}\n",
            "base/parameters.yml": "pw: ${oc.env:PLAIT_TEST_PW}\n",
        }
    )
    config = load_config(folder)
    assert [value for _, value in config.explain("credentials", "db")] == [{"user": "***", "password": "***"}]
    assert [value for _, value in config.explain("parameters", "pw")] == ["***"]
    assert config.shown("parameters") == {"pw": "***"}
    assert config.shown("credentials") == {"db": {"user": "***", "password": "***"}}


def test_credentials_are_always_also_read_from_local(conf):
    folder = conf(
        {
            "base/credentials.yml": "a: base\nb: base\nc: base\n",
            "local/credentials.yml": "b: local\nc: local\n",
            "prod/credentials.yml": "c: prod\n",
        }
    )
    secrets = load_config(folder, "prod").credentials
    assert [secrets[name].reveal() for name in "abc"] == ["base", "local", "prod"]


def test_credentials_resolve_when_asked_and_never_print(conf, monkeypatch):
    folder = conf(
        {
            "local/credentials.yml": "db: {password: '${oc.env:PLAIT_TEST_PW}', host: '${other.host}'}\n"
            "other: {host: h}\n"
        }
    )
    secrets = load_config(folder).credentials
    assert list(secrets) == ["db", "other"]
    with pytest.raises(ConfigError, match="the environment variable 'PLAIT_TEST_PW' is not set"):
        secrets["db"]
    monkeypatch.setenv("PLAIT_TEST_PW", "hunter2")
    assert secrets["db"].reveal() == {"password": "hunter2", "host": "h"}
    assert "hunter2" not in f"{secrets} {secrets['db']} {secrets['db']!r} {dict(secrets)}"


def test_missing_credentials_say_where_they_belong(conf, tmp_path):
    folder = conf({"local/credentials.yml": "dev_s3: {key: x}\n"})
    secrets = load_config(folder, project=tmp_path).credentials
    with pytest.raises(CredentialsError) as caught:
        secrets["dev_s4"]
    assert str(caught.value) == (
        "there are no credentials 'dev_s4'\n  there are dev_s3\n  → did you mean 'dev_s3'?"
    )
    with pytest.raises(CredentialsError, match=r"add 'snow:' to conf/local/credentials\.yml"):
        secrets["snow"]
    assert secrets.get("snow") is None


def test_unknown_parameters_name_the_files_and_close_matches(conf, tmp_path):
    parameters = load_config(
        conf({"base/parameters.yml": "model: {depth: null}\n"}), project=tmp_path
    ).parameters
    assert parameters.lookup("params:model.depth") is None
    with pytest.raises(ParameterError) as caught:
        parameters.lookup("params:model.dept")
    assert str(caught.value) == (
        "there is no parameter 'model.dept'\n"
        "  parameters were read from conf/base/parameters.yml\n"
        "  → did you mean 'model.depth' or 'model'?"
    )


def test_a_node_that_changes_its_parameters_changes_nobody_elses(conf):
    parameters = load_config(conf({"base/parameters.yml": "m: {xs: [1]}\n"})).parameters
    for name in ("parameters", "params:m"):
        value = parameters.lookup(name)
        (value["m"] if name == "parameters" else value)["xs"].append(2)
    parameters["m"]["xs"].append(3)
    assert parameters.get_path("m.xs") == [1]


def test_a_catalog_of_ten_thousand_entries_loads(conf):
    lines = [
        f"d{n}: {{type: pandas.CSVDataset, filepath: '${{globals:root}}/{n}.csv'}}\n" for n in range(10_000)
    ]
    catalog = load_config(
        conf({"base/catalog.yml": "".join(lines), "base/globals.yml": "root: data\n"})
    ).catalog
    assert len(catalog) == 10_000
    assert catalog["d9999"]["filepath"] == "data/9999.csv"


# --- --params ------------------------------------------------------------------------------------------


def test_overrides_are_yaml_with_dotted_names():
    given = [
        "a.b=1",
        "c=[1, 2]",
        "d='1'",
        "e=",
        "f={x: 1}",
        "f.y=2",
        "g=a=b",
        "h=1e-3",
        "i=x,y",
        "j=2020-01-01",
        "a.c=true",
    ]
    assert parse_overrides(given) == {
        "a": {"b": 1, "c": True},
        "c": [1, 2],
        "d": "1",
        "e": None,
        "f": {"x": 1, "y": 2},
        "g": "a=b",
        "h": 0.001,
        "i": "x,y",
        "j": "2020-01-01",
    }


def test_kedros_commas_are_refused_with_the_right_spelling():
    with pytest.raises(UsageError) as caught:
        parse_overrides(["a=1,b.c=2"])
    assert str(caught.value) == (
        "parameters are separated by spaces, not commas\n  at --params a=1,b.c=2\n  → --params a=1 b.c=2"
    )


@pytest.mark.parametrize(
    ("argument", "what", "hint"),
    [
        ("a:1", "a parameter has no '='", "--params a=1"),
        ("a", "a parameter has no '='", "write --params name=value"),
        ("=1", "'' is no name of a parameter", "name=value"),
        ("a..b=1", "'a..b' is no name of a parameter", "name=value"),
        ("a=[1", "the value of a parameter is not valid YAML", "in quotes of its own"),
        ("a={x: 1, x: 2}", "the key 'x' is given twice", "in quotes of its own"),
    ],
)
def test_overrides_that_cannot_be_read(argument, what, hint):
    with pytest.raises(UsageError) as caught:
        parse_overrides([argument])
    assert what in str(caught.value)
    assert hint in str(caught.value)


def test_a_value_and_a_group_of_one_name_are_refused():
    with pytest.raises(UsageError, match="'a' is given as a value and as a group of values"):
        parse_overrides(["a=1", "a.b=2"])


def test_environments_of_the_command_line():
    assert split_environments("prod, eu ,") == ("prod", "eu")


# --- properties ----------------------------------------------------------------------------------------

_keys = st.sampled_from("abc")
_maps = st.recursive(
    st.integers(0, 3) | st.lists(st.integers(0, 3), max_size=2),
    lambda inner: st.dictionaries(_keys, inner, max_size=3),
    max_leaves=8,
)
_trees = st.dictionaries(_keys, _maps, max_size=3)


@given(_trees)
def test_merging_with_itself_or_nothing_changes_nothing(tree):
    assert merge(tree, tree) == merge(tree, {}) == merge({}, tree) == tree


@given(_trees, _trees)
def test_merging_keeps_what_the_upper_says_and_changes_neither(lower, upper):
    before = repr((lower, upper))
    merged = merge(lower, upper)
    assert merge(merged, upper) == merged
    assert set(merged) == {*lower, *upper}
    assert repr((lower, upper)) == before


_names = st.lists(st.text(alphabet="abxyz_", min_size=1, max_size=4), min_size=1, max_size=3).map(".".join)
_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet="ab ,=:'\"[]#\n", max_size=8),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)


@given(_names, _values)
def test_an_override_comes_back_as_it_was_written(name, value):
    import json

    tree = parse_overrides([f"{name}={json.dumps(value)}"])
    for part in name.split("."):
        tree = tree[part]
    assert tree == value
