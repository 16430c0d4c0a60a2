"""Build nodes, unite two halves, slice to the last output, with Kedro: seconds for all three."""

import json
import sys
import time

from kedro.pipeline import node, pipeline


def increase(x):
    return x + 1


count = int(sys.argv[1])
start = time.perf_counter()
nodes = [node(increase, f"d{i}", f"d{i + 1}", name=f"n{i}") for i in range(count)]
whole = pipeline(nodes[: count // 2]) + pipeline(nodes[count // 2 :])
sliced = whole.to_outputs(f"d{count}")
seconds = time.perf_counter() - start
assert len(sliced.nodes) == count
print(json.dumps({"seconds": seconds}))
