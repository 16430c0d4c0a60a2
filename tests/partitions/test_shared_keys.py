"""Two checkouts that share partitions, on a disk or on a bucket: what one computed the other recognises."""

import gzip
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from partition_nodes import collect, fail_on_bad, note_call

import plait
from plait import DataCatalog, PartitionKey, each, node
from plait.catalog.remote import RemoteStore
from plait.engine import shared_parts
from plait.engine.segments import Segments

TEXTS = {"a": "one", "b": "two", "c": "three"}
NODE = node(note_call, [each("texts"), "params:calls"], each("loud"), name="n")


class Checkout:
    """A project folder with texts of its own, whose results lie where all checkouts see them."""

    def __init__(self, folder, shared, remote=None):
        self.folder = folder
        self.folder.mkdir()
        self.shared = shared
        self.remote = remote or {}
        self.calls_file = folder.parent / "calls"  # its path is a parameter, so it has to be the same
        self.write(**TEXTS)

    def write(self, **texts):
        (self.folder / "texts").mkdir(exist_ok=True)
        for key, text in texts.items():
            (self.folder / "texts" / f"{key}.txt").write_text(text)

    @property
    def calls(self):
        lines = self.calls_file.read_text().split() if self.calls_file.exists() else []
        self.calls_file.unlink(missing_ok=True)
        return sorted(lines)

    @property
    def data(self):
        loud = {"type": "partitions", "path": self.shared, "pattern": "*.txt", **self.remote}
        whole = {"type": "text", "path": f"{self.shared}-whole/all.txt", **self.remote}
        entries = {"texts": "texts/*.txt", "loud": loud, "whole": whole}
        return DataCatalog.from_config(
            entries, {"store": {"key": "k", "secret": "s"}} if self.remote else {}, root=self.folder
        )

    def run(self, *nodes, **how):
        how = {"raise_errors": False, "parameters": {"calls": str(self.calls_file)}} | how
        result = plait.run(plait.pipeline(nodes or [NODE]), self.data, state=self.folder / ".plait", **how)
        return result.nodes["n"]


@pytest.fixture(scope="module")
def endpoint():
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["disk", "bucket"])
def shared(request, tmp_path):
    """Where the results lie, and how the catalog reaches them."""
    if request.param == "disk":
        (tmp_path / "disk").mkdir()
        return str(tmp_path / "disk" / "loud"), None
    import boto3

    endpoint = request.getfixturevalue("endpoint")
    bucket = "keys-" + "".join(char for char in request.node.name.lower() if char.isalnum())[:50]
    client = boto3.client(
        "s3", endpoint_url=endpoint, aws_access_key_id="k", aws_secret_access_key="s", region_name="us-east-1"
    )
    client.create_bucket(Bucket=bucket)
    options = {"fs_args": {"client_kwargs": {"endpoint_url": endpoint}}, "credentials": "store"}
    return f"s3://{bucket}/team/loud", options


@pytest.fixture
def mine(tmp_path, shared):
    return Checkout(tmp_path / "mine", *shared)


@pytest.fixture
def theirs(tmp_path, shared):
    return Checkout(tmp_path / "theirs", *shared)


def segments(checkout):
    return Segments(*checkout.data.dataset("loud").traces_place())


def files(checkout):
    store, folder = checkout.data.dataset("loud").traces_place()
    return store.names(folder)


def put(checkout, name, body):
    store, folder = checkout.data.dataset("loud").traces_place()
    with store.replacing(f"{folder}/{name}") as target:
        target.write_bytes(body)


def texts_of(reasons):
    return "\n".join(reason.text for reason in reasons)


def test_what_one_computed_the_other_skips_key_by_key(mine, theirs):
    assert mine.run().status == "done"
    assert len(mine.calls) == 3

    theirs.write(b="zwei", d="four")
    result = theirs.run()
    assert theirs.calls == ["four", "zwei"]
    assert (result.keys.done, result.keys.skipped) == (2, 2)
    assert theirs.run().status == "skipped"

    # What they made of other texts is not mine, and made again; the rest is untouched.
    assert mine.run().keys.skipped == 2
    assert mine.calls == ["two"]


