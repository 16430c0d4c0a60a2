"""Runs of a chain in memory, each recorded in one state folder, which is left for others to look at."""

import json
import sys
import time
from pathlib import Path

import plait


def increase(x):
    return x + 1


def main(folder, runs, nodes):
    chain = plait.pipeline([plait.node(increase, f"d{i}", f"d{i + 1}", name=f"n{i}") for i in range(nodes)])
    start = time.perf_counter()
    for _ in range(runs):
        catalog = plait.DataCatalog({"d0": plait.MemoryDataset(0)})
        plait.run(chain, catalog, state=Path(folder, ".plait"))
    print(json.dumps({"seconds": time.perf_counter() - start}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
