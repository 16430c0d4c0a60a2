"""Selectors: the grammar and its round trip, what they pick, and how they fail."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plait.errors import SelectionError
from plait.pipeline import Pipeline, node, parse_selector, pipeline, select, spell_flags
from plait.pipeline.selector import Around, Atom, Between, Exclude, Selector, Term

laws = settings(deadline=None, max_examples=100)


def identity(*parts):
    return parts


def make():
    """raw → clean → (left, right) → joined, and beside it spare → other."""
    return Pipeline(
        [
            node(identity, "raw", "clean_data", name="clean", tags="start"),
            node(identity, ["clean_data", "params:p"], "left", name="go_left", tags=["side", "hot"]),
            node(identity, "clean_data", "right", name="go_right", tags="side"),
            node(identity, ["left", "right"], "joined", name="join", namespace="end"),
            node(identity, "spare", "both", name="both"),
        ]
    )


ALL = {"clean", "go_left", "go_right", "end.join", "both"}


def picked(expression, **options):
    return {n.name for n in select(make(), expression, **options)}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("", ALL),
        ("clean", {"clean"}),
        ("end.join", {"end.join"}),
        ("left", {"go_left"}),
        ("dataset:joined", {"end.join"}),
        ("dataset:both node:clean", {"both", "clean"}),
        ("+go_left", {"clean", "go_left"}),
        ("go_left+", {"go_left", "end.join"}),
        ("+go_left+", {"clean", "go_left", "end.join"}),
        ("+left", {"clean", "go_left"}),
        ("left+", {"end.join"}),
        ("+left+", {"clean", "go_left", "end.join"}),
        ("raw+", {"clean", "go_left", "go_right", "end.join"}),
        ("params:p+", {"go_left", "end.join"}),
        ("dataset:params:p+", {"go_left", "end.join"}),
        ("clean..end.join", {"clean", "go_left", "go_right", "end.join"}),
        ("go_left..end.join", {"go_left", "end.join"}),
        ("raw..left", {"clean", "go_left"}),
        ("clean_data..dataset:joined", {"go_left", "go_right", "end.join"}),
        ("tag:side", {"go_left", "go_right"}),
        ("tag:s*", {"clean", "go_left", "go_right"}),
        ("tag:side+", {"go_left", "go_right", "end.join"}),
        ("ns:end", {"end.join"}),
        ("go_*", {"go_left", "go_right"}),
        ("*", ALL),
        ("go_?eft", {"go_left"}),
        ("dataset:*t", {"go_left", "go_right"}),
        ("tag:side,tag:hot", {"go_left"}),
        ("tag:side,+end.join clean", {"go_left", "go_right", "clean"}),
        ("not:clean", ALL - {"clean"}),
        ("not:clean not:tag:side", {"end.join", "both"}),
        ("not:clean,not:tag:side", {"end.join", "both"}),
        ("not:clean +go_left", {"go_left"}),
        ("tag:side,not:go_left go_left,tag:hot", {"go_left", "go_right"}),
        ("+end.join,not:+go_left", {"go_right", "end.join"}),
        ("not:clean..go_left", {"go_right", "end.join", "both"}),
        (["clean", "dataset:both"], {"clean", "both"}),
    ],
)
def test_picks(expression, expected):
    assert picked(expression) == expected


def test_pipelines_and_states_come_from_outside():
    parts = {"sides": make().only_nodes_with_tags("side"), "ends": make().only_nodes("end.join")}
    assert picked("pipeline:sides,not:tag:hot", pipelines=parts) == {"go_right"}
    assert picked("pipeline:*s", pipelines=parts) == {"go_left", "go_right", "end.join"}
    assert picked("state:failed+", state={"failed": ["go_left"]}.__getitem__) == {"go_left", "end.join"}
    with pytest.raises(SelectionError, match="there is no record of them here"):
        picked("state:failed")
    with pytest.raises(SelectionError, match=r"'state:stale' picks none of the 5 nodes"):
        picked("state:stale", state=lambda name: [])


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("both", "'both' is both a node and a dataset\n  → write node:both or dataset:both"),
        ("claen", "no node or dataset is called 'claen'\n  → did you mean 'clean'?"),
        ("join", "no node or dataset is called 'join'\n  → did you mean"),
        ("side", "no node or dataset is called 'side'\n  → did you mean tag:side?"),
        ("end", "no node or dataset is called 'end'\n  → did you mean ns:end?"),
        ("tag:sied", "no tag is called 'sied'\n  → did you mean 'side'?"),
        ("ns:ned", "no namespace is called 'ned'\n  → did you mean 'end'?"),
        ("pipeline:x", "no pipeline is called 'x'"),
        ("node:left", "no node is called 'left'"),
        ("zz*", "no node fits 'zz*'"),
        ("raw", "no node makes 'raw': it is an input of the pipeline\n  → dataset:raw+ picks the nodes"),
        (
            "go_left[2024-01]",
            "'go_left[2024-01]' asks for one partition, but node 'go_left' is not called once per key",
        ),
        ("go_left..go_right", "no path leads from 'go_left' to 'go_right'"),
        ("go_left..clean", "no path leads from 'go_left' to 'clean'\n  → try 'clean..go_left'"),
        ("clean,go_left", "'clean,go_left' picks none of the 5 nodes"),
        ("tga:x", "'tga:' is not a kind of selector\n  → did you mean 'tag'?"),
        ("clean,", "'clean,' is not a selector\n  a name is missing beside a comma"),
        (",clean", "a name is missing beside a comma"),
        ("clean..", "'clean..' has an open end\n  → clean+ picks all after"),
        ("..clean", "→ +clean picks all before"),
        ("+", "a name is missing"),
        ("tag:", "'tag:' is not a name"),
        ("clean[", "'clean[' is not a name"),
        ("not:not:clean", "'not:' stands at the beginning, once"),
        ("++clean", "'+clean' is not a name"),
    ],
)
def test_failures_say_what_to_write(expression, text):
    with pytest.raises(SelectionError) as caught:
        picked(expression)
    assert text in str(caught.value)


def test_partitions_parse():
    assert parse_selector("n[2024/01, b]") == Selector((Term((Atom("n", None, "2024/01, b"),)),))
    assert parse_selector("+node:n[a..b]+") == Selector(
        (Term((Around(Atom("n", "node", "a..b"), True, True),)),)
    )


def test_unknown_pipeline_names_select_by_node_identity():
    renamed = {"other": pipeline(make(), namespace="x")}
    with pytest.raises(SelectionError, match="picks none"):
        picked("pipeline:other", pipelines=renamed)


@pytest.mark.parametrize(
    ("flags", "spelled"),
    [
        ({}, ""),
        ({"from_nodes": ["a", "b"], "tags": ["t"]}, "tag:t,node:a+ tag:t,node:b+"),
        ({"to_outputs": ["x"]}, "+dataset:x"),
        ({"from_inputs": ["x"], "to_nodes": ["n"]}, "+node:n,dataset:x+"),
        ({"nodes": ["a", "b"], "namespaces": ["ns"]}, "node:a,ns:ns node:b,ns:ns"),
    ],
)
def test_flags_are_spelled_as_selectors(flags, spelled):
    assert spell_flags(**flags) == spelled


FLAGS = {
    "tags": ["side", "hot", "start"],
    "from_nodes": ["clean", "go_left", "both"],
    "to_nodes": ["end.join", "go_right"],
    "nodes": sorted(ALL),
    "from_inputs": ["raw", "clean_data", "params:p", "spare"],
    "to_outputs": ["joined", "left", "both"],
    "namespaces": ["end"],
}


@laws
@given(
    st.fixed_dictionaries(
        {}, optional={k: st.lists(st.sampled_from(v), max_size=3) for k, v in FLAGS.items()}
    )
)
def test_flags_pick_what_filter_picks(flags):
    renamed = {"nodes": "node_names", "namespaces": "node_namespaces"}
    asked = {renamed.get(key, key): names for key, names in flags.items()}
    try:
        expected = make().filter(**asked)
    except SelectionError:
        with pytest.raises(SelectionError):
            select(make(), spell_flags(**flags))
    else:
        assert select(make(), spell_flags(**flags)) == expected


words = st.from_regex(r"[a-z_*?][a-z0-9_*?-]{0,5}(\.[a-z]{1,3})?", fullmatch=True)
atoms = st.builds(
    Atom,
    words,
    st.sampled_from([None, "node", "dataset", "tag", "ns", "pipeline", "state"]),
    st.none() | st.from_regex(r"[a-z0-9/=, ]{1,6}", fullmatch=True),
)
arounds = st.builds(Around, atoms, st.booleans(), st.booleans()).filter(
    lambda a: a.ancestors or a.descendants
)
points = atoms | arounds | st.builds(Between, atoms, atoms)
excludes = st.lists(st.builds(Exclude, points), max_size=2).map(tuple)
terms = st.builds(Term, st.lists(points, min_size=1, max_size=3).map(tuple), excludes)
selectors = st.builds(Selector, st.lists(terms, max_size=3).map(tuple), excludes)


@laws
@given(selectors)
def test_text_and_tree_are_the_same(selector):
    assert parse_selector(str(selector)) == selector


@laws
@given(st.text(alphabet="ab:.,+ []*not", max_size=20))
def test_any_text_parses_or_is_refused(text):
    try:
        selector = parse_selector(text)
    except SelectionError:
        return
    assert parse_selector(str(selector)) == selector
