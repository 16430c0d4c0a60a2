"""What a node prints or logs, told apart by node.

``sys.stdout`` belongs to the whole process, so one router stands in for it while any run captures.
It sends the lines of a thread that performs a node to that node's run, and everything else on.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, TextIO

__all__ = ["Capture", "Said"]

StreamName = Literal["stdout", "stderr", "log"]
Said = Callable[[str, StreamName, str, str | None, str | None], None]
"""Called with node, stream, text, level and logger name."""

_installing = threading.Lock()


class Capture:
    """Sends what the nodes of one run print and log to ``said``.

    Args:
        said: receives each complete line.
        echo: whether printed lines also go where they would have gone.
        aside: whether this thread is outside its node for a moment, in an observer.
    """

    def __init__(self, said: Said, *, echo: bool = False, aside: Callable[[], bool] = lambda: False) -> None:
        self._said = said
        self._echo = echo
        self._aside = aside
        self._nodes: dict[int, str] = {}

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Listen for as long as the block runs."""
        handler = _LogHandler(self)
        with _routed("stdout", self), _routed("stderr", self):
            logging.getLogger().addHandler(handler)
            try:
                yield
            finally:
                logging.getLogger().removeHandler(handler)

    @contextmanager
    def of(self, node: str) -> Iterator[None]:
        """Count what this thread prints as the node's."""
        thread = threading.get_ident()
        self._nodes[thread] = node
        try:
            yield
        finally:
            for stream in (sys.stdout, sys.stderr):
                if isinstance(stream, _Router):
                    stream.finish(self, node)
            del self._nodes[thread]

    def node(self) -> str | None:
        """Return the node that this thread performs; a helper thread counts as the only one running."""
        if self._aside():
            return None
        found = self._nodes.get(threading.get_ident())
        if found is None and len(self._nodes) == 1:
            return next(iter(self._nodes.values()), None)
        return found

    def line(self, node: str, stream: StreamName, text: str) -> None:
        self._said(node, stream, text, None, None)

    def record(self, node: str, text: str, level: str, logger: str) -> None:
        self._said(node, "log", text, level, logger)

    @property
    def echo(self) -> bool:
        return self._echo


class _LogHandler(logging.Handler):
    def __init__(self, capture: Capture) -> None:
        super().__init__()
        self._capture = capture
        self.setFormatter(logging.Formatter("%(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        node = self._capture.node()
        if node is not None:
            self._capture.record(node, self.format(record), record.levelname, record.name)


class _Router:
    """Stands in for a text stream and passes on what belongs to no captured node."""

    def __init__(self, original: TextIO, name: Literal["stdout", "stderr"]) -> None:
        self._original = original
        self._name = name
        self._captures: list[Capture] = []
        self._partial: dict[tuple[Capture, str], str] = {}
        self._lock = threading.Lock()

    def write(self, text: str) -> int:
        for capture in self._captures:
            node = capture.node()
            if node is not None:
                self._take(capture, node, text)
                return self._original.write(text) if capture.echo else len(text)
        return self._original.write(text)

    def _take(self, capture: Capture, node: str, text: str) -> None:
        with self._lock:
            *lines, rest = (self._partial.pop((capture, node), "") + text).split("\n")
            if rest:
                self._partial[capture, node] = rest
        for line in lines:
            capture.line(node, self._name, line)

    def finish(self, capture: Capture, node: str) -> None:
        """Send the last line even where it does not end."""
        rest = self._partial.pop((capture, node), "")
        if rest:
            capture.line(node, self._name, rest)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)


@contextmanager
def _routed(name: Literal["stdout", "stderr"], capture: Capture) -> Iterator[None]:
    with _installing:
        router = getattr(sys, name)
        if not isinstance(router, _Router):
            router = _Router(router, name)
            setattr(sys, name, router)
        router._captures.append(capture)
    try:
        yield
    finally:
        with _installing:
            router._captures.remove(capture)
            if not router._captures and getattr(sys, name) is router:
                setattr(sys, name, router._original)
