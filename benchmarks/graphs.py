"""Projects that are only there to be drawn: namespaces of a hundred nodes, for Plait or for Kedro."""

from __future__ import annotations

from pathlib import Path

__all__ = ["GROUP", "write_graph"]

#: Elements of one namespace: half of them nodes, half datasets.
GROUP = 200

PIPELINE = """\
import random

from {framework} import node, pipeline


def one(x):
    return x


def two(x, y):
    return x


def create_pipeline(**_):
    chance = random.Random(1)
    nodes, last = [], "start"
    for group in range({groups}):
        namespace = f"area{{group // 10}}.group{{group}}"
        made = []
        for number in range({nodes}):
            inputs = _inputs(chance, made) or [last]
            output = f"{{namespace}}.d{{number}}"
            function = one if len(inputs) == 1 else two
            nodes.append(node(function, inputs, output, name=f"n{{number}}", namespace=namespace))
            made.append(output)
        if group % 3 == 0:
            last = made[-1]
    return pipeline(nodes)


def _inputs(chance, made):
    if not made:
        return []
    near = made[max(0, len(made) - 1 - chance.randrange(8))]
    other = chance.choice(made)
    return [near, other] if chance.random() < 0.4 and other != near else [near]
"""

REGISTRY = """\
from big.pipelines.main.pipeline import create_pipeline


def register_pipelines():
    return {"__default__": create_pipeline()}
"""

KEDRO = """\
[tool.kedro]
package_name = "big"
project_name = "big"
kedro_init_version = "1.7.0"
"""

CATALOGS = {
    "plait": "start: data/01_raw/start.json\n",
    "kedro.pipeline": "start:\n  type: kedro.io.MemoryDataset\n",
}


def write_graph(folder: Path, elements: int, framework: str = "plait") -> None:
    """Write a project whose graph has so many elements, and one more that all come from.

    Args:
        elements: rounded down to whole groups; fewer than two groups are one group of that size.
        framework: the module that nodes come from: ``plait`` or ``kedro.pipeline``.
    """
    groups, nodes = (elements // GROUP, GROUP // 2) if elements >= GROUP else (1, elements // 2)
    package = folder / "src" / "big"
    files = {
        folder / "pyproject.toml": '[tool.plait]\npackage = "big"\n' if framework == "plait" else KEDRO,
        folder / "conf" / "base" / "catalog.yml": CATALOGS[framework],
        folder / "conf" / "local" / "credentials.yml": "",
        package / "__init__.py": "",
        package / "settings.py": "",
        package / "pipelines" / "__init__.py": "",
        package / "pipelines" / "main" / "__init__.py": "",
        package / "pipelines" / "main" / "pipeline.py": PIPELINE.format(
            framework=framework, groups=groups, nodes=nodes
        ),
    }
    if framework != "plait":
        files[package / "pipeline_registry.py"] = REGISTRY
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
