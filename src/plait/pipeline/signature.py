"""What a function takes, read without calling or importing anything.

Plain functions are read from their code object, which is some twenty times faster than
:func:`inspect.signature`; that one is asked only for classes, C functions and functions that carry a
signature of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from types import FunctionType, MethodType
from typing import Any, Literal, NamedTuple

from plait.pipeline.injection import injected_kind

__all__ = ["ABSENT", "Kind", "Parameter", "Signature", "function_name", "function_place", "read_signature"]

Kind = Literal["positional", "either", "rest", "keyword", "keywords"]

ABSENT: None = None
"""The annotation of what has none."""

_VARARGS, _VARKEYWORDS, _GENERATOR, _COROUTINE = 0x04, 0x08, 0x20, 0x80 | 0x200


class Parameter(NamedTuple):
    """One parameter of a function. ``rest`` is ``*args``, ``keywords`` is ``**kwargs``."""

    name: str
    kind: Kind
    required: bool
    annotation: object


class Signature(NamedTuple):
    """What a function takes and gives.

    Attributes:
        parameters: in order of definition, without what a method or partial has bound already.
        returns: the return annotation as written, or None.
        names: the globals of the module that defines the function.
        streams: it is a generator function.
        awaits: it is a coroutine function or an asynchronous generator.
        takes_positional: the callable itself can be given arguments by position.
        takes_keywords: the callable itself can be given arguments by name.
        injected: parameter → marker, for those that Plait fills in.
        plain: it takes nothing but arguments that can be given by position.
    """

    parameters: tuple[Parameter, ...]
    returns: object = ABSENT
    names: Mapping[str, object] = {}
    streams: bool = False
    awaits: bool = False
    takes_positional: bool = True
    takes_keywords: bool = True
    injected: Mapping[str, str] = {}
    plain: bool = False

    def __str__(self) -> str:
        return "(" + ", ".join(map(_spell, self.parameters)) + ")"


def read_signature(func: Callable[..., Any]) -> Signature | None:
    """Return the signature of ``func``, looking through wrappers; None when it cannot be known."""
    return _read_once(func) if isinstance(func, FunctionType) else _described(_read(func))


# A pipeline of thousands of nodes is made in a loop over a few functions.
@lru_cache(maxsize=512)
def _read_once(func: FunctionType) -> Signature | None:
    return _described(_of_function(func))


def _described(signature: Signature | None) -> Signature | None:
    """Add what follows from the parameters that are left when all wrappers are taken off."""
    if signature is None:
        return None
    found = {p.name: injected_kind(p.annotation, signature.names) for p in signature.parameters}
    injected = {name: kind for name, kind in found.items() if kind is not None}
    plain = not injected and all(p.kind == "either" for p in signature.parameters)
    return signature._replace(injected=injected, plain=plain and signature.takes_positional)


def _read(func: Callable[..., Any]) -> Signature | None:
    if isinstance(func, FunctionType):
        return _of_function(func)
    if isinstance(func, partial):
        return _of_partial(func)
    if isinstance(func, MethodType):
        return _without_first(_read(func.__func__))
    wrapped = getattr(func, "__wrapped__", None)
    if callable(wrapped) and not isinstance(func, type):
        return _read(wrapped)
    if not isinstance(func, type) and isinstance(type(func).__call__, FunctionType):
        return _without_first(_read(type(func).__call__))
    return _inspected(func)


def _of_function(func: FunctionType) -> Signature | None:
    attributes = func.__dict__
    if attributes:
        if "__signature__" in attributes:
            return _inspected(func)
        wrapped = attributes.get("__wrapped__")
        # A wrapper that names all it takes has said so on purpose; an open one hides its function.
        if wrapped is not None and func.__code__.co_flags & (_VARARGS | _VARKEYWORDS):
            return _through_wrapper(func, wrapped)
    code = func.__code__
    annotations = _annotations(func)
    return Signature(
        _parameters(func, annotations),
        annotations.get("return", ABSENT),
        func.__globals__,
        bool(code.co_flags & _GENERATOR),
        bool(code.co_flags & _COROUTINE),
    )


def _parameters(func: FunctionType, annotations: Mapping[str, Any]) -> tuple[Parameter, ...]:
    code = func.__code__
    names, flags = code.co_varnames, code.co_flags
    positional, keyword = code.co_argcount, code.co_argcount + code.co_kwonlyargcount
    only = code.co_posonlyargcount
    required = positional - len(func.__defaults__ or ())
    note = annotations.get
    found = []
    for i in range(positional):
        name = names[i]
        found.append(Parameter(name, "positional" if i < only else "either", i < required, note(name)))
    if flags & _VARARGS:
        rest = names[keyword]
        found.append(Parameter(rest, "rest", False, note(rest)))
    if keyword > positional:
        defaults = func.__kwdefaults__ or {}
        found += [Parameter(n, "keyword", n not in defaults, note(n)) for n in names[positional:keyword]]
    if flags & _VARKEYWORDS:
        last = names[keyword + bool(flags & _VARARGS)]
        found.append(Parameter(last, "keywords", False, note(last)))
    return tuple(found)


def _annotations(func: FunctionType) -> Mapping[str, Any]:
    try:
        return func.__annotations__
    except NameError:  # Python 3.14 evaluates when asked; names may exist for type checkers only
        import annotationlib  # type: ignore[import-not-found, unused-ignore]

        found: Mapping[str, Any] = annotationlib.get_annotations(func, format=annotationlib.Format.STRING)
        return found


def _through_wrapper(func: FunctionType, wrapped: Callable[..., Any]) -> Signature | None:
    inner = _read(wrapped)
    if inner is None:
        return None
    flags = func.__code__.co_flags
    return inner._replace(
        takes_positional=bool(flags & _VARARGS) and inner.takes_positional,
        takes_keywords=bool(flags & _VARKEYWORDS) and inner.takes_keywords,
    )


def _without_first(signature: Signature | None) -> Signature | None:
    if signature is None or not signature.parameters or signature.parameters[0].kind == "rest":
        return signature
    return signature._replace(parameters=signature.parameters[1:])


def _of_partial(func: partial[Any]) -> Signature | None:
    inner = _read(func.func)
    if inner is None:
        return None
    left = list(inner.parameters)
    for _ in func.args:
        if left and left[0].kind in ("positional", "either"):
            del left[0]
    by_name = False
    for i, parameter in enumerate(left):
        given = parameter.name in func.keywords and parameter.kind != "positional"
        by_name = by_name or (given and parameter.kind == "either")
        kind: Kind = "keyword" if by_name and parameter.kind == "either" else parameter.kind
        left[i] = parameter._replace(kind=kind, required=parameter.required and not given)
    if by_name:
        left = [parameter for parameter in left if parameter.kind != "rest"]
    return inner._replace(parameters=tuple(left))


def _inspected(func: Callable[..., Any]) -> Signature | None:
    import inspect  # 20 ms, for the few callables that need it

    kinds: tuple[Kind, ...] = ("positional", "either", "rest", "keyword", "keywords")
    try:
        signature = inspect.signature(func)
    except (ValueError, TypeError):
        return None
    empty = inspect.Parameter.empty
    parameters = tuple(
        Parameter(
            p.name,
            kinds[p.kind],
            p.default is empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD),
            ABSENT if p.annotation is empty else p.annotation,
        )
        for p in signature.parameters.values()
    )
    returns = signature.return_annotation
    return Signature(
        parameters,
        ABSENT if returns is inspect.Signature.empty else returns,
        getattr(func, "__globals__", {}),
        inspect.isgeneratorfunction(func),
        inspect.iscoroutinefunction(func),
    )


def _spell(parameter: Parameter) -> str:
    stars = {"rest": "*", "keywords": "**"}.get(parameter.kind, "")
    return stars + parameter.name + ("" if parameter.required or stars else "=…")


def function_name(func: Callable[..., Any]) -> str:
    """Return what a person calls ``func``: its name, that of what it wraps, or that of its class."""
    while isinstance(func, partial):
        func = func.func
    name = getattr(func, "__name__", None)
    if not isinstance(name, str):
        name = type(func).__name__
    return "lambda" if name == "<lambda>" else name


def function_place(func: Callable[..., Any]) -> str | None:
    """Return ``file:line`` of the definition of ``func`` if that is known without reading files."""
    seen = 0
    while seen < 100:  # a wrapper that wraps itself must not hang an error message
        seen += 1
        if isinstance(func, partial):
            func = func.func
        elif hasattr(func, "__wrapped__"):
            func = func.__wrapped__
        else:
            break
    code = getattr(func, "__code__", None) or getattr(type(func).__call__, "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code is not None else None
