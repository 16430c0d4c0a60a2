"""The grammar of ``${…}``: text to parts, nothing looked up.

${a.b}  ${a[0].b}            another key of the same kind, from the top
${.b}  ${..b}                a sibling; a key of the parent
${name:argument,argument}    a resolver: globals, runtime_params, oc.env, …
${a.${b}}  ${x:k,${d}}       nested
\\${a}                        the text ${a}; \\\\${a} is a backslash before the value
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["Call", "Quoted", "Reference", "SyntaxProblem", "Template", "parse_template"]

Part: TypeAlias = "str | Quoted | Reference | Call"

_OPENING = re.compile(r"(\\*)\$\{")
_RESOLVER = re.compile(r"\s*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*:")
_MAX_NESTING = 50


class SyntaxProblem(Exception):  # noqa: N818 - becomes a ConfigError once the place is known
    """The text between ``${`` and ``}`` cannot be read."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """What stood in quotes, and so is text and never taken for a number or null."""

    content: Template


@dataclass(frozen=True, slots=True)
class Template:
    """Literal text and interpolations in order."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """Another key; its path may itself contain interpolations."""

    path: Template


@dataclass(frozen=True, slots=True)
class Call:
    """A resolver and its arguments."""

    name: str
    arguments: tuple[Template, ...]


def parse_template(text: str) -> Template:
    """Return the parts of a string value.

    Raises:
        SyntaxProblem: when a brace is not closed or an interpolation is empty.
    """
    return _Parser(text).template()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def template(self) -> Template:
        parts: list[Part] = []
        while True:
            match = _OPENING.search(self._text, self._at)
            if match is None:
                return Template(_joined([*parts, self._text[self._at :]]))
            slashes = len(match[1])
            parts.append(self._text[self._at : match.start()] + "\\" * (slashes // 2))
            self._at = match.end()
            parts.append("${" if slashes % 2 else self._interpolation())

    def _interpolation(self) -> Reference | Call:
        """Parse from behind ``${`` to behind its ``}``."""
        self._depth += 1
        if self._depth > _MAX_NESTING:
            raise SyntaxProblem(f"'${{' is nested more than {_MAX_NESTING} times")
        match = _RESOLVER.match(self._text, self._at)
        part = self._call(match) if match else self._reference()
        self._depth -= 1
        return part

    def _call(self, match: re.Match[str]) -> Call:
        self._at = match.end()
        arguments: list[Template] = []
        while True:
            arguments.append(self._argument())
            closing = self._text[self._at]
            self._at += 1
            if closing == "}":
                empty = len(arguments) == 1 and not arguments[0].parts
                return Call(match[1], () if empty else tuple(arguments))

    def _reference(self) -> Reference:
        path = self._argument(separators="}")
        self._at += 1
        if not path.parts:
            raise SyntaxProblem("'${}' names nothing")
        return Reference(path)

    def _argument(self, separators: str = ",}") -> Template:
        """Parse up to a separator outside quotes and brackets, without taking it."""
        parts: list[Part] = []
        text, start, brackets = self._text, self._at, 0
        while self._at < len(text):
            char = text[self._at]
            if not brackets and char in separators:
                return Template(_stripped([*parts, text[start : self._at]]))
            if text.startswith("${", self._at):
                parts.append(text[start : self._at])
                self._at += 2
                parts.append(self._interpolation())
                start = self._at
                continue
            if char in "'\"" and not brackets and not text[start : self._at].strip():
                parts.append(self._quoted(char))
                start = self._at
                continue
            brackets += (char in "[{") - (char in "]}")
            self._at += 1
        raise SyntaxProblem("the '}' of an interpolation is missing")

    def _quoted(self, quote: str) -> Quoted:
        end = self._text.find(quote, self._at + 1)
        while end > 0 and self._text[end - 1] == "\\":
            end = self._text.find(quote, end + 1)
        if end < 0:
            raise SyntaxProblem(f"the closing {quote} of an argument is missing")
        text = self._text[self._at + 1 : end].replace("\\" + quote, quote)
        self._at = end + 1
        return Quoted(parse_template(text))


def _joined(parts: list[Part]) -> tuple[Part, ...]:
    result: list[Part] = []
    for part in parts:
        if part == "":
            continue
        if isinstance(part, str) and result and isinstance(result[-1], str):
            result[-1] += part
        else:
            result.append(part)
    return tuple(result)


def _stripped(parts: list[Part]) -> tuple[Part, ...]:
    if isinstance(parts[0], str):
        parts[0] = parts[0].lstrip()
    if isinstance(parts[-1], str):
        parts[-1] = parts[-1].rstrip()
    return _joined(parts)
