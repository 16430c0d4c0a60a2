"""A chain of nodes of ``x + 1`` through Plait: seconds to run, as a library or with a state folder."""

import json
import sys
import time
from pathlib import Path

import plait


class Counting:
    """An observer that does as little as an observer can."""

    def __init__(self):
        self.events = 0

    def on_event(self, event):
        self.events += 1


def increase(x):
    return x + 1


def run(count, mode):
    chain = plait.pipeline([plait.node(increase, f"d{i}", f"d{i + 1}", name=f"n{i}") for i in range(count)])
    catalog = plait.DataCatalog({"d0": plait.MemoryDataset(0)})
    observer = Counting()
    extras = {} if mode == "library" else {"state": Path(f"state-{count}"), "observers": [observer]}
    start = time.perf_counter()
    result = plait.run(chain, catalog, **extras)
    seconds = time.perf_counter() - start
    assert result[f"d{count}"] == count
    assert mode == "library" or observer.events >= 2 * count
    return seconds


run(2, sys.argv[2])  # what is imported at the first run
print(json.dumps({"seconds": run(int(sys.argv[1]), sys.argv[2])}))
