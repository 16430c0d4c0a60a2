"""Chunks that are added are there once, whole, and with their progress, whenever the plug is pulled."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dying import die_at, leftovers
from plain_formats import TEXT

from plait.catalog import FileDataset, Version
from plait.catalog.locations import stand_in
from plait.catalog.protocols import Appends, Progress, Streams, Watermarked
from plait.datasets.partitions import PartitionedDataset
from plait.errors import DatasetError

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="needs processes that can be forked and killed"
)

OLD, NEW = "old\n" * 5, "new\n" * 7


def log(folder: Path) -> FileDataset:
    return FileDataset(folder / "log.txt")


def steps(folder: Path) -> Iterator[tuple[int, FileDataset]]:
    for step in range(1, 300):
        yield step, log(folder / str(step))


def test_what_a_file_can_do(tmp_path: Path) -> None:
    for protocol in (Appends, Streams, Progress, Watermarked):
        assert isinstance(log(tmp_path), protocol)
    assert log(tmp_path).appendable
    assert not FileDataset(tmp_path / "x.pkl").appendable


def test_an_append_killed_at_any_step_happened_or_did_not(tmp_path: Path) -> None:
    seen = []
    for _, dataset in steps(tmp_path):
        dataset.save(OLD)
        killed = die_at(len(seen) + 1, lambda dataset=dataset: dataset.append(NEW))
        found = dataset.load()
        assert found in (OLD, OLD + NEW)
        seen.append(found != OLD)
        dataset.append("end")
        assert dataset.load() == found + "end"
        assert leftovers(tmp_path) == []
        if not killed:
            break
    assert not killed
    assert seen == sorted(seen)
    assert seen.count(False) > 5


def test_a_stream_killed_at_any_step_leaves_the_old_data_or_all_chunks(tmp_path: Path) -> None:
    def stream(dataset: FileDataset) -> None:
        with dataset.stream() as writer:
            for _ in range(3):
                writer.append(NEW)

    for step, dataset in steps(tmp_path):
        dataset.save(OLD)
        killed = die_at(step, lambda dataset=dataset: stream(dataset))
        assert dataset.load() in (OLD, NEW * 3)
        dataset.save(OLD)
        assert leftovers(tmp_path) == []
        if not killed:
            break
    assert not killed
    assert step > 5


def test_data_and_progress_killed_at_any_step_belong_together(tmp_path: Path) -> None:
    seen = []
    for step, dataset in steps(tmp_path):
        dataset.append_with_progress([OLD], {"seen": 1})
        killed = die_at(step, lambda dataset=dataset: dataset.append_with_progress([NEW, NEW], {"seen": 3}))
        state = dataset.load(), dataset.read_progress()
        assert state in [(OLD, {"seen": 1}), (OLD + NEW + NEW, {"seen": 3})]
        seen.append(state[1])
        if state[1] == {"seen": 1}:
            dataset.append_with_progress([NEW, NEW], {"seen": 3})
        assert (dataset.load(), dataset.read_progress()) == (OLD + NEW + NEW, {"seen": 3})
        dataset.append("end")
        assert leftovers(tmp_path) == []
        if not killed:
            break
    assert not killed
    assert seen.count({"seen": 1}) > 10


def test_a_replacement_killed_at_any_step_keeps_data_and_progress_together(tmp_path: Path) -> None:
    for step, dataset in steps(tmp_path):
        dataset.append_with_progress([OLD], {"seen": 1})
        killed = die_at(step, lambda dataset=dataset: dataset.replace_with_progress([NEW], {"seen": 9}))
        state = dataset.load(), dataset.read_progress()
        assert state in [(OLD, {"seen": 1}), (NEW, {"seen": 9})]
        if not killed:
            break
    assert not killed


def test_what_somebody_else_wrote_has_no_progress_and_what_was_before_has_its_own(tmp_path: Path) -> None:
    dataset = log(tmp_path)
    assert dataset.read_progress() is None
    dataset.append_with_progress([OLD], {"seen": 1})
    dataset.append_with_progress([NEW], {"seen": 2})
    dataset.save("by hand")
    assert dataset.read_progress() is None
    dataset.save(OLD)
    assert dataset.read_progress() == {"seen": 1}


def test_progress_without_any_chunk(tmp_path: Path) -> None:
    dataset = log(tmp_path)
    dataset.append_with_progress([], {"seen": 1})
    assert (dataset.exists(), dataset.read_progress()) == (False, {"seen": 1})
    dataset.append_with_progress([NEW], {"seen": 2})
    dataset.append_with_progress([], {"seen": 3})
    assert (dataset.load(), dataset.read_progress()) == (NEW, {"seen": 3})
    dataset.replace_with_progress([], {"seen": 0})
    assert (dataset.exists(), dataset.read_progress()) == (False, {"seen": 0})


def test_progress_of_another_version_is_not_guessed_at(tmp_path: Path) -> None:
    dataset = log(tmp_path)
    dataset.append_with_progress([NEW], {"seen": 2})
    (tmp_path / ".log.txt.progress.json").write_text(json.dumps({"schema": 2}))
    with pytest.raises(DatasetError, match="was written by another version of Plait"):
        dataset.read_progress()
    (tmp_path / ".log.txt.progress.json").write_text("{half")
    assert dataset.read_progress() is None


def test_an_error_of_the_producer_is_its_own_and_changes_nothing(tmp_path: Path) -> None:
    dataset = log(tmp_path)
    dataset.append_with_progress([OLD], {"seen": 1})

    def chunks() -> Iterator[str]:
        yield NEW
        raise KeyError("mine")

    def stream() -> None:
        with dataset.stream() as writer:
            for chunk in chunks():
                writer.append(chunk)

    for attempt in (lambda: dataset.append_with_progress(chunks(), {"seen": 2}), stream):
        with pytest.raises(KeyError, match="mine"):
            attempt()
        assert (dataset.load(), dataset.read_progress()) == (OLD, {"seen": 1})
    assert leftovers(tmp_path) == []


def test_appends_of_many_threads_are_all_there(tmp_path: Path) -> None:
    threads = [threading.Thread(target=log(tmp_path).append, args=(f"{number}\n",)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(int, log(tmp_path).load().split())) == list(range(24))


def test_a_reader_sees_whole_chunks_only(tmp_path: Path) -> None:
    dataset = log(tmp_path)
    dataset.save("")
    seen, done = [], threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.append(len((tmp_path / "log.txt").read_text()))

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(30):
        dataset.append("x" * 1000)
    done.set()
    reader.join()
    assert seen == sorted(seen)
    assert all(size % 1000 == 0 for size in seen)


def test_a_versioned_stream_is_one_version_and_a_version_does_not_grow(tmp_path: Path) -> None:
    dataset = FileDataset(tmp_path / "log.txt", version=Version(None, "v1"))
    with dataset.stream() as writer:
        writer.append("a")
        assert dataset.versions() == []
        writer.append("b")
    assert (dataset.versions(), dataset.load()) == (["v1"], "ab")
    with pytest.raises(DatasetError, match="a version is never changed"):
        dataset.append("c")


def test_a_format_that_cannot_grow_says_so_and_what_can(tmp_path: Path) -> None:
    dataset = FileDataset("x.pkl", root=tmp_path)
    with pytest.raises(DatasetError) as caught:
        dataset.append(1)
    assert str(caught.value) == (
        "pickle cannot be written in chunks\n  at x.pkl\n"
        "  → csv, jsonl, parquet, feather, text, partitions and tables of databases can"
    )
    assert dataset.read_progress() is None


def test_no_chunk_at_all_is_nothing_to_save(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="there was no chunk"), log(tmp_path).stream():
        pass
    with pytest.raises(DatasetError, match="saving None is not allowed"):
        log(tmp_path).append(None)
    assert list(tmp_path.iterdir()) == []


# --- Partitions


def parts(folder: Path) -> PartitionedDataset:
    return PartitionedDataset(folder / "parts", TEXT, pattern="{year}/{month}.txt")


def test_parts_killed_at_any_step_are_whole_and_those_before_are_there(tmp_path: Path) -> None:
    new: dict[str, Any] = {"24/01": NEW, "24/02": NEW, "25/01": NEW}
    most = 0
    for step in range(1, 300):
        dataset = parts(tmp_path / str(step))
        dataset.save({"24/02": OLD, "23/12": OLD})
        killed = die_at(step, lambda dataset=dataset: dataset.save(new))
        found = dict(dataset.load())
        assert set(found) >= {"24/02", "23/12"}
        assert found["23/12"] == OLD
        assert {found[key] for key in found.keys() & new.keys()} <= {OLD, NEW}
        finished = [key for key in new if found.get(key) == NEW]
        assert finished == list(new)[: len(finished)], "in order, and none without those before it"
        most = max(most, len(finished)) if killed else most
        dataset.save(new)
        assert dict(dataset.load()) == {**new, "23/12": OLD}
        assert leftovers(tmp_path) == []
        if not killed:
            break
    assert not killed
    assert most >= 2


def test_progress_of_parts_killed_at_any_step_never_runs_ahead(tmp_path: Path) -> None:
    chunks = [{"24/01": NEW}, ("24/02", NEW)]
    for step in range(1, 300):
        dataset = parts(tmp_path / str(step))
        dataset.append_with_progress([{"23/12": OLD}], {"seen": 1})
        killed = die_at(step, lambda dataset=dataset: dataset.append_with_progress(chunks, {"seen": 3}))
        if dataset.read_progress() == {"seen": 3}:
            assert dataset.keys() == ["23/12", "24/01", "24/02"]
        else:
            assert dataset.read_progress() == {"seen": 1}
            dataset.append_with_progress(chunks, {"seen": 3})
        assert dict(dataset.load()) == {"23/12": OLD, "24/01": NEW, "24/02": NEW}
        assert dataset.read_progress() == {"seen": 3}
        if not killed:
            break
    assert not killed


def test_retiring_killed_at_any_step_loses_nothing(tmp_path: Path) -> None:
    for step in range(1, 300):
        place = tmp_path / str(step)
        dataset = parts(place)
        dataset.save({"24/01": OLD, "24/02": NEW, "25/01": NEW})
        trashed = place / "trash" / stand_in(str(place / "parts"))
        killed = die_at(step, lambda d=dataset, place=place: d.retire(["24/01", "24/02"], place / "trash"))
        kept = [path for path in place.rglob("*.txt") if path.is_file()]
        assert len(kept) == 3
        dataset.retire(["24/01", "24/02"], place / "trash")
        assert dataset.keys() == ["25/01"]
        assert (trashed / "24" / "01.txt").read_text() == OLD
        assert not (place / "parts" / "24").exists()
        if not killed:
            break
    assert not killed
