"""Credentials by name, resolved at the last moment, printed as ``***``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from plait.errors import CredentialsError, did_you_mean
from plait.values import Secret

__all__ = ["Credentials"]


class Credentials(Mapping[str, Secret]):
    """A mapping of names to secrets; nothing is resolved before it is asked for by name.

    Args:
        names: what exists.
        resolve: returns the plain value of one name; raises ConfigError when an environment variable
            that it needs is not set.
        place: where missing credentials belong, for messages.
    """

    def __init__(
        self,
        names: Mapping[str, Any] | None = None,
        resolve: Callable[[str], Any] | None = None,
        place: str = "conf/local/credentials.yml",
    ) -> None:
        self._values = dict(names or {})
        self._resolve = resolve or self._values.__getitem__
        self._place = place

    def __getitem__(self, name: str) -> Secret:
        """Return a secret; ``reveal()`` gives its value.

        Raises:
            CredentialsError: naming what exists and where to put what does not.
        """
        if name not in self._values:
            raise self._missing(name)
        return Secret(self._resolve(name))

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __repr__(self) -> str:
        return "Credentials(" + ", ".join(f"{name}=***" for name in self._values) + ")"

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("credentials are not pickled; each process reads them from the configuration")

    def _missing(self, name: str) -> CredentialsError:
        return CredentialsError(
            f"there are no credentials '{name}'",
            why=f"there are {', '.join(sorted(self._values))}" if self._values else "none are configured",
            hint=did_you_mean(name, self._values) or f"add '{name}:' to {self._place}",
        )
