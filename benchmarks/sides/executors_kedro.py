"""What is measured of executors, through Kedro: seconds inline and on two processes, log lines off."""

import json
import logging
import sys
import time

from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import node, pipeline
from kedro.runner import ParallelRunner, SequentialRunner
from work import VALUES, chains


def run(nodes, runner):
    catalog = {name: MemoryDataset(value) for name, value in VALUES.items()}
    if isinstance(runner, ParallelRunner):
        from kedro.io import SharedMemoryDataCatalog

        catalog = SharedMemoryDataCatalog(catalog)
    else:
        catalog = DataCatalog(catalog)
    start = time.perf_counter()
    runner.run(pipeline(nodes), catalog)
    return time.perf_counter() - start


def main():
    logging.disable(logging.CRITICAL)
    nodes = chains(node)[sys.argv[1]]
    run(nodes[:1], SequentialRunner())
    inline = run(nodes, SequentialRunner())
    print(json.dumps({"inline": inline, "processes": run(nodes, ParallelRunner(max_workers=2))}))


if __name__ == "__main__":
    main()
