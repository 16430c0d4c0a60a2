"""The parameters of a run: a read-only mapping that knows where each value was written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from plait.config.paths import KeyPath, dotted, find, leaf_paths, split, structural_copy
from plait.errors import ParameterError, did_you_mean
from plait.values import Origin

__all__ = ["Parameters"]

_PREFIX = "params:"


class Parameters(Mapping[str, Any]):
    """All parameters, by name.

    Args:
        values: nested plain values.
        origins: where a path was written; takes the keys that lead to it.
        secrets: paths of values that came from environment variables or credentials.
        files: the files that parameters were read from, for messages.
    """

    def __init__(
        self,
        values: Mapping[str, Any] | None = None,
        origins: Callable[[KeyPath], Origin | None] | None = None,
        *,
        secrets: frozenset[KeyPath] = frozenset(),
        files: Sequence[str] = (),
    ) -> None:
        self._values = dict(values or {})
        self._origins = origins
        self._secrets = secrets
        self._files = tuple(files)

    def __getitem__(self, key: str) -> Any:
        return structural_copy(self._values[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Parameters({', '.join(map(str, self._values))})"

    def get_path(self, path: str) -> Any:
        """Return the value at a dotted path; nested keys win over a key that contains dots.

        Raises:
            ParameterError: with close matches and the files to look in.
        """
        return structural_copy(self._find(path)[0])

    def has_path(self, path: str) -> bool:
        """Tell whether there is a value, which may be null, at a dotted path."""
        return find(self._values, path.split(".")) is not None

    def lookup(self, name: str) -> Any:
        """Return what the dataset name ``params:a.b`` or ``parameters`` stands for.

        Lists and mappings are copies: a node that changes its own changes nobody else's.

        Raises:
            ParameterError: when there is no such parameter.
        """
        if name == "parameters":
            return structural_copy(self._values)
        return self.get_path(name.removeprefix(_PREFIX))

    def keys_of(self, path: str) -> KeyPath:
        """Return the keys that lead to ``a.b`` (none for the whole, ``""``)."""
        return self._find(path)[1] if path else ()

    def origin(self, path: str | Sequence[Any]) -> Origin | None:
        """Return where the value at a path, or its nearest parent, was written, if that is known."""
        if self._origins is None:
            return None
        return self._origins(self._keys(path))

    def is_secret(self, path: str | Sequence[Any]) -> bool:
        """Tell whether a value, or anything in or around it, must be recorded as a digest only."""
        if not self._secrets:
            return False
        keys = self._keys(path)
        return any(_overlap(keys, secret) for secret in self._secrets)

    def _keys(self, path: str | Sequence[Any]) -> KeyPath:
        if not isinstance(path, str):
            return tuple(path)
        name = path.removeprefix(_PREFIX)
        if name in ("", "parameters"):
            return ()
        found = find(self._values, name.split("."))
        return found.keys if found else tuple(split(name))

    def _find(self, path: str) -> tuple[Any, KeyPath]:
        found = find(self._values, path.split("."))
        if found is None:
            raise self._unknown(path)
        return found

    def _unknown(self, path: str) -> ParameterError:
        known = {
            dotted(keys[:length]) for keys in leaf_paths(self._values) for length in range(1, len(keys) + 1)
        }
        files = ", ".join(self._files)
        return ParameterError(
            f"there is no parameter '{path}'",
            why=f"parameters were read from {files}" if files else None,
            hint=did_you_mean(path, known) or f"add '{path}' to conf/base/parameters.yml",
        )


def _overlap(keys: KeyPath, secret: KeyPath) -> bool:
    shorter = min(len(keys), len(secret))
    return keys[:shorter] == secret[:shorter]
