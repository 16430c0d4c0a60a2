"""``${…}`` in every spelling, compared with Kedro's loader where both mean the same."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from plait.config import load_config
from plait.config.interpolation import parse_template
from plait.config.resolving import resolve_tree
from plait.errors import ConfigError, Problems


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in {"local/.keep": "", **files}.items():
        path = root / "conf" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root / "conf"


def resolved(tree, **resolvers):
    values, problems = resolve_tree(tree, resolvers, kind="parameters", origin=lambda _: None)
    assert not problems
    return values.values


def problem(tree, **resolvers) -> str:
    _, problems = resolve_tree(tree, resolvers, kind="parameters", origin=lambda _: None)
    return str(problems[0])


SPELLINGS = r"""
a: 1
b: {c: 2, d: [x, {k: 5}]}
key: c
whole: ${a}
spaced: "${ a }"
text: "n${a}-${flag}-${none}"
flag: true
none: null
nested: ${b.${key}}
item: ${b.d[0]}
dotted_item: ${b.d.1.k}
bracket: ${b[c]}
mapping: ${b}
escaped: \${a}
twice: "x\\\\${a}"
thrice: "x\\\\\\${a}"
dollars: cost $5 and $a {name}_${a}
sibling: {p: 1, q: "${.p}", r: {s: "${..p}"}}
chain: ${whole}
global: ${globals:root}
global_nested: ${globals:deep.er}
global_default: ${globals:nope,fallback}
global_number: ${globals:nope,5}
global_null: ${globals:nope,null}
global_quoted: ${globals:nope,'a, b'}
global_empty: ${globals:nope,''}
global_list: ${globals:nope,[1, x]}
global_mapping: "${globals:nope,{a: 1, b: x}}"
global_chain: ${globals:nope,${globals:root}}
in_text: s3://${globals:bucket}/${globals:root}/x
runtime: ${runtime_params:given,7}
runtime_default: ${runtime_params:nope,7}
runtime_chain: ${runtime_params:nope,${globals:root}}
url: ${globals:nope,https://h:80/p}
exponent: ${globals:nope,1e-3}
words: ${globals:nope, two words }
select: ${oc.select:nope,3}
decoded: ${oc.decode:'[1, 2]'}
"""
GLOBALS = "root: data\ndeep: {er: 3}\nbucket: b\nown: ${root}\n"


@pytest.mark.parametrize("name", list(yaml.safe_load(SPELLINGS)))
def test_every_spelling_means_what_it_means_to_kedro(tmp_path, name):
    from kedro.config import OmegaConfigLoader

    conf = write(tmp_path, {"base/parameters.yml": SPELLINGS, "base/globals.yml": GLOBALS})
    kedro = OmegaConfigLoader(conf, base_env="base", default_run_env="local", runtime_params={"given": 9})[
        "parameters"
    ]
    ours = load_config(conf, runtime_parameters={"given": 9}).parameters
    assert ours[name] == kedro[name]
    assert type(ours[name]) is type(kedro[name])


def test_references_cross_layers_after_merging(tmp_path):
    conf = write(
        tmp_path,
        {"base/parameters.yml": "root: a\npath: ${root}/x\n", "local/parameters.yml": "root: b\n"},
    )
    assert load_config(conf).parameters["path"] == "b/x"


def test_environment_variables_are_text_and_secret(tmp_path, monkeypatch):
    monkeypatch.setenv("PLAIT_TEST_PORT", "12")
    text = (
        "port: ${oc.env:PLAIT_TEST_PORT}\nshort: ${env:PLAIT_TEST_PORT}\n"
        "number: ${oc.decode:${env:PLAIT_TEST_PORT}}\n"
        "default: ${oc.env:PLAIT_TEST_NOT_SET,5}\nurl: http://h:${port}/\n"
        "plain: 1\ngroup: {a: '${port}', b: 2}\n"
        "copy: ${group}\n"
    )
    parameters = load_config(write(tmp_path, {"base/parameters.yml": text})).parameters
    assert [parameters[name] for name in ("port", "short", "number", "default", "url")] == [
        "12",
        "12",
        12,
        "5",
        "http://h:12/",
    ]
    secret = {name: parameters.is_secret(name) for name in parameters}
    assert [name for name, is_secret in secret.items() if is_secret] == [
        "port",
        "short",
        "number",
        "url",
        "group",
        "copy",
    ]
    assert parameters.is_secret("params:group.a")
    assert not parameters.is_secret("group.b")
    assert parameters.is_secret("parameters")


def test_a_secret_stays_one_through_globals(tmp_path, monkeypatch):
    monkeypatch.setenv("PLAIT_TEST_USER", "ada")
    files = {
        "base/globals.yml": "who: ${oc.env:PLAIT_TEST_USER}\nx: 1\n",
        "base/parameters.yml": "a: ${globals:who}\nb: ${globals:x}\n",
    }
    parameters = load_config(write(tmp_path, files)).parameters
    assert (parameters["a"], parameters.is_secret("a"), parameters.is_secret("b")) == ("ada", True, False)


def test_parameters_may_take_credentials_and_are_then_secret(tmp_path):
    files = {
        "local/credentials.yml": "db: {user: ada}\n",
        "base/parameters.yml": "user: ${credentials:db.user}\n",
    }
    parameters = load_config(write(tmp_path, files)).parameters
    assert (parameters["user"], parameters.is_secret("user")) == ("ada", True)


def test_an_unknown_key_names_file_line_and_the_close_match(tmp_path):
    conf = write(tmp_path, {"base/parameters.yml": "model:\n  depth: 3\n  width: ${modle.depth}\n"})
    with pytest.raises(ConfigError) as caught:
        load_config(conf, project=tmp_path).parameters
    assert str(caught.value) == (
        "'${modle.depth}' names no key of parameters\n"
        "  at conf/base/parameters.yml:3 (model.width)\n"
        "  → did you mean 'model.depth'?"
    )


def test_all_failures_are_reported_at_once(tmp_path):
    files = {
        "base/parameters.yml": "a: ${globals:x}\nb: ${runtime_params:y}\n"
        "c: ${oc.env:PLAIT_TEST_NOT_SET}\nd: ${nwo:}\n"
    }
    with pytest.raises(Problems) as caught:
        load_config(write(tmp_path, files), project=tmp_path).parameters
    assert str(caught.value) == (
        "globals have no 'x'\n  at conf/base/parameters.yml:1 (a)\n  → add 'x' to conf/base/globals.yml\n\n"
        "the runtime parameter 'y' was not given\n  at conf/base/parameters.yml:2 (b)\n"
        "  → give it: --params y=…; or write a default: ${runtime_params:y,default}\n\n"
        "the environment variable 'PLAIT_TEST_NOT_SET' is not set\n  at conf/base/parameters.yml:3 (c)\n"
        "  → set it, or write a default: ${oc.env:PLAIT_TEST_NOT_SET,default}\n\n"
        "'${nwo:…}' is no resolver\n  at conf/base/parameters.yml:4 (d)\n"
        "  → there are credentials, env, globals, oc.decode, oc.env, oc.select, runtime_params"
    )


def test_one_mistake_in_a_template_is_one_error(tmp_path):
    entries = "".join(f"e{n}: {{path: '${{_root}}/{n}.csv'}}\n" for n in range(50))
    with pytest.raises(ConfigError) as caught:
        load_config(
            write(
                tmp_path,
                {"base/catalog.yml": "_root: ${globals:rot}\n" + entries, "base/globals.yml": "root: x\n"},
            ),
            project=tmp_path,
        ).catalog
    assert str(caught.value).splitlines()[-2:] == ["  at 47 more places", "  → did you mean 'root'?"]


@pytest.mark.parametrize(
    ("tree", "cycle"),
    [
        ({"a": "${b}", "b": "${a}"}, "a → b → a"),
        ({"a": "x${a}"}, "a → a"),
        ({"a": {"b": "${a}"}}, "a.b → a.b"),
        ({"x": "${a}", "a": "${b.c}", "b": {"c": "${d}"}, "d": "${a}"}, "a → b.c → d → a"),
    ],
)
def test_a_circle_is_named_in_order(tree, cycle):
    assert problem(tree).startswith(f"interpolations go in a circle: {cycle}\n")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("${a", "the '}' of an interpolation is missing"),
        ("${}", "'${}' names nothing"),
        ("${globals:x,'a}", "the closing ' of an argument is missing"),
        ("x ${g} y", "a mapping cannot stand inside text"),
        ("${..up}", "'${..up}' goes above the top"),
        ("${boom:}", "'${boom:…}' failed: KeyError: 'k'"),
        ("${" * 60 + "a" + "}" * 60, "'${' is nested more than 50 times"),
    ],
)
def test_what_cannot_be_read_or_computed_is_explained(text, what):
    assert problem({"t": text, "g": {"x": 1}}, boom=lambda: {}["k"]).startswith(what)


def test_references_that_multiply_are_an_error_and_quick():
    lists = {"a0": [1] * 10} | {f"a{n}": [f"${{a{n - 1}}}"] * 10 for n in range(1, 9)}
    assert "interpolations multiply to more than 1,000,000 values" in problem(lists)
    texts = {"a0": "x" * 10} | {f"a{n}": f"${{a{n - 1}}}" * 2 for n in range(1, 60)}
    assert "interpolations make a text of more than 1,000,000 characters" in problem(texts)


def test_a_long_chain_is_followed_or_explained():
    chain = {f"a{n}": f"${{a{n + 1}}}" for n in range(50)} | {"a50": "end"}
    assert resolved(chain)["a0"] == "end"
    endless = {f"a{n}": f"${{a{n + 1}}}" for n in range(150)} | {"a150": "end"}
    assert "interpolations follow each other more than 100 times" in problem(endless)


def test_relative_references_are_relative_to_where_they_stand():
    tree = {name: {"n": name, "x": "${.n}", "y": "${oc.select:.n,none}"} for name in "ab"}
    assert {name: (v["x"], v["y"]) for name, v in resolved(tree).items()} == {
        "a": ("a", "a"),
        "b": ("b", "b"),
    }


def test_globals_refuse_runtime_parameters_and_say_what_to_do(tmp_path):
    conf = write(tmp_path, {"base/globals.yml": "a: ${runtime_params:x}\n"})
    with pytest.raises(ConfigError, match=r"(?s)globals cannot use runtime parameters.*globals.yml:1"):
        load_config(conf).globals


def test_resolvers_of_a_project_are_its_own(tmp_path):
    conf = write(tmp_path, {"base/parameters.yml": "a: ${twice:${b}}\nb: 4\n"})
    assert load_config(conf, resolvers={"twice": lambda x: 2 * x}).parameters["a"] == 8
    with pytest.raises(ConfigError, match="is no resolver"):
        load_config(conf).parameters


def test_what_is_given_at_run_time_is_taken_literally(tmp_path, monkeypatch):
    monkeypatch.setenv("PLAIT_TEST_SECRET", "s")
    given = {"a": "${oc.env:PLAIT_TEST_SECRET}", "b": ["\\${x}", "\\\\${x}"]}
    conf = write(tmp_path, {"base/parameters.yml": "c: 1\n"})
    parameters = load_config(conf, runtime_parameters=given).parameters
    assert {name: parameters[name] for name in "ab"} == given


def test_a_catalog_of_files_only_is_kept_resolved_and_one_with_variables_is_not(tmp_path, monkeypatch):
    monkeypatch.setenv("PLAIT_TEST_ROOT", "one")
    conf = write(
        tmp_path, {"base/catalog.yml": "a: ${globals:root}/x.csv\n", "base/globals.yml": "root: data\n"}
    )
    cache = tmp_path / "cache"
    read = lambda: load_config(conf, cache=cache).catalog["a"]  # noqa: E731
    assert [read(), read()] == ["data/x.csv"] * 2
    (conf / "base/globals.yml").write_text("root: other\n")
    assert read() == "other/x.csv"
    (conf / "base/globals.yml").write_text("root: ${oc.env:PLAIT_TEST_ROOT}\n")
    assert read() == "one/x.csv"
    monkeypatch.setenv("PLAIT_TEST_ROOT", "two")
    assert read() == "two/x.csv"
    (conf / "local/catalog.yml").write_text("a: mine.csv\n")
    assert read() == "mine.csv"


@given(st.text(alphabet="$\\{}ab.:,'[] ", max_size=30))
def test_any_text_is_resolved_or_explained(text):
    values, problems = resolve_tree({"t": text, "a": 1}, {"b": str}, kind="parameters", origin=lambda _: None)
    assert problems or "t" in values.values


@given(st.text(alphabet="$\\{}ab ", max_size=30).filter(lambda text: "${" not in text))
def test_text_without_an_opening_is_left_alone(text):
    assert resolved({"t": text})["t"] == text
    assert parse_template(text).parts == ((text,) if text else ())


@given(st.text(alphabet="$\\{}ab ", max_size=30))
def test_escaping_gives_any_text_back(text):
    from plait.config.configuration import _literal

    assert resolved({"t": _literal(text)})["t"] == text
