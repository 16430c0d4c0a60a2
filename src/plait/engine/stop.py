"""Asking a run to end early."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Stop"]


@dataclass(slots=True)
class Stop:
    """Asks a run to start nothing more and to let running calls finish."""

    requested: bool = False

    def request(self) -> None:
        self.requested = True
