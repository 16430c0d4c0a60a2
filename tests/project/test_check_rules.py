"""``project.check()``: every rule finds its mistake, with place and hint, and nothing is instantiated."""

from __future__ import annotations

import re

import pytest

from plait.errors import CatalogError
from plait.project.graph.document import place_of

SOUND = {
    "src/lab/pipelines/sums.py": """
        from plait import node, pipeline

        def add(numbers: list, step: int) -> list:
            return numbers

        def total(added: list) -> dict:
            return {}

        def create_pipeline():
            return pipeline([
                node(add, {"step": "params:step"}, "added"),
                node(total, "added", "report"),
            ])
    """,
    "conf/base/parameters.yml": "step: 1\n",
    "conf/base/catalog.yml": "numbers: data/numbers.json\nreport: data/report.json\n",
}


def pipeline(body: str, nodes: str) -> dict[str, str]:
    lines = ["from plait import node, pipeline", *body.splitlines(), "def create_pipeline():"]
    return {"src/lab/pipelines/sums.py": "\n".join([*lines, f"    return pipeline([{nodes}])"])}


FUNCTIONS = "def one(a): return a\ndef two(b): return b\n"
MISTAKES = {
    "misspelt input": (
        pipeline("def one(numbrs): return 1", 'node(one, outputs="report")'),
        ["Nothing provides 'numbrs'", "node 'one'", "src/lab/pipelines/sums.py:2", "did you mean 'numbers'?"],
    ),
    "misspelt between nodes": (
        pipeline(FUNCTIONS, 'node(one, "numbers", "added"), node(two, "aded", "report")'),
        ["Nothing provides 'aded'", "did you mean 'added'?"],
    ),
    "misspelt output": (
        pipeline(FUNCTIONS, 'node(one, "numbers", "reprt")'),
        ["'reprt' is stored nowhere and read by nobody", "did you mean 'report'?"],
    ),
    "memory without data": (
        {"conf/base/catalog.yml": "numbers: memory\nreport: data/report.json\n"},
        ["Nothing puts data into 'numbers', which lives in memory", "conf/base/catalog.yml:1"],
    ),
    "unused entry": (
        {"conf/base/catalog.yml": SOUND["conf/base/catalog.yml"] + "other: data/other.json\n"},
        ["No node uses 'other'", "conf/base/catalog.yml:3"],
    ),
    "missing credentials": (
        {
            "conf/base/catalog.yml": "numbers: {path: s3://b/n.json, credentials: dev_s3}\nreport: memory\n",
            "conf/local/credentials.yml": "dev_s4: {key: x}\n",
        },
        ["credentials 'dev_s3'", "conf/base/catalog.yml:1", "did you mean 'dev_s4'?"],
    ),
    "missing library": (
        {"conf/base/catalog.yml": "numbers: {type: absent_library.Thing, path: x}\nreport: memory\n"},
        ["absent_library", "conf/base/catalog.yml:1"],
    ),
    "unknown type": (
        {"conf/base/catalog.yml": "numbers: {type: jsn, path: x}\nreport: data/report.json\n"},
        ["'jsn' is unknown", "did you mean 'json'"],
    ),
    "missing parameter": (
        {"conf/base/parameters.yml": "stp: 1\n"},
        ["'step'", "did you mean 'stp'?"],
    ),
    "wrong parameter type": (
        {"conf/base/parameters.yml": "step: soon\n"},
        ["'step'", "conf/base/parameters.yml:1", "node 'add'"],
    ),
    "unfit annotations": (
        pipeline(
            "def one() -> int: return 1\ndef two(b: str) -> str: return b",
            'node(one, None, "b"), node(two, "b", "report")',
        ),
        ["'b' is made as int and taken as str", "node 'one'", "node 'two'"],
    ),
    "union of frames": (
        pipeline("def one(numbers: 'pd.DataFrame | pl.DataFrame'): return 1", 'node(one, outputs="report")'),
        ["Argument 'numbers' of node 'one' may be pandas or polars", "annotate it with the one"],
    ),
    "two writers": (
        {
            **pipeline(FUNCTIONS, 'node(one, "numbers", "report"), node(two, "numbers", "copy")'),
            "conf/base/catalog.yml": SOUND["conf/base/catalog.yml"] + "copy: data/report.json\n",
        },
        ["'report' and 'copy' are both written to data/report.json"],
    ),
    "reader that does not wait": (
        {
            **pipeline(FUNCTIONS, 'node(one, "numbers", "report"), node(two, "copy", "last")'),
            "conf/base/catalog.yml": SOUND["conf/base/catalog.yml"]
            + "copy: data/report.json\nlast: memory\n",
        },
        [
            "'copy' is read from data/report.json, where 'report' is written",
            "Node 'two' does not wait for node 'one'",
        ],
    ),
    "bad yaml": ({"conf/base/catalog.yml": "numbers: [1\n"}, ["conf/base/catalog.yml"]),
    "broken pipeline": (
        {"src/lab/pipelines/sums.py": "import nothing_like_it\n"},
        ["Pipeline 'sums' cannot be made", "No module named 'nothing_like_it'"],
    ),
    "hook class": (
        {"src/lab/settings.py": "class Hook: pass\nHOOKS = (Hook,)\n"},
        ["The hook 'Hook' is a class, and hooks are instances", "write Hook() in place of Hook"],
    ),
    "names that disagree": (
        {
            "pyproject.toml": '[tool.plait]\npackage = "lab"\nnaming = true\n',
            **pipeline(FUNCTIONS, 'node(one, "numbers", "report", name="first")'),
        },
        ["Argument 'a' of node 'first' is given 'numbers'", "Node 'first' calls a function called 'one'"],
    ),
}


