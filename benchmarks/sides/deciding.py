"""A chain of stored nodes, all up to date: seconds to decide them, and to run them again."""

import json
import statistics
import sys
import time
from pathlib import Path

import plait
from plait.config import bind_parameters
from plait.engine.foresee import foresee
from plait.engine.judging import open_judge
from plait.engine.options import IdentityOptions, RunOptions
from plait.engine.plan import make_plan
from plait.ledger import Ledger

count, rounds = int(sys.argv[1]), int(sys.argv[2])
place = Path("chain").resolve()


def increase(x):
    return x + 1


def chain():
    return plait.pipeline([plait.node(increase, f"d{i}", f"d{i + 1}", name=f"n{i}") for i in range(count)])


def catalog():
    return plait.DataCatalog.from_mapping({f"d{i}": f"data/d{i}.json" for i in range(count + 1)}, root=place)


def decide():
    """Decide as a run does once it has its plan, with a ledger that was just opened."""
    pipeline, data = chain(), catalog()
    plan = make_plan(pipeline, data, bind_parameters(pipeline.nodes, {}))
    identity = IdentityOptions(place, (Path(__file__).parent,))
    options = RunOptions(state=place / ".plait", identity=identity)
    start = time.perf_counter()
    with Ledger.open(place / ".plait") as ledger:
        steps = foresee(plan, open_judge(plan, data, options, ledger))
    seconds = time.perf_counter() - start
    assert {step.action for step in steps} == {"skip"}, steps[0]
    return seconds


def run():
    start = time.perf_counter()
    result = plait.run(chain(), catalog(), state=place / ".plait")
    seconds = time.perf_counter() - start
    assert result.status == "done"
    return seconds, {item.status for item in result.nodes.values()}


(place / "data").mkdir(parents=True)
(place / "data" / "d0.json").write_text("0")
run()
time.sleep(2.1)  # a file as young as that is hashed once more
again, statuses = run()
assert statuses == {"skipped"}
decide()
print(json.dumps({"seconds": statistics.median(decide() for _ in range(rounds)), "run": again}))
