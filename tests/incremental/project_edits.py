"""Edits of the mill that are no pure code, each with the plan that has to follow.

Actions and kinds of reasons as ``plait plan`` tells them; nodes that are not named are skipped.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

__all__ = ["EDITS", "Edit"]

CATALOG = "conf/base/catalog.yml"
PARAMETERS = "conf/base/parameters.yml"
PIPELINE = "src/mill/pipelines/flour/pipeline.py"
NODES = "src/mill/pipelines/flour/nodes.py"
PYPROJECT = "pyproject.toml"
GRAIN = "data/01_raw/grain.csv"
CLEAN = "data/02_intermediate/grain.csv"
WEIGHTS = "data/03_primary/weights.csv"
SUMMARY = "data/08_reporting/summary.json"

NOTHING: Mapping[str, str] = {}
BELOW_CLEAN = {"weigh": "maybe upstream", "halve": "maybe needed", "report": "maybe upstream"}


class Edit(NamedTuple):
    """``before`` is done before the first run, ``edit`` after it; ``ran`` is what a run then does."""

    edit: Callable[[Any], object]
    plan: Mapping[str, str]
    ran: tuple[str, ...] = ()
    before: Callable[[Any], object] = lambda _: None


def entry(old: str, new: str) -> Callable[[Any], object]:
    return lambda mill: mill.edit(CATALOG, old, new)


def rename_node(mill: Any) -> None:
    mill.edit(PIPELINE, 'outputs="clean_grain"', 'outputs="clean_grain", name="purify"')


def rewrite(name: str) -> Callable[[Any], object]:
    def again(mill: Any) -> None:
        file = mill.root / name
        content = file.read_bytes()
        file.unlink()
        file.write_bytes(content)

    return again


def with_credentials(mill: Any) -> None:
    mill.write({"conf/local/credentials.yml": "store: {auto_mkdir: true}\n"})
    mill.edit(CATALOG, f"grain: {GRAIN}", f"grain:\n  path: {GRAIN}\n  credentials: store")


MODEL = """
    from pydantic import BaseModel, field_validator


    class Mix(BaseModel):
        share: float = 0.5
        name: str = "rye"

        @field_validator("share")
        @classmethod
        def positive(cls, value):
            return abs(value)
