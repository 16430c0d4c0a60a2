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
    _expression: re.Pattern[str]

    @classmethod
    def compile(cls, text: str) -> KeyPattern:
        """Read a pattern. Raises CatalogError when files could not be told apart by it."""
        _refuse_odd(text)
        tokens: list[str] = []
        expression, end = "", 0
        for found in _TOKEN.finditer(text):
            literal = text[end : found.start()]
            _refuse_adjacent(text, literal, tokens)
            expression += re.escape(literal) + _group(found.group(), tokens, text)
            end = found.end()
        expression += re.escape(text[end:])
        if not tokens:
            raise CatalogError(
                f"pattern '{text}' names one file, not many",
                hint="write `*` or `{name}` where the names of the files differ",
            )
        depth = None if any(token.startswith("**") for token in tokens) else text.count("/")
        return cls(text, depth, tuple(tokens), re.compile(expression, re.DOTALL))

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
        singles = list(dict.fromkeys(token for token in self._tokens if token.startswith("{")))
        stars = sum(token == _STAR for token in self._tokens)
        folders = sum(token.startswith("**") for token in self._tokens)
        spare = len(parts) - len(singles) - stars
        if spare < 0 or (spare and not folders):
            return None
        return _fill(self.text, self._tokens, parts, spare)


def split_pattern(path: str) -> tuple[str, str]:
    """Return the folder and the pattern of a path with placeholders: ``data/*.png`` → ``data``, ``*.png``."""
    parts = path.split("/")
    first = next(place for place, part in enumerate(parts) if has_placeholder(part))
    return "/".join(parts[:first]) or ("/" if path.startswith("/") else "."), "/".join(parts[first:])


def has_placeholder(path: str) -> bool:
    """Say whether a path stands for many files."""
    return "*" in path or "{" in path


def _fill(text: str, tokens: tuple[str, ...], parts: list[str], spare: int) -> str:
    taken: dict[str, str] = {}
    filled, end = "", 0
    rest = iter(parts)
    for token, found in zip(tokens, _TOKEN.finditer(text), strict=True):
        filled += text[end : found.start()]
        end = found.end()
        if token.startswith("**"):
            filled += "".join(f"{next(rest)}/" for _ in range(spare))
        elif token in taken:
            filled += taken[token]
        else:
            value = next(rest)
            filled += value
            if token.startswith("{"):
                taken[token] = value
    return filled + text[end:]


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
    parts = path.split("/")
    odd = "\0" + os.sep.strip("/")  # on Windows, whatever leads into another folder
    return not any(not part or part.startswith(".") or set(odd) & set(part) for part in parts)


def _how_many(tokens: tuple[str, ...]) -> str:
    if any(token.startswith("**") for token in tokens):
        return ""
    count = len({token for token in tokens if token.startswith("{")}) + tokens.count(_STAR)
    return f", so a key has {count} part{'s' if count > 1 else ''} between '/'"
