"""Workers that die, hang or are left alone, and what they leave behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import contextmanager
from pathlib import Path

import nodes_for_executors as nodes
import pytest

import plait
from plait import MemoryDataset, node, pipeline
from plait.engine.parcels import pack, unpack
from plait.engine.spill import Spill
from plait.engine.workers.ownership import owner_prefix, sweep_dead
from plait.errors import DatasetError, Problems, RunError, UsageError, WorkerError
from plait.events import LogLine

HERE = Path(__file__).parent


def run_script(tmp_path, text, **more):
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(text))
    environment = {**os.environ, "PYTHONPATH": str(HERE)}
    return subprocess.run(
        [sys.executable, str(script)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **more,
    )


def test_a_worker_that_is_killed_fails_its_node_only_and_says_why(workers):
    steps = pipeline(
        [
            node(nodes.die, "x", "y"),
            node(nodes.leave, "x", "z"),
            node(nodes.add_one, "y", "after"),
            *[node(nodes.big, "x", f"b{i}", name=f"b{i}") for i in range(6)],
        ]
    )
    result = plait.run(steps, {"x": 1}, workers=workers, raise_errors=False)
    error = result.nodes["die"].error
    assert isinstance(error, WorkerError)
    assert str(error).startswith("The worker process of node 'die' died")
    assert "It was killed by signal 9 (SIGKILL)" in str(error)
    assert "nodes_for_executors.py" in str(error)
    assert "It ended by itself with exit code 9" in str(result.nodes["leave"].error)
    assert result.nodes["add_one"].status == "blocked"
    assert all(result.nodes[f"b{i}"].status == "done" for i in range(6))
    assert plait.run(pipeline([node(nodes.add_one, "x", "y")]), {"x": 1}, workers=workers)["y"] == 2


@pytest.fixture
def small_memory():
    """A control group with little memory; this takes the right to make one."""
    try:
        with own_memory_group() as group:
            yield group
    except (OSError, StopIteration) as error:
        pytest.skip(f"no control group for memory can be made here: {error!r}")


@contextmanager
def own_memory_group():
    lines = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
    places = {name: path.lstrip("/") for _, names, path in lines for name in names.split(",")}
    if "memory" in places:
        group = Path("/sys/fs/cgroup/memory", places["memory"], f"plait-test-{os.getpid()}")
        limits = {"memory.limit_in_bytes": "50000000", "memory.memsw.limit_in_bytes": "50000000"}
    else:
        group = Path("/sys/fs/cgroup", places[""], f"plait-test-{os.getpid()}")
        limits = {"memory.max": "50000000", "memory.swap.max": "0"}
    group.mkdir()
    try:
        for (name, limit), needed in zip(limits.items(), (True, False), strict=True):
            if needed or (group / name).exists():
                (group / name).write_text(limit)
        yield group
    finally:
        group.rmdir()


@pytest.mark.skipif(not Path("/proc/self/cgroup").exists(), reason="needs control groups")
def test_a_worker_that_the_system_kills_for_memory_fails_its_node_and_says_so(workers, small_memory):
    steps = pipeline(
        [
            node(nodes.take_more_memory_than_there_is, "group", "y"),
            *[node(nodes.big, "x", f"b{i}", name=f"b{i}") for i in range(3)],
        ]
    )
    result = plait.run(
        steps, {"x": 1, "group": MemoryDataset(str(small_memory))}, workers=workers, raise_errors=False
    )
    error = result.nodes["take_more_memory_than_there_is"].error
    assert isinstance(error, WorkerError)
    assert "Memory ran out: the system killed it (signal 9, oom_kill)" in str(error)
    assert all(result.nodes[f"b{i}"].status == "done" for i in range(3))


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="looks at /proc")
def test_memory_that_the_system_refuses_fails_the_node_and_the_worker_goes_on(workers):
    steps = pipeline([node(nodes.take_more_memory_than_allowed, "x", "y"), node(nodes.big, "x", "b")])
    result = plait.run(steps, {"x": 1}, workers=workers, raise_errors=False)
    assert isinstance(result.nodes["take_more_memory_than_allowed"].error, MemoryError)
    assert result.nodes["big"].status == "done"


def fails_behind_a_chain(reader, maker, tmp_path, workers):
    """Run a chain that stays in one worker and whose end fails; return the result, values kept, and log."""
    (tmp_path / "x.json").write_text("1")
    log = Log()
    result = plait.run(
        pipeline([node(maker, "x", "a"), node(reader, "a", "b")]),
        {"x": str(tmp_path / "x.json"), "b": str(tmp_path / "b.json")},
        workers=workers,
        state=tmp_path / ".plait",
        observers=[log],
        raise_errors=False,
    )
    assert result.nodes[reader.__name__].status == "failed"
    spill = Spill(tmp_path / ".plait/spill")
    kept = {name: spill.get(item.token) for name, item in spill.of_run(result.run_id).items()}
    return kept, "\n".join(log.lines)


class Log:
    def __init__(self):
        self.lines = []

    def on_event(self, event):
        if isinstance(event, LogLine):
            self.lines.append(event.text)


@pytest.fixture
def own_key(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.mark.usefixtures("own_key")
@pytest.mark.parametrize("maker", [nodes.add_one, nodes.big])
def test_what_stayed_in_a_worker_is_kept_when_its_reader_fails(maker, workers, tmp_path):
    kept, log = fails_behind_a_chain(nodes.fail, maker, tmp_path, workers)
    assert list(kept) == ["a"]
    assert str(kept["a"]) == str(maker(1))
    assert "not kept" not in log


@pytest.mark.usefixtures("own_key")
def test_what_died_with_its_worker_is_said_to_be_lost(workers, tmp_path):
    kept, log = fails_behind_a_chain(nodes.die, nodes.add_one, tmp_path, workers)
    assert kept == {}
    assert (
        "'a' is not kept for the next run, which makes it again: it was lost with its worker process" in log
    )
    assert "killed by signal 9 (SIGKILL)" in log


@pytest.mark.usefixtures("own_key")
def test_what_cannot_leave_its_worker_is_said_not_to_be_kept(workers, tmp_path):
    kept, log = fails_behind_a_chain(nodes.fail, nodes.unpicklable, tmp_path, workers)
    assert kept == {}
    assert "'a' is not kept for the next run, which makes it again:" in log
    assert "pickle" in log


def test_a_node_whose_worker_died_is_tried_again(workers, tmp_path):
    steps = pipeline([node(nodes.die_once, "marker", "y", retries=1)])
    result = plait.run(steps, {"marker": MemoryDataset(str(tmp_path / "m"))}, workers=workers)
    assert result["y"] == "alive"
    assert result.nodes["die_once"].attempts == 2


def test_a_node_that_took_too_long_is_tried_again(workers, tmp_path):
    steps = pipeline([node(nodes.sleep_once, "marker", "y", retries=1, timeout=1.0)])
    result = plait.run(steps, {"marker": MemoryDataset(str(tmp_path / "m"))}, workers=workers)
    assert result["y"] == "awake"


def test_a_chain_stays_in_one_worker_and_other_chains_in_others(workers):
    steps = pipeline(
        [
            step
            for chain in "ab"
            for step in (
                node(nodes.process_id, None, f"{chain}0", name=f"{chain}0"),
                node(nodes.with_process_id, f"{chain}0", f"{chain}1", name=f"{chain}1"),
                node(nodes.with_process_id, f"{chain}1", f"{chain}2", name=f"{chain}2"),
            )
        ]
    )
    result = plait.run(steps, workers=workers)
    for chain in "ab":
        first, second, third = result[f"{chain}2"]
        assert first == second == third != os.getpid()


def test_a_value_that_two_nodes_need_must_be_picklable(workers):
    steps = pipeline(
        [node(nodes.unpicklable, "x", "f"), *[node(nodes.call, "f", f"y{i}", name=f"c{i}") for i in range(2)]]
    )
    result = plait.run(steps, {"x": 1}, workers=workers, raise_errors=False)
    error = result.nodes["unpicklable"].error
    assert isinstance(error, DatasetError)
    assert "'f' cannot be handed to another process" in str(error)
    assert "node 'unpicklable'" in str(error)


def test_functions_that_workers_cannot_find_are_refused_together_before_anything_runs(workers, tmp_path):
    def local(x):
        return x

    marker = tmp_path / "ran"
    steps = pipeline(
        [
            node(nodes.touch, ["marker", "x"], "t"),
            node(local, "x", "y"),
            node(lambda x: x, "x", "z", name="short"),
        ]
    )
    with pytest.raises(Problems) as caught:
        plait.run(steps, {"x": 1, "marker": MemoryDataset(str(marker))}, workers=workers)
    text = str(caught.value)
    assert "Node 'local' cannot be sent to a worker process" in text
    assert "is defined inside a function" in text
    assert "Node 'short' cannot be sent" in text
    assert not marker.exists()


def test_a_dataset_that_cannot_be_sent_is_named(workers):
    with pytest.raises(UsageError, match="The dataset 'odd' cannot be sent to a worker process"):
        plait.run(pipeline([node(nodes.add_one, "odd", "y")]), {"odd": nodes.Locked()}, workers=workers)


def test_nodes_on_a_live_connection_run_where_the_connection_is(workers):
    dataset = nodes.InMemory()
    steps = pipeline(
        [
            node(nodes.big, "x", "data"),
            node(nodes.same, "data", "table", name="write"),
            node(len, "table", "n", name="read"),
            node(nodes.process_id, "n", "where"),
        ]
    )
    result = plait.run(steps, {"x": 1, "table": dataset}, workers=workers, outputs=["n", "where"])
    assert result["n"] == 400_000
    assert dataset.processes == {os.getpid()}
    assert result["where"] != os.getpid()


def test_credentials_reach_workers_and_no_file(workers, tmp_path):
    from plait import DataCatalog
    from plait.values import Secret

    catalog = DataCatalog.from_config(
        {"x": {"type": "nodes_for_executors.Guarded", "credentials": "door"}},
        {"door": Secret({"key": "open"})},
    )
    result = plait.run(pipeline([node(nodes.same, "x", "y")]), catalog, workers=workers)
    assert result["y"] == {"key": "open"}


def test_results_can_be_read_when_the_workers_are_gone():
    steps = pipeline([node(nodes.big, "x", "data"), node(nodes.nested, None, "nested")])
    result = plait.run(steps, {"x": 3}, workers=1)
    assert result["data"].sum() == 1_200_000
    result["data"][0] = 5
    assert nodes.total(result["nested"]) == 299_999 * 150_000 + 1


def test_two_runs_share_workers_at_the_same_time(workers):
    from concurrent.futures import ThreadPoolExecutor

    steps = pipeline([node(nodes.sleep, "s", f"z{i}", name=f"z{i}") for i in range(4)])
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(plait.run, steps, {"s": 0.05}, workers=workers) for _ in range(2)]
        assert all(run.result().status == "done" for run in runs)


def test_a_script_with_its_own_functions_runs_in_workers(tmp_path):
    done = run_script(
        tmp_path,
        """
        import dataclasses
        import plait
        from plait import node, pipeline

        @dataclasses.dataclass
        class Point:
            x: int

        def make():
            return Point(1)

        def move(point):
            assert isinstance(point, Point)
            return Point(point.x + 1)

        if __name__ == "__main__":
            steps = [node(make, None, "a"), *[node(move, "a", f"b{i}", name=f"m{i}") for i in range(4)]]
            print(dict(plait.run(pipeline(steps), workers=2)))
        """,
    )
    assert done.stderr == ""
    assert done.stdout.count("Point(x=2)") == 4


def test_a_script_without_a_guard_is_told_so_and_starts_nothing(tmp_path):
    done = run_script(
        tmp_path,
        """
        import plait
        from plait import node, pipeline

        def one():
            return 1

        open("started", "a").write("x")
        plait.run(pipeline([node(one, None, "a")]), workers=2)
        """,
    )
    assert done.returncode == 1
    assert "UsageError: The script runs a pipeline while a worker process imports it" in done.stderr
    assert 'if __name__ == "__main__":' in done.stderr
    assert len((tmp_path / "started").read_text()) <= 3


def test_functions_typed_at_a_prompt_are_refused(tmp_path):
    text = "import plait\nfrom plait import node, pipeline\ndef f(): return 1\n"
    text += "plait.run(pipeline([node(f, None, 'a')]), workers=1)\n"
    done = subprocess.run(
        [sys.executable, "-"],
        input=text,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Node 'f' cannot be sent to a worker process" in done.stderr
    assert "f is defined in a notebook or an interactive session" in done.stderr


def start_slow_run(tmp_path, state=False):
    script = tmp_path / "slow.py"
    script.write_text(
        textwrap.dedent(
            f"""
            import plait
            from plait import MemoryDataset, node, pipeline
            import nodes_for_executors as nodes

            if __name__ == "__main__":
                steps = pipeline([
                    node(nodes.big, "x", "data"),
                    node(nodes.big, "x", "more"),
                    node(nodes.late, ["data", "marker"], "saved"),
                    node(nodes.late, ["more", "marker"], "again", name="again"),
                    node(len, "data", "n", name="n"),
                ])
                catalog = {{"x": 1, "saved": "{tmp_path}/saved.json"}}
                catalog["marker"] = MemoryDataset("{tmp_path}/started")
                plait.run(steps, catalog, workers=2)
            """
        )
    )
    environment = {**os.environ, "PYTHONPATH": str(HERE)}
    process = subprocess.Popen(
        [sys.executable, str(script)], cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 30
    while not (tmp_path / "started").exists():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.01)
    worker = int((tmp_path / "started").read_text() or 0)
    return process, worker


def wait_until(condition):
    deadline = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_gone(pid):
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True


def files_of(pid):
    names = [path.name for path in Path("/dev/shm").iterdir()]
    return [name for name in names if name.startswith("plait-") and f"-{pid}-" in name]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="looks at /proc")
def test_workers_of_a_killed_run_end_at_once_and_the_next_run_removes_what_it_shared(tmp_path, workers):
    process, worker = start_slow_run(tmp_path)
    wait_until(lambda: files_of(process.pid))
    process.kill()
    process.wait()
    wait_until(lambda: is_gone(worker))
    time.sleep(0.2)
    assert not (tmp_path / "saved.json").exists()
    assert files_of(process.pid)
    plait.run(pipeline([node(nodes.add_one, "x", "y")]), {"x": 1}, workers=workers)
    assert files_of(process.pid) == []


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="looks at /proc")
def test_an_interrupt_ends_the_workers_and_leaves_nothing(tmp_path):
    process, worker = start_slow_run(tmp_path)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert "KeyboardInterrupt" in said
    wait_until(lambda: is_gone(worker))
    assert files_of(process.pid) == []
    assert not (tmp_path / "saved.json").exists()


def test_only_what_dead_processes_left_is_swept(tmp_path):
    mine = tmp_path / f"{owner_prefix()}abc"
    machine = owner_prefix().split("-")[1]
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    dead = tmp_path / f"plait-{machine}-{child.pid}-00000000-abc"
    reused = tmp_path / f"plait-{machine}-{os.getpid()}-00000000-abc"
    elsewhere = tmp_path / f"plait-00000000-{child.pid}-00000000-abc"
    unrelated = tmp_path / f"plait-{machine}"
    for path in (mine, dead, reused, elsewhere, unrelated):
        path.write_text("")
    sweep_dead([tmp_path, tmp_path / "none"])
    assert sorted(tmp_path.iterdir()) == sorted([mine, elsewhere, unrelated])


def test_a_full_folder_falls_back_to_the_next_and_leaves_nothing(tmp_path, monkeypatch):
    import numpy as np

    def full(descriptor, offset, size):
        if f"{tmp_path}/first" in str(Path(f"/proc/self/fd/{descriptor}").readlink()):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    data = {"a": np.arange(500_000), "b": ["x"]}
    parcel = pack(data, [tmp_path / "first", tmp_path / "second"], "plait-test")
    assert Path(parcel.path).parent == tmp_path / "second"
    assert list((tmp_path / "first").iterdir()) == []
    back = unpack(parcel)
    parcel.remove()
    assert (back["a"] == data["a"]).all()
    back["a"][0] = 9
    assert back["b"] == ["x"]


def test_closed_workers_say_so():
    pool = plait.Workers(1)
    pool.close()
    with pytest.raises(UsageError, match="These workers are closed"):
        plait.run(pipeline([node(nodes.one, None, "a")]), workers=pool)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"executor": "procesess"}, "There is no executor 'procesess'"),
        ({"executor": "inline", "workers": 2}, "The inline executor has no workers"),
        ({"workers": 0}, "There cannot be 0 workers"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, text):
    with pytest.raises(UsageError, match=text):
        plait.run(pipeline([node(nodes.one, None, "a")]), **options)


def test_a_failed_run_says_in_one_error_what_died(workers):
    with pytest.raises(RunError, match="The worker process of node 'die' died"):
        plait.run(pipeline([node(nodes.die, "x", "y")]), {"x": 1}, workers=workers)
