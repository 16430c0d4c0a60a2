"""Nodes and pipelines as pure values, and the selectors that pick from them."""

from plait.pipeline.binding import Binding
from plait.pipeline.grouping import GroupedNodes
from plait.pipeline.modes import Each, Mode, New, each, new
from plait.pipeline.names import TRANSCODING_SEPARATOR, is_parameter, split_transcoding, strip_transcoding
from plait.pipeline.node import Node, node
from plait.pipeline.pipeline import Pipeline, pipeline
from plait.pipeline.selection import StateResolver, select, selected_keys, spell_flags
from plait.pipeline.selector import Selector
from plait.pipeline.selector import parse as parse_selector

__all__ = [
    "TRANSCODING_SEPARATOR",
    "Binding",
    "Each",
    "GroupedNodes",
    "Mode",
    "New",
    "Node",
    "Pipeline",
    "Selector",
    "StateResolver",
    "each",
    "is_parameter",
    "new",
    "node",
    "parse_selector",
    "pipeline",
    "select",
    "selected_keys",
    "spell_flags",
    "split_transcoding",
    "strip_transcoding",
]
