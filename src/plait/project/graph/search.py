"""Finding elements by what they are called, what is written about them, and what is in their code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from plait.project.graph.document import element_id

__all__ = ["Hit", "search"]

#: Field → how much a match in it says. A name that begins with the words counts double.
_WEIGHTS = {
    "name": 100,
    "tags": 60,
    "function": 50,
    "location": 45,
    "doc": 40,
    "columns": 35,
    "code": 20,
}
_AROUND = 40  # characters of an excerpt on either side


@dataclass(frozen=True, slots=True)
class Hit:
    """An element that was found: the field that matched best, and the text around the match."""

    id: str
    kind: str
    name: str
    field: str
    excerpt: str
    score: int


def search(
    elements: Iterable[Mapping[str, Any]],
    details: Mapping[str, Mapping[str, Any]],
    query: str,
    limit: int = 30,
    columns: Mapping[str, Iterable[str]] | None = None,
) -> list[Hit]:
    """Return the elements that hold every word of ``query``, best first.

    Args:
        elements: those of a graph document.
        details: element id → what is known beyond that.
        columns: dataset → names of its columns, as far as runs told them.
    """
    words = query.casefold().split()
    if not words:
        return []
    known = columns or {}
    hits = (_hit(element, details, known, words) for element in elements)
    found = sorted((hit for hit in hits if hit is not None), key=lambda hit: (-hit.score, hit.name))
    return found[:limit]


def _hit(
    element: Mapping[str, Any],
    details: Mapping[str, Mapping[str, Any]],
    columns: Mapping[str, Iterable[str]],
    words: list[str],
) -> Hit | None:
    identity = element_id(element["kind"], element["name"])
    fields = dict(_fields(element, details.get(identity, {})))
    if element["kind"] == "dataset" and element["name"] in columns:
        fields["columns"] = " ".join(columns[element["name"]])
    folded = {field: text.casefold() for field, text in fields.items()}
    score, best, weight = 0, "", 0
    for word in words:
        matched = [(field, _score(field, text, word)) for field, text in folded.items() if word in text]
        if not matched:
            return None
        field, points = max(matched, key=lambda item: item[1])
        score += points
        if points > weight:
            best, weight = field, points
    excerpt = _excerpt(fields[best], folded[best], words)
    return Hit(identity, element["kind"], element["name"], best, excerpt, score)


def _fields(element: Mapping[str, Any], details: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "name", element["name"]
    for field in ("function", "location"):
        if element.get(field):
            yield field, element[field]
    if element.get("tags"):
        yield "tags", " ".join(element["tags"])
    if doc := details.get("doc") or element.get("doc"):
        yield "doc", doc
    if code := details.get("code"):
        yield "code", "\n".join(part["text"] for part in code)


def _score(field: str, text: str, word: str) -> int:
    weight = _WEIGHTS[field]
    if field != "name":
        return weight
    last = text.rpartition(".")[2]
    return weight * 4 if word == last else weight * 2 if last.startswith(word) else weight


def _excerpt(text: str, folded: str, words: list[str]) -> str:
    at = min((place for word in words if (place := folded.find(word)) >= 0), default=0)
    start, end = max(0, at - _AROUND), at + _AROUND
    cut = " ".join(text[start:end].split())
    return ("…" if start else "") + cut + ("…" if end < len(text) else "")
