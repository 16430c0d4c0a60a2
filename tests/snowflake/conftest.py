"""A server that answers like Snowflake, and a schema of its own for every test."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fakesnow")
pytest.importorskip("snowflake.connector")

sys.path.insert(0, str(Path(__file__).parent))

from emulator import Emulator, emulator

_COUNT = itertools.count(1)


@pytest.fixture(scope="session")
def served() -> Iterator[Emulator]:
    with emulator() as found:
        yield found


@pytest.fixture
def server(served: Emulator) -> Emulator:
    served.statements.clear()
    served.logins = 0
    return served


@pytest.fixture
def credentials(server: Emulator) -> dict[str, Any]:
    """Lead to a database that no other test knows."""
    return {**server.settings, "database": f"DB{next(_COUNT)}", "schema": "SALES"}
