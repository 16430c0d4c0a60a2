"""The picture of a project as plain values: the graph, what is known of its elements, search, the command."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plait import Project
from plait.config import parse_overrides
from plait.project.graph import graph_document, project_details, search
from plait.project.graph.command import run_arguments, run_command
from plait.project.graph.dictionary import data_dictionary

NODES = '''
    """Nodes."""

    LIMIT = 3

    def clean(raw, least):
        """Clean the rows.

        Those that weigh less are dropped.
        """
        return [row for row in raw if weight(row) >= least]  # the limit stays

    def weight(row):
        return row["weight"] + LIMIT

    def report(rows):
        return len(rows)
'''

FILES = {
    "conf/base/catalog.yml": """
        raw:
          path: data/01_raw/raw.json
          description: |
            What came in.
            Every day.
          tags: [daily]
        kept:
          type: matplotlib
          path: data/02_intermediate/kept.png
        lonely: data/01_raw/lonely.csv
        mine:
          path: data/zoo/mine.json
          layer: zoo
    """,
    "conf/base/parameters.yml": "side:\n  least: 2\nsecret: ${oc.env:LAB_SECRET,quiet}\n",
    "src/lab/pipelines/one/__init__.py": "",
    "src/lab/pipelines/one/nodes.py": NODES,
    "src/lab/pipelines/one/pipeline.py": """
        from plait import node, pipeline
        from lab.pipelines.one.nodes import clean, report

        def create_pipeline():
            side = pipeline([
                node(clean, {"raw": "raw", "least": "params:least"}, "kept", tags=["b", "a"]),
            ], namespace="side", inputs={"raw"}, outputs={"kept"})
            return side + pipeline([node(report, {"rows": "kept"}, "count")])
    """,
    "src/lab/pipelines/two/__init__.py": "",
    "src/lab/pipelines/two/pipeline.py": """
        from plait import node, pipeline

        def last(count):
            return count

        def create_pipeline():
            return pipeline([node(last, outputs="mine")])
    """,
}


@pytest.fixture
def project(opened):
    return opened(FILES)


def by_name(document):
    return {element["name"]: element for element in document["elements"]}


def test_all_pipelines_are_there_the_default_one_first(project):
    document = graph_document(project)
    assert [pipeline["name"] for pipeline in document["pipelines"]] == ["__default__", "one", "two"]
    names = {
        pipeline["name"]: {document["elements"][number]["name"] for number in pipeline["nodes"]}
        for pipeline in document["pipelines"]
    }
    assert names == {
        "__default__": {"side.clean", "report", "last"},
        "one": {"side.clean", "report"},
        "two": {"last"},
    }
    assert document["problems"] == []


def test_elements_tell_what_they_are_and_leave_out_what_they_are_not(project):
    elements = by_name(graph_document(project))
    clean = elements["side.clean"]
    assert (clean["kind"], clean["label"], clean["namespace"], clean["tags"]) == (
        "node",
        "clean",
        "side",
        ["a", "b"],
    )
    assert clean["function"] == "lab.pipelines.one.nodes.clean"
    assert clean["doc"] == "Clean the rows."
    assert elements["raw"] == {
        "kind": "dataset",
        "name": "raw",
        "label": "raw",
        "type": "json",
        "layer": "raw",
        "location": "data/01_raw/raw.json",
        "tags": ["daily"],
        "doc": "What came in.",
    }
    assert elements["count"] == {"kind": "dataset", "name": "count", "label": "count", "type": "memory"}
    assert elements["params:side.least"]["label"] == "least"
    assert elements["params:side.least"]["namespace"] == "side"


def test_edges_lead_to_elements(project):
    document = graph_document(project)
    report = by_name(document)["report"]
    assert [document["elements"][number]["name"] for number in report["inputs"]] == ["kept"]
    assert [document["elements"][number]["name"] for number in report["outputs"]] == ["count"]


def test_transcoded_names_are_one_dataset(opened):
    pipeline = """
        from plait import node, pipeline

        def same(value):
            return value

        def create_pipeline():
            return pipeline([node(same, "raw", "x@a", name="one"), node(same, "x@b", "end", name="two")])
    """
    catalog = "raw: data/raw.json\nx@a: data/x.json\nx@b: {type: text, path: data/x.json}\n"
    document = graph_document(
        opened({"conf/base/catalog.yml": catalog, "src/lab/pipelines/one/pipeline.py": pipeline})
    )
    assert document["problems"] == []
    elements = by_name(document)
    assert set(elements) == {"raw", "one", "x", "two", "end"}
    assert elements["one"]["outputs"] == elements["two"]["inputs"]


def test_layers_come_in_their_order_and_one_s_own_after_them(project):
    assert graph_document(project)["layers"] == ["raw", "intermediate", "zoo"]


def test_no_dataset_is_made_to_draw_it(project, monkeypatch):
    monkeypatch.setattr(type(project.catalog), "dataset", lambda *_: pytest.fail("it was made"))
    assert by_name(graph_document(project))["kept"]["location"] == "data/02_intermediate/kept.png"
    assert project_details(project)["dataset:kept"]["type"] == "matplotlib"
    assert data_dictionary(project)


def key_of(root):
    with Project.open(root) as project:
        return graph_document(project)["key"]


def test_the_key_is_that_of_what_is_drawn(make):
    pipeline = FILES["src/lab/pipelines/two/pipeline.py"]
    other = {**FILES, "src/lab/pipelines/two/pipeline.py": pipeline.replace("mine", "ours")}
    one = key_of(make(FILES, folder="one"))
    assert one == key_of(make(FILES, folder="two"))
    assert one != key_of(make(other, folder="three"))


def test_a_pipeline_that_cannot_be_made_is_told_and_the_others_are_there(opened):
    broken = {**FILES, "src/lab/pipelines/two/pipeline.py": "def create_pipeline():\n    return 1 / 0\n"}
    document = graph_document(opened(broken))
    assert "one" in [pipeline["name"] for pipeline in document["pipelines"]]
    assert "side.clean" in by_name(document)
    told = document["problems"][0]
    assert "two" in told["message"]
    assert any("pipeline.py:2" in place for place in told["where"])


def test_details_hold_the_code_as_it_is_written_and_what_it_reaches(project):
    clean = project_details(project)["node:side.clean"]
    assert (clean["file"], clean["line"]) == ("src/lab/pipelines/one/nodes.py", 5)
    assert clean["doc"] == "Clean the rows.\n\nThose that weigh less are dropped."
    assert clean["signature"] == "(raw, least)"
    first, *reached = clean["code"]
    assert "# the limit stays" in first["text"]
    assert first["text"].startswith("def clean(raw, least):")
    assert any(part["text"].startswith("def weight(row):") for part in reached)
    assert any(part["text"] == "LIMIT = 3" for part in reached)
    assert clean["inputs"] == [
        {"argument": "raw", "dataset": "raw"},
        {"argument": "least", "dataset": "params:side.least"},
    ]
    assert clean["parameters"] == [
        {"name": "params:side.least", "value": 2, "file": "conf/base/parameters.yml", "line": 2}
    ]


def test_details_of_data_tell_who_makes_and_uses_it_and_where_its_entry_is(project):
    kept = project_details(project)["dataset:kept"]
    assert (kept["producer"], kept["consumers"]) == ("side.clean", ["report"])
    assert (kept["file"], kept["line"]) == ("conf/base/catalog.yml", 7)


def test_a_secret_parameter_is_not_told(opened):
    files = {
        **FILES,
        "src/lab/pipelines/two/pipeline.py": """
            from plait import node, pipeline

            def last(count, word):
                return word

            def create_pipeline():
                return pipeline([node(last, {"count": "count", "word": "params:secret"}, "mine")])
        """,
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAB_SECRET", "hunter2")
        details = project_details(opened(files))
    assert details["node:last"]["parameters"][0]["value"] == "***"
    assert "hunter2" not in repr(details)


def test_the_dictionary_lists_what_nobody_uses_and_what_is_missing(project):
    states = {row["name"]: row["state"] for row in data_dictionary(project)}
    assert states["lonely"] == "unused"
    assert states["raw"] == "missing"
    assert states["count"] == "memory"
    assert states["mine"] == "used"


def found(project, query, **more):
    document = graph_document(project)
    return [hit.id for hit in search(document["elements"], project_details(project), query, **more)]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("clean", "node:side.clean"),
        ("raw", "dataset:raw"),
        ("weigh less", "node:side.clean"),
        ("the limit stays", "node:side.clean"),
        ("EVERY day", "dataset:raw"),
        ("data/zoo", "dataset:mine"),
        ("daily", "dataset:raw"),
        ("least", "params:side.least"),
    ],
)
def test_search_finds_by_any_field(project, query, first):
    assert found(project, query)[0] == first


def test_search_wants_all_words_and_finds_columns(project):
    assert found(project, "clean nothing-like-it") == []
    assert found(project, " ") == []
    assert found(project, "wingspan", columns={"raw": ["wingspan", "weight"]}) == ["dataset:raw"]
    assert len(found(project, "a", limit=2)) == 2


def test_the_command_is_short_where_nothing_is_special():
    assert run_command("__default__", "", "local") == "plait run"
    assert run_command("one", "+clean tag:x", "prod", fresh=True, workers=2) == (
        "plait run +clean tag:x --pipeline one --env prod --fresh --workers 2"
    )


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=5), inner, max_size=3)
    ),
    max_leaves=4,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.from_regex(r"\A[a-z][a-z0-9_]*\Z"), VALUES, min_size=1, max_size=3))
def test_parameters_of_the_command_are_read_back_as_they_were(params):
    arguments = run_arguments("__default__", "", "local", params=params)
    assert shlex.split(run_command("__default__", "", "local", params=params)) == ["plait", *arguments]
    assert parse_overrides(arguments[arguments.index("--params") + 1 :]) == params
