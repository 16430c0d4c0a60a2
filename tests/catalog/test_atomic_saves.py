"""A save happens whole or not at all: killed at every step, on a full disk, with a writer that gives up."""

from __future__ import annotations

import errno
import os
import resource
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dying import die_at, leftovers
from plain_formats import FOLDER, TEXT

from plait.catalog import FileDataset, Format, Version, storage
from plait.catalog.storage import SAVING, tidy
from plait.errors import DatasetError, VersionAlreadyExistsError
from plait.processes import signature

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="needs processes that can be forked and killed"
)

OLD_TEXT, NEW_TEXT = "old " * 50, "new " * 70
OLD_FOLDER = {"a.txt": "old", "deep/b.txt": "old", "gone.txt": "old"}
NEW_FOLDER = {"a.txt": "new", "deep/b.txt": "new", "deep/c.txt": "new"}


def kinds() -> list[Any]:
    return [
        pytest.param(TEXT, OLD_TEXT, NEW_TEXT, id="file"),
        pytest.param(FOLDER, OLD_FOLDER, NEW_FOLDER, id="folder"),
    ]


@pytest.mark.parametrize(("format_", "old", "new"), kinds())
def test_a_save_killed_at_any_step_leaves_the_old_data_or_the_new(
    tmp_path: Path, format_: Format, old: Any, new: Any
) -> None:
    seen = []
    for step in range(1, 200):
        folder = tmp_path / str(step)
        dataset = FileDataset(folder / "data", format_)
        dataset.save(old)
        killed = die_at(step, lambda dataset=dataset: dataset.save(new))
        found = FileDataset(folder / "data", format_)
        assert found.exists()
        content = found.load()
        assert content in (old, new), f"half a save after step {step}"
        seen.append(content == new)
        found.save(new)
        assert found.load() == new
        assert leftovers(folder) == [], f"left behind after step {step}"
        if not killed:
            break
    assert not killed
    assert seen == sorted(seen), "once the new data is there it stays"
    assert seen.count(False) > 5


@pytest.mark.parametrize(("format_", "old", "new"), kinds())
def test_a_first_save_killed_at_any_step_leaves_nothing_or_everything(
    tmp_path: Path, format_: Format, old: Any, new: Any
) -> None:
    for step in range(1, 200):
        folder = tmp_path / str(step) / "not" / "yet"
        dataset = FileDataset(folder / "data", format_)
        killed = die_at(step, lambda dataset=dataset: dataset.save(new))
        found = FileDataset(folder / "data", format_)
        assert not found.exists() or found.load() == new
        found.save(old)
        assert found.load() == old
        assert leftovers(folder) == []
        if not killed:
            break
    assert not killed
    assert step > 5


@pytest.mark.parametrize(("format_", "old", "new"), kinds())
def test_a_version_killed_at_any_step_appears_whole_or_not_at_all(
    tmp_path: Path, format_: Format, old: Any, new: Any
) -> None:
    for step in range(1, 200):
        path = tmp_path / str(step) / "data"
        FileDataset(path, format_, version=Version(None, "v1")).save(old)
        dataset = FileDataset(path, format_, version=Version(None, "v2"))
        killed = die_at(step, lambda dataset=dataset: dataset.save(new))
        found = FileDataset(path, format_, version=Version(None, "v3"))
        versions = found.versions()
        assert versions in (["v1"], ["v1", "v2"])
        assert found.load() == (old if versions == ["v1"] else new)
        found.save(new)
        assert found.versions() == [*versions, "v3"]
        assert leftovers(path) == []
        if not killed:
            break
    assert not killed
    assert step > 5


def test_a_folder_swap_that_was_killed_between_its_renames_is_finished_by_whoever_loads(
    tmp_path: Path,
) -> None:
    """The one moment in which nothing is at the target: the old is moved away, the new not yet moved in."""
    moments = 0
    for step in range(1, 200):
        dataset = FileDataset(tmp_path / str(step) / "data", FOLDER)
        dataset.save(OLD_FOLDER)
        killed = die_at(step, lambda dataset=dataset: dataset.save(NEW_FOLDER))
        if not (tmp_path / str(step) / "data").exists():
            moments += 1
            assert FileDataset(tmp_path / str(step) / "data", FOLDER).load() == NEW_FOLDER
        if not killed:
            break
    assert moments == 1


