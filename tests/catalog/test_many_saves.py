"""Saves of many parts that share hidden folders are each as whole, and as careful, as a single save."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from dying import die_at, leftovers

from plait.catalog import DataCatalog
from plait.catalog.storage import many
from plait.datasets.partitions import PartitionedDataset
from plait.errors import DatasetError


def texts(root: Path) -> PartitionedDataset:
    return DataCatalog.from_config({"texts": "texts/**/*.txt"}, root=root).dataset("texts")


def contents(root: Path) -> dict[str, str]:
    dataset = texts(root)
    return dict(dataset.load_parts())


@pytest.fixture
def together() -> Iterator[None]:
    with many():
        yield


def test_parts_of_several_folders_are_saved_and_nothing_else_is_left(tmp_path: Path) -> None:
    dataset = texts(tmp_path)
    wanted = {f"{folder}/{number}": f"text {number}" for folder in "ab" for number in range(5)}
    with many():
        for key, text in wanted.items():
            dataset.save_part(key, text)
            assert contents(tmp_path)[key] == text, "a part is visible as soon as it is saved"
    assert contents(tmp_path) == wanted
    assert leftovers(tmp_path) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that can be forked and killed")
def test_killed_at_any_step_each_part_is_the_old_or_the_new(tmp_path: Path) -> None:
    def save_all(root: Path) -> None:
        with many():
            for key in ("a", "b", "c"):
                texts(root).save_part(key, f"new {key} " * 50)

    for step in range(1, 200):
        root = tmp_path / str(step)
        texts(root).save({"a": "old a", "b": "old b"})
        killed = die_at(step, lambda root=root: save_all(root))
        for key, text in contents(root).items():
            assert text in (f"old {key}", f"new {key} " * 50), f"half a save after step {step}"
        save_all(root)
        assert contents(root) == {key: f"new {key} " * 50 for key in "abc"}
        assert leftovers(root) == [], f"left behind after step {step}"
        if not killed:
            break
    assert not killed
    assert step > 10


@pytest.mark.usefixtures("together")
def test_a_part_that_is_a_link_stays_one(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.txt"
    elsewhere.write_text("old")
    link = tmp_path / "texts" / "a.txt"
    link.parent.mkdir()
    link.symlink_to(elsewhere)
    texts(tmp_path).save_part("a", "new")
    assert (link.is_symlink(), elsewhere.read_text()) == (True, "new")


@pytest.mark.usefixtures("together")
def test_a_folder_of_parts_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "texts").symlink_to(tmp_path / "elsewhere")
    texts(tmp_path).save_part("a", "new")
    assert (tmp_path / "elsewhere" / "a.txt").read_text() == "new"
    assert (tmp_path / "texts").is_symlink()


@pytest.mark.usefixtures("together")
def test_the_mode_of_what_is_replaced_is_kept(tmp_path: Path) -> None:
    dataset = texts(tmp_path)
    dataset.save_part("a", "old")
    place = tmp_path / "texts" / "a.txt"
    place.chmod(0o640)
    dataset.save_part("a", "new")
    assert (place.read_text(), stat.S_IMODE(place.stat().st_mode)) == ("new", 0o640)


@pytest.mark.usefixtures("together")
def test_a_read_only_part_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = texts(tmp_path)
    dataset.save_part("a", "old")
    place = tmp_path / "texts" / "a.txt"
    # The superuser may write everywhere, so the system's answer is given for it.
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != place)
    with pytest.raises(DatasetError, match=r"'texts/a\.txt' cannot be saved") as caught:
        dataset.save_part("a", "new")
    assert "read-only" in str(caught.value)
    assert place.read_text() == "old"


@pytest.mark.usefixtures("together")
def test_a_folder_that_holds_something_is_not_replaced_by_a_part(tmp_path: Path) -> None:
    inside = tmp_path / "texts" / "a.txt" / "2024" / "a.txt"
    inside.parent.mkdir(parents=True)
    inside.write_text("a version")
    with pytest.raises(DatasetError, match="a folder that is not empty lies there"):
        texts(tmp_path).save_part("a", "new")
    assert inside.read_text() == "a version"


@pytest.mark.usefixtures("together")
def test_a_part_that_cannot_be_written_leaves_the_old_one_and_harms_no_other(tmp_path: Path) -> None:
    dataset = texts(tmp_path)
    dataset.save_part("a", "old")
    with pytest.raises(DatasetError, match="a text file takes a string"):
        dataset.save_part("a", 5)
    with pytest.raises(DatasetError, match=r"'texts/a\.txt' cannot be saved"):
        dataset.save_part("a", "new " + "\ud800")  # breaks off when half of it is written
    with pytest.raises(DatasetError, match="saving None is not allowed"):
        dataset.save_part("a", None)
    dataset.save_part("b", "new")
    assert contents(tmp_path) == {"a": "old", "b": "new"}


@pytest.mark.usefixtures("together")
def test_a_file_is_copied_into_the_place_of_a_part(tmp_path: Path) -> None:
    source = tmp_path / "given.txt"
    source.write_text("given")
    texts(tmp_path).save_part("a", source)
    assert contents(tmp_path) == {"a": "given"}
    assert source.exists()
