"""The code fingerprint of a node: everything of the project's own that its function reaches.

A manifest is flat: key → digest. A key is the way by which a symbol is reached first, in the names that
those who refer to it use: ``build_matrix/encode`` is what ``build_matrix`` calls ``encode``. So moving a
function to another module changes nothing, and two helpers that swap their bodies change two keys. A
symbol that is reached again from elsewhere is one more entry that says where it was met first, so the keys
and digests describe the whole graph, cycles and all.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from plait.identity.distributions import Distributions
from plait.identity.encoding import digest_texts
from plait.identity.members import Members
from plait.identity.names import Names, unidentified
from plait.identity.origins import Origins
from plait.identity.sources import Sources
from plait.identity.symbols import CodeProblem, Symbol
from plait.identity.tables import Definition

__all__ = ["ROOT", "CodeManifest", "Codebase", "SymbolDigest", "code_digest"]

ROOT = "()"
"""The key of the node's own function, whose name is left out on purpose."""


@dataclass(frozen=True, slots=True)
class SymbolDigest:
    """One symbol of a manifest.

    Attributes:
        digest: ``sha256:…``; ``name:…`` for what is not the project's own; ``link:…`` for a symbol
            that was met before, under that key.
        name: module and qualified name, for people.
        file: relative to the project, None for what has none.
        via: the names that lead to it from the node's function, which comes first.
    """

    digest: str
    name: str
    file: str | None = None
    line: int | None = None
    via: tuple[str, ...] = ()

    @property
    def is_link(self) -> bool:
        return self.digest.startswith("link:")


@dataclass(frozen=True)
class CodeManifest:
    """All code and constants that a node's function reaches.

    Attributes:
        distributions: what of it comes from installed distributions, by name.
        problems: what Plait could not see to the bottom of.
        uses_randomness: whether a random generator of Python, NumPy or PyTorch is reached.
        files: the source files that it was read from, relative to the project.
    """

    symbols: Mapping[str, SymbolDigest]
    distributions: tuple[str, ...] = ()
    problems: tuple[CodeProblem, ...] = ()
    uses_randomness: bool = False
    files: tuple[str, ...] = field(default=(), compare=False)

    @cached_property
    def digests(self) -> Mapping[str, str]:
        """Key → digest: what is stored and compared."""
        return {key: symbol.digest for key, symbol in self.symbols.items()}

    @cached_property
    def digest(self) -> str:
        return code_digest(self.digests)

    @property
    def needs_version(self) -> bool:
        """Whether only ``version=`` can tell Plait that the code changed."""
        return any(problem.needs_version for problem in self.problems)


def code_digest(digests: Mapping[str, str]) -> str:
    """Return one digest for a whole manifest."""
    return digest_texts(digests)


