"""What a source file defines: functions, classes, lambdas and assignments, with digests and references.

A table is made from the text of a file alone and is plain data, so it can be kept between processes. The
tree itself is not kept.
"""

from __future__ import annotations

import ast
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from plait.identity.scopes import Reference, imported_names, references
from plait.identity.syntax import SyntaxDigests

__all__ = ["SCHEMA", "Definition", "ModuleTable", "build_table", "table_from_json", "table_to_json"]

# Before 3.12 Python's parser counts its depth in one place for all threads, and fails where they meet.
_PARSING = threading.Lock()

SCHEMA = 1
"""Grows with every change of what a table holds or how digests are made."""

Kind = Literal["function", "class", "lambda", "assignment", "module"]


@dataclass(frozen=True, slots=True)
class Definition:
    """One thing that a file defines.

    Attributes:
        name: qualified as Python does, ``make.<locals>.inner``.
        first: the first line, decorators included; ``line`` is that of the definition itself.
        start, end: positions (line, column) of the first and last character.
        references: what it uses from outside, defaults of arguments left out.
        defaults: argument → what its default uses, for those defaults that are no literals.
        annotations: what the annotations of its arguments and result use.
    """

    name: str
    kind: Kind
    digest: str
    first: int
    line: int
    start: tuple[int, int]
    end: tuple[int, int]
    references: tuple[Reference, ...] = ()
    defaults: Mapping[str, tuple[Reference, ...]] = field(default_factory=dict)
    annotations: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True)
class ModuleTable:
    """What one file defines.

    Attributes:
        definitions: qualified name → definitions of that name, in order.
        assignments: name at the top of the module → the statements that make its value, as one.
        imports: name at the top of the module → what it stands for, dotted.
        stars: modules of which everything is imported.
        whole: the module as one definition.
    """

    definitions: Mapping[str, tuple[Definition, ...]]
    assignments: Mapping[str, Definition]
    imports: Mapping[str, str]
    stars: tuple[str, ...]
    whole: Definition

    def at(self, name: str, line: int) -> Definition | None:
        """Return the definition that a code object came from, by qualified name and first line."""
        found = self.definitions.get(name, ())
        return next((item for item in found if item.first == line), None)


def build_table(text: str) -> ModuleTable:
    """Return the table of a module's text.

    Raises:
        SyntaxError: it is no Python.
    """
    with _PARSING:
        tree = ast.parse(text)
    imports, stars = _imports(tree)
    own = _plait_decorators(tree, _plait_names(imports))
    digests = SyntaxDigests(own)
    builder = _Builder(digests, own)
    builder.body(tree, "")
    definitions: dict[str, list[Definition]] = {}
    for item in builder.found:
        definitions.setdefault(item.name, []).append(item)
    return ModuleTable(
        {name: tuple(items) for name, items in definitions.items()},
        _assignments(tree, digests),
        imports,
        stars,
        _whole(tree, digests, definitions, len(text.splitlines()) or 1),
    )


