"""Which names outside of it a piece of Python uses, and as what: ``helpers.clean``, not only ``helpers``.

Scopes are worked out from the tree alone, as Python does it: a name that a function assigns is its own,
a comprehension has a scope, the body of a class is seen by itself only.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["Reference", "imported_names", "references"]

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Reference(NamedTuple):
    """One use of something that is defined elsewhere.

    Attributes:
        name: as written, with as many attributes as there are: ``helpers.clean``.
        target: for a name that an import inside the body binds, what it stands for, dotted from the
            module (``flights.helpers.clean``, ``.helpers.clean``); else None.
    """

    name: str
    target: str | None = None


def references(nodes: Iterable[ast.AST], ignore: Iterable[ast.AST] = ()) -> tuple[Reference, ...]:
    """Return what some pieces of Python use from outside, each once, sorted.

    Args:
        ignore: subtrees to leave out.
    """
    finder = _Finder(frozenset(map(id, ignore)))
    outside = _Scope(None)
    for node in nodes:
        finder.visit(node, outside)
    found = finder.found | finder.unused_imports()
    return tuple(sorted(found, key=lambda reference: (reference.name, reference.target or "")))


def imported_names(node: ast.Import | ast.ImportFrom) -> dict[str, str]:
    """Return what each name that an import binds stands for, dotted; relative ones begin with dots."""
    if isinstance(node, ast.Import):
        return {
            alias.asname or alias.name.partition(".")[0]: alias.name
            if alias.asname
            else alias.name.partition(".")[0]
            for alias in node.names
        }
    start = "." * node.level + (node.module or "")
    joint = "" if start.endswith(".") or not start else "."
    return {alias.asname or alias.name: f"{start}{joint}{alias.name}" for alias in node.names}


class _Scope:
    """The names that one function, comprehension or class body binds."""

    def __init__(self, parent: _Scope | None, *, of_class: bool = False) -> None:
        self.parent = parent
        self.of_class = of_class
        self.bound: set[str] = set()
        self.outer: set[str] = set()  # declared global
        self.imports: dict[str, str] = {}

    def find(self, name: str) -> _Scope | None:
        scope: _Scope | None = self
        first = True
        while scope is not None:
            if name in scope.outer:
                return None
            if name in scope.bound and (first or not scope.of_class):
                return scope
            scope, first = scope.parent, False
        return None


class _Finder:
    def __init__(self, ignored: frozenset[int]) -> None:
        self.found: set[Reference] = set()
        self._imported: set[Reference] = set()
        self._ignored = ignored

    def unused_imports(self) -> set[Reference]:
        """Return the imports of which no name is used: they are there for what importing them does."""
        used = {reference.name.partition(".")[0] for reference in self.found if reference.target is not None}
        return {reference for reference in self._imported if reference.name not in used}

    def visit(self, node: ast.AST, scope: _Scope) -> None:
        if id(node) in self._ignored:
            return
        if isinstance(node, ast.Name | ast.Attribute):
            self._chain(node, scope)
        elif isinstance(node, _FUNCTIONS):
            self._function(node, scope)
        elif isinstance(node, ast.ClassDef):
            self._class(node, scope)
        elif isinstance(node, _COMPREHENSIONS):
            self._comprehension(node, scope)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            self._import(node)
        elif isinstance(node, ast.AnnAssign):
            self._annotated(node, scope)
        else:
            self._all(ast.iter_child_nodes(node), scope)

    def _all(self, nodes: Iterable[ast.AST | None], scope: _Scope) -> None:
        for node in nodes:
            if node is not None:
                self.visit(node, scope)

    def _chain(self, node: ast.Name | ast.Attribute, scope: _Scope) -> None:
        attributes: list[str] = []
        base: ast.expr = node
        while isinstance(base, ast.Attribute):
            attributes.append(base.attr)
            base = base.value
        if not isinstance(base, ast.Name):
            self.visit(base, scope)
            return
        owner = scope.find(base.id)
        name = ".".join([base.id, *reversed(attributes)])
        if owner is not None:
            target = owner.imports.get(base.id)
            if target is None:
                return
            self.found.add(Reference(name, ".".join([target, *reversed(attributes)])))
        elif isinstance(base.ctx, ast.Load):
            self.found.add(Reference(name))

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, scope: _Scope) -> None:
        arguments = node.args
        self._all([*arguments.defaults, *arguments.kw_defaults], scope)
        if not isinstance(node, ast.Lambda):
            self._all(node.decorator_list, scope)
        inner = _Scope(scope)
        every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
        inner.bound |= {argument.arg for argument in every}
        inner.bound |= {a.arg for a in (arguments.vararg, arguments.kwarg) if a is not None}
        body = [node.body] if isinstance(node, ast.Lambda) else node.body
        self._bind(body, inner)
        self._all(body, inner)

    def _class(self, node: ast.ClassDef, scope: _Scope) -> None:
        self._all([*node.decorator_list, *node.bases, *[keyword.value for keyword in node.keywords]], scope)
        inner = _Scope(scope, of_class=True)
        self._bind(node.body, inner)
        self._all(node.body, inner)

    def _comprehension(self, node: ast.AST, scope: _Scope) -> None:
        generators: list[ast.comprehension] = node.generators  # type: ignore[attr-defined]
        self.visit(generators[0].iter, scope)
        inner = _Scope(scope)
        for generator in generators:
            self._bind([generator.target], inner)
        results = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)  # type: ignore[attr-defined]
        self._all(results, inner)
        self._all([generator.target for generator in generators], inner)
        self._all([condition for generator in generators for condition in generator.ifs], inner)
        self._all([generator.iter for generator in generators[1:]], inner)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        self._imported |= {Reference(*pair) for pair in imported_names(node).items()}

    def _annotated(self, node: ast.AnnAssign, scope: _Scope) -> None:
        if scope.of_class:
            self.visit(node.annotation, scope)
        self._all([node.target, node.value], scope)

    def _bind(self, nodes: Iterable[ast.AST], scope: _Scope) -> None:
        binder = _Binder(scope)
        for node in nodes:
            binder.visit(node)
        scope.bound -= binder.elsewhere


class _Binder:
    """Collects what the statements of one scope bind, without looking into inner scopes."""

    def __init__(self, scope: _Scope) -> None:
        self._scope = scope
        self.elsewhere: set[str] = set()

    def visit(self, node: ast.AST) -> None:
        bound = self._scope.bound
        if isinstance(node, ast.Name):
            if not isinstance(node.ctx, ast.Load):
                bound.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound.add(node.name)
            self._all(node.decorator_list)
        elif isinstance(node, ast.Lambda):
            self._all([*node.args.defaults, *[d for d in node.args.kw_defaults if d is not None]])
        elif isinstance(node, _COMPREHENSIONS):
            self._walrus(node)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = imported_names(node)
            bound.update(names)
            self._scope.imports.update(names)
        elif isinstance(node, ast.Global):
            self._scope.outer |= set(node.names)
        elif isinstance(node, ast.Nonlocal):
            self.elsewhere |= set(node.names)
        else:
            self._named(node)
            self._all(ast.iter_child_nodes(node))

    def _named(self, node: ast.AST) -> None:
        if isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            self._scope.bound.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            self._scope.bound.add(node.rest)

    def _walrus(self, node: ast.AST) -> None:
        # A name assigned by := inside a comprehension belongs to the function around it.
        for inner in ast.walk(node):
            if isinstance(inner, ast.NamedExpr) and isinstance(inner.target, ast.Name):
                self._scope.bound.add(inner.target.id)

    def _all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)
