"""``plait state accept`` of nodes that run key by key or on what is new, on a disk and on a bucket."""

import json
import shutil
import sys
import textwrap

import pytest

from plait.__main__ import main

FILES = {
    "pyproject.toml": '[tool.plait]\npackage = "demo"\n',
    "src/demo/__init__.py": "",
    "src/demo/pipelines/__init__.py": "",
    "src/demo/pipelines/words/__init__.py": "from .pipeline import create_pipeline\n",
    "src/demo/pipelines/words/nodes.py": """
        import pandas as pd


        def shout(text):
            return text.upper()


        def count(loud):
            return {key: len(text) for key, text in sorted(loud.items())}


        def gather(texts):
            return pd.DataFrame({"key": sorted(texts)})


        def copy(rows: pd.DataFrame):
            return rows
    """,
    "src/demo/pipelines/words/pipeline.py": """
        from plait import each, new, node, pipeline
        from demo.pipelines.words.nodes import copy, count, gather, shout


        def create_pipeline():
            return pipeline([
                node(shout, each("texts"), each("loud")),
                node(count, "loud", "counts"),
                node(gather, new("texts"), "gathered"),
                node(copy, new("rows", by="number"), "copied"),
            ])
    """,
    "data/texts/a.txt": "one",
    "data/texts/b.txt": "two",
    "data/texts/c.txt": "three",
    "data/rows.csv": "number,name\n1,x\n2,y\n",
}


class Demo:
    def __init__(self, root, capsys):
        self.root = root
        self._capsys = capsys

    def write(self, files):
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text).lstrip("\n"))

    def plait(self, *words, code=0):
        try:
            ended = main([*words, "--project", str(self.root)]) or 0
        except SystemExit as exited:
            ended = exited.code or 0
        said = self._capsys.readouterr()
        assert ended == code, said.out + said.err
        return said.out + said.err

    def plan(self):
        steps = json.loads(self.plait("plan", "--json"))["steps"]
        return {step["node"]: step["action"] for step in steps}

    def forget(self):
        """Lose all records: the ledger, those beside the data, and how far nodes have come."""
        shutil.rmtree(self.root / ".plait", ignore_errors=True)


@pytest.fixture(scope="module")
def endpoint():
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["disk", "bucket"])
def demo(request, tmp_path, capsys, monkeypatch):
    found = Demo(tmp_path / "demo", capsys)
    found.write(FILES)
    entries = {
        "texts": {"path": "data/texts/*.txt"},
        "rows": {"path": "data/rows.csv"},
        "loud": {"path": "data/loud/*.txt"},
        "counts": {"path": "data/counts.json"},
        "gathered": {"path": "data/gathered.csv"},
        "copied": {"path": "data/copied.csv"},
    }
    found.outputs = None
    if request.param == "bucket":
        import boto3

        endpoint = request.getfixturevalue("endpoint")
        bucket = "accept-" + "".join(char for char in request.node.name.lower() if char.isalnum())[:50]
        client = boto3.client(
            "s3",
            endpoint_url=endpoint,
            aws_access_key_id="k",
            aws_secret_access_key="s",
            region_name="us-east-1",
        )
        client.create_bucket(Bucket=bucket)
        for name in ("loud", "counts", "gathered", "copied"):
            path = entries[name]["path"].replace("data/", f"s3://{bucket}/")
            entries[name] = {"path": path, "credentials": "store"}
        secret = {"store": {"key": "k", "secret": "s", "client_kwargs": {"endpoint_url": endpoint}}}
        found.write({"conf/local/credentials.yml": json.dumps(secret)})
    found.write({"conf/base/catalog.yml": json.dumps(entries)})
    yield found
    for name in [name for name in sys.modules if name.split(".")[0] == "demo"]:
        monkeypatch.delitem(sys.modules, name)


def edit(demo, old, new):
    path = demo.root / "src/demo/pipelines/words/nodes.py"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_accepted_keys_are_skipped_and_so_is_what_follows(demo):
    demo.plait("run")
    edit(demo, "text.upper()", "str(text).upper()")
    assert demo.plan()["shout"] == "run"
    assert "accepted: shout (3 of 3 keys)" in demo.plait("state", "accept", "shout")
    assert demo.plan()["shout"] == "skip"
    assert demo.plan()["count"] == "skip"
    assert "node_started" not in demo.plait("run", "--json")


def test_keys_without_an_output_run_after_accepting(demo):
    demo.plait("run")
    edit(demo, "text.upper()", "text.upper() + '!'")
    demo.write({"data/texts/d.txt": "four"})
    said = json.loads(demo.plait("state", "accept", "shout", "--json"))
    assert (said["accepted"], said["keys"]) == (["shout"], {"shout": {"accepted": 3, "of": 4}})
    step = next(step for step in json.loads(demo.plait("plan", "--json"))["steps"] if step["node"] == "shout")
    assert step["reasons"][0]["text"] == "1 of 4 keys"


def test_what_was_accepted_is_known_to_colleagues(demo):
    demo.plait("run")
    edit(demo, "text.upper()", "str(text).upper()")
    demo.plait("state", "accept", "shout", "count")
    demo.forget()
    shared = "s3://" in (demo.root / "conf/base/catalog.yml").read_text()
    assert demo.plan()["shout"] == ("skip" if shared else "run")
    assert demo.plan()["count"] == ("skip" if shared else "run")


def test_nothing_is_accepted_where_nothing_lies(demo):
    said = demo.plait("state", "accept", "shout", code=2)
    assert "The outputs of 'shout' cannot be accepted" in said
    assert "'loud' does not exist" in said


@pytest.mark.parametrize("demo", ["disk"], indirect=True)
def test_data_made_elsewhere_is_adopted_also_by_nodes_that_take_what_is_new(demo):
    demo.write(
        {
            "data/loud/a.txt": "ONE",
            "data/counts.json": "{}",
            "data/gathered.csv": "key\na\nb\nc\n",
            "data/copied.csv": "number,name\n1,x\n2,y\n",
        }
    )
    said = demo.plait("plan")
    assert "holds data, but nothing says what of its inputs is in it" in said
    assert "accepted: copy, gather, shout (1 of 3 keys), count" in demo.plait("state", "accept", "*")
    assert (demo.plan()["gather"], demo.plan()["copy"]) == ("skip", "skip")
    demo.write({"data/texts/d.txt": "four", "data/rows.csv": "number,name\n1,x\n2,y\n3,z\n"})
    demo.plait("run", "gather", "copy")
    assert (demo.root / "data/gathered.csv").read_text().split() == ["key", "a", "b", "c", "d"]
    assert (demo.root / "data/copied.csv").read_text().split() == ["number,name", "1,x", "2,y", "3,z"]


def test_a_pattern_does_not_pass_over_what_is_new(demo):
    demo.plait("run")
    demo.write({"data/texts/d.txt": "four"})
    said = demo.plait("state", "accept", "*")
    assert "gather" not in said
    assert demo.plan()["gather"] == "run"
    demo.plait("state", "accept", "gather")
    assert demo.plan()["gather"] == "skip"
