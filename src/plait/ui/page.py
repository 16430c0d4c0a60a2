"""Where the built page lies. A module of its own: a notebook and an export need no server."""

from __future__ import annotations

from pathlib import Path

__all__ = ["STATIC"]

STATIC = Path(__file__).parent / "static"
