import os
import time

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from plait.catalog import FileDataset
from plait.identity import (
    MemoryMemo,
    bytes_to_read,
    fingerprint_file,
    fingerprint_of,
    fingerprint_path,
    fingerprint_tree,
    listed_fingerprints,
    object_fingerprint,
)
from plait.identity import fingerprints as module
from plait.values import Fingerprint


@pytest.fixture
def memo():
    return MemoryMemo()


@pytest.fixture
def hashed(monkeypatch):
    """Count the files whose content is read."""
    calls = []
    real = module.digest_of

    def count(path):
        calls.append(path)
        return real(path)

    monkeypatch.setattr(module, "digest_of", count)
    return calls


def write(path, text, seconds_ago=60):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    moment = time.time() - seconds_ago
    os.utime(path, (moment, moment))
    return path


def test_a_file_is_its_content(tmp_path, memo):
    one, same = write(tmp_path / "a", "x"), write(tmp_path / "b", "x", 30)
    other = write(tmp_path / "c", "y")
    found = fingerprint_file(one, memo)
    assert found.strength == "content"
    assert found.token.startswith("sha256:")
    assert found == fingerprint_file(same, memo) != fingerprint_file(other, memo)


def test_a_file_is_read_once(tmp_path, memo, hashed):
    file = write(tmp_path / "a", "x")
    assert bytes_to_read(file, memo) == 1
    assert fingerprint_file(file, memo) == fingerprint_file(file, memo)
    assert bytes_to_read(file, memo) == 0
    assert len(hashed) == 1


def test_a_touched_file_is_no_change(tmp_path, memo):
    file = write(tmp_path / "a", "x")
    before = fingerprint_file(file, memo)
    os.utime(file)
    assert fingerprint_file(file, memo) == before


def test_a_file_written_just_before_is_read_once_more(tmp_path, memo):
    file = tmp_path / "a"
    file.write_text("x")
    status = file.stat()
    before = fingerprint_file(file, memo)
    file.write_text("y")  # as large, and within the tick of the clock
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert fingerprint_file(file, memo) != before


def test_a_file_from_the_future_is_not_relied_on(tmp_path, memo, hashed):
    file = write(tmp_path / "a", "x", seconds_ago=-3600)
    fingerprint_file(file, memo)
    fingerprint_file(file, memo)
    assert len(hashed) == 2


def test_a_file_that_changes_while_it_is_read_is_read_again(tmp_path, memo, monkeypatch):
    file = write(tmp_path / "a", "x")
    real = module.digest_of
    left = ["longer"]

    def disturbed(path):
        found = real(path)
        if left:
            file.write_text(left.pop())
        return found

    monkeypatch.setattr(module, "digest_of", disturbed)
    found = fingerprint_file(file, memo)
    assert left == []
    assert found == fingerprint_file(file, MemoryMemo())


def test_a_folder_is_a_tree_with_its_parts(tmp_path, memo):
    folder = tmp_path / "parts"
    write(folder / "a.csv", "1")
    write(folder / "b" / "c.csv", "2")
    tree = fingerprint_tree(folder, memo)
    assert set(tree.parts) == {"a.csv", "b/c.csv"}
    assert tree.parts["a.csv"] == fingerprint_file(folder / "a.csv", memo)
    write(folder / "b" / "c.csv", "3", 30)
    after = fingerprint_tree(folder, memo)
    changed = {name for name in tree.parts if tree.parts[name] != after.parts[name]}
    assert changed == {"b/c.csv"}
    assert after.fingerprint != tree.fingerprint


def test_renaming_moving_and_removing_a_part_is_a_change(tmp_path, memo):
    folder = tmp_path / "parts"
    seen = set()
    for names in (["a", "b"], ["a", "c"], ["a"], ["a", "b/b"], ["ab"], []):
        for old in sorted(folder.rglob("*"), reverse=True) if folder.exists() else []:
            old.rmdir() if old.is_dir() else old.unlink()
        folder.mkdir(exist_ok=True)
        for name in names:
            write(folder / name, "1")
        seen.add(fingerprint_tree(folder, memo).fingerprint.token)
    assert len(seen) == 6


def test_half_saved_data_is_not_looked_at(tmp_path, memo):
    folder = tmp_path / "parts"
    write(folder / "a", "1")
    before = fingerprint_tree(folder, memo)
    write(folder / ".plait-saving" / "host-1" / "b", "2")
    assert fingerprint_tree(folder, memo) == before


def test_files_and_folders_are_known_as_their_dataset_knows_them(tmp_path, memo):
    """So what was fingerprinted when it was saved is recognised when it is looked at."""
    file = write(tmp_path / "a.csv", "a\n1\n")
    dataset = FileDataset(str(file))
    assert fingerprint_of(dataset, memo) == dataset.fingerprint()


