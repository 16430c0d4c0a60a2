"""What a run sends to worker processes, and what cannot be sent."""

from __future__ import annotations

import copyreg
import functools
import io
import pickle
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from plait.catalog import DataCatalog
from plait.config import Credentials
from plait.engine.executors.site import Site
from plait.engine.main_script import main_script
from plait.engine.options import Surroundings
from plait.engine.parcels import Parcel, pack
from plait.engine.perform import Task
from plait.engine.plan import Step
from plait.engine.workers.values import cannot_leave
from plait.errors import PlaitError, UsageError
from plait.values import Secret

__all__ = ["pickled_surroundings", "pickled_task", "raw_data", "unsendable"]


def unsendable(steps: Iterable[Step]) -> list[PlaitError]:
    """Return what is wrong with nodes whose functions a worker process cannot find, pickling nothing."""
    script = main_script()
    interactive = script.path is None and script.module is None
    found = [_unsendable(step, interactive) for step in steps]
    return [problem for problem in found if problem is not None]


def _unsendable(step: Step, interactive: bool) -> PlaitError | None:
    function: Any = step.node.func
    while isinstance(function, functools.partial):
        function = function.func
    name = getattr(function, "__qualname__", "")
    if "<lambda>" in name or "<locals>" in name:
        kind = "a lambda" if name.endswith("<lambda>") else "defined inside a function"
        return _cannot_send(step, f"{name} is {kind}", "define it at the top level of a module")
    if interactive and getattr(function, "__module__", None) == "__main__":
        return _cannot_send(
            step, f"{name} is defined in a notebook or an interactive session", "move it into a module"
        )
    return None


def _cannot_send(step: Step, why: str, hint: str) -> UsageError:
    return UsageError(
        f"Node '{step.node.name}' cannot be sent to a worker process",
        where=step.node.where,
        why=why,
        hint=f"{hint}, or run with --executor threads",
    )


def pickled_task(task: Task) -> bytes:
    """Return a task as it is sent. Raises UsageError naming the node."""
    try:
        return pickle.dumps(task, protocol=5)
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        raise _cannot_send(task.step, why, "define what it needs in a module") from error


def raw_data(
    steps: Sequence[Step], catalog: DataCatalog, folders: Iterable[Path], name: str
) -> dict[str, Parcel]:
    """Pack the data that the catalog itself holds in memory and nodes read. Raises DatasetError."""
    packed: dict[str, Parcel] = {}
    for read in sorted(_stored(steps)):
        if not catalog.is_memory(read):
            continue
        try:
            packed[read] = pack(catalog.dataset(read), tuple(folders), name)
        except Exception as error:
            raise cannot_leave(read, _reader(steps, read), error) from error
    return packed


def pickled_surroundings(site: Site, steps: Sequence[Step]) -> bytes:
    """Return how a worker gets catalog and hooks for some steps.

    Credentials are in it: it goes through the socket only.

    Raises:
        UsageError: a dataset or a hook cannot be pickled.
    """
    if site.options.setup is not None:
        return pickle.dumps(site.options.setup, protocol=5)
    used = {name for name in _stored(steps) if not site.catalog.is_memory(name)}
    catalog = site.catalog.apart(used)
    try:
        return _with_secrets(Surroundings(catalog, site.options.interceptors))
    except Exception as error:
        raise _cannot_send_catalog(catalog, used, error) from error


def _stored(steps: Iterable[Step]) -> set[str]:
    found: set[str] = set()
    for step in steps:
        found |= {load.name for load in step.loads if load.place == "stored"}
        found |= {save.name for save in step.saves if save.place == "stored"}
    return found


def _reader(steps: Iterable[Step], name: str) -> str:
    readers = [step.node.name for step in steps if any(load.name == name for load in step.loads)]
    return readers[0] if readers else "?"


def _with_secrets(value: object) -> bytes:
    stream = io.BytesIO()
    pickler = pickle.Pickler(stream, protocol=5)
    table: dict[type, Callable[[Any], Any]] = dict(copyreg.dispatch_table)
    pickler.dispatch_table = table | {Secret: _reduce_secret, Credentials: _reduce_credentials}
    pickler.dump(value)
    return stream.getvalue()


def _reduce_secret(secret: Secret) -> tuple[Any, ...]:
    return Secret, (secret.reveal(),)


def _reduce_credentials(credentials: Credentials) -> tuple[Any, ...]:
    return Credentials, (dict(_resolved(credentials)),)


def _resolved(credentials: Mapping[str, Secret]) -> Iterable[tuple[str, Any]]:
    for name in credentials:
        try:
            yield name, credentials[name].reveal()
        except PlaitError:
            continue  # it needs what is not set; who uses it is told so


def _cannot_send_catalog(catalog: DataCatalog, names: Iterable[str], error: Exception) -> UsageError:
    why = f"{type(error).__name__}: {error}"
    hint = "describe it in the configuration, make it picklable, or run with --executor threads"
    for name in sorted(names):
        try:
            if catalog.entry(name) is None:
                _with_secrets(catalog.dataset(name))
        except Exception as cause:
            why = f"{type(cause).__name__}: {cause}"
            return UsageError(f"The dataset '{name}' cannot be sent to a worker process", why=why, hint=hint)
    return UsageError("The catalog or a hook cannot be sent to a worker process", why=why, hint=hint)
