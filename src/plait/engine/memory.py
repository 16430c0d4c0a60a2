"""The data a run holds in memory, and when it may be let go.

What a run produces lives here and never in the catalog, so that runs cannot see each other's data.
Values are handed out as copies by Kedro's rules, so that a node which changes its input in place
cannot change what another node sees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from plait.catalog.memory import CopyMode, copied

__all__ = ["Elsewhere", "RunMemory"]


class Elsewhere:
    """A value of the run that lies outside this process until somebody here asks for it."""

    # No abstract base class: whether a value is one of these is asked twice for every node.

    def fetch(self) -> Any:
        """Return the value; changing it changes it for nobody else."""
        raise NotImplementedError

    def ask(self, receive: Callable[[Any], None], refused: Callable[[str], None]) -> None:
        """Have the value given to ``receive``, now or before the run ends, or ``refused`` told why not."""
        raise NotImplementedError

    def free(self) -> None:
        """Give back the space it takes up."""
        raise NotImplementedError


class RunMemory:
    """Values by name, each with the number of consumers that still need it.

    Args:
        consumers: name → how many loads are still to come. A name that is also in ``kept``
            stays after the last of them.
        kept: names the caller wants after the run.
        copy_modes: name → Kedro's copy mode, for entries that name one.
    """

    def __init__(
        self,
        consumers: Mapping[str, int],
        kept: frozenset[str] = frozenset(),
        copy_modes: Mapping[str, CopyMode] | None = None,
    ) -> None:
        self._values: dict[str, Any] = {}
        self._waiting = dict(consumers)
        self._kept = kept
        self._copy_modes = dict(copy_modes or {})

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def put(self, name: str, value: Any) -> None:
        """Keep a copy of ``value`` unless nobody will ever ask for it."""
        if self._waiting.get(name) or name in self._kept:
            self._values[name] = copied(value, self._copy_modes.get(name))

    def inject(self, name: str, value: Any) -> None:
        """Keep what the caller brought along; copied when it is handed out."""
        self._values[name] = value

    def get(self, name: str) -> Any:
        """Return a copy of the value. Raises KeyError when there is none."""
        value = self._values[name]
        if isinstance(value, Elsewhere):
            return value.fetch()
        return copied(value, self._copy_modes.get(name))

    def place(self, name: str, value: Elsewhere) -> None:
        """Keep a value that lies elsewhere, in place of what was kept under its name."""
        self._values[name] = value

    def peek(self, name: str) -> Any:
        """Return what is kept under a name as it is: neither copied nor fetched."""
        return self._values[name]

    def readers(self, name: str) -> int:
        """Return how many consumers a value still has; the caller who keeps it counts twice.

        So 1 means a single reader, after which the value is let go.
        """
        return self._waiting.get(name, 0) + 2 * (name in self._kept)

    def bring_home(self) -> None:
        """Fetch what is kept for the caller, and free everything else that lies elsewhere."""
        for name, value in self._elsewhere():
            if name in self._kept:
                self._values[name] = value.fetch()
            else:
                del self._values[name]
            value.free()

    def _elsewhere(self) -> Iterator[tuple[str, Elsewhere]]:
        for name, value in list(self._values.items()):
            if isinstance(value, Elsewhere):
                yield name, value

    def done_with(self, name: str) -> None:
        """Count one consumer off; after the last the value is let go."""
        left = self._waiting[name] = self._waiting[name] - 1
        if not left and name not in self._kept:
            value = self._values.pop(name, None)
            if isinstance(value, Elsewhere):
                value.free()

    def kept(self) -> dict[str, Any]:
        """Return what the caller asked to keep."""
        return {name: value for name, value in self._values.items() if name in self._kept}
