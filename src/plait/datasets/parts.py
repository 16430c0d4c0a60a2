"""The parts of a partitioned dataset as a mapping that loads a value when it is asked for, and forgets it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Protocol

from plait.catalog.protocols import FrameName
from plait.errors import DatasetError, PlaitError, did_you_mean

__all__ = ["NoSuchPart", "Parts"]


class NoSuchPart(DatasetError, KeyError):  # noqa: N818
    """There is no part of that key."""

    __str__ = PlaitError.__str__  # KeyError would print the representation


class LoadsParts(Protocol):
    """What the mapping asks of the dataset it comes from."""

    @property
    def location(self) -> str: ...

    def load_part(self, key: str, frame: FrameName | None = None) -> Any: ...


class Parts(Mapping[str, Any]):
    """Keys, sorted, and the values behind them; ``items()`` and ``values()`` hold one value at a time.

    ``parts["2024/05"]`` loads one. ``parts["2024":"2025"]`` is the mapping of the keys from the first up to
    the second, without it, and :meth:`only` that of the keys named; they load nothing. All can be pickled.
    """

    __slots__ = ("_dataset", "_frame", "_keys", "_set")

    def __init__(self, dataset: LoadsParts, keys: Collection[str], frame: FrameName | None = None) -> None:
        self._dataset = dataset
        self._keys = sorted(keys)
        self._set = frozenset(keys)
        self._frame = frame

    def only(self, keys: Collection[str]) -> Parts:
        """Return the mapping of these keys. Raises NoSuchPart, which is a KeyError too."""
        for key in keys:
            self._demand(key)
        return Parts(self._dataset, keys, self._frame)

    def __getitem__(self, key: str | slice) -> Any:
        if isinstance(key, slice):
            return self._between(key)
        self._demand(key)
        return self._dataset.load_part(key, self._frame)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, key: object) -> bool:
        return key in self._set

    def __repr__(self) -> str:
        span = f": {self._keys[0]} … {self._keys[-1]}" if self._keys else ""
        return f"<{len(self)} parts of '{self._dataset.location}'{span}>"

    def _between(self, wanted: slice) -> Parts:
        if wanted.step is not None:
            raise TypeError("a range of keys has no step")
        start = 0 if wanted.start is None else bisect_left(self._keys, wanted.start)
        stop = len(self) if wanted.stop is None else bisect_left(self._keys, wanted.stop)
        return Parts(self._dataset, self._keys[start:stop], self._frame)

    def _demand(self, key: str) -> None:
        if key not in self._set:
            raise NoSuchPart(
                f"'{self._dataset.location}' has no part '{key}'", hint=did_you_mean(key, self._keys)
            )
