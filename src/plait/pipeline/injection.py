"""Arguments that Plait fills in itself, recognised by their annotation.

An annotation is never evaluated and no library is imported to recognise one: a class is known by its
module and name, a string by its text and what its first name means in the function's module.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["MARKERS", "injected_kind"]

MARKERS = ("Completed", "Generator", "PartitionKey", "RunContext")

_HOMES = {
    "Completed": ("plait.values",),
    "PartitionKey": ("plait.values",),
    "RunContext": ("plait.values",),
    "Generator": ("numpy.random._generator", "numpy.random"),
}
_MODULES = {
    "Completed": ("plait", "plait.values"),
    "PartitionKey": ("plait", "plait.values"),
    "RunContext": ("plait", "plait.values"),
    "Generator": ("numpy.random",),
}


def injected_kind(annotation: object, names: Mapping[str, object]) -> str | None:
    """Return which of :data:`MARKERS` an annotation means, or None.

    Args:
        annotation: as written: a class, a string, or anything else.
        names: the globals of the function's module.
    """
    if annotation is None:
        return None
    if isinstance(annotation, str):
        return _of_text(annotation.strip("\"' "), names)
    return _of_object(annotation)


def _of_object(annotation: object) -> str | None:
    name = getattr(annotation, "__name__", None)
    if name in MARKERS and isinstance(annotation, type) and annotation.__module__ in _HOMES[name]:
        return str(name)
    return None


def _of_text(text: str, names: Mapping[str, object]) -> str | None:
    if text in names:
        return _of_object(names[text])
    prefix, _, last = text.rpartition(".")
    if last not in MARKERS:
        return None
    first, *rest = text.split(".")
    if first not in names:
        # Imported for type checkers only, so the text is all there is.
        return last if _reads_like(prefix, last) else None
    return _of_object(_follow(names[first], rest))


def _reads_like(prefix: str, last: str) -> bool:
    spelled = "numpy" + prefix[2:] if prefix.split(".")[0] == "np" else prefix
    return not prefix or any(module.endswith(spelled) for module in _MODULES[last])


def _follow(value: object, attributes: list[str]) -> object:
    for attribute in attributes:
        value = getattr(value, attribute, None)
    return value
