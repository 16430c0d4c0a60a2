"""A symbol: one thing that code reaches, with its digest and the names by which it reaches further ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from plait.identity.tables import Definition

__all__ = ["CodeProblem", "Link", "ProblemKind", "Symbol", "external"]

ProblemKind = Literal["no source", "changed since import", "cannot be identified"]

_RANDOM = ("random", "numpy.random", "torch")


@dataclass(frozen=True, slots=True)
class CodeProblem:
    """Something about a node's code that Plait cannot see to the bottom of.

    Attributes:
        symbol: what it is about.
        needs_version: whether only ``version=`` on the node can tell that it changed.
    """

    kind: ProblemKind
    symbol: str
    text: str
    needs_version: bool = False


Link = tuple[str, "Symbol"]


class Symbol:
    """One function, class, constant, module or outside name; compared by identity.

    Its links are found when they are asked for, so that a graph with cycles can be built.

    Args:
        name: for people, ``flights.features.encode``.
        digest: ``sha256:…`` of what it is, or ``name:…`` for what is not the project's own.
        file, definition: where it is defined, if that is known.
        expand: finds the links.
        mentions: finds what only annotations name: no part of the code, but a sign of libraries in use.
        packages: top-level packages of libraries that it belongs to.
        random: whether it is, or holds, a random generator.
    """

    __slots__ = (
        *("_expand", "_links", "_mentions"),
        *("definition", "digest", "file", "name", "packages", "problems", "random"),
    )

    def __init__(
        self,
        name: str,
        digest: str,
        *,
        file: str | None = None,
        definition: Definition | None = None,
        expand: Callable[[], Iterable[Link]] | None = None,
        mentions: Callable[[], Iterable[Symbol]] | None = None,
        packages: Iterable[str] = (),
        problems: Iterable[CodeProblem] = (),
        random: bool = False,
    ) -> None:
        self.name = name
        self.digest = digest
        self.file = file
        self.definition = definition
        self.packages = frozenset(packages)
        self.problems = tuple(problems)
        self.random = random
        self._expand = expand
        self._mentions = mentions
        self._links: tuple[Link, ...] | None = None

    @property
    def is_leaf(self) -> bool:
        """Whether it reaches nothing further, for certain."""
        return self._expand is None

    @property
    def links(self) -> tuple[Link, ...]:
        """The names it uses and what they are, each name once, sorted."""
        if self._links is None:
            found = {} if self._expand is None else dict(self._expand())
            self._links = tuple(sorted(found.items(), key=lambda link: link[0]))
        return self._links

    def mentioned_packages(self) -> frozenset[str]:
        """Return the libraries that its annotations name."""
        found = () if self._mentions is None else self._mentions()
        return frozenset(package for symbol in found for package in symbol.packages)


def external(dotted: str, *, library: bool) -> Symbol:
    """Return the symbol of something that is not the project's own, by the name it is imported by."""
    plain = dotted.replace(":", ".")
    return Symbol(
        dotted,
        f"name:{dotted}",
        packages=[plain.partition(".")[0]] if library else (),
        random=any(plain == name or plain.startswith(name + ".") for name in _RANDOM),
    )