VALUES = {
    "mode: apend": ["`mode: apend` is none of overwrite, append", "did you mean 'append'"],
    "materialized: veiw": ["`materialized: veiw` is neither `table` nor `view`", "did you mean 'view'"],
    "limit: -1": ["`limit: -1` is no number of rows"],
    "limit: true": ["`limit: True` is no number of rows"],
    "columns: 5": ["`columns: 5` is no column, and no list of columns"],
    "key: {a: 1}": ["`key: {'a': 1}` is no column, and no list of columns"],
    "settings: 3": ["`settings: 3` is no mapping"],
    "table_name: 5": ["`table_name: 5` is no name", 'write it as a text: `table_name: "5"`'],
    "where: [a]": ["`where: ['a']` is no text"],
    "schema: 3": ["`schema: 3` is no text"],
    "frame: panda": ["`frame: panda` is none of ibis, pandas", "did you mean 'pandas'"],
    'read_only: "false"': ['`read_only: "false"` is neither true nor false'],
}


@pytest.mark.parametrize("value", VALUES)
def test_a_table_of_which_only_a_value_is_wrong(opened, value):
    entry = f"numbers:\n  type: table\n  {value}\nreport: data/report.json\n"
    project = opened({**SOUND, "conf/base/catalog.yml": entry})
    (finding,) = project.check()
    for word in (*VALUES[value], "conf/base/catalog.yml:3"):
        assert word in str(finding)
    with pytest.raises(CatalogError, match=re.escape(VALUES[value][0])) as refused:
        project.catalog.dataset("numbers")
    assert "TypeError" not in str(refused.value)
    place_of(project.catalog.entry("numbers"))  # listing it is no check, and shows what is written


def test_all_wrong_values_of_a_table_are_told(opened):
    entry = (
        "numbers: {type: table, mode: apend, limit: -1, frame: panda, colums: id}\nreport: data/report.json\n"
    )
    project = opened({**SOUND, "conf/base/catalog.yml": entry})
    told = "\n".join(map(str, project.check()))
    for word in ("mode: apend", "limit: -1", "frame: panda", "takes no 'colums'"):
        assert word in told


