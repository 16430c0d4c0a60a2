"""Data that shows by itself whether it is whole, and a book of who made it when.

The book is written with one appending write a line, so that it survives any kill.
"""

import hashlib
import os
import time
from pathlib import Path

BOOK = Path("executions.log")  # in the folder of the project, where every process of a run works


def sealed(kind, turn, size):
    """Return lines of text of which the last is the digest of all others."""
    lines = [f"{kind} {turn} {number} {'x' * (number % 50)}" for number in range(size + 37 * turn)]
    return seal(lines)


def seal(lines):
    return [*lines, hashlib.sha256("\n".join(lines).encode()).hexdigest()]


def is_whole(lines):
    return len(lines) > 1 and seal(lines[:-1])[-1] == lines[-1]


def turn_of(lines):
    return int(lines[0].split()[1])


def working(node, key="", seconds=0.02):
    """Write into the book that this node begins, for this key, and take some time."""
    line = f"{node}\t{key}\t{os.getpid()}\t{time.time():.3f}\n"
    descriptor = os.open(BOOK, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)
    time.sleep(seconds)
