"""Observers that do something of their own while others go on."""

from __future__ import annotations

import threading

from plait.engine.observers import Observers
from plait.events import LogLine, NodeStarted


class Waiting:
    """Waits, when a node starts, for somebody else's thread, which logs."""

    def __init__(self, told):
        self.told, self.seen = told, []

    def on_event(self, event):
        self.seen.append(event.kind)
        if isinstance(event, NodeStarted):
            helper = threading.Thread(target=self.told, daemon=True)
            helper.start()
            helper.join(20)
            self.seen.append("the helper ended" if not helper.is_alive() else "the helper hangs")


def test_who_logs_for_an_observer_does_not_wait_for_it():
    def log():
        observers.tell(LogLine("run", 0.0, None, "log", "fetched"))

    waiting = Waiting(log)
    observers = Observers([waiting])
    observers.tell(NodeStarted("run", 0.0, "fit"))
    assert waiting.seen == ["node_started", "the helper ended", "log_line"]


def test_lines_of_many_threads_all_arrive():
    waiting = Waiting(None)
    observers = Observers([waiting])

    def log():
        for number in range(200):
            observers.tell(LogLine("run", 0.0, None, "log", str(number)))

    threads = [threading.Thread(target=log) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    observers.tell(LogLine("run", 0.0, None, "log", "the last"))
    assert len(waiting.seen) == 1601
