"""What is lost when processes are killed while keys run: nothing but the keys in flight."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest
from partition_nodes import die_on, produce

from plait import each, node

SCRIPT = """
import sys
sys.path[:0] = {path!r}
import plait
from plait import each, node, pipeline
from partition_nodes import {function} as function

if __name__ == "__main__":
    catalog = plait.DataCatalog.from_config({entries!r}, root={root!r})
    plait.run(
        pipeline([{node}]), catalog, state={state!r}, parameters={{"calls": {calls!r}, "count": {count}}},
        executor={executor!r}, workers={workers},
    )
"""


def program(place, name, count, executor="inline", **how):
    text = SCRIPT.format(
        path=[p for p in sys.path if p],
        entries={"texts": "texts/*.txt", "loud": "loud/*.txt"},
        root=str(place.folder),
        state=str(place.folder / ".plait"),
        calls=str(place.calls_file),
        count=count,
        executor=executor,
        workers=None if executor == "inline" else 2,
        **how,
    )
    script = place.folder / name
    script.write_text(text)
    return [sys.executable, str(script)]


def kill_when(command, ready, patience=60):
    process = subprocess.Popen(command, start_new_session=True)
    end = time.monotonic() + patience
    while not ready():
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < end
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


@pytest.mark.parametrize("executor", ["inline", "threads", "processes"])
def test_a_killed_run_repeats_only_the_keys_in_flight(place, executor):
    place.write("texts", **{f"k{number:03d}": f"text{number:03d}" for number in range(60)})
    how = {
        "function": "slowly",
        "node": "node(function, [each('texts'), 'params:calls'], each('loud'), name='n')",
    }
    command = program(place, "program.py", 60, executor, **how)

    kill_when(command, lambda: len(list((place.folder / "loud").glob("*.txt"))) >= 12)
    time.sleep(0.3)  # what the killed run's workers had in hand
    before = Counter(place.calls)
    finished = len(place.read("loud"))
    subprocess.run(command, check=True, timeout=120)
    after = Counter(place.calls)

    assert len(place.read("loud")) == 60
    assert finished >= 12
    repeated = [text for text in before if text in after]
    assert len(repeated) <= (2 if executor == "inline" else 4)
    assert not list(place.folder.rglob("*.tmp"))


def test_a_dead_worker_costs_its_key_and_no_other(place):
    place.write("texts", a="one", b="deadly", c="three", d="four")
    nodes = [node(die_on, [each("texts"), "params:calls"], each("loud"), name="n")]
    catalog = place.catalog("texts", "loud")

    result = place.run(nodes, catalog, executor="processes", workers=1)

    assert result.nodes["n"].keys.failed == 1
    assert "The worker process of node 'n' died" in str(result.nodes["n"].error)
    assert place.read("loud") == {"a": "ONE", "c": "THREE", "d": "FOUR"}
    assert place.calls == ["deadly", "four", "one", "three"]
    again = place.run(nodes, catalog, executor="processes", workers=1)
    assert again.status == "done"
    assert place.calls == ["deadly"]


def test_retries_are_per_key(place):
    place.write("texts", a="one", b="deadly", c="three")
    nodes = [node(die_on, [each("texts"), "params:calls"], each("loud"), name="n", retries=1)]

    result = place.run(nodes, place.catalog("texts", "loud"), executor="processes", workers=1)

    assert result.status == "done", result.error
    assert place.calls == ["deadly", "deadly", "one", "three"]


def test_an_interrupted_generator_resumes(place):
    how = {
        "function": "produce_slowly",
        "node": "node(function, ['params:count', 'params:calls'], 'loud', name='n')",
    }
    command = program(place, "program.py", 40, **how)

    kill_when(command, lambda: len(list((place.folder / "loud").glob("*.txt"))) >= 10)
    before = Counter(place.calls)
    subprocess.run(command, check=True, timeout=120)
    after = Counter(place.calls)

    assert len(place.read("loud")) == 40
    assert len([key for key in before if key in after]) <= 1


def test_a_generator_makes_only_keys_it_has_not_committed(place):
    catalog = place.catalog("loud")
    nodes = [node(produce, ["params:count", "params:calls"], "loud", name="n")]
    how = {"calls": str(place.calls_file)}
    place.run(nodes, catalog, parameters={"count": 3} | how)
    assert place.calls == ["k000", "k001", "k002"]
    assert place.run(nodes, catalog, parameters={"count": 3} | how).nodes["n"].status == "skipped"

    (place.folder / "loud" / "k001.txt").unlink()
    result = place.run(nodes, catalog, parameters={"count": 3} | how)

    assert result.status == "done", result.error
    assert place.calls == ["k001"]
    assert sorted(place.read("loud")) == ["k000", "k001", "k002"]
