"""The feed of a run that starts and ends nodes at a steady rate: when each node ended, by the clock."""

import json
import sys
import time
from pathlib import Path

from plait.events import NodeFinished, NodeStarted, RunFinished, RunStarted
from plait.ledger.live import LiveFeed


def main():
    run = f"bench-{time.time_ns()}"  # as every run has a feed of its own
    state, rate, nodes = Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]
    feed = LiveFeed(state)
    feed.on_event(RunStarted(run, time.time(), "__default__", None, "inline", tuple(nodes)))
    time.sleep(1)
    begun, ended = time.perf_counter(), []
    for number, node in enumerate(nodes):
        _wait_until(begun + 2 * number / rate)
        feed.on_event(NodeStarted(run, time.time(), node))
        _wait_until(begun + (2 * number + 1) / rate)
        feed.on_event(NodeFinished(run, time.time(), node, 0.0))
        ended.append(time.time())
    seconds = time.perf_counter() - begun
    time.sleep(2)
    feed.on_event(RunFinished(run, time.time(), "done", seconds, len(nodes), 0, 0, 0))
    print(json.dumps({"ended": ended, "rate": 2 * len(nodes) / seconds}))


def _wait_until(moment):
    while (left := moment - time.perf_counter()) > 0:
        time.sleep(left)


if __name__ == "__main__":
    main()
