"""The grammar of selectors: text to a small tree of values, and back.

    selector  = term { space term }            union
    term      = factor { "," factor }          intersection
    factor    = [ "not:" ] point
    point     = [ "+" ] atom [ "+" ]           with all ancestors, with all descendants
              | atom ".." atom                 everything between
    atom      = [ kind ":" ] name [ "[" key "]" ]
    kind      = "node" | "dataset" | "tag" | "ns" | "pipeline" | "state"

Names may hold the globs ``*`` and ``?``. What is excluded is subtracted last, wherever it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from plait.errors import SelectionError, did_you_mean

__all__ = ["KINDS", "STATES", "Around", "Atom", "Between", "Exclude", "Point", "Selector", "Term", "parse"]

KINDS = ("dataset", "node", "ns", "pipeline", "state", "tag")
STATES = ("blocked", "done", "failed", "skipped", "stale")


@dataclass(frozen=True, slots=True)
class Atom:
    """A name, or a glob; ``kind`` is None for a bare word, ``key`` a partition."""

    name: str
    kind: str | None = None
    key: str | None = None

    @property
    def is_glob(self) -> bool:
        return "*" in self.name or "?" in self.name

    def __str__(self) -> str:
        kind = f"{self.kind}:" if self.kind else ""
        key = f"[{self.key}]" if self.key is not None else ""
        return f"{kind}{self.name}{key}"


@dataclass(frozen=True, slots=True)
class Around:
    """An atom with all its ancestors, its descendants, or both."""

    atom: Atom
    ancestors: bool = False
    descendants: bool = False

    def __str__(self) -> str:
        return "+" * self.ancestors + str(self.atom) + "+" * self.descendants


@dataclass(frozen=True, slots=True)
class Between:
    """Everything on a path from one atom to another, with both."""

    first: Atom
    last: Atom

    def __str__(self) -> str:
        return f"{self.first}..{self.last}"


Point = Atom | Around | Between


@dataclass(frozen=True, slots=True)
class Exclude:
    """What is subtracted."""

    point: Point

    def __str__(self) -> str:
        return f"not:{self.point}"


@dataclass(frozen=True, slots=True)
class Term:
    """What all points pick, without what is excluded."""

    points: tuple[Point, ...]
    without: tuple[Exclude, ...] = ()

    def __str__(self) -> str:
        return ",".join(map(str, (*self.points, *self.without)))


@dataclass(frozen=True, slots=True)
class Selector:
    """What any term picks (all nodes without terms), without what is excluded."""

    terms: tuple[Term, ...] = ()
    without: tuple[Exclude, ...] = ()

    def __str__(self) -> str:
        return " ".join(map(str, (*self.terms, *self.without)))


_WORDS = re.compile(r"(?:[^\s\[]|\[[^\]]*\]|\[)+")
_FACTORS = re.compile(r"(?:[^,\[]|\[[^\]]*\]|\[)*")
_ATOM = re.compile(r"(?:(?P<kind>[^:\[\]]*):)?(?P<name>[^\[\]]*[^\[\]:])(?:\[(?P<key>[^\[\]]+)\])?")


def parse(text: str | Iterable[str]) -> Selector:
    """Read a selector; several texts, as a command line gives them, are joined by spaces.

    Raises:
        SelectionError: the text is not a selector; the message shows the part that is wrong.
    """
    joined = text if isinstance(text, str) else " ".join(text)
    terms: list[Term] = []
    without: list[Exclude] = []
    for word in _WORDS.findall(joined):
        factors = [_factor(part, word) for part in _split(word)]
        points = tuple(factor for factor in factors if not isinstance(factor, Exclude))
        excluded = tuple(factor for factor in factors if isinstance(factor, Exclude))
        if points:
            terms.append(Term(points, excluded))
        else:
            without += excluded
    return Selector(tuple(terms), tuple(without))


def _split(word: str) -> Iterator[str]:
    position = 0
    while position <= len(word):
        match = _FACTORS.match(word, position)
        part = match.group() if match else ""
        if not part:
            raise _malformed(word, "a name is missing beside a comma")
        yield part
        position += len(part) + 1


def _factor(part: str, word: str) -> Point | Exclude:
    if part.startswith("not:"):
        return Exclude(_point(part[4:], word))
    return _point(part, word)


def _point(part: str, word: str) -> Point:
    outside = re.sub(r"\[[^\]]*\]", lambda match: "_" * len(match.group()), part)
    if ".." in outside:
        cut = outside.index("..")
        first, last = part[:cut], part[cut + 2 :]
        if not first or not last:
            hint = f"{first}+ picks all after" if first else f"+{last} picks all before"
            raise _malformed(word, f"'{part}' has an open end", hint)
        return Between(_atom(first, word), _atom(last, word))
    ancestors, descendants = part.startswith("+"), part.endswith("+") and len(part) > 1
    atom = _atom(part[ancestors : len(part) - descendants], word)
    return Around(atom, ancestors, descendants) if ancestors or descendants else atom


def _atom(part: str, word: str) -> Atom:
    match = _ATOM.fullmatch(part)
    if match is None or "+" in (part[:1], part[-1:]):
        raise _malformed(word, f"'{part}' is not a name" if part else "a name is missing")
    kind, name, key = match.group("kind", "name", "key")
    if kind == "params":  # not a kind: the name of one parameter
        return Atom(f"params:{name}", None, key)
    if kind == "not":
        raise _malformed(word, "'not:' stands at the beginning, once", "such as not:tag:slow or not:+report")
    if kind is not None and kind not in KINDS:
        raise _malformed(
            word,
            f"'{kind}:' is not a kind of selector",
            did_you_mean(kind, KINDS) or f"kinds are {', '.join(KINDS)}",
        )
    return Atom(name, kind, key)


def _malformed(word: str, why: str, hint: str | None = None) -> SelectionError:
    return SelectionError(f"'{word}' is not a selector", why=why, hint=hint)
