# ruff: noqa: E501 - files of others stand here as they are, one string each
"""Nodes that fail while they run, and results that do not fit."""

from __future__ import annotations

from bad_projects import Case, Files, pipeline

__all__ = ["NODES_THAT_FAIL"]


def _double(body: str, outputs: str = '"report"', head: str = "") -> dict[str, str]:
    """One node ``double`` with another body."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return pipeline(f'node(double, "numbers", {outputs}),', f"{head}def double(numbers):\n{lines}", "double")


def _stored(entry: str) -> Files:
    return {"conf/base/catalog.yml": f"numbers: data/01_raw/numbers.json\nreport: {entry}\n"}


NODES_THAT_FAIL = [
    Case("returns-none", "run", _double("sum(numbers)"), code=1),
    Case("returns-one-of-two", "run", _double("return [1]", '["report", "other"]'), code=1),
    Case("returns-three-of-two", "run", _double("return 1, 2, 3", '["report", "other"]'), code=1),
    Case("returns-no-tuple", "run", _double("return 3", '["report", "other"]'), code=1),
    Case(
        "returns-other-keys",
        "run",
        _double("return {'reprt': 1, 'size': 2}", '{"report": "report", "size": "size"}'),
        code=1,
    ),
    Case("returns-no-dict", "run", _double("return [1, 2]", '{"report": "report", "size": "size"}'), code=1),
    Case("raises", "run", _double("rates = {'daily': 1}\nreturn rates['dayly']"), code=1),
    Case("raises-in-a-library", "run", _double("return json.loads('{')", head="import json\n\n\n"), code=1),
    Case(
        "raises-from-another",
        "run",
        _double(
            "try:\n    return 1 / 0\nexcept ZeroDivisionError as error:\n    raise ValueError('no rate for today') from error"
        ),
        code=1,
    ),
    Case("raises-a-megabyte", "run", _double("raise ValueError('x' * 1_000_000)"), code=1),
    Case("raises-without-a-word", "run", _double("raise ValueError"), code=1),
    Case("recurses-forever", "run", _double("return double(numbers)"), code=1),
    Case("exits", "run", _double("raise SystemExit('enough')"), code=1),
    Case("is-interrupted", "run", _double("raise KeyboardInterrupt"), code=130),
    Case(
        "cannot-be-copied",
        "run",
        pipeline(
            'node(double, "numbers", "lock"),\nnode(total, "lock", "report"),',
            "import threading\n\n\ndef double(numbers):\n    return [threading.Lock()]\n\n\ndef total(lock):\n    return 1\n",
        ),
        code=1,
    ),
    Case(
        "cannot-be-pickled",
        "run",
        {**_double("return lambda: 3"), **_stored("data/06_models/model.pkl")},
        code=1,
    ),
    Case("cannot-be-json", "run", _double("return {1, 2}"), code=1),
    Case("no-table", "run", {**_double("return 3"), **_stored("data/02_intermediate/table.csv")}, code=1),
    Case(
        "no-table-for-parquet",
        "run",
        {**_double("return 'text'"), **_stored("data/02_intermediate/table.parquet")},
        code=1,
    ),
    Case("no-text", "run", {**_double("return 3"), **_stored("data/08_reporting/report.txt")}, code=1),
    Case("no-image", "run", {**_double("return 3"), **_stored("data/08_reporting/report.png")}, code=1),
    Case("no-array", "run", {**_double("return object"), **_stored("data/05_model_input/x.npz")}, code=1),
    Case("generator-for-a-single-file", "run", _double("yield 1\nyield 2")),
    Case(
        "path-that-is-not-there",
        "run",
        {
            **_double("return Path('nowhere.bin')", head="from pathlib import Path\n\n\n"),
            **_stored("{type: path, path: data/06_models/model.bin}"),
        },
        code=1,
    ),
    Case(
        "path-for-a-json-dataset",
        "run",
        _double("return Path('nowhere.json')", head="from pathlib import Path\n\n\n"),
        code=1,
    ),
    Case(
        "wants-a-partition-key",
        "run",
        pipeline(
            'node(double, "numbers", "report"),',
            "from plait import PartitionKey\n\n\ndef double(numbers, key: PartitionKey):\n    return 1\n",
            "double",
        ),
        code=2,
    ),
    Case(
        "one-branch-fails",
        "run",
        {
            "conf/base/catalog.yml": "numbers: data/01_raw/numbers.json\nreport: data/08_reporting/report.json\nsize: data/08_reporting/size.json\n",
            **pipeline(
                'node(double, "numbers", "doubled"),\nnode(total, ["doubled", "params:factor"], "report"),\nnode(len, "numbers", "size"),',
                "def double(numbers):\n    raise ValueError('no numbers today')\n\n\ndef total(doubled, factor):\n    return 1\n",
            ),
        },
        code=1,
    ),
    Case(
        "two-branches-fail",
        "run",
        {
            "conf/base/catalog.yml": "numbers: data/01_raw/numbers.json\nreport: data/08_reporting/report.json\nsize: data/08_reporting/size.json\n",
            **pipeline(
                'node(double, "numbers", "report"),\nnode(total, "numbers", "size"),',
                "def double(numbers):\n    raise ValueError('no numbers today')\n\n\ndef total(numbers):\n    raise KeyError('size')\n",
            ),
        },
        code=1,
    ),
    Case("json-events", "run --json", _double("return None"), code=1),
]