def test_nothing_is_written_where_everything_is_recognised(mine, theirs, monkeypatch):
    mine.run()
    assert len(mine.calls) == 3
    before = dict(mine.data.dataset("loud").part_fingerprints())
    monkeypatch.setattr("plait.datasets.partitions.PartitionedDataset.save_part", None)
    assert theirs.run().status == "skipped"
    assert theirs.calls == []
    assert theirs.data.dataset("loud").part_fingerprints() == before
    assert len(files(mine)) == 1


def test_what_was_learnt_is_known_without_asking_again(mine, theirs, monkeypatch):
    mine.run()
    assert theirs.run().status == "skipped"
    monkeypatch.setattr(Segments, "read", None)
    assert theirs.run().status == "skipped"


def test_a_run_leaves_one_segment_however_often_it_wrote(mine, monkeypatch):
    monkeypatch.setattr(shared_parts, "_LATEST", 0.0)
    mine.run()
    assert len(files(mine)) == 1
    assert sorted(row.part for row in segments(mine).read().rows) == ["a", "b", "c"]


def test_many_segments_become_one(mine, theirs):
    for number in range(12):
        mine.write(a=f"text {number}")
        mine.run()
    assert len(files(mine)) <= 10
    rows = segments(mine).read().rows
    assert len([row for row in rows if row.part == "a"]) >= 1
    theirs.write(a="text 11")
    assert theirs.run().status == "skipped"


def test_simultaneous_writers_lose_nothing(mine):
    place = mine.data.dataset("loud").traces_place()
    mine.run()
    row = segments(mine).read().rows[0]

    def write(number):
        own = Segments(*place)
        own.write([row._replace(part=f"k{number}", time=time.time())])
        if number % 3 == 0:
            own.merge()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(16)))
    assert {row.part for row in segments(mine).read().rows} >= {f"k{number}" for number in range(16)}


def good(**changes):
    group = {"home": "h", "node": "n", "run": "r", "facts": {}, "parts": [["a", 1.0, {}, {}]]}
    return {"schema": 1, "groups": [group | changes], "withdrawn": []}


BROKEN = {
    "empty": b"",
    "no archive": b"hello",
    "half an archive": gzip.compress(json.dumps(good()).encode())[:-9],
    "no JSON": gzip.compress(b"{"),
    "another thing": gzip.compress(b"[1, 2]"),
    "a newer Plait": gzip.compress(json.dumps(good() | {"schema": 99}).encode()),
    "no facts": gzip.compress(json.dumps(good(facts="x")).encode()),
    "odd inputs": gzip.compress(json.dumps(good(parts=[["a", 1.0, {"x": 3}, {}]])).encode()),
    "odd outputs": gzip.compress(json.dumps(good(parts=[["a", 1.0, {}, 3]])).encode()),
    "odd parts": gzip.compress(json.dumps(good(parts=[["a"]])).encode()),
}


def test_what_cannot_be_read_is_passed_over_and_said(mine, theirs):
    mine.run()
    assert len(mine.calls) == 3
    for number, body in enumerate(BROKEN.values()):
        put(mine, f"{number}.json.gz", body)
    theirs.write(d="four")
    result = theirs.run()
    assert theirs.calls == ["four"]
    told = texts_of(result.reasons)
    for number in range(len(BROKEN)):
        assert f"'{number}.json.gz' among the records beside 'loud' is ignored" in told
    assert "another version of Plait" in told


def test_a_store_that_takes_no_records_loses_nothing_else(mine, theirs, monkeypatch):
    def refuse(self, rows, withdrawn=()):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Segments, "write", refuse)
    assert mine.run().status == "done"
    assert mine.run().status == "skipped"
    monkeypatch.undo()
    assert theirs.run().keys.done == 3


def test_failed_keys_have_no_record(mine, theirs):
    bad = node(fail_on_bad, each("texts"), each("loud"), name="n")
    mine.write(b="bad")
    theirs.write(b="bad")
    assert mine.run(bad).status == "failed"
    result = theirs.run(bad)
    assert (result.keys.skipped, result.keys.failed) == (2, 1)


