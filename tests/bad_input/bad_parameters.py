# ruff: noqa: E501 - files of others stand here as they are, one string each
"""Parameters that are missing, misspelt or of the wrong type, and overrides that cannot be read."""

from __future__ import annotations

from bad_projects import Case, pipeline

__all__ = ["PARAMETERS"]

_PARAMETERS = "conf/base/parameters.yml"


def _typed(definition: str) -> dict[str, str]:
    functions = f"""{definition}

def total(numbers, model: Model):
    return {{"total": 1}}
"""
    return pipeline('node(total, {"model": "params:model"}, outputs="report"),', functions, "total")


_DATACLASS = """from dataclasses import dataclass


@dataclass
class Model:
    depth: int
    rate: float = 0.1
    name: str = "tree"
"""
_ATTRS = """import attrs


@attrs.define
class Model:
    depth: int = attrs.field(validator=attrs.validators.gt(0))
    rate: float = 0.1
"""
_PYDANTIC = """from pydantic import BaseModel, Field


class Model(BaseModel):
    depth: int = Field(gt=0)
    rate: float = 0.1
"""
_RAISING = """from dataclasses import dataclass


@dataclass
class Model:
    depth: int

    def __post_init__(self):
        if self.depth > 3:
            raise ValueError("depth may be 3 at most")
"""
_WRONG = "model:\n  depth: deep\n  rate: fast\n  nmae: tree\n"

PARAMETERS = [
    Case("commas", "run --params factor=1,other=2"),
    Case("no-value", "run --params factor"),
    Case("nothing-before-the-sign", "run --params =3"),
    Case("not-yaml", "run --params 'factor=[1'"),
    Case("below-a-number", "run --params factor.size=3"),
    Case(
        "below-a-list",
        "run --params cities.first=Rome",
        {_PARAMETERS: "factor: 10\ncities:\n  - Oslo\n"},
    ),
    Case("below-nothing", "run --params rates.daily=3", {_PARAMETERS: "factor: 10\nrates:\n"}),
    Case("twice", "run --params factor=1 factor=2", code=0, changes=("data/08_reporting/report.json",)),
    Case("override-misspelt", "run --params facter=3"),
    Case("overrides-misspelt", "plan --params facter=3 nothing.of.this=1"),
    Case(
        "override-misspelt-within",
        "run --params model.dpth=4",
        {
            _PARAMETERS: "model: {depth: 3, rate: 1}\n",
            **pipeline('node(total, ["numbers", "params:model.depth"], outputs="report"),', imports="total"),
        },
    ),
    Case(
        "override-that-only-the-catalog-asks-for",
        "run --params day=monday",
        {
            "conf/base/catalog.yml": "numbers: data/01_raw/numbers.json\nreport: 'data/${runtime_params:day,today}.json'\n"
        },
        code=0,
    ),
    Case(
        "override-that-only-a-node-asks-for",
        "run --params factor=3",
        {_PARAMETERS: None},
        code=0,
        changes=("data/08_reporting/report.json",),
    ),
    Case("kedro-colon", "run --params factor:3"),
    Case("missing", "run", {_PARAMETERS: "fctor: 10\n"}),
    Case("no-parameters-at-all", "run", {_PARAMETERS: None}),
    Case(
        "nested-missing",
        "check",
        {
            _PARAMETERS: "factor: 10\nmodel: {depth: 3}\n",
            **pipeline('node(total, ["numbers", "params:model.dept"], outputs="report"),', imports="total"),
        },
    ),
    Case("dataclass", "run", {_PARAMETERS: _WRONG, **_typed(_DATACLASS)}),
    Case("dataclass-without-values", "run", {_PARAMETERS: "model: {}\n", **_typed(_DATACLASS)}),
    Case("dataclass-of-a-number", "run", {_PARAMETERS: "model: 3\n", **_typed(_DATACLASS)}),
    Case("dataclass-that-raises", "run", {_PARAMETERS: "model: {depth: 4}\n", **_typed(_RAISING)}),
    Case("attrs", "run", {_PARAMETERS: "model: {depth: 0, rat: 1}\n", **_typed(_ATTRS)}),
    Case("pydantic", "run", {_PARAMETERS: "model: {depth: 0, rate: fast}\n", **_typed(_PYDANTIC)}),
    Case(
        "pydantic-override",
        "run --params model.depth=0",
        {_PARAMETERS: "model: {depth: 1}\n", **_typed(_PYDANTIC)},
    ),
    Case(
        "number-wanted",
        "check",
        {
            _PARAMETERS: "factor: ten\n",
            **pipeline(
                'node(total, {"factor": "params:factor"}, outputs="report"),',
                'def total(numbers, factor: int):\n    return {"total": sum(numbers) * factor}\n',
                "total",
            ),
        },
    ),
]
