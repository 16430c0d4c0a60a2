"""Canonical bytes of values: equal bytes if and only if two values are the same to a computation.

Every value is ``tag + length + ":" + payload``, and the payload of a container is its items one after
the other, so no two different values share an encoding: ``1`` ≠ ``"1"`` ≠ ``True`` ≠ ``1.0``, ``(1, 12)``
≠ ``(11, 2)``, ``[1]`` ≠ ``(1,)``. What is defined beyond that:

- ``-0.0`` ≠ ``0.0``; every NaN is the same NaN.
- Sets have no order. Mappings have none either, as keyword arguments and parameters have none, except for
  an ``OrderedDict`` and where the caller says ``ordered``: a constant in code may be iterated.
- The fields of dataclasses, attrs classes, pydantic models and named tuples count with their names, the
  class by its qualified name and not by its module: moving a class is no change.
- Arrays are dtype, shape and bytes; frames are columns in order, each with its dtype.

The values of a library are recognised by the name of their type; nothing is imported for it. What has no
canonical form (connections, open files, generators, lambdas) raises :class:`NotEncodable`; nothing is ever
pickled, or identified by its ``repr`` or its address.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from plait.errors import PlaitError

__all__ = ["Encoder", "NotEncodable", "Refer", "digest", "digest_bytes", "digest_texts", "encode"]

Refer = Callable[[Any], bytes | None]
"""Called with every class and callable in a value; returns what stands for it, or None if it cannot tell."""


class NotEncodable(PlaitError, TypeError):  # noqa: N818 - says what the value is
    """A value has no canonical form."""


def encode(value: Any, *, ordered: bool = False) -> bytes:
    """Return the canonical bytes of a value.

    Args:
        ordered: whether the order of plain mappings counts.

    Raises:
        NotEncodable: the value, or something in it, has no canonical form.
    """
    return Encoder(ordered=ordered).encode(value)


def digest(value: Any, *, ordered: bool = False) -> str:
    """Return ``sha256:…`` of the canonical bytes of a value.

    Raises:
        NotEncodable: the value, or something in it, has no canonical form.
    """
    return digest_bytes(encode(value, ordered=ordered))


def digest_bytes(data: bytes) -> str:
    """Return ``sha256:…`` of bytes."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def digest_texts(texts: Mapping[str, str]) -> str:
    """Return ``sha256:…`` of a mapping from text to text, whatever its order; quicker than :func:`digest`."""
    pairs = [f"{len(key)}:{key}{len(value)}:{value}" for key, value in sorted(texts.items())]
    return digest_bytes(_utf8("".join(pairs)))


def packed(tag: str, payload: bytes) -> bytes:
    """Return one element of the encoding."""
    return b"%s%d:%s" % (tag.encode(), len(payload), payload)