@pytest.mark.parametrize("kill_first", [False, True])
def test_a_file_is_replaced_by_a_folder_and_back(tmp_path: Path, kill_first: bool) -> None:
    either = Format(name="path", readers={"path": ""}, holds="either")
    folder, file = tmp_path / "source", tmp_path / "source.txt"
    folder.mkdir()
    (folder / "a.txt").write_text("a")
    file.write_text("b")
    dataset = FileDataset(tmp_path / "out" / "data", either)
    dataset.save(file)
    if kill_first:
        die_at(12, lambda: dataset.save(folder))
    dataset.save(folder)
    assert (dataset.load() / "a.txt").read_text() == "a"
    dataset.save(file)
    assert dataset.load().read_text() == "b"
    assert folder.exists()
    assert file.exists(), "what was saved as a path is copied, not taken away"
    assert leftovers(tmp_path) == []


def give_up(data: Any, target: Path) -> None:
    place = target / "half" if target.is_dir() else target
    place.write_text("half")
    raise ValueError("no more")


def fill_the_disk(data: Any, target: Path) -> None:
    place = target / "half" if target.is_dir() else target
    place.write_text("half")
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def failing(format_: Format, writer: Callable[..., None]) -> Format:
    return Format(
        name=format_.name,
        readers=format_.readers,
        writers={"": f"{__name__}:{writer.__name__}"},
        holds=format_.holds,
    )


@pytest.mark.parametrize(("format_", "old", "new"), kinds())
@pytest.mark.parametrize("writer", [give_up, fill_the_disk])
@pytest.mark.parametrize("versioned", [False, True])
def test_a_writer_that_fails_half_way_leaves_the_old_data_and_nothing_else(
    tmp_path: Path, format_: Format, old: Any, new: Any, writer: Callable[..., None], versioned: bool
) -> None:
    version = Version() if versioned else None
    FileDataset("data", format_, root=tmp_path, version=version).save(old)
    before = sorted(tmp_path.rglob("*"))
    broken = FileDataset("data", failing(format_, writer), root=tmp_path, version=version)
    with pytest.raises(DatasetError) as caught:
        broken.save(new)
    assert sorted(tmp_path.rglob("*")) == before
    assert broken.load() == old
    if writer is give_up:
        assert str(caught.value) == (f"'data' cannot be saved as {format_.name}\n  ValueError: no more")
    else:
        assert str(caught.value) == (
            "'data' cannot be saved\n"
            "  No space left on device; what was there before is unchanged\n"
            "  → make room and run again"
        )


def test_a_disk_that_really_takes_no_more_leaves_the_old_data(tmp_path: Path) -> None:
    dataset = FileDataset("data.txt", TEXT, root=tmp_path)
    dataset.save(OLD_TEXT)
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            dataset.save("x" * 1_000_000)
        except DatasetError as error:
            os._exit(7 if "make room" in str(error) else 8)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WEXITSTATUS(status) == 7
    assert dataset.load() == OLD_TEXT
    assert leftovers(tmp_path) == []


def test_a_writer_that_writes_nothing_is_told_so(tmp_path: Path) -> None:
    lazy = Format(name="lazy", readers={"": "x:y"}, writers={"": f"{__name__}:write_nothing"})
    with pytest.raises(DatasetError, match=r"'data.txt' cannot be saved\n  the writer made no 'data.txt'"):
        FileDataset("data.txt", lazy, root=tmp_path).save(1)


def write_nothing(data: Any, target: Path) -> None:
    pass


def test_what_the_dead_left_is_removed_and_what_the_living_write_is_not(tmp_path: Path) -> None:
    dataset = FileDataset(tmp_path / "data.txt", TEXT)
    writing, go_on = threading.Event(), threading.Event()

    class Slow(str):
        def __len__(self) -> int:
            writing.set()
            go_on.wait(10)
            return 3

    assert die_at(7, lambda: dataset.save(NEW_TEXT))
    assert leftovers(tmp_path)
    slow = threading.Thread(target=lambda: FileDataset(tmp_path / "slow.txt", TEXT).save(Slow("abc")))
    slow.start()
    assert writing.wait(10)
    dataset.save(OLD_TEXT)
    assert len(list((tmp_path / SAVING).iterdir())) == 1, "only the slow thread is still at work"
    go_on.set()
    slow.join()
    assert (tmp_path / "slow.txt").read_text() == "abc"
    assert leftovers(tmp_path) == []


