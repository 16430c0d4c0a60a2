"""Files behind URLs: a real S3 server on loopback, and fsspec's own file system in memory."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from plain_formats import FOLDER, TEXT

from plait.catalog import DataCatalog, FileDataset, Version
from plait.catalog.storage import SAVING
from plait.errors import DatasetError, MissingLibraryError, VersionAlreadyExistsError, VersionNotFoundError
from plait.values import Secret


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    running = ThreadedMotoServer(port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def credentials(server: str, request: pytest.FixtureRequest) -> dict[str, Any]:
    """What conf/local would say, and an empty bucket named after the test."""
    import s3fs

    values = {"key": "me", "secret": "hunter2", "client_kwargs": {"endpoint_url": server}}
    s3fs.S3FileSystem(**values, skip_instance_cache=True).mkdir(bucket(request))
    return values


def bucket(request: pytest.FixtureRequest) -> str:
    return "b" + "".join(letter for letter in request.node.name if letter.isalnum()).lower()[:60]


@pytest.fixture
def url(request: pytest.FixtureRequest) -> str:
    return f"s3://{bucket(request)}/data"


def test_tables_on_s3_with_credentials_from_the_configuration(url: str, credentials: dict[str, Any]) -> None:
    entries = {
        "cars": {"path": f"{url}/cars.csv", "credentials": "dev"},
        "wheels": {
            "type": "pandas.ParquetDataset",
            "filepath": f"{url}/wheels.parquet",
            "credentials": "dev",
        },
    }
    catalog = DataCatalog.from_config(entries, {"dev": Secret(credentials)})
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    for name in entries:
        assert not catalog.exists(name)
        catalog.save(name, frame)
        assert catalog.exists(name)
        assert catalog.load(name).equals(frame)
        assert catalog.load(name, as_="polars").rows() == [(1, "x"), (2, "y")]
        assert catalog.load(name, as_="polars-lazy").collect().rows() == [(1, "x"), (2, "y")]
        assert catalog[name].preview(1).content[0][0] == 1
        local = catalog.load(name, as_="path")
        assert local.exists()
        catalog.release(name)
        assert not local.exists()
    assert "hunter2" not in f"{catalog!r}{catalog['cars']!r}{catalog.entry('cars')}"


def test_versions_on_s3(url: str, credentials: dict[str, Any]) -> None:
    def dataset(load: str | None = None, save: str | None = None) -> FileDataset:
        return FileDataset(f"{url}/m.txt", TEXT, credentials=credentials, version=Version(load, save))

    assert dataset().versions() == []
    with pytest.raises(VersionNotFoundError):
        dataset().load()
    dataset(save="v1").save("one")
    dataset(save="v2").save("two")
    assert dataset().versions() == ["v1", "v2"]
    assert (dataset().load(), dataset(load="v1").load()) == ("two", "one")
    with pytest.raises(VersionAlreadyExistsError):
        dataset(save="v2").save("three")
    with pytest.raises(VersionNotFoundError, match="has no version 'v7'"):
        dataset(load="v7").load()
    assert dataset().prune(1) == ["v1"]
    assert dataset().versions() == ["v2"]


def test_the_fingerprint_changes_when_the_object_does(url: str, credentials: dict[str, Any]) -> None:
    dataset = FileDataset(f"{url}/x.txt", TEXT, credentials=credentials)
    assert dataset.fingerprint() is None
    dataset.save("one")
    first = dataset.fingerprint()
    assert first.strength == "token"
    dataset.save("two")
    assert dataset.fingerprint() != first
    dataset.save("one")
    assert dataset.fingerprint() == first


def test_a_folder_on_s3_is_replaced_and_an_unfinished_one_is_not_read(
    url: str, credentials: dict[str, Any]
) -> None:
    dataset = FileDataset(f"{url}/parts", FOLDER, credentials=credentials)
    dataset.save({"a.txt": "1", "deep/b.txt": "1"})
    dataset.save({"a.txt": "2", "deep/c.txt": "2"})
    assert dataset.load() == {"a.txt": "2", "deep/c.txt": "2"}
    store, path = dataset._opened
    store.fs.pipe_file(f"{path}/{SAVING}", b"")
    assert not dataset.exists()
    with pytest.raises(DatasetError) as caught:
        dataset.load()
    assert "is incomplete: a save into it did not finish" in str(caught.value)
    dataset.save({"a.txt": "3"})
    assert dataset.load() == {"a.txt": "3"}


@pytest.mark.parametrize("die_at", range(6))
def test_a_folder_upload_that_dies_at_any_step_is_noticed(
    url: str, credentials: dict[str, Any], die_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = FileDataset(f"{url}/parts", FOLDER, credentials=credentials)
    old, new = {"a.txt": "1", "b.txt": "1"}, {"a.txt": "2", "c.txt": "2"}
    dataset.save(old)
    fs = dataset._opened[0].fs
    left = die_at

    def dying(real: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal left
            if left == 0:
                raise KeyboardInterrupt
            left -= 1
            return real(*args, **kwargs)

        return call

    for name in ("pipe_file", "put_file", "rm_file"):
        monkeypatch.setattr(fs, name, dying(getattr(fs, name)))
    with contextlib.suppress(KeyboardInterrupt):
        dataset.save(new)
    monkeypatch.undo()
    if dataset.exists():
        assert dataset.load() in (old, new)
    else:
        with pytest.raises(DatasetError, match="incomplete"):
            dataset.load()
    dataset.save(new)
    assert dataset.load() == new


def test_a_writer_that_fails_leaves_the_object_as_it_was(url: str, credentials: dict[str, Any]) -> None:
    from test_atomic_saves import failing, give_up

    dataset = FileDataset(f"{url}/x.txt", TEXT, credentials=credentials)
    dataset.save("old")
    with pytest.raises(DatasetError, match="ValueError: no more"):
        FileDataset(f"{url}/x.txt", failing(TEXT, give_up), credentials=credentials).save("new")
    assert dataset.load() == "old"
    assert [path.rpartition("/")[2] for path in dataset._opened[0].fs.find(url)] == ["x.txt"]


def test_a_refused_password_is_not_shown_and_not_read_as_missing_data(server: str, url: str) -> None:
    dataset = FileDataset(
        f"{url}/x.txt",
        TEXT,
        credentials={"key": "me", "secret": "hunter2", "client_kwargs": {"endpoint_url": server}},
    )
    with pytest.raises(DatasetError) as caught:
        dataset.save("x")  # the bucket does not exist
    assert "hunter2" not in str(caught.value)
    assert f"'{url}/x.txt' cannot be saved" in str(caught.value)


def test_a_store_with_real_files_gets_them_moved_into_place(monkeypatch: pytest.MonkeyPatch) -> None:
    import fsspec

    dataset = FileDataset("memory://moved/x.txt", TEXT)
    dataset.save("one")
    assert dataset.load() == "one"
    fs = fsspec.filesystem("memory")
    monkeypatch.setattr(fs, "mv", lambda *_, **__: (_ for _ in ()).throw(OSError("gone")))
    with pytest.raises(DatasetError, match="gone; what was there before is unchanged"):
        dataset.save("two")
    monkeypatch.undo()
    assert dataset.load() == "one"
    assert fs.find("/moved") == ["/moved/x.txt"]


def test_a_scheme_whose_library_is_missing_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "gcsfs", None)
    with pytest.raises(MissingLibraryError) as caught:
        FileDataset("gs://bucket/x.txt", TEXT).load()
    assert str(caught.value) == (
        "'gs://bucket/x.txt' needs 'gcsfs', which is not installed\n  → pip install 'plait[gcs]'"
    )


def test_file_urls_are_local(tmp_path: Path) -> None:
    dataset = FileDataset(f"file://{tmp_path}/x.txt", TEXT)
    dataset.save("local")
    assert (tmp_path / "x.txt").read_text() == "local"
    assert dataset.load_as("path") == tmp_path / "x.txt"