class Encoder:
    """Encodes values; :func:`encode` for those who want something else than the default.

    Args:
        ordered: whether the order of plain mappings counts.
        refer: what to do with classes and callables.
        anchors: absolute folders; a path or text that starts with one counts relative to it, so that a
            project can be moved.
    """

    def __init__(
        self, *, ordered: bool = False, refer: Refer | None = None, anchors: Sequence[str] = ()
    ) -> None:
        self._ordered = ordered
        self._refer = refer
        self._anchors = tuple(anchors)
        self._open: set[int] = set()

    def encode(self, value: Any) -> bytes:
        """Return the canonical bytes of a value; raises NotEncodable."""
        simple = _SIMPLE.get(type(value))
        if simple is not None:
            return simple(value)
        if type(value) is str:
            return self.text(value)
        if id(value) in self._open:
            raise NotEncodable("a value that contains itself has no canonical form")
        self._open.add(id(value))
        try:
            return self._structured(value)
        except RecursionError:
            raise NotEncodable("a value is nested too deeply to be identified") from None
        finally:
            self._open.discard(id(value))

    def text(self, value: str) -> bytes:
        """Encode text, relative to an anchor where it is a path below one."""
        inside = self._anchored(value) if self._anchors and value[:1] in "/\\" else None
        return packed("s", _utf8(value)) if inside is None else packed("a", _utf8(inside))

    def path(self, value: Any) -> bytes:
        """Encode a path, whatever its system, relative to an anchor where it is below one."""
        text = value.as_posix()
        inside = self._anchored(text)
        return packed("p", packed("s", _utf8(text)) if inside is None else packed("a", _utf8(inside)))

    def items(self, tag: str, values: Iterable[Any]) -> bytes:
        """Encode values in their order."""
        return packed(tag, b"".join([self.encode(value) for value in values]))

    def unordered(self, tag: str, values: Iterable[Any]) -> bytes:
        """Encode values in no order."""
        return packed(tag, b"".join(sorted([self.encode(value) for value in values])))

    def mapping(self, value: Mapping[Any, Any]) -> bytes:
        """Encode a mapping, in its order where order counts."""
        return self.ordered_mapping(value) if self._ordered else self._mapping("d", value, sort=True)

    def keywords(self, value: Mapping[str, Any]) -> bytes:
        """Encode keyword arguments, which have no order even where that of mappings counts."""
        return self._mapping("d", value, sort=True)

    def ordered_mapping(self, value: Mapping[Any, Any]) -> bytes:
        """Encode a mapping in its order."""
        return self._mapping("D", value, sort=False)

    def fields(self, tag: str, cls: type, values: Mapping[str, Any]) -> bytes:
        """Encode an object by its class and the values of its fields."""
        content = [self.cls(cls), self._mapping("d", values, sort=True)]
        return packed(tag, b"".join(content))

    def cls(self, cls: type) -> bytes:
        """Encode a class by name, and let whoever asked follow it."""
        told = self._refer(cls) if self._refer is not None else None
        return packed("q", told if told is not None else _utf8(cls.__qualname__))

    def reference(self, value: Any) -> bytes:
        """Encode a class or callable that is itself the value."""
        told = self._refer(value) if self._refer is not None else None
        if told is not None:
            return packed("r", told)
        module = getattr(value, "__module__", None)
        if isinstance(value, type) or module in ("builtins", "operator", "math"):
            return packed("T", _utf8(f"{module}.{value.__qualname__}"))
        raise not_encodable(value)

    def _mapping(self, tag: str, value: Mapping[Any, Any], *, sort: bool) -> bytes:
        pairs = [self.encode(key) + self.encode(item) for key, item in value.items()]
        return packed(tag, b"".join(sorted(pairs) if sort else pairs))

    def _anchored(self, text: str) -> str | None:
        for number, anchor in enumerate(self._anchors):
            if text == anchor or text.startswith(anchor + "/"):
                return f"{number}{text[len(anchor) :]}"
        return None

    def _structured(self, value: Any) -> bytes:
        from plait.identity.structures import encode_structure

        return encode_structure(self, value)


def not_encodable(value: Any, why: str | None = None) -> NotEncodable:
    """Return the error for a value without a canonical form."""
    cls = type(value)
    return NotEncodable(
        f"a {cls.__module__}.{cls.__qualname__} has no canonical form that could be compared",
        why=why,
        hint="use plain values, a dataclass, an attrs class or a pydantic model",
    )


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _float(value: float) -> bytes:
    return packed("f", value.hex().encode())


_SIMPLE: Mapping[type, Callable[[Any], bytes]] = {
    type(None): lambda _: packed("n", b""),
    bool: lambda value: packed("b", b"1" if value else b"0"),
    int: lambda value: packed("i", b"%x" % value),
    float: _float,
    complex: lambda value: packed("c", _float(value.real) + _float(value.imag)),
    bytes: lambda value: packed("y", value),
    bytearray: lambda value: packed("Y", bytes(value)),
    type(...): lambda _: packed("e", b""),
}
