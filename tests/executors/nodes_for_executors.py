"""Functions that run in any process: nodes of the tests in this folder."""

from __future__ import annotations

import logging
import os
import random
import signal
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

from plait import RunContext

log = logging.getLogger("executors")


class Listener:
    def __init__(self):
        self.events = []

    def on_event(self, event):
        self.events.append(event)

    def of(self, kind):
        return [event for event in self.events if event.kind == kind]


class Odd(Exception):
    """Cannot be made from its text alone, so pickle cannot bring it back."""

    def __init__(self, code, reason):
        super().__init__(f"{code}: {reason}")


def one():
    return 1


def add_one(x):
    return x + 1


def add(x, y):
    return x + y


def same(x):
    return x


def nested():
    return {"big": np.arange(300_000, dtype="f8"), "small": [np.ones(3)], "text": "t"}


def spoil(data):
    data["big"][:] = -1
    data["small"].clear()
    return "spoilt"


def total(data):
    return float(data["big"].sum()) + len(data["small"])


def pandas_frame():
    return pd.DataFrame({"n": range(200_000), "t": ["a", None] * 100_000})


def polars_frame():
    return pl.DataFrame({"n": range(200_000), "t": ["a", None] * 100_000})


def arrow_table():
    return pa.table({"n": list(range(200_000)), "t": ["a", None] * 100_000})


def change(frame):
    frame["n"] = 0
    return int(frame["n"].sum())


def sum_polars(frame: pl.DataFrame):
    return int(frame["n"].sum())


def sum_pandas(frame: pd.DataFrame):
    return int(frame["n"].sum())


def sum_arrow(frame: pa.Table):
    return int(sum(frame["n"].to_pylist()))


def rows_seen(frame):
    return type(frame).__module__.partition(".")[0], len(frame)


def seeded(rng: np.random.Generator):
    return rng.random(), random.random(), np.random.random()


def draw(number):
    first = random.random()
    time.sleep(0.02)  # others draw meanwhile
    return number, first, random.random(), float(np.random.random())


def chatty(x):
    print("first line")
    log.warning("logged")
    print("second", "line")
    print("no newline", end="")
    return x


def warn(x):
    warnings.warn("careful", stacklevel=1)
    return x


def stream(n):
    for number in range(n):
        yield [number]


def write_file(context: RunContext):
    path = context.scratch / "made.txt"
    path.write_text("made by a node")
    return path


def fail(x):
    raise ValueError(f"no luck with {x}")


def fail_oddly(x):
    raise Odd(7, f"odd {x}")


def exit_quietly(x):
    raise SystemExit(3)


def give_none(x):
    return None


def flaky(x, marker):
    """Fail the first time."""
    path = Path(marker)
    if not path.exists():
        path.write_text("tried")
        raise RuntimeError("not yet")
    return x


def sleep(seconds):
    time.sleep(seconds)
    return seconds


def sleep_once(marker):
    path = Path(marker)
    if not path.exists():
        path.write_text("tried")
        time.sleep(60)
    return "awake"


def touch(path, seconds):
    Path(path).write_text(str(os.getpid()))
    time.sleep(seconds)
    return path


def overlap(folder, seconds):
    """Return how many ran at the same time, counted by files in a folder."""
    mine = Path(folder) / f"{os.getpid()}-{random.random()}-{time.monotonic_ns()}"
    mine.write_text("")
    time.sleep(seconds)
    count = len(list(Path(folder).iterdir()))
    mine.unlink()
    return count


def process_id(*_):
    return os.getpid()


def die(x):
    os.kill(os.getpid(), signal.SIGKILL)


def take_more_memory_than_there_is(group):
    """Join a control group and fill its memory."""
    Path(group, "cgroup.procs").write_text(str(os.getpid()))
    return bytearray(os.urandom(1 << 20) * 300)


def take_more_memory_than_allowed(x):
    """Let the system refuse memory, as it does where `ulimit -v` is set."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + (64 << 20), before[1]))
    try:
        return bytearray(1 << 30)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def die_once(marker):
    path = Path(marker)
    if not path.exists():
        path.write_text("tried")
        os._exit(9)
    return "alive"


def leave(x):
    os._exit(9)


def unpicklable(x):
    return lambda: x


def call(function):
    return function()


def big(x):
    return np.full(400_000, float(x))


def burn(rounds):
    n = 0
    for i in range(rounds):
        n += i * i % 7
    return n


class InMemory:
    """A dataset of a user's own whose data never leaves this process."""

    connection = "here"

    def __init__(self):
        self.data = None
        self.processes = set()

    def load(self):
        self.processes.add(os.getpid())
        return self.data

    def save(self, data):
        self.processes.add(os.getpid())
        self.data = data

    def __reduce__(self):
        raise TypeError("bound to a connection")


class Locked:
    """A dataset that cannot be pickled and does not say that it is bound."""

    def load(self):
        return 1

    def save(self, data):
        pass

    def __reduce__(self):
        raise TypeError("cannot pickle a lock")


def add_total(data, _word):
    return total(data)


def with_process_id(before):
    before = before if isinstance(before, tuple) else (before,)
    return (*before, os.getpid())


def late(data, marker):
    """Say that it began, and be done much later."""
    temporary = Path(f"{marker}.{os.getpid()}")
    temporary.write_text(str(os.getpid()))
    temporary.rename(marker)
    time.sleep(3)
    return len(data)


class Guarded:
    """A dataset that needs credentials."""

    def __init__(self, credentials):
        self.credentials = credentials

    def load(self):
        return self.credentials

    def save(self, data):
        pass
