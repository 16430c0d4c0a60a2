"""A chain of nodes of ``x + 1`` through Kedro's sequential runner, log lines off: seconds to run."""

import json
import logging
import sys
import time

from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import node, pipeline
from kedro.runner import SequentialRunner


def increase(x):
    return x + 1


def run(count):
    chain = pipeline([node(increase, f"d{i}", f"d{i + 1}", name=f"n{i}") for i in range(count)])
    catalog = DataCatalog({"d0": MemoryDataset(0)})
    start = time.perf_counter()
    result = SequentialRunner().run(chain, catalog)
    seconds = time.perf_counter() - start
    assert result[f"d{count}"].load() == count
    return seconds


logging.disable(logging.CRITICAL)
run(2)  # what is imported at the first run
print(json.dumps({"seconds": run(int(sys.argv[1]))}))
