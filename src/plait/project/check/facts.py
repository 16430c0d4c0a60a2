"""What the rules know: pipelines, entries and names as values; nothing here can load or run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from plait.pipeline import Node, Pipeline, strip_transcoding

if TYPE_CHECKING:
    from plait.catalog import DataCatalog, Entry

__all__ = ["Facts", "Source"]


@dataclass(frozen=True)
class Source:
    """A pipeline under its name."""

    name: str
    pipeline: Pipeline


@dataclass(frozen=True)
class Facts:
    """A project as far as it could be read.

    Attributes:
        sources: the pipelines that are checked, the sum last.
        whole: all pipelines are checked, and not one of them.
        entries: what the catalog says, for listed names and for those that factories stand for.
        naming: whether names of arguments and datasets shall agree.
    """

    sources: tuple[Source, ...]
    whole: bool
    catalog: DataCatalog
    entries: Mapping[str, Entry]
    naming: bool
    root: Path

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """All nodes, each once."""
        return tuple({node.name: node for source in self.sources for node in source.pipeline.nodes}.values())

    @cached_property
    def producers(self) -> Mapping[str, Node]:
        """Dataset without format → the node that makes it."""
        return {strip_transcoding(name): node for node in self.nodes for name in node.outputs}

    @cached_property
    def consumers(self) -> Mapping[str, tuple[Node, ...]]:
        """Dataset without format → the nodes that read it."""
        found: dict[str, list[Node]] = {}
        for node in self.nodes:
            for name in node.reads:
                found.setdefault(name, []).append(node)
        return {name: tuple(nodes) for name, nodes in found.items()}

    @cached_property
    def known(self) -> frozenset[str]:
        """Every name that the catalog lists or a node makes."""
        return frozenset([*self.catalog.keys(), *(name for node in self.nodes for name in node.outputs)])

    def frame_of(self, entry: Entry) -> str | None:
        """Return the frame an entry is read in, the project's default among them; None for no table."""
        return self.catalog.builder.frame_of(entry)

    def places(self, node: Node) -> list[str]:
        """Return where a node is, relative to the project."""
        return [f"node '{node.name}'", *(self.relative(place) for place in node.where)]

    def relative(self, place: str) -> str:
        """Return a place with the project's folder left out."""
        return place.replace(f"{self.root}/", "")

    def entry_places(self, names: Iterable[str]) -> list[str]:
        """Return where entries are written."""
        origins = [self.entries[name].origin for name in names if name in self.entries]
        return [str(origin) for origin in dict.fromkeys(origins) if origin is not None]
