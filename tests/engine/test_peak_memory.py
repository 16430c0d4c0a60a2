"""How much memory a process is said to have taken."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = "from plait.engine.perform import peak_memory; print(peak_memory())"


def test_the_memory_of_who_starts_a_run_is_not_the_run_s():
    large = bytearray(600_000_000)
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert 5_000_000 < int(done.stdout) < len(large)


def test_memory_that_was_taken_and_given_back_counts():
    taking = f"data = bytearray(300_000_000); del data; {PROGRAM}"
    done = subprocess.run([sys.executable, "-c", taking], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 300_000_000
