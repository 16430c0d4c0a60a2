"""What runs key by key, in streams and on what is new, with all its data on a bucket."""

import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from partition_nodes import note_call
from test_killed_partitions import kill_when

import plait
from plait import Completed, DataCatalog, each, new, node

CREDENTIALS = {"key": "k", "secret": "s"}
PATTERNS = {"texts": "*.txt", "loud": "*.txt", "parts": "*.txt"}


@pytest.fixture(scope="module")
def endpoint():
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


class Bucket:
    def __init__(self, client, name, endpoint, folder):
        self.client = client
        self.name = name
        self.folder = folder
        self.calls_file = folder / "calls"
        options = {"fs_args": {"client_kwargs": {"endpoint_url": endpoint}}, "credentials": "store"}
        self.entries = {
            **{
                key: {"type": "partitions", "path": f"s3://{name}/{key}", "pattern": pattern, **options}
                for key, pattern in PATTERNS.items()
            },
            "table": {"path": f"s3://{name}/table.csv", **options},
            "log": {"path": f"s3://{name}/log.csv", **options},
        }

    def write(self, dataset, **texts):
        for key, text in texts.items():
            self.client.put_object(Bucket=self.name, Key=f"{dataset}/{key}.txt", Body=text.encode())

    def remove(self, dataset, key):
        self.client.delete_object(Bucket=self.name, Key=f"{dataset}/{key}.txt")

    def read(self, dataset):
        found = self.client.list_objects_v2(Bucket=self.name, Prefix=f"{dataset}/").get("Contents", [])
        names = [item["Key"] for item in found if "/." not in item["Key"]]
        return {
            key.rpartition("/")[2].removesuffix(".txt"): self.client.get_object(Bucket=self.name, Key=key)[
                "Body"
            ]
            .read()
            .decode()
            for key in names
        }

    @property
    def calls(self):
        lines = self.calls_file.read_text().split() if self.calls_file.exists() else []
        self.calls_file.unlink(missing_ok=True)
        return sorted(lines)

    @property
    def catalog(self):
        return DataCatalog.from_config(self.entries, {"store": CREDENTIALS}, root=self.folder)

    def run(self, *nodes, **how):
        parameters = {"calls": str(self.calls_file)} | how.pop("parameters", {})
        return plait.run(
            plait.pipeline(nodes),
            self.catalog,
            state=self.folder / ".plait",
            parameters=parameters,
            raise_errors=False,
            **how,
        )


@pytest.fixture
def bucket(endpoint, request, tmp_path):
    import boto3

    client = boto3.client(
        "s3", endpoint_url=endpoint, aws_access_key_id="k", aws_secret_access_key="s", region_name="us-east-1"
    )
    name = "all-" + "".join(char for char in request.node.name.lower() if char.isalnum())[:55]
    client.create_bucket(Bucket=name)
    return Bucket(client, name, endpoint, tmp_path)


SHOUT = node(note_call, [each("texts"), "params:calls"], each("loud"), name="n")


@pytest.mark.parametrize("executor", ["inline", "processes"])
def test_one_changed_one_new_and_one_removed_key(bucket, executor):
    bucket.write("texts", **{f"k{number:02d}": f"text{number}" for number in range(12)})
    assert bucket.run(SHOUT, executor=executor).status == "done"
    assert len(bucket.calls) == 12
    assert bucket.run(SHOUT, executor=executor).nodes["n"].status == "skipped"

    bucket.write("texts", k03="changed", k12="fresh")
    bucket.remove("texts", "k05")
    result = bucket.run(SHOUT, executor=executor)
    assert bucket.calls == ["changed", "fresh"]
    assert result.nodes["n"].keys.retired == 1
    loud = bucket.read("loud")
    assert (loud["k03"], loud["k12"], "k05" in loud, len(loud)) == ("CHANGED", "FRESH", False, 12)


