# ruff: noqa: E501 - files of others stand here as they are, one string each
"""Commands, flags, names and selectors that are mistyped."""

from __future__ import annotations

from bad_projects import PIPELINE, Case, Files, pipeline

__all__ = ["COMMANDS"]

_SCRIPT = """
from plait import node, pipeline

def double(numbers):
    return [2 * number for number in numbers]
"""


def _script(name: str, text: str, command: str = "run work.py", code: int = 2) -> Case:
    return Case(name, command, {"work.py": _SCRIPT + text}, code=code, alone=True)


_WITH_PARAMETERS: Files = {
    "work.py": _SCRIPT
    + "work = pipeline([node(double, 'params:numbers', 'a')])\nparameters = {'numbers': [1]}\n"
}
_AMBIGUOUS: Files = pipeline("""
    node(double, "numbers", "doubled", name="totals"),
    node(total, ["doubled", "params:factor"], "report", name="doubled"),
""")
_NAMESPACED: Files = {
    "src/shop/pipelines/sums/pipeline.py": PIPELINE.replace(
        "    ])", '    ], namespace="europe", inputs="numbers", outputs="report", parameters="factor")'
    )
}
_VERSIONED: Files = {
    "conf/base/catalog.yml": "numbers: data/01_raw/numbers.json\nreport: {path: data/report.json, versioned: true}\n"
}

COMMANDS = [
    Case("command", "rnu"),
    Case("command-of-kedro", "registry list"),
    Case("command-of-nothing", "frobnicate"),
    Case("subcommand", "catalog lst"),
    Case("flag", "run --form-nodes double"),
    Case("flag-without-value", "run --from-nodes"),
    Case("flag-of-kedro", "run --runner ParallelRunner"),
    Case("flag-async", "run --async"),
    Case("argument-missing", "catalog show"),
    Case("argument-too-many", "info here there"),
    Case("executor", "run --executor thread"),
    Case("node", "run totl"),
    Case("node-in-a-flag", "run --from-nodes dubble"),
    Case("two-nodes", "run --nodes dubble,totl"),
    Case("dataset-in-a-flag", "run --to-outputs repot"),
    Case("dataset-as-input-flag", "run --from-inputs nmbers"),
    Case("tag", "run tag:fst"),
    Case("tag-in-a-flag", "run --tags fst"),
    Case("namespace", "run ns:eu"),
    Case("namespace-in-a-flag", "run --namespaces eu"),
    Case("namespace-misspelt", "run ns:europ", _NAMESPACED),
    Case("namespace-misspelt-in-a-flag", "run --namespaces europ", _NAMESPACED),
    Case("namespaces-that-there-are", "run ns:asia", _NAMESPACED),
    Case("tag-and-node-that-never-meet", "run --tags fast --nodes total"),
    Case("pipeline", "run --pipeline sms"),
    Case("pipeline-like-no-other", "run --pipeline frobnicate"),
    Case("pipeline-in-a-selector", "run pipeline:sms"),
    Case("pipeline-with-plus", "run --pipeline sums+sms"),
    Case("selector-kind", "run tg:fast"),
    Case("selector-state", "run state:faild"),
    Case("selector-state-without-ledger", "run state:failed"),
    Case("selector-unfinished", "run double.."),
    Case("selector-empty-part", "run double,"),
    Case("selector-that-picks-nothing", "run double not:double"),
    Case("selector-glob-of-nothing", "run 'x*'"),
    Case("nothing-between", "run total..double"),
    Case("ambiguous-word", "run doubled", _AMBIGUOUS),
    Case("absurdly-long-selector", "run " + "x" * 100_000),
    Case("check-pipeline", "check --pipeline sms"),
    Case("pipeline-show", "pipeline show sms"),
    Case("pipeline-new-name", "pipeline new my-pipeline"),
    Case("pipeline-new-again", "pipeline new sums"),
    Case("run-unknown", "runs show 2020"),
    Case("no-runs", "runs list"),
    Case("logs-of-an-unknown-node", "runs logs last dubble", before=("run",)),
    Case("diff-with-one-run", "runs diff", before=("run",)),
    Case("versions-of-unversioned", "versions list numbers"),
    Case("versions-misspelt", "versions list reprt", _VERSIONED),
    Case("prune-without-number", "versions prune report --keep many", _VERSIONED),
    Case("prune-to-none", "versions prune report --keep -1", _VERSIONED),
    Case("new-in-a-full-folder", "new ."),
    Case("new-example", "new --example flihgts there"),
    Case("new-both-ways", "new there --example flights --from here"),
    Case("new-from-nowhere", "new there --from ./nowhere"),
    Case("new-hides-a-module", "new json", alone=True),
    Case("new-without-name", "new", alone=True),
    Case("init-again", "init"),
    Case("init-broken-toml", "init", {"pyproject.toml": "[project\n"}, alone=True),
    Case("shell-unknown", "completion pwsh"),
    Case("project-nowhere", "run --project nowhere"),
    Case("script-missing", "run wrk.py", {"work.py": _SCRIPT}, alone=True),
    Case("script-missing-in-a-project", "run pipelin.py"),
    Case("script-missing-in-a-folder", "run src/shop/pipelines/sums/pipelin.py"),
    Case("script-is-a-folder", "run work.py", {"work.py/": ""}, alone=True),
    Case("script-parameter-misspelt", "run work.py --params nmbers=1", _WITH_PARAMETERS, alone=True),
    _script("script-without-pipeline", ""),
    _script(
        "script-with-two-pipelines",
        "one = pipeline([node(double, 'numbers', 'a')])\ntwo = pipeline([node(double, 'numbers', 'b')])\n",
    ),
    _script("script-with-a-syntax-error", "work = pipeline([\n"),
    _script("script-that-raises", "work = pipeline([node(double, 'numbers', 'a')])\nprint(numbers)\n"),
    _script(
        "script-whose-catalog-is-a-list",
        "work = pipeline([node(double, 'numbers', 'a')])\ncatalog = ['numbers']\n",
    ),
    _script(
        "script-whose-catalog-misses",
        "work = pipeline([node(double, 'numbers', 'a')])\ncatalog = {'nmbers': [1]}\n",
    ),
    _script(
        "script-with-a-bad-entry",
        "work = pipeline([node(double, 'numbers', 'a')])\ncatalog = {'numbers': {'type': 'jsn', 'path': 'n.json'}}\n",
    ),
    _script(
        "script-whose-parameters-are-a-list",
        "work = pipeline([node(double, 'params:numbers', 'a')])\nparameters = [1]\n",
    ),
    _script(
        "script-that-fails",
        "work = pipeline([node(double, 'numbers', 'a')])\ncatalog = {'numbers': 3}\n",
        code=1,
    ),
]