def test_a_deleted_ledger_is_made_good(mine):
    mine.run()
    for path in (mine.folder / ".plait").glob("ledger.db*"):
        path.unlink()
    assert mine.run().status == "skipped"


def test_records_the_store_lacks_are_brought_by_the_next_run(mine, theirs):
    """As after a kill between the last key and its record, or of an older Plait."""
    mine.run()
    for name in files(mine):
        segments(mine).remove([name])
    mine.write(d="four")
    mine.run()
    theirs.write(d="four")
    assert theirs.run().status == "skipped"


def changing(text, whole, folder):
    Path(folder, "changed.txt").write_text("later")
    return text + whole


def test_what_was_made_of_changing_inputs_is_taken_back(mine, theirs, monkeypatch):
    monkeypatch.setattr(shared_parts, "_LATEST", 0.0)
    nodes = node(changing, [each("texts"), "changed", "params:folder"], each("loud"), name="n")

    def run(checkout):
        (checkout.folder / "changed.txt").write_text("first")
        data = checkout.data
        entries = {"changed": "changed.txt"}
        data = DataCatalog.from_config(
            {
                **entries,
                "texts": "texts/*.txt",
                "loud": {
                    "type": "partitions",
                    "path": checkout.shared,
                    "pattern": "*.txt",
                    **checkout.remote,
                },
            },
            {"store": {"key": "k", "secret": "s"}} if checkout.remote else {},
            root=checkout.folder,
        )
        parameters = {"folder": str(checkout.folder)}
        return plait.run(
            plait.pipeline([nodes]), data, state=checkout.folder / ".plait", parameters=parameters
        ).nodes["n"]

    run(mine)
    assert segments(mine).read().rows == []
    assert run(theirs).keys.done == 3


def yielded(texts):
    for key in texts:
        yield key, texts[key].upper()


def given(texts):
    return {key: texts[key].upper() for key in texts}


@pytest.mark.parametrize("function", [yielded, given], ids=["generator", "mapping"])
def test_parts_made_by_one_call_are_recognised_too(mine, theirs, function):
    steps = node(function, "texts", "loud", name="n")
    assert mine.run(steps).status == "done"
    assert theirs.run(steps).status == "skipped"
    theirs.write(d="four")
    assert theirs.run(steps).status == "done"


def test_whoever_reads_all_parts_is_decided_by_them(mine, theirs):
    whole = node(collect, "loud", "whole", name="join")
    mine.run(NODE, whole)
    theirs.run(NODE, whole)
    result = plait.run(
        plait.pipeline([NODE, whole]),
        theirs.data,
        state=theirs.folder / ".plait",
        parameters={"calls": str(theirs.calls_file)},
    )
    assert {found.status for found in result.nodes.values()} == {"skipped"}


def by_key(key: PartitionKey, text):
    return f"{key} {text}"


def test_removed_keys_are_retired_by_whose_inputs_lost_them(mine, theirs):
    steps = node(by_key, {"text": each("texts")}, each("loud"), name="n")
    mine.run(steps)
    (theirs.folder / "texts/c.txt").unlink()
    assert theirs.run(steps).status == "skipped"  # what is mine is not theirs to remove
    assert mine.data.dataset("loud").keys() == ["a", "b", "c"]
    (mine.folder / "texts/c.txt").unlink()
    result = mine.run(steps, allow_removals=True)
    assert result.keys.retired == 1
    assert mine.data.dataset("loud").keys() == ["a", "b"]


@pytest.mark.parametrize("shared", ["bucket"], indirect=True)
def test_an_unchanged_run_lists_a_prefix_once(mine, monkeypatch):
    mine.run()
    listed = []
    original = RemoteStore._listed
    monkeypatch.setattr(
        RemoteStore, "_listed", lambda self, path, *more: listed.append(path) or original(self, path, *more)
    )
    monkeypatch.setattr(RemoteStore, "_details", None)
    assert mine.run().status == "skipped"
    assert len(listed) == 1


def test_nothing_is_kept_beside_data_of_the_project(mine):
    mine.shared = "loud"
    if not mine.remote:
        mine.run()
        assert [path.name for path in (mine.folder / "loud").iterdir() if path.name[0] == "."] == []