@pytest.mark.parametrize(
    ("one", "other", "place"),
    [
        ("{type: table, table_name: t}", "{type: table, table_name: main.t}", "data/warehouse.duckdb#t"),
        (
            "{type: table}",
            "{type: table, table_name: added, database: data/warehouse.duckdb}",
            "duckdb#added",
        ),
        ("{type: table}", "{type: table}", None),
        ("{type: table}", "{type: table, table_name: added, database: other.duckdb}", None),
    ],
)
def test_two_entries_of_one_table_are_found_as_two_of_one_file_are(opened, one, other, place):
    project = opened({
        **SOUND,
        "conf/base/catalog.yml": f"numbers: data/numbers.json\nadded: {one}\nreport: {other}\n",
    })  # fmt: skip
    told = "\n".join(map(str, project.check()))
    if place is None:
        assert told == ""
        return
    assert "'added' and 'report' are both written to" in told
    assert place in told
    assert "give one of them another table" in told


def test_every_mistake_in_mlflow_yml_is_told_with_its_line(opened):
    project = opened({
        **SOUND,
        "conf/base/mlflow.yml": "experimentt: x\nchild_runs: 'yes'\ncredentials: nosuch\ntracking_uri: foo://x\n",
    })  # fmt: skip
    told = "\n".join(map(str, project.check()))
    for line, words in enumerate(
        ["'experimentt' is no key", "'child_runs' is 'yes'", "'nosuch'", "foo://x"], 1
    ):
        assert words in told
        assert f"conf/base/mlflow.yml:{line}" in told


def test_a_sound_project(opened):
    assert opened(SOUND).check() == []


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_is_found(opened, mistake):
    files, words = MISTAKES[mistake]
    text = "\n\n".join(map(str, opened({**SOUND, **files}).check()))
    for word in words:
        assert word in text


def test_all_is_told_at_once_errors_first(opened):
    project = opened({
        **SOUND,
        "conf/base/catalog.yml": "unused: data/u.json\nbad: {type: jsn, path: x}\nreport: data/report.json\n",
        "conf/base/parameters.yml": "{}\n",
        "src/lab/pipelines/broken.py": "1 / 0\n",
    })  # fmt: skip
    findings = project.check()
    assert {"pipeline", "catalog", "parameters", "unused-entry"} <= {finding.rule for finding in findings}
    severities = [finding.severity for finding in findings]
    assert severities == sorted(severities)
    assert {"severity", "rule", "what", "where", "why", "hint"} == findings[0].to_json().keys()


@pytest.mark.parametrize(
    ("given", "taken", "stored"),
    [
        ("int", "float", None),
        ("'pd.DataFrame'", "'pl.DataFrame'", None),
        ("dict", "'typing.Mapping'", None),
        ("bool", "int", None),
        ("'list[int]'", "list", None),
        ("None | int", "int", None),
        ("tuple", "list", "data/b.json"),
        ("object", "str", None),
        ("'SomethingOnlyTheTypeCheckerSees'", "str", None),
    ],
)
def test_types_that_may_fit_are_let_alone(opened, given, taken, stored):
    body = f"import typing\ndef one() -> {given}: return 1\ndef two(b: {taken}): return b"
    entries = SOUND["conf/base/catalog.yml"] + (f"b: {stored}\n" if stored else "")
    project = opened({
        **SOUND,
        **pipeline(body, 'node(one, None, "b"), node(two, "b", "report")'),
        "conf/base/catalog.yml": entries,
    })  # fmt: skip
    assert [finding.rule for finding in project.check()] == ["unused-entry"]


def test_nothing_is_instantiated(opened):
    files = {
        "src/lab/data.py": "class Loud:\n    def __init__(self, path): raise RuntimeError('made')\n",
        "conf/base/catalog.yml": "numbers: {type: lab.data.Loud, path: x}\nreport: data/report.json\n",
    }
    assert opened({**SOUND, **files}).check() == []
