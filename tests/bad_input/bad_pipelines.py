# ruff: noqa: E501 - files of others stand here as they are, one string each
"""Pipelines that cannot be imported, built or connected."""

from __future__ import annotations

from bad_projects import NODES, PIPELINE, Case, pipeline

__all__ = ["PIPELINES"]

_NODES = "src/shop/pipelines/sums/nodes.py"
_PIPELINE = "src/shop/pipelines/sums/pipeline.py"
_REGISTRY = "src/shop/pipeline_registry.py"
_RETURN = "from plait import node, pipeline\n\n\ndef create_pipeline():\n    return {}\n"

PIPELINES = [
    Case("syntax-error", "run", {_NODES: f"{NODES}\ndef broken(:\n    pass\n"}),
    Case("indentation-error", "run", {_NODES: "def double(numbers):\nreturn numbers\n"}),
    Case("import-of-a-missing-library", "run", {_NODES: f"import a_missing_library\n{NODES}"}),
    Case("import-misspelt", "run", {_PIPELINE: PIPELINE.replace("total\n", "totl\n", 1)}),
    Case("exception-at-import", "check", {_NODES: f"{NODES}\nRATES = {{}}\nRATE = RATES['daily']\n"}),
    Case("not-utf8", "run", {_NODES: "def double(numbers):\n    return 'größe'\n".encode("latin-1")}),
    Case("exit-at-import", "run", {_NODES: f"import sys\nsys.exit(3)\n{NODES}"}),
    Case("no-create-pipeline", "run", {_PIPELINE: PIPELINE.replace("create_pipeline", "make_pipeline")}),
    Case(
        "create-pipeline-returns-nothing", "run", {_PIPELINE: PIPELINE.replace("return pipeline", "pipeline")}
    ),
    Case(
        "create-pipeline-returns-a-list",
        "run",
        {_PIPELINE: _RETURN.format("[node(len, 'numbers', 'report')]")},
    ),
    Case(
        "create-pipeline-wants-an-argument",
        "run",
        {_PIPELINE: PIPELINE.replace("create_pipeline()", "create_pipeline(env)")},
    ),
    Case(
        "create-pipeline-misspelt",
        "check",
        {_PIPELINE: PIPELINE.replace("create_pipeline", "creat_pipeline")},
    ),
    Case(
        "create-pipeline-of-kedro",
        "run",
        {_PIPELINE: PIPELINE.replace("create_pipeline()", "create_pipeline(**kwargs)")},
        code=0,
        changes=("data/08_reporting/report.json",),
    ),
    Case("create-pipeline-is-no-function", "run", {_PIPELINE: PIPELINE + "\ncreate_pipeline = 3\n"}),
    Case("no-pipelines", "run", {_NODES: None, _PIPELINE: None, "src/shop/pipelines/sums/__init__.py": None}),
    Case("registry-returns-a-list", "run", {_REGISTRY: "def register_pipelines():\n    return []\n"}),
    Case(
        "registry-holds-a-list",
        "run",
        {_REGISTRY: "def register_pipelines():\n    return {'__default__': []}\n"},
    ),
    Case("registry-without-function", "run", {_REGISTRY: "def register_pipeline():\n    return {}\n"}),
    Case("registry-is-empty", "run", {_REGISTRY: "def register_pipelines():\n    return {}\n"}),
    Case("registry-raises", "run", {_REGISTRY: "def register_pipelines():\n    return {}['sums']\n"}),
    Case(
        "two-pipelines-broken",
        "check",
        {
            _NODES: "import a_missing_library\n",
            "src/shop/pipelines/more.py": "def create_pipeline():\n    return 3\n",
        },
    ),
    Case(
        "cycle",
        "run",
        pipeline("""
        node(double, "numbers", "doubled"),
        node(total, ["doubled", "report"], "totals"),
        node(len, "totals", "size"),
        node(double, "size", "report", name="close"),
    """),
    ),
    Case("reads-what-it-makes", "run", pipeline('node(double, "numbers", "numbers"),')),
    Case(
        "two-makers",
        "run",
        pipeline("""
        node(double, "numbers", "report"),
        node(total, ["numbers", "params:factor"], "report"),
    """),
    ),
    Case(
        "two-makers-in-two-pipelines",
        "check",
        {
            "src/shop/pipelines/more.py": """
        from plait import node, pipeline

        def create_pipeline():
            return pipeline([node(len, "numbers", "report")])
        """
        },
    ),
    Case(
        "one-name-twice",
        "run",
        pipeline("""
        node(double, "numbers", "doubled", name="sum"),
        node(total, ["doubled", "params:factor"], "report", name="sum"),
    """),
    ),
    Case(
        "one-name-in-two-pipelines",
        "check",
        {
            _PIPELINE: PIPELINE.replace('outputs="report"', 'outputs="report", name="total"'),
            "src/shop/pipelines/more.py": """
        from plait import node, pipeline

        def create_pipeline():
            return pipeline([node(len, "numbers", "size", name="total")])
        """,
        },
    ),
    Case("output-twice", "run", pipeline('node(double, "numbers", ["report", "report"]),')),
    Case("bad-node-name", "run", pipeline('node(double, "numbers", "report", name="double, then sum"),')),
    Case("bad-dataset-name", "run", pipeline('node(double, "numbers", "re port\\n"),')),
    Case("bad-tag", "run", pipeline('node(double, "numbers", "report", tags="a,b"),')),
    Case("too-many-inputs", "run", pipeline('node(double, ["numbers", "params:factor"], "report"),')),
    Case("too-few-inputs", "run", pipeline('node(total, ["params:factor"], "report"),')),
    Case(
        "no-such-argument",
        "run",
        pipeline('node(total, {"doubled": "numbers", "facter": "params:factor"}, "report"),'),
    ),
    Case("inputs-is-a-number", "run", pipeline('node(double, 3, "report"),')),
    Case("inputs-is-a-set", "run", pipeline('node(double, {"numbers"}, "report"),')),
    Case("an-input-is-a-number", "run", pipeline('node(double, [3], "report"),')),
    Case("called-not-named", "run", pipeline('node(double([1]), "numbers", "report"),')),
    Case("neither-inputs-nor-outputs", "run", pipeline("node(list, None, None),")),
    Case("not-a-node", "run", pipeline('node(double, "numbers", "report"),\ntotal,')),
    Case("node-argument-misspelt", "run", pipeline('node(double, "numbers", "report", tag="fast"),')),
    Case("parameter-as-output", "run", pipeline('node(double, "numbers", "params:factor"),')),
    Case(
        "with-and-without-format",
        "run",
        pipeline("""
        node(double, "numbers@json", "doubled"),
        node(double, "numbers", "report"),
    """),
    ),
    Case("two-at-signs", "run", pipeline('node(double, "numbers@a@b", "report"),')),
    Case("nothing-provides", "run", pipeline('node(double, "nmbers", "report"),')),
    Case(
        "output-misspelt",
        "check",
        pipeline("""
        node(double, "numbers", "double_d"),
        node(total, ["doubled", "params:factor"], "reprt"),
    """),
    ),
    Case(
        "namespace-maps-a-stranger",
        "run",
        {_PIPELINE: PIPELINE.replace("    ])", '    ], namespace="eu", inputs={"nmbers": "numbers"})')},
    ),
    Case("bad-namespace", "run", {_PIPELINE: PIPELINE.replace("    ])", '    ], namespace="eu west")')}),
    Case("negative-retries", "run", pipeline('node(double, "numbers", "report", retries=-1),')),
    Case(
        "types-that-cannot-fit",
        "check",
        pipeline(
            'node(double, "numbers", "doubled"),\nnode(total, ["doubled"], "report"),',
            "def double(numbers) -> str:\n    return ''\n\n\ndef total(doubled: dict):\n    return {}\n",
        ),
    ),
    Case(
        "two-frames-in-one-annotation-as-text",
        "check",
        {
            "conf/base/catalog.yml": "numbers: data/01_raw/numbers.csv\nreport: data/08_reporting/report.json\n",
            **pipeline(
                'node(total, "numbers", "report"),',
                "from __future__ import annotations\n\nfrom typing import Union\n\nfrom pandas import DataFrame\nimport polars\n\n\ndef total(numbers: Union[DataFrame, polars.DataFrame]):\n    return {}\n",
                "total",
            ),
        },
    ),
    Case(
        "two-frames-in-one-annotation",
        "check",
        {
            "conf/base/catalog.yml": "numbers: data/01_raw/numbers.csv\nreport: data/08_reporting/report.json\n",
            **pipeline(
                'node(total, "numbers", "report"),',
                "import pandas as pd\nimport polars as pl\n\n\ndef total(numbers: pd.DataFrame | pl.DataFrame):\n    return {}\n",
                "total",
            ),
        },
    ),
]
