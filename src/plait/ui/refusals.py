"""Why something is not answered, as a status of HTTP: what was asked, there is nothing, or how things are."""

from __future__ import annotations

from plait.errors import (
    DatasetNotFoundError,
    PipelineNotFoundError,
    PlaitError,
    RunNotFoundError,
    SelectionError,
    UsageError,
    VersionNotFoundError,
)

__all__ = ["ASKED", "NOTHING", "STATE", "status_of"]

ASKED, NOTHING, STATE = 400, 404, 409

_NOTHING = (DatasetNotFoundError, PipelineNotFoundError, RunNotFoundError, VersionNotFoundError)
_ASKED = (UsageError, SelectionError)


def status_of(error: BaseException) -> int:
    """Return the status of an error: of what the project is at fault for, that is its state."""
    if isinstance(error, _NOTHING):
        return NOTHING
    return ASKED if isinstance(error, PlaitError) and isinstance(error, _ASKED) else STATE
