"""Source texts as ``why`` shows them: what a function says, and what it said before.

The ledger keeps them by the digest of their symbol, each once.
"""

from __future__ import annotations

import difflib
import io
import textwrap
import tokenize
from collections.abc import Sequence

__all__ = ["changed_lines", "plain_text"]


def plain_text(lines: Sequence[str]) -> str:
    """Return source lines without comments, bare strings, blank lines and common indentation."""
    text = textwrap.dedent("\n".join(lines)) + "\n"
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        return text
    rows = text.splitlines()
    for token in reversed(tokens):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            rows[row - 1] = rows[row - 1][:column]
    for first, last in _bare_strings(tokens):
        rows[first - 1 : last] = [""] * (last - first + 1)
    return "\n".join(row.rstrip() for row in rows if row.strip()) + "\n"


def _bare_strings(tokens: Sequence[tokenize.TokenInfo]) -> list[tuple[int, int]]:
    layout = {tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT}
    telling = [token for token in tokens if token.type not in layout - {tokenize.NEWLINE}]
    found = []
    for before, token, after in zip(telling, telling[1:], telling[2:], strict=False):
        alone = before.type == tokenize.NEWLINE and after.type == tokenize.NEWLINE
        if alone and token.type == tokenize.STRING:
            found.append((token.start[0], token.end[0]))
    return found


def changed_lines(before: str, after: str) -> list[str]:
    """Return the lines that differ, those of ``before`` with ``-`` and those of ``after`` with ``+``."""
    rows = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return [row for row in rows if not row.startswith(("---", "+++", "@@"))]
