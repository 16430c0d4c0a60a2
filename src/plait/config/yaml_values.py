"""YAML text to plain values, with what PyYAML leaves out: duplicate keys, limits, ``!replace``.

Values are built from the events of the C parser, without a node graph in between: five times as fast as
``yaml.load`` with the same parser, and deep nesting cannot exhaust the stack. Dates stay text and ``1e-3``
is a number, as in Kedro.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple, NoReturn

import yaml
from yaml.constructor import SafeConstructor
from yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from yaml.nodes import ScalarNode
from yaml.resolver import Resolver

__all__ = ["Loader", "YamlDocument", "YamlMistake", "parse_yaml", "plain_scalar"]

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_REPLACE_TAG = "!replace"
_PREFIX = "tag:yaml.org,2002:"
_COLLECTION_TAGS = {None, "!", _REPLACE_TAG, _PREFIX + "map", _PREFIX + "seq"}
_NOT_TEXT = frozenset("+-.0123456789~yYnNtTfFoO<")  # how a plain scalar other than text begins
_EXPONENT = re.compile(r"[-+]?(\d[\d_]*(\.[\d_]*)?|\.\d[\d_]*)[eE][-+]?\d+$")
_MAX_DEPTH = 200
_MAX_COPIES = 1_000_000
_MERGE = object()
_NO_KEY = object()


class YamlMistake(Exception):  # noqa: N818 - becomes a ConfigError once the file is known
    """What is wrong with a YAML text; lines and columns count from zero.

    ``first`` is the line of the earlier of two equal keys.
    """

    def __init__(self, problem: str, line: int, column: int = 0, *, first: int | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.line = line
        self.column = column
        self.first = first


class YamlDocument(NamedTuple):
    """The values, the lines (from 1) of the top-level keys, and the paths tagged ``!replace``."""

    values: Any
    lines: dict[Any, int]
    replaced: list[tuple[Any, ...]]


def parse_yaml(text: str) -> YamlDocument:
    """Return the one document in ``text``; its values are None when it is empty.

    Raises:
        YamlMistake: for duplicate keys, unknown tags or aliases, nesting and aliases beyond reason.
        yaml.YAMLError: for text that is not YAML.
    """
    loader = Loader(text)
    builder = _Builder(text)
    try:
        builder.consume(loader)
    finally:
        loader.dispose()
    return YamlDocument(builder.result, builder.lines, builder.replaced)


def plain_scalar(text: str, memo: dict[str, Any] | None = None) -> Any:
    """Return the value of an unquoted scalar: a number, a boolean, null, or the text itself."""
    if text[:1] not in _NOT_TEXT and text:
        return text
    if memo is not None and text in memo:
        return memo[text]
    tag = _plain_tag(text)
    value = text if tag is None else _construct(tag, text)
    if memo is not None:
        memo[text] = value
    return value


def _plain_tag(text: str) -> str | None:
    for tag, pattern in Resolver.yaml_implicit_resolvers.get(text[:1], ()):
        if pattern.match(text):
            name = tag.removeprefix(_PREFIX)
            return None if name in ("timestamp", "merge", "value") else str(tag)
    return _PREFIX + "float" if _EXPONENT.match(text) else None


def _construct(tag: str, text: str) -> Any:
    return SafeConstructor().construct_object(ScalarNode(tag, text))


class _Frame:
    """A list or mapping under construction."""

    __slots__ = ("anchor", "container", "key", "merges", "start")

    def __init__(self, container: Any, anchor: str | None, start: Event) -> None:
        self.container = container
        self.anchor = anchor
        self.start = start
        self.key: Any = _NO_KEY
        self.merges: list[dict[Any, Any]] = []

    @property
    def step(self) -> Any:
        return len(self.container) if isinstance(self.container, list) else self.key


class _Builder:
    def __init__(self, text: str) -> None:
        self._text = text
        self.result: Any = None
        self.lines: dict[Any, int] = {}
        self.replaced: list[tuple[Any, ...]] = []
        self._stack: list[_Frame] = []
        self._anchors: dict[str, Any] = {}
        self._memo: dict[str, Any] = {}
        self._copies = 0
        self._documents = 0

    def consume(self, loader: Any) -> None:
        handlers = {
            ScalarEvent: self._scalar,
            MappingStartEvent: self._start,
            SequenceStartEvent: self._start,
            MappingEndEvent: self._end,
            SequenceEndEvent: self._end,
            AliasEvent: self._alias,
            DocumentStartEvent: self._document,
        }
        next_event = loader.get_event
        event = next_event()
        while type(event) is not StreamEndEvent:
            handler = handlers.get(type(event))
            if handler is not None:
                handler(event)
            event = next_event()

    def _document(self, event: Event) -> None:
        self._documents += 1
        if self._documents > 1:
            _fail(event, "a second document ('---') begins here; a file holds one")

    def _scalar(self, event: Any) -> None:
        text, tag = event.value, event.tag
        if tag is None or tag in ("!", _REPLACE_TAG):
            if not event.implicit[0] and tag != _REPLACE_TAG:
                value = text
            elif text == "<<" and self._expects_key():
                value = _MERGE
            else:
                value = self._plain(event)
        else:
            value = self._tagged(event)
        if event.anchor:
            self._anchors[event.anchor] = value
        self._add(value, event)

    def _plain(self, event: Any) -> Any:
        try:
            return plain_scalar(event.value, self._memo)
        except (ValueError, OverflowError) as error:
            _fail(event, str(error))

    def _tagged(self, event: Any) -> Any:
        tag = event.tag
        if tag not in SafeConstructor.yaml_constructors:
            _fail(event, _unknown_tag(tag))
        try:
            return _construct(tag, event.value)
        except (ValueError, OverflowError, KeyError, yaml.YAMLError) as error:
            _fail(event, f"not a {_short(tag)}: {error}")

    def _expects_key(self) -> bool:
        return bool(self._stack) and self._stack[-1].step is _NO_KEY

    def _start(self, event: Any) -> None:
        stack = self._stack
        if event.tag not in _COLLECTION_TAGS:
            _fail(event, _unknown_tag(event.tag))
        if len(stack) >= _MAX_DEPTH:
            _fail(event, f"the values are nested more than {_MAX_DEPTH} levels deep")
        if stack and stack[-1].step is _NO_KEY:
            _fail(event, "a key must be a single value, not a list or mapping")
        if event.tag == _REPLACE_TAG:
            self.replaced.append(tuple(frame.step for frame in stack))
        stack.append(_Frame({} if type(event) is MappingStartEvent else [], event.anchor, event))

    def _end(self, event: Event) -> None:
        frame = self._stack.pop()
        value = frame.container
        if frame.merges:
            value = _merged(frame.merges, value)
        if frame.anchor:
            self._anchors[frame.anchor] = value
        self._add(value, event)

    def _alias(self, event: Any) -> None:
        if event.anchor not in self._anchors:
            if any(frame.anchor == event.anchor for frame in self._stack):
                _fail(event, f"the anchor '{event.anchor}' contains itself")
            _fail(event, f"no anchor '&{event.anchor}' stands before this alias")
        self._add(self._copy(self._anchors[event.anchor], event), event)

    def _copy(self, value: Any, event: Event) -> Any:
        if not isinstance(value, dict | list):
            return value
        self._copies += len(value) + 1
        if self._copies > _MAX_COPIES:
            _fail(event, f"the aliases multiply to more than {_MAX_COPIES:,} values")
        if isinstance(value, list):
            return [self._copy(item, event) for item in value]
        return {key: self._copy(item, event) for key, item in value.items()}

    def _add(self, value: Any, event: Event) -> None:
        if not self._stack:
            self.result = value
            return
        frame = self._stack[-1]
        if type(frame.container) is list:
            frame.container.append(value)
        elif frame.key is _NO_KEY:
            self._take_key(frame, value, event)
        elif frame.key is _MERGE:
            self._take_merge(frame, value, event)
            frame.key = _NO_KEY
        else:
            frame.container[frame.key] = value
            frame.key = _NO_KEY

    def _take_key(self, frame: _Frame, key: Any, event: Event) -> None:
        if isinstance(key, dict | list):
            _fail(event, "a key must be a single value, not a list or mapping")
        if key in frame.container:
            first = _first_line(self._text, frame.start, key)
            raise YamlMistake(f"the key '{key}' is given twice", *_place(event), first=first)
        frame.key = key
        if len(self._stack) == 1 and key is not _MERGE:
            self.lines[key] = _place(event)[0] + 1

    def _take_merge(self, frame: _Frame, value: Any, event: Event) -> None:
        sources = value if isinstance(value, list) else [value]
        if not all(isinstance(source, dict) for source in sources):
            _fail(event, "'<<' merges mappings only")
        frame.merges += sources


def _merged(sources: list[dict[Any, Any]], own: dict[Any, Any]) -> dict[Any, Any]:
    """Return ``own`` over what ``<<`` names, of which the first is the strongest."""
    result: dict[Any, Any] = {}
    for source in reversed(sources):
        result.update(source)
    result.update(own)
    return result


def _first_line(text: str, start: Event, wanted: Any) -> int:
    """Return the line of the first key ``wanted`` of the mapping that begins with the event ``start``."""
    depth, is_key = -1, True
    for event in yaml.parse(text, Loader):
        if depth < 0:
            same = isinstance(event, MappingStartEvent) and _place(event) == _place(start)
            depth = 0 if same else -1
            continue
        if depth == 0:
            if (
                is_key
                and isinstance(event, ScalarEvent)
                and wanted in (event.value, plain_scalar(event.value))
            ):
                return _place(event)[0]
            is_key = not is_key
        depth += isinstance(event, CollectionStartEvent)
        if isinstance(event, MappingEndEvent | SequenceEndEvent):
            depth -= 1
            is_key = is_key if depth else True
    return _place(start)[0]


def _place(event: Event) -> tuple[int, int]:
    mark: Any = event.start_mark
    return mark.line, mark.column


def _unknown_tag(tag: str) -> str:
    return f"the tag '{_short(tag)}' is not known here; '!replace' is"


def _short(tag: str) -> str:
    return tag.replace(_PREFIX, "!!")


def _fail(event: Event, problem: str) -> NoReturn:
    raise YamlMistake(problem, *_place(event))
