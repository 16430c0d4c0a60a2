"""The digest of a piece of Python: the same on Python 3.11 to 3.14, whatever it looks like.

``ast.dump``, ``ast.unparse`` and bytecode differ between versions of Python. This walk writes the name of
each node and its fields that say something, so new fields that are empty change nothing. Left out:
comments and formatting (not in a tree), docstrings and other bare strings, annotations of functions and
variables, type parameters, type comments, the ``u`` of strings, and the name of the definition itself.
Annotations in the body of a class stay: dataclasses, attrs and pydantic read them.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator
from functools import cache

from plait.identity.encoding import digest_bytes, encode, packed

__all__ = ["SyntaxDigests", "syntax_digest", "without_bare_strings"]

_ALL: frozenset[str] = frozenset()
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_LEFT_OUT = frozenset({"ctx", "kind", "type_comment", "type_ignores", "type_params", "returns", "annotation"})


def syntax_digest(nodes: Iterable[ast.AST], ignore: Collection[ast.AST] = ()) -> str:
    """Return the digest of some pieces of Python, in order; see :class:`SyntaxDigests`."""
    return SyntaxDigests(ignore).of(nodes)


class SyntaxDigests:
    """Digests of pieces of one tree; what they share is walked once.

    Args:
        ignore: decorators that count for nothing.
    """

    def __init__(self, ignore: Collection[ast.AST] = ()) -> None:
        self._walk = _Walk(frozenset(map(id, ignore)))

    def of(self, nodes: Iterable[ast.AST]) -> str:
        """Return the digest of some pieces, in order.

        The names of definitions among them count for nothing, since whoever uses one names it.
        """
        return digest_bytes(b"".join([self._walk.definition(node) for node in nodes]))

    def of_module(self, body: Iterable[ast.stmt]) -> str:
        """Return the digest of a module, in which every name counts."""
        return digest_bytes(b"".join([self._walk.node(node) for node in without_bare_strings(body)]))


def without_bare_strings(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Leave out docstrings and other strings that stand alone."""
    for statement in body:
        bare = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if not (bare and isinstance(statement.value.value, str)):  # type: ignore[attr-defined]
            yield statement


class _Walk:
    def __init__(self, ignored: frozenset[int]) -> None:
        self._ignored = ignored
        self._statements: dict[ast.stmt, bytes] = {}

    def definition(self, node: ast.AST) -> bytes:
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            return self._fields(node, frozenset({"name"}))
        return self.node(node)

    def node(self, node: ast.AST, in_class: bool = False) -> bytes:
        if isinstance(node, ast.Constant):
            return packed("=", encode(node.value))
        if isinstance(node, ast.Import | ast.ImportFrom):
            return _imported(node)
        if isinstance(node, ast.JoinedStr):
            return self._joined(node)
        if isinstance(node, ast.AnnAssign):
            return self._annotated(node, in_class)
        if not isinstance(node, ast.stmt):
            return self._fields(node, _ALL)
        known = self._statements.get(node)
        if known is None:
            known = self._statements[node] = self._fields(node, _ALL)
        return known

    def _fields(self, node: ast.AST, without: frozenset[str]) -> bytes:
        parts = [type(node).__name__.encode()]
        for name in _telling(node._fields):
            value = getattr(node, name, None)
            if name in without or value is None or value == []:
                continue
            parts += [packed("#", name.encode()), self._value(value, isinstance(node, ast.ClassDef))]
        return packed("@", b"".join(parts))

    def _value(self, value: object, in_class: bool) -> bytes:
        if isinstance(value, ast.AST):
            return self.node(value)
        if not isinstance(value, list):
            return encode(value)
        items = self._body(value) if value and isinstance(value[0], ast.stmt) else value
        return packed(
            "[",
            b"".join(
                self.node(item, in_class) if isinstance(item, ast.AST) else encode(item)
                for item in items
                if id(item) not in self._ignored
            ),
        )

    def _body(self, body: list[ast.stmt]) -> list[ast.stmt]:
        return [item for item in without_bare_strings(body) if not isinstance(item, ast.Pass)]

    def _annotated(self, node: ast.AnnAssign, in_class: bool) -> bytes:
        if in_class:
            annotation = packed("#", b"annotation") + self.node(node.annotation)
            return packed("@", self._fields(node, _ALL) + annotation)
        if node.value is None:
            return b""  # a declaration
        plain = ast.Assign(targets=[node.target], value=node.value)
        return self._fields(plain, _ALL)

    def _joined(self, node: ast.JoinedStr) -> bytes:
        """Write an f-string with its text in as few pieces as possible, which Pythons split differently."""
        parts: list[bytes] = []
        text = ""
        for value in node.values:
            if isinstance(value, ast.Constant):
                text += str(value.value)
                continue
            if text:
                parts.append(encode(text))
            text = ""
            parts.append(self._formatted(value))
        if text:
            parts.append(encode(text))
        return packed("@", b"JoinedStr" + b"".join(parts))

    def _formatted(self, value: ast.expr) -> bytes:
        empty = isinstance(value, ast.FormattedValue) and _is_empty(value.format_spec)
        return self._fields(value, frozenset({"format_spec"} if empty else ()))


def _is_empty(spec: ast.expr | None) -> bool:
    return isinstance(spec, ast.JoinedStr) and not any(
        not isinstance(value, ast.Constant) or value.value for value in spec.values
    )


def _imported(node: ast.Import | ast.ImportFrom) -> bytes:
    """Write the names an import inside a body binds; what they stand for is followed on its own."""
    names = [alias.asname or alias.name.partition(".")[0] for alias in node.names]
    return packed("@", b"Import" + encode(names))


@cache
def _telling(fields: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(name for name in fields if name not in _LEFT_OUT))
