"""Which library holds a table in memory, what a consumer asks for, and the way from one to the other.

Annotations are matched by name and never evaluated; data is recognised by the name of its type; no
data library is imported unless there is something to convert.
"""

from __future__ import annotations

import ast
import types
import typing
from collections.abc import Mapping
from typing import Any

from plait.catalog.protocols import FrameName
from plait.errors import DatasetError

__all__ = ["choices", "convert", "frame_of", "to_save", "wanted"]

_TYPES: Mapping[tuple[str, str], FrameName] = {
    ("pandas", "DataFrame"): "pandas",
    ("polars", "DataFrame"): "polars",
    ("polars", "LazyFrame"): "polars-lazy",
    ("pyarrow", "Table"): "arrow",
    ("pathlib", "Path"): "path",
    ("snowflake", "DataFrame"): "snowpark",
    ("ibis", "Table"): "ibis",
}
_SERIES: Mapping[tuple[str, str], FrameName] = {
    ("pandas", "Series"): "pandas",
    ("polars", "Series"): "polars",
}
_ALIASES = {"pd": "pandas", "pl": "polars", "pa": "pyarrow"}
# Names that only one library has. A bare `DataFrame` could be anybody's.
_UNIQUE: Mapping[str, FrameName] = {"LazyFrame": "polars-lazy", "Path": "path"}

_CALLED: Mapping[FrameName, str] = {
    "pandas": "a pandas DataFrame",
    "polars": "a Polars DataFrame",
    "polars-lazy": "a Polars LazyFrame",
    "arrow": "an Arrow table",
    "path": "a path",
    "snowpark": "a Snowpark DataFrame",
    "ibis": "an Ibis table",
}


def wanted(annotation: object, scope: Mapping[str, object] | None = None) -> FrameName | None:
    """Return the frame that an argument's annotation asks for, or None when it asks for none.

    ``pd.DataFrame``, ``pl.DataFrame``, ``pl.LazyFrame``, ``pa.Table`` and ``pathlib.Path`` are known, as
    types and as text, alone, in ``Optional`` and in ``Annotated``. A union with anything else asks for
    nothing, because the function says that it takes more than one kind.

    Args:
        annotation: as written: a type, a string, or None.
        scope: the names that a string annotation may use, best the function's ``__globals__``. With it
            ``DataFrame`` alone and other aliases are understood, without it only the customary ones.
    """
    found = set(_members(annotation, scope or {}))
    return found.pop() if len(found) == 1 else None


def choices(annotation: object, scope: Mapping[str, object] | None = None) -> tuple[FrameName, ...]:
    """Return every frame an annotation allows, in the order written; more than one is a mistake to report."""
    members = _members(annotation, scope or {})
    return tuple(dict.fromkeys(member for member in members if member is not None))


def frame_of(data: object) -> FrameName | None:
    """Return which frame ``data`` is, or None for anything else; subclasses count."""
    for cls in type(data).__mro__:
        frame = _TYPES.get(_key(cls))
        if frame is not None:
            return frame
    return None


def convert(data: Any, frame: FrameName) -> Any:
    """Return ``data`` as ``frame``; the very same object when it already is, or is None.

    Conversions go through Arrow and keep values and types: what pandas' own types would change (integers
    and booleans with missing values, nested values) becomes a nullable or Arrow-backed column. A
    ``Series`` stays one in its own library and is a table with one column in the others; a dictionary
    of tables is converted table by table.
    An index without a name is dropped when it only counts rows, and refused when it holds
    anything else; a named one becomes the leading columns.

    Raises:
        DatasetError: ``data`` is no table, or has what the frame cannot hold.
        MissingLibraryError: the library of the frame is not installed.
    """
    if data is None or frame_of(data) == frame:
        return data
    if _is_tables(data):
        return {key: convert(table, frame) for key, table in data.items()}
    library = _SERIES.get(_key(type(data)))
    if library is not None:
        return data if library == frame else convert(data.to_frame(), frame)
    if frame in ("path", "snowpark", "ibis") or frame_of(data) in (None, "path"):
        raise _not_to_be_had(data, frame)
    from plait.catalog import tables

    return tables.convert(data, frame_of(data), frame)