class Codebase:
    """The code of a project at one moment: make one for each plan, on sources that last.

    Constants are looked up when they are first reached and then remembered, so a Codebase must not
    outlive a change of what modules hold.

    Args:
        root: the project's folder.
        source_roots: where its packages lie.
        folder: where parsed sources are kept between processes; None keeps them in memory.
        sources, distributions: what an earlier Codebase has remembered of files and packages.
    """

    def __init__(
        self,
        root: Path,
        source_roots: Iterable[Path] = (),
        *,
        folder: Path | None = None,
        sources: Sources | None = None,
        distributions: Distributions | None = None,
    ) -> None:
        roots = list(source_roots)
        self.sources = sources or Sources(root, folder)
        self.sources.look_again()
        self.distributions = distributions or Distributions(folder)
        origins = Origins([root, *roots])
        names = Names(self.sources, origins)
        anchors = [os.path.realpath(root).replace(os.sep, "/")]
        self._members = Members(self.sources, origins, names, anchors)
        self._manifests: dict[tuple[int, ...], tuple[Any, CodeManifest]] = {}
        self._seen: dict[str, Symbol] = {}
        self._relative: dict[str, str] = {}

    def manifest(self, function: Callable[..., Any], depends_on: Sequence[Any] = ()) -> CodeManifest:
        """Return the manifest of a node's function.

        Args:
            depends_on: further functions, classes and modules whose code counts.
        """
        key = (id(function), *map(id, depends_on))
        known = self._manifests.get(key)
        if known is None:
            made = self._walk(function, depends_on)
            known = self._manifests[key] = ((function, *depends_on), made)
        return known[1]

    def texts(self, manifest: CodeManifest) -> dict[str, str]:
        """Return digest → what is compared of the symbols of a manifest, for those that have a source."""
        return self._texts(manifest, self.sources.text)

    def written(self, manifest: CodeManifest) -> dict[str, str]:
        """Return digest → the source of the symbols of a manifest as it was written, comments and all."""
        return self._texts(manifest, self.sources.written)

    def _texts(
        self, manifest: CodeManifest, text_of: Callable[[str, Definition], str | None]
    ) -> dict[str, str]:
        found = {}
        for symbol in manifest.symbols.values():
            known = self._seen.get(symbol.digest)
            if known is None or known.file is None or known.definition is None:
                continue
            text = text_of(known.file, known.definition)
            if text is not None:
                found[symbol.digest] = text
        return found

    def _walk(self, function: Callable[..., Any], depends_on: Sequence[Any]) -> CodeManifest:
        name = getattr(function, "__name__", None) or type(function).__name__
        root = self._symbol(function, name)
        walk = _Walk(self._file)
        walk.add(ROOT, root, (name,))
        for item in depends_on:
            label = getattr(item, "__qualname__", None) or type(item).__qualname__
            walk.add(f"{ROOT}{label}", self._symbol(item, label), (name, label))
        walk.run()
        self._seen.update(walk.by_digest)
        found = {d for package in walk.packages for d in self.distributions.of_package(package)}
        return CodeManifest(
            MappingProxyType(walk.symbols),
            tuple(sorted(found)),
            tuple(walk.problems),
            walk.random,
            tuple(sorted(walk.files)),
        )

    def _symbol(self, value: Any, name: str) -> Symbol:
        return self._members.of_value(value, name) or unidentified(name, value)

    def _file(self, file: str) -> str:
        known = self._relative.get(file)
        if known is None:
            known = self._relative[file] = self.sources.relative(file)
        return known


class _Walk:
    """Visits every symbol once, breadth first, so that the key of each is the shortest way to it."""

    def __init__(self, relative: Callable[[str], str]) -> None:
        self._relative = relative
        self._keys: dict[Symbol, str] = {}
        self._waiting: deque[tuple[str, Symbol, tuple[str, ...]]] = deque()
        self.symbols: dict[str, SymbolDigest] = {}
        self.by_digest: dict[str, Symbol] = {}
        self.packages: set[str] = set()
        self.problems: list[CodeProblem] = []
        self.files: set[str] = set()
        self.random = False

    def add(self, key: str, symbol: Symbol, via: tuple[str, ...]) -> None:
        met = self._keys.get(symbol)
        file = None if symbol.file is None else self._relative(symbol.file)
        line = None if symbol.definition is None else symbol.definition.line
        content = symbol.digest if met is None else f"link:{met}"
        self.symbols[key] = SymbolDigest(content, symbol.name, file, line, via)
        if met is not None:
            return
        if not symbol.is_leaf:
            self._keys[symbol] = key
            self._waiting.append((key, symbol, via))
        self._note(symbol, file)

    def run(self) -> None:
        while self._waiting:
            key, symbol, via = self._waiting.popleft()
            self.packages |= symbol.mentioned_packages()
            start = "" if key == ROOT else f"{key}/"
            for name, found in symbol.links:
                self.add(start + name, found, (*via, name))

    def _note(self, symbol: Symbol, file: str | None) -> None:
        self.by_digest.setdefault(symbol.digest, symbol)
        self.packages |= symbol.packages
        self.problems += symbol.problems
        self.random = self.random or symbol.random
        if file is not None:
            self.files.add(file)
