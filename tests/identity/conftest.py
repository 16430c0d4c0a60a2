"""Golden digests: what was computed once must be computed for ever, or every user recomputes everything."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

PLACE = Path(__file__).parent / "golden.json"


class Golden:
    """Digests by name. ``PLAIT_WRITE_GOLDEN=1`` writes those that are missing; it changes none."""

    def check(self, name: str, digest: str) -> None:
        known = json.loads(PLACE.read_text()) if PLACE.exists() else {}
        if name not in known and os.environ.get("PLAIT_WRITE_GOLDEN"):
            known[name] = digest
            PLACE.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")
        assert known.get(name) == digest, f"'{name}' would make every user recompute: grow its schema number"


@pytest.fixture
def golden() -> Golden:
    return Golden()
