"""What a value is as far as code is concerned: functions, classes, what they hold and what they wrap."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType
from typing import Any

from plait.identity.encoding import Encoder, NotEncodable, digest, digest_bytes
from plait.identity.names import Names, compiled, unidentified
from plait.identity.origins import Origins, top
from plait.identity.sources import Located, Sources
from plait.identity.symbols import CodeProblem, Link, Symbol, external

__all__ = ["Members"]

_WRAPPED = ("__wrapped__", "pyfunc", "py_func")
_UNTOLD = object()


class Members:
    """Makes symbols of values: functions by their source, plain values by their content.

    Args:
        anchors: folders that paths in constants count relative to.
    """

    def __init__(self, sources: Sources, origins: Origins, names: Names, anchors: Sequence[str]) -> None:
        self._sources = sources
        self._origins = origins
        self._names = names
        self._anchors = anchors
        self._known: dict[int, tuple[Any, Symbol | None]] = {}
        names.of_value = self.of_value

    def of_value(self, value: Any, name: str) -> Symbol | None:
        """Return the symbol of a value; None where only the statement that makes it could tell."""
        if isinstance(value, FunctionType | MethodType | type) or callable(value):
            return self._of_callable(value, name)
        return self._constant(value, name)

    def _of_callable(self, value: Any, name: str) -> Symbol | None:
        known = self._known.get(id(value))
        if known is None:
            self._known[id(value)] = (value, None)  # what it is may lead back to it
            known = self._known[id(value)] = (value, self._made(value, name))
        return known[1]

    def _made(self, value: Any, name: str) -> Symbol | None:
        if isinstance(value, FunctionType):
            return self._function(value)
        if isinstance(value, type):
            return self._class(value)
        if isinstance(value, MethodType):
            return self._method(value, name)
        wrapped = _wrapped(value)
        if wrapped is not None:
            return self._wrapper(value, wrapped, name)
        if isinstance(value, BuiltinFunctionType):
            return self._builtin(value)
        return self._constant(value, name) or self._instance(value, name)

    # --- Functions

    def _function(self, function: FunctionType) -> Symbol | None:
        origin = self._origins.of_file(function.__code__.co_filename)
        if origin != "own":
            return self._foreign(function, origin)
        located = self._sources.locate(function.__code__)
        if not located:
            return self._unsourced(function)
        first = located[0]
        name = f"{function.__globals__.get('__name__', '?')}.{function.__code__.co_qualname}"
        return Symbol(
            name,
            _content(function.__code__, located),
            file=first.file,
            definition=first.definition,
            expand=lambda: self._used_by(function, located),
            problems=() if first.exact else [_changed(name, first.file)],
            mentions=lambda: self._annotated_in(function.__globals__, located),
        )

    def _annotated_in(self, names: Mapping[str, Any], located: Iterable[Located]) -> Iterator[Symbol]:
        for found in located:
            place = self._names.place(names, found.file)
            for _, symbol in self._names.links(found.definition.annotations, place):
                yield symbol

    def _used_by(self, function: FunctionType, located: Iterable[Located]) -> Iterator[Link]:
        captured = _captured(function)
        for found in located:
            place = self._names.place(function.__globals__, found.file, captured)
            yield from self._names.links(found.definition.references, place)
            yield from self._defaults(function, found)
        yield from self._attached(function, captured)

    def _defaults(self, function: FunctionType, found: Located) -> Iterator[Link]:
        """Take the defaults that are no literals as they are: a loop variable has no other name."""
        values = _default_values(function)
        place = self._names.place(function.__globals__, found.file)
        for argument, used in found.definition.defaults.items():
            value = values.get(argument, _UNTOLD)
            symbol = None if value is _UNTOLD else self.of_value(value, argument)
            if symbol is not None:
                yield f"{argument}=", symbol
            else:
                yield from self._names.links(used, place)

    def _attached(self, function: FunctionType, captured: Mapping[str, Any]) -> Iterator[Link]:
        """Follow what a decorator of a library leaves on the function it returns."""
        wrapped = function.__dict__.get("__wrapped__")
        if callable(wrapped) and not any(wrapped is value for value in captured.values()):
            yield from _link("__wrapped__", self.of_value(wrapped, "__wrapped__"))

    def _foreign(self, function: FunctionType, origin: str) -> Symbol | None:
        """Look through a library's function at the project's functions that it wraps or holds."""
        if origin == "plait" and "__wrapped__" not in function.__dict__:
            return None
        held = {name: value for name, value in _captured(function).items() if self._is_own(value)}
        wrapped = function.__dict__.get("__wrapped__")
        if callable(wrapped):
            held["__wrapped__"] = wrapped
        registry = function.__dict__.get("registry")
        if isinstance(registry, Mapping):  # functools.singledispatch
            held |= {f"[{cls.__qualname__}]": item for cls, item in registry.items() if self._is_own(item)}
        name = f"{top(function.__module__ or '?')}:{function.__code__.co_qualname}"
        if not held:
            return external(name, library=origin == "library")
        values = dict(held)
        return Symbol(
            name,
            f"name:{name}",
            packages=[top(function.__module__)] if origin == "library" and function.__module__ else (),
            expand=lambda: (
                link for key, value in values.items() for link in _link(key, self.of_value(value, key))
            ),
        )

    def _is_own(self, value: Any) -> bool:
        if isinstance(value, partial):
            return self._is_own(value.func)
        code = getattr(value, "__code__", None)
        if isinstance(code, CodeType):
            return self._origins.of_file(code.co_filename) == "own"
        return isinstance(value, type) and self._origins.of_name(value.__module__) == "own"

    def _unsourced(self, function: FunctionType) -> Symbol:
        """Identify by its bytecode what has no source; another Python gives another one."""
        code = function.__code__
        name = f"{function.__globals__.get('__name__', '?')}.{code.co_qualname}"
        text = f"'{name}' has no source that Plait could read"
        problem = CodeProblem("no source", name, text, needs_version=True)
        captured = {**_captured(function), **_default_values(function)}
        return Symbol(
            name,
            digest_bytes(repr((sys.version_info[:2], _bytecode(code))).encode()),
            problems=[problem],
            expand=lambda: (
                link for key, value in captured.items() for link in _link(key, self.of_value(value, key))
            ),
        )

    def _method(self, method: MethodType, name: str) -> Symbol | None:
        owner = method.__self__
        if isinstance(owner, type) or self._is_own(method):
            function = self.of_value(method.__func__, name)
            held = self.of_value(owner, name) or unidentified(name, owner)
            if function is None:
                return None
            links = [("__func__", function), ("__self__", held)]
            return Symbol(function.name, "name:method", expand=lambda: links)
        return external(
            f"{top(type(owner).__module__)}:{method.__qualname__}",
            library=self._origins.of_name(type(owner).__module__) == "library",
        )

    def _wrapper(self, value: Any, wrapped: Any, name: str) -> Symbol | None:
        kind = type(value)
        library = self._origins.of_name(kind.__module__) == "library"
        inner = self.of_value(wrapped, name)
        if inner is None or not library:
            return inner
        return Symbol(
            inner.name,
            f"name:{top(kind.__module__)}:{kind.__qualname__}",
            packages=[top(kind.__module__)],
            expand=lambda: [("__wrapped__", inner)],
        )

    def _builtin(self, function: Any) -> Symbol | None:
        module = getattr(function, "__module__", None) or type(function.__self__).__module__
        if self._origins.of_name(module) == "own":
            loaded = sys.modules.get(module)
            return compiled(module, getattr(loaded, "__file__", None) or "")
        library = self._origins.of_name(module) == "library"
        return external(f"{top(module)}:{function.__qualname__}", library=library)

    # --- Classes and their instances

    def _class(self, cls: type) -> Symbol | None:
        origin = self._origins.of_name(cls.__module__)
        if origin == "plait":
            return None
        if origin != "own":
            return external(f"{top(cls.__module__)}:{cls.__qualname__}", library=origin == "library")
        module = sys.modules.get(cls.__module__)
        file = getattr(module, "__file__", None) or _file_of_methods(cls)
        table = None if file is None else self._sources.table(file)
        found = () if table is None else table.definitions.get(cls.__qualname__, ())
        if not found or file is None:
            return None
        definition = found[-1]
        name = f"{cls.__module__}.{cls.__qualname__}"
        stale = self._stale_methods(cls, file)
        contents = [item.digest for item in found] + [repr(_bytecode(code)) for code in stale]
        return Symbol(
            name,
            definition.digest if len(contents) == 1 else digest(contents),
            file=file,
            definition=definition,
            expand=lambda: self._used_by_class(cls, definition, file),
            problems=[_changed(name, file)] if stale else (),
        )

    def _stale_methods(self, cls: type, file: str) -> list[CodeType]:
        """Return the code of methods that is not what the file says any more."""
        methods = [getattr(item, "__func__", item) for item in vars(cls).values()]
        codes = [method.__code__ for method in methods if isinstance(method, FunctionType)]
        written = [code for code in codes if code.co_filename == file]
        return [code for code in written if any(not item.exact for item in self._sources.locate(code))]

    def _used_by_class(self, cls: type, definition: Any, file: str) -> Iterator[Link]:
        captured: dict[str, Any] = {}
        for item in vars(cls).values():
            function = getattr(item, "__func__", item)
            if isinstance(function, FunctionType):
                captured.update(_captured(function))
        module = sys.modules.get(cls.__module__)
        place = self._names.place({} if module is None else vars(module), file, captured)
        yield from self._names.links(definition.references, place)
        if "<locals>" in cls.__qualname__:  # its bases may be variables of a function
            for base in cls.__bases__:
                if self._origins.of_name(base.__module__) == "own":
                    yield from _link(f"base {base.__qualname__}", self.of_value(base, base.__qualname__))

    def _instance(self, value: Any, name: str) -> Symbol | None:
        """Identify a callable object of a class of the project by its class and its attributes."""
        cls = type(value)
        if self._origins.of_name(cls.__module__) != "own" or not hasattr(value, "__dict__"):
            return None
        inner = self._constant(vars(value), name)
        made = self.of_value(cls, cls.__qualname__)
        if inner is None or made is None:
            return None
        links = [(cls.__qualname__, made), ("attributes", inner)]
        return Symbol(name, "name:instance", expand=lambda: links)

    def _constant(self, value: Any, name: str) -> Symbol | None:
        found: dict[str, Symbol] = {}

        def refer(item: Any) -> bytes | None:
            symbol = self.of_value(item, name)
            if symbol is None:
                return None
            label = getattr(item, "__qualname__", None) or type(item).__qualname__
            while found.get(label, symbol) is not symbol:
                label += "'"
            found[label] = symbol
            return label.encode()

        try:
            encoded = Encoder(ordered=True, refer=refer, anchors=self._anchors).encode(value)
        except NotEncodable:
            return None
        return Symbol(name, digest_bytes(encoded), expand=(lambda: found.items()) if found else None)


def _content(code: CodeType, located: Sequence[Located]) -> str:
    """Return the digest of a function: of its source, unless that is not what runs."""
    if not located[0].exact:
        return digest_bytes(repr((sys.version_info[:2], _bytecode(code))).encode())
    found = [item.definition.digest for item in located]
    return found[0] if len(found) == 1 else digest(found)


def _link(name: str, symbol: Symbol | None) -> list[Link]:
    return [] if symbol is None else [(name, symbol)]


def _captured(function: FunctionType) -> dict[str, Any]:
    found = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            found[name] = cell.cell_contents
        except ValueError:  # not assigned yet
            continue
    found.pop("__class__", None)
    return found


def _default_values(function: FunctionType) -> dict[str, Any]:
    code = function.__code__
    values = function.__defaults__ or ()
    names = code.co_varnames[: code.co_argcount][code.co_argcount - len(values) :]
    return {**dict(zip(names, values, strict=True)), **(function.__kwdefaults__ or {})}


def _wrapped(value: Any) -> Callable[..., Any] | None:
    """Return the function that a callable object was made from, where it says so."""
    for attribute in _WRAPPED:
        found = getattr(value, attribute, None)
        if isinstance(found, FunctionType | MethodType | partial | type):
            return found
    return None


def _file_of_methods(cls: type) -> str | None:
    for item in vars(cls).values():
        function = getattr(item, "__func__", item)
        if isinstance(function, FunctionType) and function.__module__ == cls.__module__:
            return function.__code__.co_filename
    return None


def _bytecode(code: CodeType) -> tuple[Any, ...]:
    constants = tuple(_bytecode(c) if isinstance(c, CodeType) else _stable(c) for c in code.co_consts)
    return code.co_code, constants, code.co_names, code.co_varnames


def _stable(constant: Any) -> Any:
    return sorted(map(repr, constant)) if isinstance(constant, frozenset) else repr(constant)


def _changed(name: str, file: str) -> CodeProblem:
    return CodeProblem(
        "changed since import", name, f"'{file}' was changed after '{name}' was imported from it"
    )
