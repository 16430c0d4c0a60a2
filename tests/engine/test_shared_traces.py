"""Two checkouts that share a store: what one computed the other recognises."""

from __future__ import annotations

import json
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

import plait
from plait import DataCatalog, node, pipeline

CREDENTIALS = {"key": "k", "secret": "s"}


@pytest.fixture(scope="module")
def endpoint():
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint, request):
    name = "shared-" + request.node.name.replace("_", "-").lower()[:40]
    client = boto3.client(
        "s3", endpoint_url=endpoint, aws_access_key_id="k", aws_secret_access_key="s", region_name="us-east-1"
    )
    client.create_bucket(Bucket=name)
    return name


def slow(x):
    return x * 10


def catalog(place, outputs, endpoint=None):
    fs_args = {"client_kwargs": {"endpoint_url": endpoint}} if endpoint else {}
    entries = {
        name: {
            "type": "json",
            "path": path,
            "fs_args": fs_args,
            **({"credentials": "store"} if endpoint else {}),
        }
        for name, path in outputs.items()
    }
    (place / "x.json").write_text("4")
    entries["x"] = "x.json"
    return DataCatalog.from_config(entries, {"store": CREDENTIALS}, root=place)


def checkout(tmp_path, name):
    place = tmp_path / name
    place.mkdir()
    return place


def statuses(place, data, function=slow):
    steps = pipeline([node(function, "x", "y", name="slow")])
    result = plait.run(steps, data, state=place / ".plait")
    return [found.status for found in result.nodes.values()]


def test_a_colleague_starts_from_what_is_on_the_bucket(tmp_path, bucket, endpoint):
    mine, theirs = checkout(tmp_path, "mine"), checkout(tmp_path, "theirs")
    outputs = {"y": f"s3://{bucket}/team/y.json"}
    assert statuses(mine, catalog(mine, outputs, endpoint)) == ["done"]
    assert statuses(theirs, catalog(theirs, outputs, endpoint)) == ["skipped"]


def test_other_inputs_are_not_taken_for_the_same(tmp_path, bucket, endpoint):
    mine, theirs = checkout(tmp_path, "mine"), checkout(tmp_path, "theirs")
    outputs = {"y": f"s3://{bucket}/team/y.json"}
    statuses(mine, catalog(mine, outputs, endpoint))
    data = catalog(theirs, outputs, endpoint)
    (theirs / "x.json").write_text("5")
    assert statuses(theirs, data) == ["done"]
    assert data.load("y") == 50


def test_a_shared_disk_is_shared_and_the_project_folder_is_not(tmp_path):
    mine, theirs, disk = (checkout(tmp_path, name) for name in ("mine", "theirs", "disk"))
    assert statuses(mine, catalog(mine, {"y": str(disk / "y.json")})) == ["done"]
    assert statuses(theirs, catalog(theirs, {"y": str(disk / "y.json")})) == ["skipped"]
    assert statuses(mine, catalog(mine, {"y": "y.json"})) == ["done"]
    assert not (mine / ".plait-traces").exists()


def test_a_deleted_ledger_is_made_good_by_the_records_beside_the_data(tmp_path):
    mine, disk = checkout(tmp_path, "mine"), checkout(tmp_path, "disk")
    data = catalog(mine, {"y": str(disk / "y.json")})
    statuses(mine, data)
    for path in (mine / ".plait").glob("ledger.db*"):
        path.unlink()
    assert statuses(mine, data) == ["skipped"]


ODD = {"home": "h", "node": "n", "part": None, "run": "r", "time": 1, "facts": 3, "inputs": {}, "outputs": {}}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"schema": 99}',
        '{"schema": 1, "traces": [{}]}',
        json.dumps({"schema": 1, "traces": [ODD]}),
        json.dumps({"schema": 1, "traces": [ODD | {"facts": {}, "inputs": {"x": 1}}]}),
    ],
)
def test_a_record_that_cannot_be_read_is_no_record(tmp_path, content):
    mine, theirs, disk = (checkout(tmp_path, name) for name in ("mine", "theirs", "disk"))
    statuses(mine, catalog(mine, {"y": str(disk / "y.json")}))
    record = Path(disk, ".plait-traces", "y.json.json")
    assert json.loads(record.read_text())["traces"]
    record.write_text(content)
    steps = pipeline([node(slow, "x", "y", name="slow")])
    data = catalog(theirs, {"y": str(disk / "y.json")})
    result = plait.run(steps, data, state=theirs / ".plait").nodes["slow"]
    assert result.status == "done"
    assert "the record beside 'y' is ignored" in "\n".join(reason.text for reason in result.reasons)


def test_many_objects_of_a_bucket_are_looked_at_with_one_listing(tmp_path, bucket, endpoint, monkeypatch):
    mine = checkout(tmp_path, "mine")
    names = [f"y{number}" for number in range(6)]
    data = catalog(mine, {name: f"s3://{bucket}/many/{name}.json" for name in names}, endpoint)
    steps = pipeline([node(slow, "x", name, name=f"n{name}") for name in names])
    plait.run(steps, data, state=mine / ".plait")
    from plait.catalog.remote import RemoteStore

    asked = []
    monkeypatch.setattr(RemoteStore, "fingerprint", lambda self, path: asked.append(path))
    result = plait.run(steps, data, state=mine / ".plait")
    assert {found.status for found in result.nodes.values()} == {"skipped"}
    assert asked == []


def test_whether_inputs_are_there_is_asked_with_the_same_listing(tmp_path, bucket, endpoint, monkeypatch):
    import s3fs

    mine = checkout(tmp_path, "mine")
    raw = [f"raw{number}" for number in range(4)]
    places = {name: f"s3://{bucket}/{name.rstrip('0123456789')}/{name}.json" for name in [*raw, "m0", "m1"]}
    data = catalog(mine, places, endpoint)
    for name in raw:
        data.save(name, 1)
    steps = pipeline([node(slow, f"raw{number}", f"m{number}", name=f"n{number}") for number in range(2)])
    plait.run(steps, data, state=mine / ".plait")
    asked = []
    call = s3fs.S3FileSystem._call_s3

    async def counted(self, method, *arguments, **keywords):
        asked.append((method, keywords.get("Prefix")))
        return await call(self, method, *arguments, **keywords)

    monkeypatch.setattr(s3fs.S3FileSystem, "_call_s3", counted)
    result = plait.run(steps, catalog(mine, places, endpoint), state=mine / ".plait")
    assert {found.status for found in result.nodes.values()} == {"skipped"}
    assert sorted(asked) == [("list_objects_v2", "m/"), ("list_objects_v2", "raw/")]
