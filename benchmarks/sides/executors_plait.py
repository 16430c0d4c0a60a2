"""What is measured of executors, through Plait: seconds inline and on two processes, the pool up."""

import json
import sys
import tempfile
import time
from pathlib import Path

from work import VALUES, chains, frame

import plait


def run(nodes, **how):
    catalog = plait.DataCatalog({name: plait.MemoryDataset(value) for name, value in VALUES.items()})
    pipeline = plait.pipeline(nodes)
    start = time.perf_counter()
    result = plait.run(pipeline, catalog, **how)
    seconds = time.perf_counter() - start
    assert result.status == "done"
    return seconds


def one_write():
    """Write the frame's bytes once to shared memory."""
    data = memoryview(frame(1).to_numpy().T).cast("B")
    folder = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.NamedTemporaryFile(dir=folder, prefix="plait-bench-", buffering=0) as file:
        start = time.perf_counter()
        written = file.write(data)
        seconds = time.perf_counter() - start
    assert written == data.nbytes
    return seconds


def main():
    title, rounds = sys.argv[1], int(sys.argv[2])
    nodes = chains(plait.node)[title]
    taken = {"inline": [], "processes": [], "write": []}
    with plait.Workers(2) as workers:
        run(nodes, workers=workers)  # what is imported at the first run
        run(nodes[:1])
        for _ in range(rounds):
            taken["inline"].append(run(nodes))
            taken["processes"].append(run(nodes, workers=workers))
            if title == "frame":
                taken["write"].append(one_write())
    print(json.dumps(taken))


if __name__ == "__main__":
    main()
