"""The conformance kit passes what is right and names what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from plait.catalog import FileDataset, MemoryDataset
from plait.catalog.preview import Preview
from plait.testing import DatasetViolations, check_dataset
from plait.values import Fingerprint


class Careful:
    """The dataset of the guide: right in everything."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def load(self) -> Any:
        return self.path.read_text()

    def save(self, data: Any) -> None:
        if data is None:
            raise ValueError("None cannot be saved")
        fresh = self.path.with_name("." + self.path.name)
        fresh.write_text(data)
        fresh.replace(self.path)

    def exists(self) -> bool:
        return self.path.exists()


class InPlace(Careful):
    def save(self, data: Any) -> None:
        if data is None:
            raise ValueError
        self.path.unlink(missing_ok=True)
        self.path.write_text(data)


class Sloppy(Careful):
    location = "https://me:pw@host/x"

    def load(self) -> Any:
        return self.path.read_text()[:4] if self.path.exists() else ""

    def save(self, data: Any) -> None:
        self.path.write_text(str(data))

    def exists(self) -> bool:
        return True

    def fingerprint(self) -> Fingerprint | None:
        return Fingerprint("always", "token")

    def preview(self, limit: int = 20) -> Any:
        return Preview("table", [[1], [2], [3]])


class NotPicklable(Careful):
    def __reduce__(self) -> Any:
        raise TypeError("has a connection")


def violations(*arguments: Any, **options: Any) -> tuple[str, ...]:
    with pytest.raises(DatasetViolations) as caught:
        check_dataset(*arguments, **options)
    assert isinstance(caught.value, AssertionError)
    assert all(violation in str(caught.value) for violation in caught.value.violations)
    return caught.value.violations


def test_a_careful_dataset_passes(tmp_path: Path) -> None:
    check_dataset(lambda: Careful(tmp_path / "x.txt"), "one", "two, and longer")


@pytest.mark.parametrize("suffix", ["csv", "parquet", "pkl", "feather"])
def test_plaits_own_pass(tmp_path: Path, suffix: str) -> None:
    one, two = pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [3, 4], "b": ["x", "y"]})
    check_dataset(lambda: FileDataset(tmp_path / f"x.{suffix}"), one, two)


def test_memory_passes_as_far_as_it_promises() -> None:
    check_dataset(MemoryDataset, [1], [2], atomic=False, persistent=False)


def test_a_save_in_place_is_found(tmp_path: Path) -> None:
    found = violations(lambda: InPlace(tmp_path / "x.txt"), "one", "two")
    assert len(found) == 1
    assert "survives interrupted saves" in found[0] or "left neither the old data nor the new" in found[0]
    check_dataset(lambda: InPlace(tmp_path / "y.txt"), "one", "two", atomic=False)


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    assert violations(lambda: Sloppy(tmp_path / "x.txt"), "a sample", "other data", atomic=False) == (
        "exists() is true before anything was saved (or `make` gives a place that is not empty)",
        "fingerprint() is not None before anything was saved",
        "load() raises nothing when there is nothing to load",
        "load() does not give what save() got, for the sample",
        "load() does not give what save() got, for the other data after it",
        "save(None) is not refused: a later load could not tell it from missing data",
        "fingerprint() is the same although the data changed",
        "preview(1) shows 3 rows",
        "location shows a user, a password or a query",
        "loads from several threads at once give different data",
        "another instance does not see what was saved (say persistent=False if it need not)",
        "after pickling it does not load what was saved",
    )


def test_what_cannot_be_pickled_is_found(tmp_path: Path) -> None:
    assert violations(lambda: NotPicklable(tmp_path / "x.txt"), "one", "two") == (
        "crosses to other processes: TypeError: has a connection",
    )


def test_what_is_no_dataset_is_told_nothing_more() -> None:
    assert violations(object, 1, 2) == ("it has no method 'load'", "it has no method 'save'")
