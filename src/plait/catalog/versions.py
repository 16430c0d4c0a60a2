"""Versions of a dataset, in Kedro's layout: ``path/<version>/name``, named by the time of the save."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from plait.errors import DatasetError, did_you_mean

__all__ = ["Version", "generate_timestamp", "nearest_version", "safe_version"]


class Version(NamedTuple):
    """Which version to load and which to save; None is the latest, and a new one named by the time."""

    load: str | None = None
    save: str | None = None


def generate_timestamp(now: datetime | None = None) -> str:
    """Return the name of a version saved now, as ``2026-11-22T22.07.15.123Z``; names sort by time."""
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H.%M.%S}.{moment.microsecond // 1000:03d}Z"


def safe_version(version: str) -> str:
    """Return ``version`` if it can be the name of one folder.

    Raises:
        DatasetError: it is empty, hidden, or would lead elsewhere.
    """
    if not version or version.startswith(".") or any(sign in version for sign in "/\\\0*?["):
        raise DatasetError(
            f"version '{version}' is not allowed",
            why="a version is the name of one folder: no path separators or wildcards, and no leading dot",
        )
    return version


def nearest_version(wanted: str, known: Sequence[str]) -> str:
    """Return what to say to someone who asks for a version that is not there.

    Args:
        known: the versions there are, newest last.
    """
    latest = f"the latest is '{known[-1]}'" if known else "there are no versions yet"
    return did_you_mean(wanted, known) or latest