KILLED = """
import sys
sys.path[:0] = {path!r}
import plait
from plait import each, node, pipeline
from partition_nodes import slowly

plait.run(
    pipeline([node(slowly, [each("texts"), "params:calls"], each("loud"), name="n")]),
    plait.DataCatalog.from_config({entries!r}, {{"store": {credentials!r}}}, root={root!r}),
    state={root!r} + "/.plait", parameters={{"calls": {calls!r}}},
)
"""


def test_a_killed_run_goes_on_where_it_was(bucket):
    bucket.write("texts", **{f"k{number:02d}": f"text{number:02d}" for number in range(20)})
    program = bucket.folder / "program.py"
    program.write_text(
        KILLED.format(
            path=[place for place in sys.path if place],
            entries=bucket.entries,
            credentials=CREDENTIALS,
            root=str(bucket.folder),
            calls=str(bucket.calls_file),
        )
    )
    command = [sys.executable, str(program)]
    kill_when(command, lambda: len(bucket.read("loud")) >= 5)
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert bucket.read("loud") == {f"k{number:02d}": f"TEXT{number:02d}" for number in range(20)}
    calls = bucket.calls
    twice = {text for text in calls if calls.count(text) > 1}
    assert len(twice) <= 1  # the one in flight
    assert len(set(calls)) == 20


def produce(count, folder, done: Completed):
    for number in range(count):
        key = f"k{number}"
        if key in done:
            continue
        if number == 3 and Path(folder, "fail").exists():
            raise RuntimeError("no more")
        yield key, f"{key} after {len(done)}"


def test_a_generator_goes_on_after_what_it_has_committed(bucket):
    work = node(produce, ["params:count", "params:folder"], "parts", name="n")
    parameters = {"count": 6, "folder": str(bucket.folder)}
    (bucket.folder / "fail").touch()
    assert bucket.run(work, parameters=parameters).status == "failed"
    assert sorted(bucket.read("parts")) == ["k0", "k1", "k2"]
    (bucket.folder / "fail").unlink()
    assert bucket.run(work, parameters=parameters).status == "done"
    made = bucket.read("parts")
    assert (made["k0"], made["k5"], len(made)) == ("k0 after 0", "k5 after 3", 6)
    assert bucket.run(work, parameters=parameters).nodes["n"].status == "skipped"


def table_of(texts):
    return pd.DataFrame({"key": sorted(texts)})


def upper(texts):
    return {key: text.upper() for key, text in texts.items()}


def test_only_new_parts_are_added_to_a_file(bucket):
    work = node(table_of, new("texts"), "log", name="n")
    bucket.write("texts", a="one", b="two")
    bucket.run(work)
    bucket.write("texts", c="three")
    result = bucket.run(work)
    assert "1 new partition of 'texts'" in [reason.text for reason in result.nodes["n"].reasons]
    assert list(bucket.catalog.load("log")["key"]) == ["a", "b", "c"]
    assert bucket.run(work).nodes["n"].status == "skipped"


def test_only_new_parts_are_given_to_a_node_that_makes_parts(bucket):
    work = node(upper, new("texts"), "loud", name="n")
    bucket.write("texts", a="one", b="two")
    bucket.run(work)
    bucket.write("texts", b="zwei", c="three")
    bucket.run(work)
    assert bucket.read("loud") == {"a": "ONE", "b": "ZWEI", "c": "THREE"}
    # Progress lies with the output: it outlives the state folder.
    shutil.rmtree(bucket.folder / ".plait")
    assert bucket.run(work).nodes["n"].status == "skipped"


def copied(table: pd.DataFrame):
    return table


def test_only_rows_beyond_a_mark_are_taken(bucket):
    work = node(copied, new("table", by="number"), "log", name="n")
    bucket.catalog.save("table", pd.DataFrame({"number": [1, 2]}))
    bucket.run(work)
    bucket.catalog.save("table", pd.DataFrame({"number": [1, 2, 3]}))
    bucket.run(work)
    assert list(bucket.catalog.load("log")["number"]) == [1, 2, 3]
    assert bucket.run(work).nodes["n"].status == "skipped"
