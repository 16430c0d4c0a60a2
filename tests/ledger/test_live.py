"""The feed of a run: nothing while nobody watches, all of it for whoever does."""

from __future__ import annotations

import json
import os
import threading
import time

import pytest

from plait.events import (
    LogLine,
    NodeFinished,
    NodeSkipped,
    NodeStarted,
    PartitionDone,
    RunFinished,
    RunStarted,
)
from plait.ledger import live
from plait.ledger.live import LiveFeed, LiveTail, watch

BEGUN = RunStarted("r", 1.0, "demo", "local", "inline", ("a", "b", "c"))
ENDED = RunFinished("r", 9.0, "done", 8.0, 2, 1, 0, 0)


@pytest.fixture(autouse=True)
def _hurried(monkeypatch):
    """Each event looks whether somebody watches."""
    monkeypatch.setattr(live, "_LOOK", 0.0)


def told(feed, *events):
    for event in events:
        feed.on_event(event)


def names(events):
    return [event["event"] for event in events]


def test_a_run_that_nobody_watches_writes_nothing(tmp_path):
    told(LiveFeed(tmp_path), BEGUN, NodeStarted("r", 2.0, "a"), NodeFinished("r", 3.0, "a", 1.0), ENDED)
    assert list(tmp_path.iterdir()) == []


def test_a_mark_that_is_old_is_none(tmp_path):
    watch(tmp_path)
    long_ago = time.time() - 60
    os.utime(tmp_path / "live/watched", (long_ago, long_ago))
    told(LiveFeed(tmp_path), BEGUN, ENDED)
    assert [path.name for path in (tmp_path / "live").iterdir()] == ["watched"]


def test_whoever_watches_from_the_beginning_is_told_all(tmp_path):
    watch(tmp_path)
    told(
        LiveFeed(tmp_path),
        BEGUN,
        NodeStarted("r", 2.0, "a"),
        LogLine("r", 2.5, "a", "stdout", "grüezi"),
        NodeFinished("r", 3.0, "a", 1.0),
        ENDED,
    )
    first, *events = LiveTail(tmp_path).news()
    assert (first["event"], first["run_id"], first["pipeline"], first["nodes"]) == (
        "run_so_far",
        "r",
        "demo",
        ["a", "b", "c"],
    )
    assert first["pid"] == os.getpid()
    assert first["states"] == {}
    assert names(events) == ["node_started", "log_line", "node_finished", "run_finished"]
    assert events[1]["text"] == "grüezi"


def test_whoever_comes_in_the_middle_is_told_what_became_of_each_node(tmp_path):
    feed = LiveFeed(tmp_path)
    told(
        feed,
        BEGUN,
        NodeStarted("r", 2.0, "a"),
        PartitionDone("r", 2.1, "a", "x", 0.1),
        PartitionDone("r", 2.2, "a", "y", 0.1),
        NodeSkipped("r", 2.5, "b"),
    )
    watch(tmp_path)
    told(feed, NodeStarted("r", 3.0, "c"), NodeFinished("r", 4.0, "a", 2.0), ENDED)
    first, *events = LiveTail(tmp_path).news()
    assert first["states"] == {"a": "running", "b": "skipped", "c": "running"}
    assert first["keys"] == {"a": 2}
    assert first["nodes"] == ["a", "b", "c"]
    assert names(events) == ["node_finished", "run_finished"]


def test_a_run_of_which_only_the_end_is_seen_has_ended(tmp_path):
    feed = LiveFeed(tmp_path)
    told(feed, BEGUN)
    watch(tmp_path)
    told(feed, ENDED)
    assert names(LiveTail(tmp_path).news()) == ["run_so_far", "run_finished"]


def test_events_are_read_before_the_run_ends(tmp_path):
    watch(tmp_path)
    feed, tail = LiveFeed(tmp_path), LiveTail(tmp_path)
    told(feed, BEGUN, NodeStarted("r", 2.0, "a"))
    seen = []
    while "node_started" not in seen:
        seen += names(tail.news())
        time.sleep(0.01)
    assert seen == ["run_so_far", "node_started"]
    told(feed, ENDED)
    assert names(tail.news()) == ["run_finished"]


def test_a_half_line_waits_until_it_is_whole(tmp_path):
    watch(tmp_path)
    file = tmp_path / "live/r.jsonl"
    tail = LiveTail(tmp_path)
    whole, rest = json.dumps({"event": "log_line", "text": "ü"}, ensure_ascii=False).encode() + b"\n", b""
    for cut in (5, len(whole) - 4):  # in the middle of a word, and of a letter
        file.write_bytes(file.read_bytes() + whole[:cut] if file.exists() else whole[:cut])
        assert names(tail.news()) == []
        with file.open("ab") as stream:
            stream.write(whole[cut:] + rest)
        assert [event["text"] for event in tail.news()] == ["ü"]
    assert names(tail.news()) == []


def test_a_line_that_is_no_json_is_left_out(tmp_path):
    watch(tmp_path)
    (tmp_path / "live/r.jsonl").write_text('nonsense\n{"event": "log_line"}\n')
    assert names(LiveTail(tmp_path).news()) == ["log_line"]


def test_two_runs_are_told_apart(tmp_path):
    watch(tmp_path)
    other = RunStarted("s", 1.0, "demo", "local", "inline", ("a",))
    told(LiveFeed(tmp_path), BEGUN, ENDED)
    told(LiveFeed(tmp_path), other, RunFinished("s", 9.0, "failed", 8.0, 0, 0, 1, 0))
    events = list(LiveTail(tmp_path).news())
    assert [(event["run_id"], event["event"]) for event in events] == [
        ("r", "run_so_far"),
        ("r", "run_finished"),
        ("s", "run_so_far"),
        ("s", "run_finished"),
    ]


def test_the_feeds_of_runs_long_past_are_removed(tmp_path):
    watch(tmp_path)
    old = tmp_path / "live/old.jsonl"
    old.write_text("{}\n")
    long_ago = time.time() - 3_600
    os.utime(old, (long_ago, long_ago))
    told(LiveFeed(tmp_path), BEGUN, ENDED)
    assert not old.exists()
    assert (tmp_path / "live/r.jsonl").exists()


def test_a_feed_that_cannot_be_written_does_not_harm_the_run(tmp_path):
    watch(tmp_path)
    (tmp_path / "live/r.jsonl").mkdir()
    told(LiveFeed(tmp_path), BEGUN, NodeStarted("r", 2.0, "a"), ENDED)


def test_nothing_of_a_feed_goes_on_after_the_run(tmp_path):
    watch(tmp_path)
    told(LiveFeed(tmp_path), BEGUN, ENDED)
    assert "plait-live" not in [thread.name for thread in threading.enumerate()]