"""


def with_model(mill: Any) -> None:
    mill.write({"src/mill/models.py": MODEL})
    mill.edit(
        NODES,
        "from mill.helpers import cleaned\n",
        "from mill.helpers import cleaned\nfrom mill.models import Mix\n",
    )
    mill.edit(
        NODES,
        "def weigh(clean_grain: pd.DataFrame, factor)",
        "def weigh(clean_grain: pd.DataFrame, factor: Mix)",
    )
    mill.edit(NODES, '["size"] * factor', '["size"] * factor.share')
    mill.edit(PARAMETERS, "factor: 10", "factor: {share: 2.0}")


def with_seed(mill: Any) -> None:
    mill.edit(NODES, "import pandas as pd\n", "import pandas as pd\nimport random\n")
    mill.edit(NODES, ".sum() / 2", ".sum() / 2 + 0 * random.random()")


def environments(mill: Any) -> None:
    mill.write({"conf/prod/parameters.yml": "factor: 20\n"})


def with_nested_parameters(mill: Any) -> None:
    mill.edit(PARAMETERS, "factor: 10", "mix: {factor: 10, oven: {heat: 180}}")
    mill.edit(PIPELINE, "params:factor", "params:mix.factor")


def with_a_whole_group(mill: Any) -> None:
    mill.edit(PARAMETERS, "factor: 10", "mix: {factor: 10, oven: {heat: 180}}")
    mill.edit(PIPELINE, "params:factor", "params:mix")
    mill.edit(NODES, '["size"] * factor', '["size"] * factor["factor"]')


FAILING = 'clean_grain.assign(weight=1 / 0 * clean_grain["size"] * factor)'
KILLED = 'clean_grain.assign(weight=__import__("os").kill(__import__("os").getpid(), 9) or factor)'
WORKING = 'clean_grain.assign(weight=clean_grain["size"] * factor)'


def broken_off(how: str) -> Callable[[Any], object]:
    """Run an edit that ends badly, then mend it as it was."""

    def run(mill: Any) -> None:
        mill.edit(NODES, WORKING, how)
        assert mill.alone("run").code != 0
        mill.edit(NODES, how, WORKING)

    return run


def broken_off_and_other(how: str) -> Callable[[Any], object]:
    """Run an edit that ends badly, then mend it otherwise."""

    def run(mill: Any) -> None:
        broken_off(how)(mill)
        mill.edit(PARAMETERS, "10", "11")

    return run


def other_library(version: str) -> Callable[[Any], object]:
    def install(mill: Any) -> None:
        mill.install("millstone", version)

    return install


def with_library(mill: Any) -> None:
    mill.install("millstone", "1.0")
    mill.edit("src/mill/helpers.py", "def cleaned", "import millstone\n\ndef cleaned")
    mill.edit("src/mill/helpers.py", 'grain["size"] > 0', 'grain["size"] > millstone.ZERO')
    mill.edit(PYPROJECT, '"mill"\n', '"mill"\nenv_policy = "reached"\n')


def with_unreached_library(mill: Any) -> None:
    mill.install("millstone", "1.0")
    mill.edit(PYPROJECT, '"mill"\n', '"mill"\nenv_policy = "reached"\n')


def move_project(mill: Any) -> None:
    target = mill.root.parent / "elsewhere" / "mill"
    target.parent.mkdir()
    mill.root.rename(target)
    mill.root = target


def copy_project(mill: Any) -> None:
    target = mill.root.parent / "copied"
    shutil.copytree(mill.root, target, copy_function=shutil.copyfile)
    mill.root = target


EDITS: dict[str, Edit] = {
    "nothing": Edit(lambda _: None, NOTHING),
    "input changed": Edit(
        lambda mill: mill.write({GRAIN: "size\n1\n2\n4\n"}),
        {"clean": "run input", **BELOW_CLEAN},
        ("clean", "weigh", "halve", "report"),
    ),
    "input changed where it does not matter": Edit(
        lambda mill: mill.write({GRAIN: "size\n1\n2\n3\n-1\n"}),
        {"clean": "run input", **BELOW_CLEAN},
        ("clean",),
    ),
    "input touched": Edit(lambda mill: os.utime(mill.root / GRAIN), NOTHING),
    "input replaced by equal bytes": Edit(rewrite(GRAIN), NOTHING),
    "input deleted": Edit(
        lambda mill: (mill.root / GRAIN).unlink(),
        {
            "clean": "blocked input_missing",
            "weigh": "blocked upstream",
            "halve": "blocked upstream",
            "report": "blocked upstream",
        },
    ),
    "output changed": Edit(
        lambda mill: mill.write({WEIGHTS: "size,weight\n1,1\n"}),
        {"weigh": "run output_modified", "report": "maybe upstream", "halve": "maybe needed"},
        ("weigh",),
    ),
    "output touched": Edit(lambda mill: os.utime(mill.root / WEIGHTS), NOTHING),
    "output replaced by equal bytes": Edit(rewrite(WEIGHTS), NOTHING),
    "output deleted": Edit(
        lambda mill: (mill.root / WEIGHTS).unlink(),
        {"weigh": "run output_missing", "report": "maybe upstream", "halve": "maybe needed"},
        ("weigh",),
    ),
    "last output deleted": Edit(
        lambda mill: (mill.root / SUMMARY).unlink(),
        {"halve": "run needed", "report": "run output_missing"},
        ("halve", "report"),
    ),
    "path of an input changed, data moved along": Edit(
        lambda mill: (
            (mill.root / GRAIN).rename(mill.root / "data/01_raw/corn.csv"),
            entry("01_raw/grain", "01_raw/corn")(mill),
        ),
        NOTHING,
    ),
    "path of an output changed": Edit(
        entry("weights.csv", "heavy.csv"),
        {"weigh": "run never_ran", "report": "maybe upstream", "halve": "maybe needed"},
        ("weigh",),
    ),
    "save argument": Edit(
        entry(
            "weights: data/03_primary/weights.csv",
            "weights:\n  path: data/03_primary/weights.csv\n  save_args: {sep: ';'}\n  load_args: {sep: ';'}",
        ),
        {"weigh": "run spec", "report": "run input", "halve": "run needed"},
        ("weigh", "halve", "report"),
    ),
    "load argument": Edit(
        entry(
            "grain: data/01_raw/grain.csv",
            "grain:\n  path: data/01_raw/grain.csv\n  load_args: {dtype: {size: float}}",
        ),
        {"clean": "run input", **BELOW_CLEAN},
        ("clean", "weigh", "halve", "report"),
    ),
    "load argument of an output": Edit(
        entry(
            "clean_grain: data/02_intermediate/grain.csv",
            "clean_grain:\n  path: data/02_intermediate/grain.csv\n  load_args: {nrows: 2}",
        ),
        {"weigh": "run input", "halve": "run needed", "report": "run input"},
        ("weigh", "halve", "report"),
    ),
    "frame": Edit(
        entry("grain: data/01_raw/grain.csv", "grain:\n  path: data/01_raw/grain.csv\n  frame: polars"),
        {"clean": "run input", **BELOW_CLEAN},
        ("clean",),
    ),
    "type spelled out": Edit(
        entry("grain: data/01_raw/grain.csv", "grain:\n  type: csv\n  path: data/01_raw/grain.csv"), NOTHING
    ),
    "another type": Edit(
        entry(
            "weights: data/03_primary/weights.csv",
            "weights:\n  type: text\n  path: data/03_primary/weights.csv",
        ),
        {"weigh": "run spec", "report": "run input", "halve": "run needed"},
    ),
    "default frame": Edit(
        lambda mill: mill.edit(PYPROJECT, '"mill"\n', '"mill"\ndefault_frame = "polars"\n'),
        {"clean": "run input spec", "weigh": "run input spec", "halve": "run needed", "report": "run input"},
    ),
    "annotation": Edit(
        lambda mill: (
            mill.edit(NODES, "import pandas as pd", "import pandas as pd\nimport polars as pl"),
            mill.edit(NODES, "half):", "half):\n    weights = weights.to_pandas()"),
            mill.edit(NODES, "def report(weights: pd.DataFrame", "def report(weights: pl.DataFrame"),
        ),
        {"halve": "run needed", "report": "run code input"},
        ("halve", "report"),
    ),
    "annotation that asks for the same": Edit(
        lambda mill: mill.edit(NODES, "clean_grain: pd.DataFrame):", 'clean_grain: "pd.DataFrame"):'), NOTHING
    ),
    "description and layer": Edit(
        entry(
            "weights: data/03_primary/weights.csv",
            "weights:\n  path: data/03_primary/weights.csv\n  description: heavy\n  layer: primary",
        ),
        NOTHING,
    ),
    "credentials": Edit(
        lambda mill: mill.write({"conf/local/credentials.yml": "store: {auto_mkdir: false}\n"}),
        NOTHING,
        (),
        with_credentials,
    ),
    "parameter": Edit(
        lambda mill: mill.edit(PARAMETERS, "10", "11"),
        {"weigh": "run params", "halve": "maybe needed", "report": "maybe upstream"},
        ("weigh", "halve", "report"),
    ),
    "parameter nobody uses": Edit(lambda mill: mill.edit(PARAMETERS, "unused: 1", "unused: 2"), NOTHING),
    "nested parameter": Edit(
        lambda mill: mill.edit(PARAMETERS, "factor: 10", "factor: 11"),
        {"weigh": "run params", "halve": "maybe needed", "report": "maybe upstream"},
        ("weigh", "halve", "report"),
        with_nested_parameters,
    ),
    "nested parameter beside the one in use": Edit(
        lambda mill: mill.edit(PARAMETERS, "180", "220"), NOTHING, (), with_nested_parameters
    ),
    "nested parameter of a group in use": Edit(
        lambda mill: mill.edit(PARAMETERS, "180", "220"),
        {"weigh": "run params", "halve": "maybe needed", "report": "maybe upstream"},
        ("weigh",),
        with_a_whole_group,
    ),
    "nested parameters in another order": Edit(
        lambda mill: mill.edit(
            PARAMETERS, "{factor: 10, oven: {heat: 180}}", "{oven: {heat: 180}, factor: 10}"
        ),
        NOTHING,
        (),
        with_a_whole_group,
    ),
    "type of a parameter": Edit(
        lambda mill: mill.edit(PARAMETERS, "10", "10.0"),
        {"weigh": "run params", "halve": "maybe needed", "report": "maybe upstream"},
        ("weigh", "halve", "report"),
    ),
    "default of a parameter model": Edit(
        lambda mill: mill.edit("src/mill/models.py", '"rye"', '"oat"'),
        {"weigh": "run params", "halve": "maybe needed", "report": "maybe upstream"},
        ("weigh",),
        with_model,
    ),
    "validator of a parameter model": Edit(
        lambda mill: mill.edit("src/mill/models.py", "abs(value)", "abs(value) + 1"),
        {"weigh": "run params", "halve": "maybe needed", "report": "maybe upstream"},
        ("weigh", "halve", "report"),
        with_model,
    ),
    "environment there and back": Edit(
        lambda mill: (mill.plait("run", "--env", "prod"), mill.plait("run")), NOTHING, (), environments
    ),
    "project moved": Edit(move_project, NOTHING),
    "project copied, times lost": Edit(copy_project, NOTHING),
    "seed that nobody uses": Edit(
        lambda mill: mill.edit(PYPROJECT, '"mill"\n', '"mill"\nseed = 7\n'), NOTHING
    ),
    "seed": Edit(
        lambda mill: mill.edit(PYPROJECT, '"mill"\n', '"mill"\nseed = 7\n'),
        {"halve": "run needed", "report": "run input"},
        ("halve", "report"),
        with_seed,
    ),
    "library that is reached": Edit(
        other_library("2.0"), {"clean": "run env", **BELOW_CLEAN}, ("clean",), with_library
    ),
    "library that is not reached": Edit(other_library("2.0"), NOTHING, (), with_unreached_library),
    "node failed, then mended as it was": Edit(broken_off(FAILING), NOTHING),
    "node failed, then another parameter": Edit(
        broken_off_and_other(FAILING),
        {"weigh": "run failed_last params", "halve": "maybe needed", "report": "maybe upstream"},
        ("weigh", "halve", "report"),
    ),
    "node interrupted, then mended as it was": Edit(broken_off(KILLED), NOTHING),
    "node interrupted, then another parameter": Edit(
        broken_off_and_other(KILLED),
        {"weigh": "run interrupted params", "halve": "maybe needed", "report": "maybe upstream"},
        ("weigh", "halve", "report"),
    ),
    "node renamed": Edit(rename_node, NOTHING),
    "node tagged": Edit(
        lambda mill: mill.edit(PIPELINE, 'outputs="half"', 'outputs="half", tags="t"'), NOTHING
    ),
    "node added": Edit(
        lambda mill: (
            mill.edit(
                PIPELINE,
                "node(report",
                'node(clean, {"grain": "weights"}, "twice", name="again"),\n            node(report',
            ),
            mill.edit(CATALOG, "half: memory", "half: memory\ntwice: data/03_primary/twice.csv"),
        ),
        {"again": "run never_ran"},
        ("again",),
    ),
    "node removed": Edit(
        lambda mill: (mill.edit(PIPELINE, 'node(weigh, {"factor": "params:factor"}, "weights"),', ""),),
        NOTHING,
    ),
    "node rewired": Edit(
        lambda mill: mill.edit(
            PIPELINE, 'node(weigh, {"factor"', 'node(weigh, {"clean_grain": "grain", "factor"'
        ),
        NOTHING,  # both hold the same bytes
    ),
    "node rewired to other data": Edit(
        lambda mill: mill.edit(PIPELINE, "node(halve, ", 'node(halve, {"clean_grain": "weights"}, '),
        {"halve": "run needed", "report": "run input"},
        ("halve", "report"),
    ),
}