def _imports(tree: ast.Module) -> tuple[dict[str, str], tuple[str, ...]]:
    found: dict[str, str] = {}
    stars = []
    for node in _outside_definitions(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = imported_names(node)
            star = names.pop("*", None)
            found.update(names)
            if star is not None:
                stars.append(star.removesuffix("*").rstrip(".") or star.removesuffix("*"))
    return found, tuple(stars)


def _outside_definitions(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        yield node
        if isinstance(node, ast.If | ast.Try | ast.With | ast.For | ast.While | ast.ExceptHandler):
            yield from _outside_definitions(node)


def _plait_names(imports: Mapping[str, str]) -> frozenset[str]:
    return frozenset(name for name, target in imports.items() if target.partition(".")[0] == "plait")


def _plait_decorators(tree: ast.Module, names: frozenset[str]) -> tuple[ast.expr, ...]:
    if not names:
        return ()
    decorated = [node for node in ast.walk(tree) if hasattr(node, "decorator_list")]
    return tuple(
        decorator for node in decorated for decorator in node.decorator_list if _base(decorator) in names
    )


def _base(node: ast.AST) -> str | None:
    """Return the first name of a chain of calls, attributes and items."""
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


class _Builder:
    """Collects every function, class and lambda of a file."""

    def __init__(self, digests: SyntaxDigests, own: Sequence[ast.expr]) -> None:
        self.found: list[Definition] = []
        self._digests = digests
        self._own = own

    def body(self, node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                self._named(child, prefix)
            elif isinstance(child, ast.Lambda):
                self._lambda(child, prefix)
            else:
                self.body(child, prefix)

    def _named(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, prefix: str) -> None:
        name = prefix + node.name
        is_class = isinstance(node, ast.ClassDef)
        for decorator in node.decorator_list:
            self.body(ast.Expression(decorator), prefix)
        defaults = {} if isinstance(node, ast.ClassDef) else _defaults(node.args)
        first = min([node.lineno, *[decorator.lineno for decorator in node.decorator_list]])
        self.found.append(
            Definition(
                name,
                "class" if is_class else "function",
                self._digests.of([node]),
                first,
                node.lineno,
                (first, node.col_offset),
                _end(node),
                references([node], [*self._own, *defaults.values()]),
                {argument: references([value]) for argument, value in defaults.items()},
                () if isinstance(node, ast.ClassDef) else references(_annotations(node)),
            )
        )
        inner = f"{name}." if is_class else f"{name}.<locals>."
        for child in ast.iter_child_nodes(node):
            if child not in node.decorator_list:
                self.body(_Holder([child]), inner)

    def _lambda(self, node: ast.Lambda, prefix: str) -> None:
        name = f"{prefix}<lambda>"
        defaults = _defaults(node.args)
        self.found.append(
            Definition(
                name,
                "lambda",
                self._digests.of([node]),
                node.lineno,
                node.lineno,
                (node.lineno, node.col_offset),
                _end(node),
                references([node], defaults.values()),
                {argument: references([value]) for argument, value in defaults.items()},
            )
        )
        self.body(_Holder([node.args, node.body]), f"{name}.<locals>.")


class _Holder(ast.AST):
    """A node whose children are what it is given."""

    _fields = ("children",)

    def __init__(self, children: Sequence[ast.AST]) -> None:
        super().__init__()
        self.children = list(children)


def _defaults(arguments: ast.arguments) -> dict[str, ast.expr]:
    """Return the defaults that are no literals, by argument."""
    positional = [*arguments.posonlyargs, *arguments.args]
    count = len(arguments.defaults)
    pairs = list(zip(positional[len(positional) - count :], arguments.defaults, strict=True))
    pairs += [
        (argument, value)
        for argument, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if value is not None
    ]
    return {argument.arg: value for argument, value in pairs if not isinstance(value, ast.Constant)}


def _annotations(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.expr]:
    arguments = node.args
    every = [
        *arguments.posonlyargs,
        *arguments.args,
        *arguments.kwonlyargs,
        arguments.vararg,
        arguments.kwarg,
    ]
    found = [argument.annotation for argument in every if argument is not None]
    return [annotation for annotation in [*found, node.returns] if annotation is not None]


def _end(node: ast.stmt | ast.expr) -> tuple[int, int]:
    return node.end_lineno or node.lineno, node.end_col_offset or 0


def _assignments(tree: ast.Module, digests: SyntaxDigests) -> dict[str, Definition]:
    makers: dict[str, list[ast.stmt]] = {}
    for statement in tree.body:
        for name in _made(statement):
            makers.setdefault(name, []).append(statement)
    return {
        name: Definition(
            name,
            "assignment",
            digests.of(found),
            found[0].lineno,
            found[0].lineno,
            (found[0].lineno, found[0].col_offset),
            _end(found[-1]),
            references(found),
        )
        for name, found in makers.items()
    }


def _whole(
    tree: ast.Module,
    digests: SyntaxDigests,
    definitions: Mapping[str, Sequence[Definition]],
    lines: int,
) -> Definition:
    """Return the module as one definition, which uses what any part of it uses."""
    parts = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    used = set(references([statement for statement in tree.body if not isinstance(statement, parts)]))
    for name in [statement.name for statement in tree.body if isinstance(statement, parts)]:
        for item in definitions[name]:
            used |= {*item.references, *[found for rows in item.defaults.values() for found in rows]}
    ordered = sorted(used, key=lambda found: (found.name, found.target or ""))
    return Definition("", "module", digests.of_module(tree.body), 1, 1, (1, 0), (lines, 0), tuple(ordered))


def _made(statement: ast.stmt) -> set[str]:
    """Return the names whose value a statement at the top of a module makes or changes."""
    if isinstance(
        statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom
    ):
        return set()
    if isinstance(statement, ast.Expr):
        base = _base(statement.value)
        return {base} if base is not None and not isinstance(statement.value, ast.Name) else set()
    return _stored(statement)


def _stored(node: ast.AST) -> set[str]:
    found: set[str] = set()
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(child, ast.Name) and not isinstance(child.ctx, ast.Load):
            found.add(child.id)
        elif isinstance(child, ast.Attribute | ast.Subscript) and not isinstance(child.ctx, ast.Load):
            base = _base(child)
            found |= {base} if base is not None else set()
        found |= _stored(child)
    return found


def table_to_json(table: ModuleTable) -> dict[str, Any]:
    """Return a table as plain values, small."""
    return {
        "definitions": [_plain(item) for items in table.definitions.values() for item in items],
        "assignments": [_plain(item) for item in table.assignments.values()],
        "imports": dict(table.imports),
        "stars": list(table.stars),
        "whole": _plain(table.whole),
    }


def table_from_json(document: Mapping[str, Any]) -> ModuleTable:
    """Return the table that :func:`table_to_json` described."""
    definitions: dict[str, tuple[Definition, ...]] = {}
    for row in document["definitions"]:
        item = _restored(row)
        definitions[item.name] = (*definitions.get(item.name, ()), item)
    assignments = [_restored(row) for row in document["assignments"]]
    return ModuleTable(
        definitions,
        {item.name: item for item in assignments},
        document["imports"],
        tuple(document["stars"]),
        _restored(document["whole"]),
    )


def _plain(item: Definition) -> list[Any]:
    return [
        *(item.name, item.kind, item.digest, item.first, item.line, item.start, item.end, item.references),
        *(dict(item.defaults), item.annotations),
    ]


def _restored(row: list[Any]) -> Definition:
    name, kind, digest, first, line, start, end, found, defaults, annotations = row
    return Definition(
        name,
        kind,
        digest,
        first,
        line,
        tuple(start),
        tuple(end),
        _references(found),
        {argument: _references(rows) for argument, rows in defaults.items()},
        _references(annotations),
    )


def _references(rows: list[Any]) -> tuple[Reference, ...]:
    return tuple([Reference(*row) for row in rows])
