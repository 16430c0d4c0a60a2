"""Functions for nodes in worker processes: they must be importable there."""

import os
import signal
import time
from pathlib import Path

from plait import Completed, PartitionKey


def shout(text):
    return text.upper()


def note_call(text, calls):
    """Leave one line per call in a file, so that calls can be counted from outside."""
    with Path(calls).open("a") as stream:
        stream.write(f"{text}\n")
    return text.upper()


def join_texts(one, other):
    return f"{one}+{other}"


def named(text, key: PartitionKey):
    return f"{key}={text}"


def fail_on_bad(text):
    if text.startswith("bad"):
        raise ValueError(f"cannot take {text}")
    return text.upper()


def fail_on_bad_with(text, table):
    assert table == {"a": "tt"}
    return fail_on_bad(text)


def doubled(text):
    return {"a": 2 * text}


def collect(parts):
    return " ".join(f"{key}:{value}" for key, value in sorted(parts.items()))


def die_on(text, calls):
    with Path(calls).open("a") as stream:
        stream.write(f"{text}\n")
    if text == "deadly" and not Path(f"{calls}.died").exists():
        Path(f"{calls}.died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return text.upper()


def slowly(text, calls):
    with Path(calls).open("a") as stream:
        stream.write(f"{text}\n")
    time.sleep(0.05)
    return text.upper()


def produce(count, calls, done: Completed):
    for number in range(count):
        key = f"k{number:03d}"
        if key in done:
            continue
        with Path(calls).open("a") as stream:
            stream.write(f"{key}\n")
        yield key, f"text {number}"


def produce_slowly(count, calls, done: Completed):
    for pair in produce(count, calls, done):
        time.sleep(0.02)
        yield pair


def in_chunks(text):
    for word in text.split():
        yield word + "\n"


def two_streams(text):
    for number, word in enumerate(text.split()):
        yield (f"w{number}", word), len(word)


def yields_nothing(text):
    yield from ()


def breaks_off(text):
    for number, word in enumerate(text.split()):
        if word == "bad":
            raise ValueError("broken off")
        yield f"w{number}", word


def lines_of(parts):
    return "".join(f"{key}={value}\n" for key, value in parts.items())


def lines_of_differently(parts):
    return "".join(f"{key}: {value}\n" for key, value in parts.items())


def lines_between(parts, before, after):
    return "".join(f"{before}{key}={value}{after}" for key, value in parts.items())


def upper_parts(parts):
    return {key: value.upper() for key, value in parts.items()}


def take_rows(rows):
    return rows


def die_after_append(parts):
    return lines_of(parts)