def test_less_may_be_asked_for(tmp_path, memo, hashed):
    file = write(tmp_path / "a", "x")
    found = fingerprint_path(file, memo, "stat")
    assert found.strength == "stat"
    write(tmp_path / "parts" / "b", "x")
    assert fingerprint_path(tmp_path / "parts", memo, "stat").strength == "stat"
    assert hashed == []
    os.utime(file)
    assert fingerprint_path(file, memo, "stat") != found


def test_what_is_not_there_has_no_fingerprint(tmp_path, memo):
    assert fingerprint_path(tmp_path / "missing", memo) is None
    assert bytes_to_read(tmp_path / "missing", memo) == 0


def test_a_dataset_that_knows_itself_is_asked(memo):
    class Table:
        def load(self): ...
        def save(self, data): ...
        def fingerprint(self):
            return Fingerprint("rows:3", "token")

    class Plain:
        def load(self): ...
        def save(self, data): ...

    assert fingerprint_of(Table(), memo) == Fingerprint("rows:3", "token")
    assert fingerprint_of(Plain(), memo) is None


@pytest.mark.parametrize(
    ("details", "found"),
    [
        ({"VersionId": "v1", "ETag": '"e"'}, Fingerprint("etag:e", "token")),
        ({"VersionId": "v1"}, Fingerprint("versionid:v1", "token")),
        ({"VersionId": "null", "size": 3}, None),
        ({"md5Hash": "m", "etag": "e"}, Fingerprint("md5hash:m", "token")),
        ({"size": 3, "mtime": 5}, Fingerprint("stat:3:5", "stat")),
        ({"size": 3}, None),
    ],
)
def test_takes_the_best_a_store_says(details, found):
    assert object_fingerprint(details) == found


def test_many_objects_cost_one_listing(monkeypatch):
    fs = MemoryFileSystem()
    calls = []
    listing = {
        "/bucket/data/a": {"name": "/bucket/data/a", "ETag": '"1"'},
        "/bucket/data/parts/x": {"name": "/bucket/data/parts/x", "ETag": '"2"'},
        "/bucket/data/parts/y": {"name": "/bucket/data/parts/y", "ETag": '"3"'},
    }

    def find(prefix, detail):
        calls.append(prefix)
        return listing

    monkeypatch.setattr(fs, "find", find)
    paths = ["/bucket/data/a", "/bucket/data/parts", "/bucket/data/missing"]
    found = listed_fingerprints(fs, "/bucket/data", paths)
    assert calls == ["/bucket/data"]
    assert found["/bucket/data/a"] == Fingerprint("etag:1", "token")
    assert found["/bucket/data/parts"].token.startswith("token-tree:")
    assert found["/bucket/data/missing"] is None


@pytest.fixture(scope="module")
def s3():
    """A file system on a server of moto's own, with a plain and a versioned bucket."""
    s3fs = pytest.importorskip("s3fs")
    server = pytest.importorskip("moto.server").ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    fs = s3fs.S3FileSystem(
        key="x", secret="x", endpoint_url=f"http://{host}:{port}", skip_instance_cache=True
    )
    fs.mkdir("plain-data")
    fs.mkdir("versioned-data")
    fs.call_s3(
        "put_bucket_versioning", Bucket="versioned-data", VersioningConfiguration={"Status": "Enabled"}
    )
    yield fs
    server.stop()


@pytest.mark.parametrize("bucket", ["plain-data", "versioned-data"])
def test_a_listing_and_a_question_say_the_same_of_an_object(s3, bucket):
    path = f"{bucket}/data/a.csv"
    s3.pipe_file(path, b"1")
    s3.invalidate_cache()
    listed = listed_fingerprints(s3, f"{bucket}/data", [path])[path]
    s3.invalidate_cache()
    assert listed == object_fingerprint(s3.info(path))
    assert listed.strength == "token"


def test_another_content_is_another_token(s3):
    path = "plain-data/changing/a.csv"
    seen = []
    for content in (b"1", b"2", b"1"):
        s3.pipe_file(path, content)
        seen.append(listed_fingerprints(s3, "plain-data/changing", [path])[path])
    assert seen[0] != seen[1]
    assert seen[0] == seen[2]


@pytest.mark.parametrize("size", [0, 1, 2**16 - 1, 2**16, 2**16 + 1, 300_000])
def test_a_file_is_hashed_whole_however_it_is_read(tmp_path, memo, monkeypatch, size):
    import hashlib

    from plait.catalog import digests

    file = tmp_path / "a"
    file.write_bytes(bytes(number % 251 for number in range(size)))
    whole = f"sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}"
    assert fingerprint_file(file, memo).token == whole
    read = digests.os.read
    monkeypatch.setattr(digests.os, "read", lambda descriptor, most: read(descriptor, min(most, 100)))
    assert fingerprint_file(file, MemoryMemo()).token == whole