def to_save(data: Any, frame: FrameName) -> Any:
    """Return what a node made as the frame that its writer takes; see :func:`convert`.

    Raises:
        DatasetError: ``data`` is no table, or has what the frame cannot hold.
    """
    is_table = frame_of(data) not in (None, "path") or _key(type(data)) in _SERIES
    if data is None or is_table or _is_tables(data):
        return convert(data, frame)
    raise DatasetError(
        f"only a table can be stored here, and the data is {_described(data)}",
        hint="return a table from the node, or give the entry a type that fits the data, "
        "such as `type: json` or `type: pickle`",
    )


def _key(cls: type) -> tuple[str, str]:
    return cls.__module__.partition(".")[0], cls.__name__


def _is_tables(data: object) -> bool:
    return (
        isinstance(data, Mapping)
        and bool(data)
        and all(frame_of(v) not in (None, "path") for v in data.values())
    )


def _not_to_be_had(data: object, frame: FrameName) -> DatasetError:
    if frame == "path":
        hint = "annotate the argument with the type of the data, or store the data in a file dataset"
    elif frame == "snowpark":
        hint = "store the data in Snowflake: `type: snowflake.Table` or `type: snowpark.Table`"
    elif frame == "ibis":
        hint = "store the data in DuckDB: `type: table`"
    else:
        hint = "change the annotation, or give the entry a tabular type such as `type: pandas.CSVDataset`"
    return DatasetError(f"{_CALLED[frame]} is asked for, but the data is {_described(data)}", hint=hint)


def _described(data: object) -> str:
    frame = frame_of(data)
    if frame is not None:
        return _CALLED[frame]
    kind = type(data)
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    return f"of type {module}{kind.__qualname__}"


def _members(annotation: object, scope: Mapping[str, object]) -> list[FrameName | None]:
    """Return a frame, or None for anything else, for each type an annotation allows but NoneType."""
    if isinstance(annotation, str):
        return _in_text(annotation, scope)
    if isinstance(annotation, typing.ForwardRef):
        return _in_text(annotation.__forward_arg__, scope)
    origin = typing.get_origin(annotation)
    parts = typing.get_args(annotation)
    if origin is typing.Union or origin is types.UnionType:
        return [member for part in parts for member in _members(part, scope)]
    if origin is typing.Annotated:
        return _members(parts[0], scope)
    if annotation is types.NoneType:
        return []
    return [_TYPES.get(_key(annotation)) if isinstance(annotation, type) and origin is None else None]


def _in_text(annotation: str, scope: Mapping[str, object]) -> list[FrameName | None]:
    try:
        tree = ast.parse(annotation.strip(), mode="eval").body
    except SyntaxError:
        return [None]
    return _in_syntax(tree, scope)


def _in_syntax(tree: ast.expr, scope: Mapping[str, object]) -> list[FrameName | None]:
    match tree:
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return [*_in_syntax(left, scope), *_in_syntax(right, scope)]
        case ast.Constant(value=None):
            return []
        case ast.Constant(value=str(text)):
            return _in_text(text, scope)
        case ast.Subscript(value=generic, slice=inner):
            return _in_generic(_dotted(generic), inner, scope)
    return [_named(_dotted(tree), scope)]


def _in_generic(generic: str, inner: ast.expr, scope: Mapping[str, object]) -> list[FrameName | None]:
    parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    match generic.rpartition(".")[2]:
        case "Optional" | "Union":
            return [member for part in parts for member in _in_syntax(part, scope)]
        case "Annotated":
            return _in_syntax(parts[0], scope)
    return [None]


def _dotted(tree: ast.expr) -> str:
    match tree:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attribute):
            return f"{_dotted(value)}.{attribute}"
    return ""


def _named(dotted: str, scope: Mapping[str, object]) -> FrameName | None:
    module, _, name = dotted.rpartition(".")
    bound = scope.get(module or name)
    if isinstance(bound, types.ModuleType):
        module = bound.__name__
    elif isinstance(bound, type) and not module:
        return _TYPES.get(_key(bound))
    if not module:
        return _UNIQUE.get(name)
    root = module.partition(".")[0]
    return _TYPES.get((_ALIASES.get(root, root), name))
