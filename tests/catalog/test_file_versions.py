"""Versions in Kedro's layout: found, pinned, saved once, pruned."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plain_formats import FOLDER, TEXT

from plait.catalog import FileDataset, Version
from plait.catalog.versions import generate_timestamp, safe_version
from plait.errors import CatalogError, DatasetError, UsageError, VersionNotFoundError

EARLIEST, LATEST = datetime(1970, 1, 2), datetime(9000, 1, 1)  # noqa: DTZ001 - hypothesis wants them so


def versioned(root: Path, load: str | None = None, save: str | None = None) -> FileDataset:
    return FileDataset("data/m.txt", TEXT, root=root, version=Version(load, save))


@given(st.datetimes(min_value=EARLIEST, max_value=LATEST))
def test_a_version_is_named_as_kedro_names_it_and_sorts_by_time(moment: datetime) -> None:
    moment = moment.replace(tzinfo=UTC)
    theirs = moment.strftime("%Y-%m-%dT%H.%M.%S.%fZ")
    assert generate_timestamp(moment) == theirs[:-4] + theirs[-1:]
    assert safe_version(generate_timestamp(moment))


def test_the_layout_is_kedros_and_the_latest_is_loaded(tmp_path: Path) -> None:
    from kedro.io import Version as KedroVersion
    from kedro_datasets.text import TextDataset

    versioned(tmp_path, save="2026-01-01T00.00.00.000Z").save("one")
    theirs = TextDataset(
        filepath=str(tmp_path / "data" / "m.txt"), version=KedroVersion(None, "2026-01-02T00.00.00.000Z")
    )
    assert theirs.load() == "one"
    theirs.release()
    theirs.save("two")
    assert versioned(tmp_path).load() == "two"
    assert versioned(tmp_path).versions() == ["2026-01-01T00.00.00.000Z", "2026-01-02T00.00.00.000Z"]
    assert versioned(tmp_path, load="2026-01-01T00.00.00.000Z").load() == "one"


def test_one_dataset_goes_on_loading_the_version_it_saw_until_it_is_released(tmp_path: Path) -> None:
    versioned(tmp_path, save="v1").save("one")
    reading = versioned(tmp_path)
    assert reading.load() == "one"
    versioned(tmp_path, save="v2").save("two")
    assert reading.load() == "one"
    reading.release()
    assert reading.load() == "two"


def test_without_a_save_version_each_save_is_a_version_of_its_own(tmp_path: Path) -> None:
    dataset = versioned(tmp_path)
    dataset.save("one")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d\.\d{3}Z", dataset.versions()[0])
    assert dataset.load() == "one"


def test_no_versions_yet(tmp_path: Path) -> None:
    dataset = versioned(tmp_path)
    assert not dataset.exists()
    assert dataset.fingerprint() is None
    with pytest.raises(VersionNotFoundError, match=r"there are no versions of 'data/m\.txt' yet"):
        dataset.load()


def test_a_pinned_version_that_is_missing_gets_a_suggestion(tmp_path: Path) -> None:
    versioned(tmp_path, save="2026-01-01T00.00.00.000Z").save("one")
    with pytest.raises(VersionNotFoundError) as caught:
        versioned(tmp_path, load="2026-01-01T00.00.00.001Z").load()
    assert str(caught.value) == (
        "'data/m.txt' has no version '2026-01-01T00.00.00.001Z'\n  → did you mean '2026-01-01T00.00.00.000Z'?"
    )
    with pytest.raises(VersionNotFoundError, match=r"the latest is '2026-01-01T00.00.00.000Z'"):
        versioned(tmp_path, load="best").load()
    assert not versioned(tmp_path, load="best").exists()


@pytest.mark.parametrize("version", ["../x", "a/b", "", ".", "..", ".hidden", "a\\b", "*", "x\0"])
def test_a_version_that_would_lead_elsewhere_is_refused(tmp_path: Path, version: str) -> None:
    with pytest.raises(DatasetError, match="a version is the name of one folder"):
        versioned(tmp_path, load=version)


def test_a_file_that_is_not_versioned_is_neither_hidden_nor_replaced(tmp_path: Path) -> None:
    FileDataset("data/m.txt", TEXT, root=tmp_path).save("plain")
    with pytest.raises(DatasetError) as caught:
        versioned(tmp_path, save="v1").save("one")
    assert str(caught.value) == (
        "'data/m.txt' cannot be versioned, because a file of that name lies there\n"
        "  → move it to 'data/m.txt/v1/m.txt', or leave `versioned` out"
    )
    with pytest.raises(VersionNotFoundError, match="a file that is not versioned lies there"):
        versioned(tmp_path).load()
    assert (tmp_path / "data" / "m.txt").read_text() == "plain"


def test_a_pinned_load_beside_a_new_save_is_pointed_out(tmp_path: Path) -> None:
    versioned(tmp_path, save="v1").save("one")
    with pytest.warns(UserWarning, match="saved as version 'v2', but is pinned to load 'v1'"):
        versioned(tmp_path, load="v1", save="v2").save("two")


def test_pruning_keeps_the_newest(tmp_path: Path) -> None:
    for number in range(5):
        versioned(tmp_path, save=f"v{number}").save(str(number))
    dataset = versioned(tmp_path)
    assert dataset.prune(2, dry_run=True) == ["v0", "v1", "v2"]
    assert len(dataset.versions()) == 5
    assert dataset.prune(2) == ["v0", "v1", "v2"]
    assert dataset.versions() == ["v3", "v4"]
    assert dataset.prune(2) == []
    assert sorted(path.name for path in (tmp_path / "data" / "m.txt").iterdir()) == ["v3", "v4"]
    with pytest.raises(UsageError, match="at least one version must be kept"):
        dataset.prune(0)


def test_folders_have_versions_too(tmp_path: Path) -> None:
    for number in (1, 2):
        dataset = FileDataset("parts", FOLDER, root=tmp_path, version=Version(None, f"v{number}"))
        dataset.save({"a.txt": str(number)})
    assert dataset.at_version("v1").load() == {"a.txt": "1"}
    assert dataset.load() == {"a.txt": "2"}
    dataset.prune(1)
    assert dataset.versions() == ["v2"]


def test_what_is_behind_http_has_no_versions() -> None:
    with pytest.raises(DatasetError, match=r"what lies behind http\(s\) cannot be versioned"):
        FileDataset("https://example.org/m.txt", TEXT, version=Version())


def test_the_fingerprint_is_of_the_content_and_of_nothing_else(tmp_path: Path) -> None:
    one, two = (FileDataset(tmp_path / name, TEXT) for name in ("a.txt", "b.txt"))
    one.save("same")
    two.save("same")
    assert one.fingerprint() == two.fingerprint()
    assert one.fingerprint().strength == "content"
    two.save("other")
    assert one.fingerprint() != two.fingerprint()


@given(
    st.dictionaries(st.text("ab", min_size=1, max_size=3), st.text(max_size=3), max_size=4),
    st.dictionaries(st.text("ab", min_size=1, max_size=3), st.text(max_size=3), max_size=4),
)
def test_folders_have_one_fingerprint_exactly_when_they_hold_the_same(
    tmp_path_factory: pytest.TempPathFactory, one: dict[str, str], two: dict[str, str]
) -> None:
    root = tmp_path_factory.mktemp("folders")
    found = []
    for name, parts in (("one", one), ("two", two)):
        dataset = FileDataset(root / name, FOLDER)
        dataset.save(parts)
        found.append(dataset.fingerprint())
    assert (found[0] == found[1]) == (one == two)


def test_either_path_or_filepath_but_one_of_them(tmp_path: Path) -> None:
    assert (
        FileDataset(filepath=tmp_path / "x.txt", format=TEXT).path
        == FileDataset(tmp_path / "x.txt", TEXT).path
    )
    for arguments in ({}, {"path": "a", "filepath": "b"}, {"path": ""}):
        with pytest.raises(CatalogError, match="needs either 'path' or 'filepath'"):
            FileDataset(format=TEXT, **arguments)


def test_what_cannot_be_loaded_says_why(tmp_path: Path) -> None:
    (tmp_path / "latin.txt").write_bytes("Grüße".encode("latin-1"))
    with pytest.raises(DatasetError) as caught:
        FileDataset("latin.txt", TEXT, root=tmp_path).load()
    assert str(caught.value).startswith("'latin.txt' cannot be loaded as plain\n  UnicodeDecodeError: ")
    assert "encoding: latin-1" in str(caught.value)
    with pytest.raises(DatasetError, match=r"^'gone.txt' does not exist$"):
        FileDataset("gone.txt", TEXT, root=tmp_path).load()
    with pytest.raises(DatasetError, match=r"^'gone.txt' does not exist$"):
        FileDataset("gone.txt", TEXT, root=tmp_path).load_as("path")


def test_a_preview_reads_no_more_than_it_shows(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("a\nb\nc\n")
    assert FileDataset("x.txt", TEXT, root=tmp_path).preview(2).content == "a\nb\n"
    with pytest.raises(DatasetError, match="plain-folder has no preview"):
        FileDataset("x", FOLDER, root=tmp_path).preview()