def test_many_threads_may_save_to_one_place(tmp_path: Path) -> None:
    texts = [letter * 3000 for letter in "abcdefgh"]
    threads = [
        threading.Thread(target=FileDataset(tmp_path / "data.txt", TEXT).save, args=(text,))
        for text in texts * 4
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "data.txt").read_text() in texts
    assert leftovers(tmp_path) == []


def test_of_two_saves_of_one_version_the_first_wins(tmp_path: Path) -> None:
    one, two = (FileDataset("m.txt", TEXT, root=tmp_path, version=Version(None, "v1")) for _ in range(2))
    one.save("one")
    with pytest.raises(VersionAlreadyExistsError) as caught:
        two.save("two")
    assert str(caught.value) == (
        "version 'v1' of 'm.txt' is there already, and versions are never replaced\n"
        "  → save under another version, or remove that one first"
    )
    assert two.load() == "one"


def test_permissions_follow_the_umask_and_then_the_file_that_is_replaced(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        dataset = FileDataset(tmp_path / "data.txt", TEXT)
        dataset.save("a")
        assert (tmp_path / "data.txt").stat().st_mode & 0o777 == 0o640
        (tmp_path / "data.txt").chmod(0o600)
        dataset.save("b")
        assert (tmp_path / "data.txt").stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(before)


def test_a_symbolic_link_stays_and_what_it_points_to_is_replaced(tmp_path: Path) -> None:
    real = tmp_path / "elsewhere" / "real.txt"
    (tmp_path / "link.txt").symlink_to(real)
    dataset = FileDataset(tmp_path / "link.txt", TEXT)
    dataset.save("through the link")
    assert (tmp_path / "link.txt").is_symlink()
    assert real.read_text() == "through the link"


def test_a_path_that_leads_through_a_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")
    with pytest.raises(DatasetError) as caught:
        FileDataset("data/x.txt", TEXT, root=tmp_path).save("x")
    assert "'data/x.txt' cannot be saved" in str(caught.value)
    assert "one of the folders of its path is a file" in str(caught.value)
    assert (tmp_path / "data").read_text() == "not a folder"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_write_permission_says_so(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(DatasetError, match=r"Permission denied.*\n.*who may read and write"):
            FileDataset("x.txt", TEXT, root=tmp_path).save("x")
    finally:
        tmp_path.chmod(0o700)


def test_who_is_reading_the_old_file_goes_on_reading_the_old_file(tmp_path: Path) -> None:
    """A save that wrote into the file itself, however quickly, would show here."""
    dataset = FileDataset(tmp_path / "data.txt", TEXT)
    dataset.save(OLD_TEXT)
    with (tmp_path / "data.txt").open() as held:
        dataset.save(NEW_TEXT)
        assert held.read() == OLD_TEXT
    assert dataset.load() == NEW_TEXT


@pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="the system does not say when a process began"
)
def test_what_a_process_left_whose_id_was_used_again_is_tidied_away(tmp_path: Path) -> None:
    machine, pid, started = signature().split("-")
    saving = tmp_path / ".plait-saving"
    for owner in (f"{machine}-{pid}-{int(started, 16) ^ 1:08x}", signature(), f"00000000-{pid}-{started}"):
        (saving / f"{owner}-abcd").mkdir(parents=True)
    tidy(tmp_path / "data.csv")
    owners = {place.name.rpartition("-")[0] for place in saving.iterdir()}
    assert owners == {signature(), f"00000000-{pid}-{started}"}


def test_tidying_does_not_mind_who_else_tidies(tmp_path, monkeypatch):
    saving = tmp_path / "parts" / "deep" / SAVING
    saving.mkdir(parents=True)
    seen = []

    def taken_away(place):
        seen.append(place)
        place.rmdir()
        raise FileNotFoundError(str(place))

    monkeypatch.setattr(storage, "_clean", taken_away)
    tidy(tmp_path / "parts")
    assert seen == [saving]
