"""Dataset factories: entries whose name has placeholders, as ``"{name}_table"``, and stand for many.

The pattern with the most characters outside its placeholders wins; then the one with more placeholders;
then the alphabet. A pattern that is nothing but placeholders (a catch-all) comes last, and there may be one.
Names are matched with regard to case. A placeholder takes as little as it can, and at least one character.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from plait.errors import CatalogError, did_you_mean

__all__ = ["Pattern", "is_pattern", "rank"]

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def is_pattern(name: str) -> bool:
    """Say whether a name of the catalog is a factory."""
    return "{" in name


@dataclass(frozen=True, slots=True)
class Pattern:
    """One factory, compiled.

    Attributes:
        text: as written in the catalog.
        placeholders: their names, each once.
        specificity: how many characters are outside of placeholders; 0 is a catch-all.
    """

    text: str
    placeholders: tuple[str, ...]
    specificity: int
    _expression: re.Pattern[str]

    @classmethod
    def compile(cls, text: str) -> Pattern:
        """Read a pattern. Raises CatalogError when it is not well formed."""
        names: list[str] = []
        expression = ""
        end = 0
        for found in _PLACEHOLDER.finditer(text):
            expression += re.escape(_literal(text, end, found.start()))
            expression += _group(text, found.group(1), names)
            end = found.end()
        expression += re.escape(_literal(text, end, len(text)))
        outside = _PLACEHOLDER.sub("", text)
        return cls(text, tuple(names), len(outside), re.compile(expression, re.DOTALL))

    @property
    def is_catch_all(self) -> bool:
        return self.specificity == 0

    def match(self, name: str) -> Mapping[str, str] | None:
        """Return what the placeholders stand for in ``name``, or None."""
        found = self._expression.fullmatch(name)
        if found is None:
            return None
        return {placeholder: found[f"p{at}"] for at, placeholder in enumerate(self.placeholders)}

    def fill(self, value: Any, found: Mapping[str, str]) -> Any:
        """Return a configured value with the placeholders in all its strings replaced."""
        if isinstance(value, str):
            return self._fill_text(value, found) if "{" in value else value
        if isinstance(value, Mapping):
            return {key: self.fill(item, found) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.fill(item, found) for item in value]
        return value

    def unknown_placeholders(self, value: Any) -> list[str]:
        """Return the placeholders used in a value that the pattern's name does not have."""
        if isinstance(value, str):
            used = [found.group(1) for found in _PLACEHOLDER.finditer(value)]
            return [name for name in used if name not in self.placeholders]
        if isinstance(value, Mapping):
            value = list(value.values())
        if isinstance(value, list | tuple):
            return list(dict.fromkeys(name for item in value for name in self.unknown_placeholders(item)))
        return []

    def _fill_text(self, text: str, found: Mapping[str, str]) -> str:
        def replacement(match: re.Match[str]) -> str:
            name = match.group(1)
            if name in found:
                return found[name]
            raise CatalogError(
                f"factory '{self.text}' has no placeholder '{name}'",
                why=f"'{text}' uses it",
                hint=did_you_mean(name, self.placeholders),
            )

        return _PLACEHOLDER.sub(replacement, text)


def rank(patterns: Iterable[Pattern]) -> list[Pattern]:
    """Return patterns in the order they are tried.

    Raises:
        CatalogError: there are several catch-alls.
    """
    ranked = sorted(
        patterns, key=lambda pattern: (-pattern.specificity, -pattern.text.count("{"), pattern.text)
    )
    catch_all = [pattern.text for pattern in ranked if pattern.is_catch_all]
    if len(catch_all) > 1:
        raise CatalogError(
            f"the catalog has {len(catch_all)} catch-all factories: {', '.join(map(repr, catch_all))}",
            hint="keep one of them",
        )
    return ranked


def _literal(text: str, start: int, end: int) -> str:
    literal = text[start:end]
    if "{" in literal or "}" in literal:
        raise CatalogError(f"factory '{text}' has a brace without its partner")
    return literal


def _group(text: str, name: str, names: list[str]) -> str:
    if not re.fullmatch(r"[^\W\d]\w*", name):
        raise CatalogError(
            f"factory '{text}' has a placeholder '{{{name}}}'",
            hint="a placeholder is a name of letters, digits and underscores",
        )
    if name in names:
        return f"(?P=p{names.index(name)})"
    names.append(name)
    return f"(?P<p{len(names) - 1}>.+?)"
