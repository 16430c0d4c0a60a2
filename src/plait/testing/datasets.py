"""Whether a class of one's own behaves as a dataset should: :func:`check_dataset` for a project's tests.

Each rule is a function that yields what it found wrong. Only ``load`` and ``save`` are demanded; a rule
about a further ability applies to datasets that have it.
"""

from __future__ import annotations

import pickle
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from itertools import count
from typing import Any

from plait.catalog.locations import redact
from plait.catalog.preview import Preview
from plait.catalog.protocols import Bound, Dataset, Exists, Fingerprinted, Located, Previewable
from plait.errors import DatasetError

__all__ = ["DatasetViolations", "check_dataset"]

_TO_THE_DISK = ("open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "shutil.")
_THREADS = 4
_STEPS = 200


class DatasetViolations(AssertionError):  # noqa: N818 - it is a finding, as a failed assertion is
    """A dataset breaks rules; ``violations`` says which, one sentence each."""

    def __init__(self, name: str, violations: list[str]) -> None:
        self.violations = tuple(violations)
        lines = "".join(f"\n  - {violation}" for violation in violations)
        super().__init__(f"{name} breaks {len(violations)} rules of datasets:{lines}")


@dataclass(frozen=True)
class _Case:
    make: Callable[[], Dataset]
    sample: Any
    other: Any
    equal: Callable[[Any, Any], bool]

    def same(self, one: Any, other: Any) -> bool:
        return bool(self.equal(one, other))


def check_dataset(
    make: Callable[[], Any],
    sample: Any,
    other: Any,
    *,
    equal: Callable[[Any, Any], bool] | None = None,
    atomic: bool = True,
    persistent: bool = True,
) -> None:
    """Try out a dataset and raise one error that says everything that is wrong with it.

    The rules: what is saved can be loaded, also after something else was saved, by another instance, from
    several threads and after pickling; None is refused; ``exists``, ``fingerprint``, ``preview`` and
    ``location``, where there are such, keep their promises; and a save that is interrupted by an error of
    the file system, at whatever step, leaves the old data or the new.

    Args:
        make: returns a new dataset at one and the same place, which is empty at first.
        sample: data it can save.
        other: other data it can save.
        equal: compares loaded with saved data; by default ``==``, or ``equals`` for frames.
        atomic: whether an interrupted save must leave the old data or the new; say False for a store
            that cannot, and write in its documentation what is left.
        persistent: whether another instance sees what one has saved.

    Raises:
        DatasetViolations: an AssertionError that lists every rule that is broken.
    """
    case = _Case(make, sample, other, equal or _equal)
    rules = [_is_a_dataset, _knows_that_it_is_empty, _gives_back_what_it_got, _refuses_none]
    rules += [_looks_up, _identifies, _previews, _says_where_without_secrets, _serves_threads]
    if persistent:
        rules += [_is_the_same_to_another_instance, _crosses_to_other_processes]
    if atomic:
        rules.append(_survives_interrupted_saves)
    violations: list[str] = []
    for rule in rules:
        violations += _found_by(rule, case)
        if violations and rule is _is_a_dataset:
            break
    if violations:
        raise DatasetViolations(type(case.make()).__name__, violations)


def _found_by(rule: Callable[[_Case], Iterator[str]], case: _Case) -> list[str]:
    try:
        return list(rule(case))
    except Exception as error:
        return [f"{rule.__name__.strip('_').replace('_', ' ')}: {type(error).__name__}: {error}"]


def _is_a_dataset(case: _Case) -> Iterator[str]:
    for method in ("load", "save"):
        if not callable(getattr(case.make(), method, None)):
            yield f"it has no method '{method}'"


def _knows_that_it_is_empty(case: _Case) -> Iterator[str]:
    dataset = case.make()
    if isinstance(dataset, Exists) and dataset.exists():
        yield "exists() is true before anything was saved (or `make` gives a place that is not empty)"
    if isinstance(dataset, Fingerprinted) and dataset.fingerprint() is not None:
        yield "fingerprint() is not None before anything was saved"
    try:
        dataset.load()
    except Exception:
        return
    yield "load() raises nothing when there is nothing to load"


def _gives_back_what_it_got(case: _Case) -> Iterator[str]:
    dataset = case.make()
    for data, which in ((case.sample, "the sample"), (case.other, "the other data after it")):
        dataset.save(data)
        if not case.same(dataset.load(), data):
            yield f"load() does not give what save() got, for {which}"


def _refuses_none(case: _Case) -> Iterator[str]:
    dataset = case.make()
    dataset.save(case.sample)
    try:
        dataset.save(None)
    except Exception:
        if not case.same(dataset.load(), case.sample):
            yield "save(None) is refused, but the data that was there is lost"
        return
    yield "save(None) is not refused: a later load could not tell it from missing data"


def _is_the_same_to_another_instance(case: _Case) -> Iterator[str]:
    case.make().save(case.sample)
    if not case.same(case.make().load(), case.sample):
        yield "another instance does not see what was saved (say persistent=False if it need not)"


def _crosses_to_other_processes(case: _Case) -> Iterator[str]:
    dataset = case.make()
    if isinstance(dataset, Bound):
        return
    dataset.save(case.sample)
    crossed = pickle.loads(pickle.dumps(dataset))
    if not case.same(crossed.load(), case.sample):
        yield "after pickling it does not load what was saved"


def _looks_up(case: _Case) -> Iterator[str]:
    dataset = case.make()
    if isinstance(dataset, Exists):
        dataset.save(case.sample)
        if not dataset.exists():
            yield "exists() is false after a save"


def _identifies(case: _Case) -> Iterator[str]:
    dataset = case.make()
    if not isinstance(dataset, Fingerprinted):
        return
    dataset.save(case.sample)
    first = dataset.fingerprint()
    if first != dataset.fingerprint():
        yield "fingerprint() differs although nothing changed"
    dataset.save(case.other)
    if first is not None and first == dataset.fingerprint():
        yield "fingerprint() is the same although the data changed"
    dataset.save(case.sample)
    if first is not None and first.strength == "content" and first != dataset.fingerprint():
        yield "fingerprint() is said to be of the content, but differs for the same data saved again"


def _previews(case: _Case) -> Iterator[str]:
    dataset = case.make()
    if not isinstance(dataset, Previewable):
        return
    dataset.save(case.sample)
    try:
        preview: object = dataset.preview(1)
    except DatasetError as error:
        if "no preview" not in error.what:
            raise
        return
    if not isinstance(preview, Preview):
        yield f"preview() returns a {type(preview).__name__}, not a plait.catalog.preview.Preview"
    elif preview.kind == "table" and len(preview.content) > 1:
        yield f"preview(1) shows {len(preview.content)} rows"


def _says_where_without_secrets(case: _Case) -> Iterator[str]:
    dataset = case.make()
    if not isinstance(dataset, Located):
        return
    location: object = dataset.location
    if not isinstance(location, str):
        yield f"location is a {type(location).__name__}, not text"
    elif redact(location) != location:
        yield "location shows a user, a password or a query"


def _serves_threads(case: _Case) -> Iterator[str]:
    dataset = case.make()
    dataset.save(case.sample)
    with ThreadPoolExecutor(_THREADS) as pool:
        loaded = list(pool.map(lambda _: dataset.load(), range(_THREADS * 2)))
    if not all(case.same(data, case.sample) for data in loaded):
        yield "loads from several threads at once give different data"


def _survives_interrupted_saves(case: _Case) -> Iterator[str]:
    """Let the k-th access to the file system fail, for every k, until a save needs fewer than k."""
    fault = _Fault()
    for step in count(1):
        case.make().save(case.sample)
        interrupted = fault.interrupts(step, partial(case.make().save, case.other))
        found = case.make().load()
        if not (case.same(found, case.sample) or case.same(found, case.other)):
            yield f"a save that failed at its file access number {step} left neither the old data nor the new"
            return
        if not interrupted or step > _STEPS:
            return


class _Fault:
    """Makes an access to the file system by this thread fail, by way of Python's audit events."""

    def __init__(self) -> None:
        self._left = 0
        self._thread = threading.get_ident()

    def interrupts(self, step: int, act: Callable[[], object]) -> bool:
        """Call ``act`` while its step-th access fails; False if it made fewer than that."""
        self._left = step
        _listen()
        _faults.append(self)
        try:
            act()
        except Exception:
            return self._left == 0
        finally:
            reached, self._left = self._left == 0, 0
            _faults.remove(self)
        return reached

    def hear(self, event: str, arguments: tuple[object, ...]) -> None:
        """Fail at the access that was asked for."""
        if self._left == 0 or not event.startswith(_TO_THE_DISK) or threading.get_ident() != self._thread:
            return
        if event == "open" and not _writes(arguments):
            return
        self._left -= 1
        if self._left == 0:
            raise OSError(28, "No space left on device (an error made by plait.testing)")


_faults: list[_Fault] = []


@cache
def _listen() -> None:
    """Hear of all that is done, once a process: Python's audit hooks cannot be taken away, and each costs."""
    sys.addaudithook(_tell_faults)


def _tell_faults(event: str, arguments: tuple[object, ...], faults: list[_Fault] = _faults) -> None:
    # The list is bound here: while the interpreter ends, audit events outlive what modules hold.
    for fault in faults[:]:
        fault.hear(event, arguments)


def _writes(arguments: tuple[object, ...]) -> bool:
    mode = arguments[1] if len(arguments) > 1 else None
    flags = arguments[2] if len(arguments) > 2 else 0
    return (isinstance(mode, str) and any(sign in mode for sign in "wxa+")) or (
        isinstance(flags, int) and bool(flags & 3)
    )


def _equal(one: Any, other: Any) -> bool:
    if hasattr(one, "equals") and type(one) is type(other):
        return bool(one.equals(other))
    found = one == other
    return bool(found.all()) if hasattr(found, "all") else bool(found)
