"""What is shown: projects, the server that shows them, the window to look at them."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

PLAIT = [sys.executable, "-m", "plait"]

YARD = {
    "pyproject.toml": '[tool.plait]\npackage = "yard"\n',
    "conf/base/catalog.yml": """
        apples: data/01_raw/apples.csv
        store:
          path: data/01_raw/store.json
          credentials: vault
        report:
          type: html
          path: data/08_reporting/report.html
        scores:
          path: data/08_reporting/scores.json
          tags: [metrics]
          description: How good the harvest was
        pears: data/01_raw/pears.csv
        cellar: data/01_raw/cellar.csv
    """,
    "conf/base/parameters.yml": "factor: 2\nnorth:\n  least: 1\nsouth:\n  least: 3\n",
    "conf/local/credentials.yml": 'vault:\n  password: "hunter2-never-shown"\n',
    "data/01_raw/apples.csv": "kind,weight\nboskoop,3\nelstar,1\ngala,2\n",
    "data/01_raw/pears.csv": "kind,weight\nconference,5\n",
    "data/01_raw/store.json": "{}",
    "src/yard/__init__.py": "",
    "src/yard/pipelines/__init__.py": "",
    "src/yard/pipelines/harvest/__init__.py": "",
    "src/yard/pipelines/harvest/nodes.py": '''
        import time
        from pathlib import Path

        def heavier(rows, least):
            """Keep the rows that weigh enough.

            Rows at the limit stay.
            """
            return [row for row in rows if weight_of(row) >= least]

        def weight_of(row):
            return int(row["weight"])

        def rows_of(apples):
            return apples.to_dict("records")

        def score(north, south, factor):
            return {"mean": factor * sum(map(weight_of, north)) / len(north), "kept": {"south": len(south)}}

        def write(scores):
            return f"<h1 id=title>Mean {scores['mean']}</h1><script>document.title = 'ran'</script>"

        def wait(scores, factor):
            print("waiting at the gate")
            for _ in range(6000):
                if factor < 9 or Path("data/gate").exists():
                    return
                time.sleep(0.01)
    ''',
    "src/yard/pipelines/harvest/pipeline.py": """
        from plait import node, pipeline
        from yard.pipelines.harvest import nodes

        def create_pipeline():
            keep = pipeline([node(nodes.heavier, {"rows": "rows", "least": "params:least"}, "kept")])
            sides = [pipeline(keep, namespace=side, inputs={"rows"}) for side in ("north", "south")]
            return sum(sides, pipeline([
                node(nodes.rows_of, outputs="rows"),
                node(nodes.score, {"north": "north.kept", "south": "south.kept", "factor": "params:factor"},
                     "scores", tags="daily"),
                node(nodes.write, outputs="report"),
                node(nodes.wait, {"scores": "scores", "factor": "params:factor"}, None),
            ]))
    """,
}

#: Twelve namespaces of ten nodes each, in a chain: so many that they begin folded.
ESTATE = {
    "pyproject.toml": '[tool.plait]\npackage = "estate"\n',
    "conf/base/catalog.yml": "seed: memory\n",
    "src/estate/__init__.py": "",
    "src/estate/pipelines/__init__.py": "",
    "src/estate/pipelines/rooms/__init__.py": "",
    "src/estate/pipelines/rooms/pipeline.py": """
        from plait import node, pipeline

        def begin():
            return 1

        def step(value):
            return value + 1

        def room(number):
            nodes = [
                node(step, f"value{place}", f"value{place + 1}", name=f"step{place}") for place in range(10)
            ]
            inside = {"value0": "seed" if number == 0 else f"room{number - 1}.value10"}
            return pipeline(nodes, namespace=f"room{number}", inputs=inside)

        def create_pipeline():
            return sum(map(room, range(12)), pipeline([node(begin, None, "seed")]))
    """,
}


@dataclass(frozen=True)
class Server:
    """A server that runs."""

    origin: str
    key: str

    def address(self, query: str = "") -> str:
        return f"{self.origin}/?key={self.key}{'&' if query else ''}{query}"

    def client(self, **more: Any) -> httpx.Client:
        headers = {"authorization": f"Bearer {self.key}"}
        return httpx.Client(base_url=self.origin, headers=headers, timeout=60, trust_env=False, **more)

    def get(self, path: str) -> Any:
        with self.client() as client:
            answer = client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()


def expect_to_fit(description: Mapping[str, Any], operation: str, answer: httpx.Response) -> None:
    """Check an answer against what the server says of its operation, such as ``get /api/graph``."""
    jsonschema = pytest.importorskip("jsonschema")
    method, path = operation.split()
    described = description["paths"][path][method]["responses"]["200"]["content"]
    if answer.status_code != 200:
        described = {"application/json": {"schema": description["components"]["schemas"]["Error"]}}
    ((media_type, told),) = described.items()
    assert answer.headers["content-type"].partition(";")[0] == media_type
    found = answer.json() if media_type == "application/json" else answer.text
    jsonschema.Draft202012Validator(told["schema"]).validate(found)


@contextmanager
def serving(project: Path, *options: str) -> Iterator[Server]:
    """Run ``plait ui`` on a project, on a free port."""
    process = subprocess.Popen(
        [*PLAIT, "ui", "--no-browser", *options], cwd=project, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        found = re.search(r"(http://[^/]+)/\?key=(\S+)", said)
        assert found, f"plait ui said {said!r}"
        yield Server(found[1], found[2])
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text).lstrip("\n"))
    return folder


def plait(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [*PLAIT, *arguments], cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def going_on(yard: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A run on the command line that waits at the gate."""
    process = subprocess.Popen(
        [*PLAIT, "run", "--params", "factor=9", *arguments],
        cwd=yard,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        (yard / "data/gate").touch()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def until(check: Callable[[], Any], seconds: float = 30.0) -> Any:
    """The first true answer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := check():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come true")


class Window:
    """A page, and what is looked at on it again and again."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._hear)

    def _hear(self, said: Any) -> None:
        # A page that is still open when its server ends asks once more before the test leaves it.
        if said.type == "error" and "ERR_CONNECTION_REFUSED" not in said.text:
            self.errors.append(said.text)

    def open(self, server: Server, query: str = "") -> Window:
        self.page.goto(server.address(query))
        return self

    def drawn(self) -> Window:
        """Wait for the first complete drawing."""
        self.page.wait_for_selector("html[data-graph=drawn]", state="attached")
        return self

    @property
    def elements(self) -> int:
        return int(self.page.locator("html").get_attribute("data-elements"))

    def expect_elements(self, number: int) -> None:
        self.page.wait_for_selector(f'html[data-elements="{number}"]', state="attached")

    @property
    def panel(self) -> Any:
        return self.page.locator("aside.panel")
