"""Python source as highlighted HTML; colours come from the page's style sheet."""

from __future__ import annotations

from functools import lru_cache

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

__all__ = ["highlighted"]


@lru_cache(maxsize=2_000)
def highlighted(text: str) -> str:
    """Return source text as HTML, one span a token, without a block around it."""
    return str(highlight(text, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True)))
