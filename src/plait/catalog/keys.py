"""Keys of partitions and the files they stand for, as ``2024/05`` for ``2024/05.csv``.

A pattern is a relative path with placeholders. ``{name}`` and ``*`` take part of one folder's or file's
name, ``**`` takes any number of folders. A key is what they took, joined by ``/``, in the order of the
pattern. Whatever a key is made of, the file it stands for gives the same key again, or it is refused.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from plait.errors import CatalogError, DatasetError

__all__ = ["KeyPattern", "has_placeholder", "split_pattern"]

_STAR, _FOLDERS = "*", "**/"
_TOKEN = re.compile(r"\*\*/|\*\*|\*|\{[^{}/]*\}")
_ODD = "\0" + os.sep.strip("/")  # on Windows, whatever leads into another folder
_UNFINISHED = ("~", ".tmp", ".part", ".partial", ".crdownload")


@dataclass(frozen=True, slots=True)
class KeyPattern:
    """One pattern, compiled.

    Attributes:
        text: as written.
        depth: how many folders deep its files lie, or None where that is open.
    """

    text: str
    depth: int | None
    _tokens: tuple[str, ...]
    _template: tuple[str, ...]
    _needed: int
    _expression: re.Pattern[str]

    @classmethod
    def compile(cls, text: str) -> KeyPattern:
        """Read a pattern. Raises CatalogError when files could not be told apart by it."""
        _refuse_odd(text)
        tokens: list[str] = []
        template: list[str] = []
        expression, end = "", 0
        for found in _TOKEN.finditer(text):
            literal = text[end : found.start()]
            _refuse_adjacent(text, literal, tokens)
            expression += re.escape(literal) + _group(found.group(), tokens, text)
            template.append(literal)
            end = found.end()
        expression += re.escape(text[end:])
        if not tokens:
            raise CatalogError(
                f"pattern '{text}' names one file, not many",
                hint="write `*` or `{name}` where the names of the files differ",
            )
        depth = None if any(token.startswith("**") for token in tokens) else text.count("/")
        template.append(text[end:])
        needed = len({token for token in tokens if token[0] == "{"}) + tokens.count(_STAR)
        return cls(text, depth, tuple(tokens), tuple(template), needed, re.compile(expression, re.DOTALL))

    @classmethod
    def of_suffix(cls, suffix: str) -> KeyPattern:
        """Return the pattern of all files below a folder that end so; keys are their paths without it."""
        return cls.compile(f"**/*{suffix}")

    def key(self, path: str) -> str | None:
        """Return the key of a relative path, or None for a file that is no partition."""
        found = self._expression.fullmatch(path)
        if found is None or path[0] == "." or "/." in path or path.endswith(_UNFINISHED):
            return None
        return "/".join(filter(None, found.groups()))

    def path(self, key: str) -> str:
        """Return the relative path of a key.

        Raises:
            DatasetError: no file can have that key.
        """
        path = self._filled(key)
        if path is None or not _is_safe(path) or self.key(path) != key:
            raise DatasetError(
                f"'{key}' cannot be the key of a partition",
                why=f"the files are named '{self.text}'" + _how_many(self._tokens),
                hint="keys are relative, with '/', without hidden names and '..'",
            )
        return path

    def _filled(self, key: str) -> str | None:
        parts = key.split("/")
        spare = len(parts) - self._needed
        if spare < 0 or (spare and _FOLDERS not in self._tokens):
            return None
        return _fill(self._template, self._tokens, parts, spare)


def split_pattern(path: str) -> tuple[str, str]:
    """Return the folder and the pattern of a path with placeholders: ``data/*.png`` → ``data``, ``*.png``."""
    parts = path.split("/")
    first = next(place for place, part in enumerate(parts) if has_placeholder(part))
    return "/".join(parts[:first]) or ("/" if path.startswith("/") else "."), "/".join(parts[first:])


def has_placeholder(path: str) -> bool:
    """Say whether a path stands for many files."""
    return "*" in path or "{" in path


def _fill(template: tuple[str, ...], tokens: tuple[str, ...], parts: list[str], spare: int) -> str:
    taken: dict[str, str] = {}
    filled = template[0]
    rest = iter(parts)
    for token, literal in zip(tokens, template[1:], strict=True):
        if token == _FOLDERS:
            filled += "".join(f"{next(rest)}/" for _ in range(spare))
        elif token in taken:
            filled += taken[token]
        else:
            value = next(rest)
            filled += value
            if token[0] == "{":
                taken[token] = value
        filled += literal
    return filled


def _group(token: str, tokens: list[str], text: str) -> str:
    if token.strip(_STAR) == "" and token != _STAR:
        raise CatalogError(
            f"pattern '{text}' has '**' that is no folder", hint="write `**/*` for files in any folder"
        )
    if token == _FOLDERS and token in tokens:
        raise CatalogError(f"pattern '{text}' has '**' twice", hint="write it once")
    seen = [known for known in dict.fromkeys(tokens) if known.startswith("{")]
    tokens.append(token)
    if token == _FOLDERS:
        return r"(?:(.+)/)?"
    if token == _STAR:
        return r"([^/]+?)"
    name = token[1:-1]
    if not re.fullmatch(r"[^\W\d]\w*", name):
        raise CatalogError(
            f"pattern '{text}' has a placeholder '{token}'",
            hint="a placeholder is a name of letters, digits and underscores",
        )
    return f"(?P={name})" if token in seen else f"(?P<{name}>[^/]+?)"


def _refuse_odd(text: str) -> None:
    parts = text.split("/")
    if not text or "" in parts or ".." in parts or "." in parts or any(part[:1] == "." for part in parts):
        raise CatalogError(
            f"pattern '{text}' is no relative path of files that are not hidden",
            hint='write it as in `pattern: "{year}/{month}.parquet"`, below `path`',
        )
    rest = _TOKEN.sub("", text)
    if "{" in rest or "}" in rest:
        raise CatalogError(f"pattern '{text}' has a brace without its partner")


def _refuse_adjacent(text: str, literal: str, tokens: list[str]) -> None:
    if tokens and not literal and not tokens[-1].endswith("/"):
        raise CatalogError(
            f"pattern '{text}' has two placeholders side by side, and nothing tells where one ends",
            hint="put a sign between them, as in `{year}-{month}`",
        )


def _is_safe(path: str) -> bool:
    if path[:1] in ("", ".", "/") or path[-1] == "/" or "//" in path or "/." in path:
        return False
    return not any(sign in path for sign in _ODD)


def _how_many(tokens: tuple[str, ...]) -> str:
    if any(token.startswith("**") for token in tokens):
        return ""
    count = len({token for token in tokens if token.startswith("{")}) + tokens.count(_STAR)
    return f", so a key has {count} part{'s' if count > 1 else ''} between '/'"
