"""Runs of 200 nodes: told to nobody, to a local store of MLflow, and to a server that is not there."""

import json
import socket
import sys
import time
from pathlib import Path

from plait import Project

NODES, rounds = int(sys.argv[1]), int(sys.argv[2])
FILES = {
    "pyproject.toml": '[tool.plait]\npackage = "told"\n',
    "conf/base/catalog.yml": '"number{n}": data/{n}.json\n',
    "src/told/__init__.py": "",
    "src/told/pipelines/__init__.py": "",
    "src/told/pipelines/chain/__init__.py": "",
    "src/told/pipelines/chain/pipeline.py": f"""
import time
from plait import node, pipeline

def begin():
    return 0

def step(value):
    end = time.perf_counter() + 0.01
    while time.perf_counter() < end:
        pass
    return value + 1

def create_pipeline():
    steps = [node(step, f"number{{n}}", f"number{{n + 1}}", name=f"step{{n}}") for n in range({NODES} - 1)]
    return pipeline([node(begin, None, "number0"), *steps])
""",
}


def project(name, mlflow):
    root = Path(name)
    for path, text in FILES.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace("told", name))
        if "/told/" in path:
            other = root / path.replace("/told/", f"/{name}/")
            other.parent.mkdir(parents=True, exist_ok=True)
            file.rename(other)
    if mlflow is not None:
        (root / "conf/base/mlflow.yml").write_text(mlflow)
    return Project.open(root)


with socket.socket() as unused:
    unused.bind(("127.0.0.1", 0))
    nowhere = f"tracking_uri: http://127.0.0.1:{unused.getsockname()[1]}\n"
projects = {
    "without": project("without", None),
    "local": project("local", "{}\n"),
    "away": project("away", nowhere),
}
seconds = {name: {"nodes": [], "whole": []} for name in projects}
for turn in range(rounds + 1):
    for name, opened in projects.items():
        start = time.perf_counter()
        result = opened.run(fresh=True)
        whole = time.perf_counter() - start
        if turn:  # the first makes the store
            seconds[name]["whole"].append(whole)
            seconds[name]["nodes"].append(sum(item.seconds for item in result.nodes.values()))
        time.sleep(4)  # whoever still sends is not to be measured with the next
kept = len(list(Path("away/.plait/mlflow").glob("*.jsonl")))
for opened in projects.values():
    opened.close()
print(json.dumps({"seconds": seconds, "kept": kept}))
