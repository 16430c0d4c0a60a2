"""What a failed node and those behind it had in memory, kept so that the next run starts from there.

Each value is a file named after its identity: code, parameters and data that it was made from. It is a
pickle, so it is signed with a key that lies outside the project, and never opened when the signature does
not match: a project from someone else cannot make Plait run what it brought along.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import pickle
import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["SPILL_LIMIT", "Spill", "Spilled", "signing_key"]

SPILL_LIMIT = 2_000_000_000  # bytes of all that is kept, where no setting says otherwise
_MAGIC = b"plait-spill-1\n"


class Spilled(NamedTuple):
    """What is known of a kept value without opening it."""

    token: str
    name: str
    run: str
    path: Path


class Spill:
    """The values in ``.plait/spill``.

    Args:
        key: signs what is written; what was signed with another is never opened.
        limit: bytes that all values together may take; what does not fit is not kept.
    """

    def __init__(self, folder: Path, key: bytes | None = None, limit: int = SPILL_LIMIT) -> None:
        self._folder = folder
        self._key = key
        self._limit = limit

    def keep(self, run: str, name: str, token: str, value: Any) -> str | None:
        """Keep a value; return why that was not possible, None when it was."""
        place = self._place(token)
        if place.exists():
            return None
        try:
            body = pickle.dumps(value, protocol=5)
        except Exception as error:  # whatever a user's object raises
            return f"it cannot be pickled ({type(error).__name__}: {error})"
        kept = self.size()
        if kept + len(body) > self._limit:
            return (
                f"it takes {len(body):,} bytes, and of the {self._limit:,} that spill_limit in [tool.plait] "
                f"allows, {max(0, self._limit - kept):,} are left"
            )
        head = json.dumps({"token": token, "name": name, "run": run}).encode() + b"\n"
        beside = place.with_suffix(f".{os.getpid()}")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with beside.open("wb") as file:
                file.write(_MAGIC + head + self._signature(head + body) + body)
            beside.replace(place)
        except OSError as error:
            beside.unlink(missing_ok=True)
            return f"it cannot be written ({error})"
        return None

    def has(self, token: str) -> bool:
        """Say whether there is a value of this identity."""
        return self._place(token).exists()

    def get(self, token: str) -> Any:
        """Return a value. Raises KeyError where there is none that is trusted and can be read."""
        head, signature, body = self._parts(self._place(token))
        if not hmac.compare_digest(signature, self._signature(head + body)):
            raise KeyError(token)
        if json.loads(head)["token"] != token:
            raise KeyError(token)
        try:
            return pickle.loads(body)
        except Exception as error:
            raise KeyError(token) from error

    def of_run(self, run: str) -> dict[str, Spilled]:
        """Return what a run left, by name."""
        return {item.name: item for item in self._all() if item.run == run}

    def size(self) -> int:
        """Return how many bytes are kept."""
        with suppress(OSError):
            return sum(place.stat().st_size for place in self._folder.glob("*.spill"))
        return 0

    def clear(self, except_run: str | None = None) -> None:
        """Remove all values but those of one run."""
        for item in self._all():
            if item.run != except_run:
                item.path.unlink(missing_ok=True)

    def _all(self) -> Iterator[Spilled]:
        for place in sorted(self._folder.glob("*.spill")):
            with suppress(KeyError, ValueError):
                about = json.loads(self._parts(place)[0])
                yield Spilled(about["token"], about["name"], about["run"], place)

    def _parts(self, place: Path) -> tuple[bytes, bytes, bytes]:
        try:
            content = place.read_bytes()
        except OSError as error:
            raise KeyError(str(place)) from error
        magic, newline, rest = content.partition(b"\n")
        if magic + newline != _MAGIC:
            raise KeyError(str(place))
        head, newline, rest = rest.partition(b"\n")
        return head + newline, rest[:32], rest[32:]

    def _place(self, token: str) -> Path:
        return self._folder / f"{hashlib.sha256(token.encode()).hexdigest()[:32]}.spill"

    def _signature(self, content: bytes) -> bytes:
        if self._key is None:
            self._key = signing_key()
        return hmac.new(self._key, content, hashlib.sha256).digest()


def signing_key() -> bytes:
    """Return the user's own key, made at first use and readable by nobody else."""
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")  # noqa: PTH111, PTH118
    place = Path(home, "plait", "spill.key")
    with suppress(OSError):
        return place.read_bytes()
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return place.read_bytes()
    with os.fdopen(descriptor, "wb") as file:
        key = secrets.token_bytes(32)
        file.write(key)
    return key
