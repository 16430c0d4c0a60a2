"""What MLflow refuses for good: it is left out and told, so that nothing else of a run is kept away by it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from plait.catalog.locations import redact

__all__ = ["Refusals", "in_one_line"]

_FOR_GOOD = frozenset(
    {
        "INVALID_PARAMETER_VALUE",
        "BAD_REQUEST",
        "RESOURCE_DOES_NOT_EXIST",
        "ENDPOINT_NOT_FOUND",  # of a server that is older than what it is told
        "NOT_IMPLEMENTED",
    }
)
# What a client says of a value that it cannot put into a message or a table; by their very types, since the
# errors of networks are derived from them.
_OF_VALUES = (ValueError, TypeError, OverflowError)


class Refusals:
    """Collects what was refused of one run.

    Args:
        told: what was refused of it before.
    """

    def __init__(self, told: Iterable[str] = ()) -> None:
        self._told = dict.fromkeys(told)

    @property
    def told(self) -> list[str]:
        """What was left out and why, each once, in the order in which it was tried."""
        return [*self._told]

    @contextmanager
    def may_refuse(self, what: str) -> Iterator[None]:
        """Go on where MLflow refuses something for good; any other error may be gone the next time."""
        try:
            yield
        except Exception as error:
            if not _is_for_good(error):
                raise
            self._told[f"{what}: {in_one_line(error)}"] = None

    def send(
        self, call: Callable[[list[Any]], Any], items: Sequence[Any], size: int, named: Callable[[Any], str]
    ) -> None:
        """Send items in batches of at most a size; a refused one is halved down to what is refused of it."""
        for start in range(0, len(items), size):
            self._send_batch(call, list(items[start : start + size]), named)

    def _send_batch(
        self, call: Callable[[list[Any]], Any], batch: list[Any], named: Callable[[Any], str]
    ) -> None:
        if len(batch) == 1:
            with self.may_refuse(named(batch[0])):
                call(batch)
            return
        try:
            call(batch)
        except Exception as error:
            if not _is_for_good(error):
                raise
            half = len(batch) // 2
            self._send_batch(call, batch[:half], named)
            self._send_batch(call, batch[half:], named)


def in_one_line(error: Exception) -> str:
    """Return what an error says first, without secrets."""
    lines = str(error).strip().splitlines()
    return redact(f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__)


def _is_for_good(error: BaseException | None) -> bool:
    from mlflow.exceptions import MlflowException

    if isinstance(error, MlflowException):
        return error.error_code in _FOR_GOOD or type(error.__cause__) in _OF_VALUES
    return type(error) in _OF_VALUES
