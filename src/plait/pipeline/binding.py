"""Which argument of a function gets which dataset, decided once, when a node is made.

``inputs`` may be a name, a list (the non-injected arguments in order) or a dict (argument → dataset).
What a dict leaves out, and everything where inputs are omitted, is called as the argument is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from plait.errors import SignatureError, did_you_mean
from plait.pipeline.modes import Mode
from plait.pipeline.names import PARAMETERS
from plait.pipeline.signature import Parameter, Signature

__all__ = ["INFERRED", "Binding", "Bound", "Inferred", "bind", "with_modes"]


class Inferred:
    """The type of :data:`INFERRED`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "…"

    def __reduce__(self) -> str:
        return "INFERRED"


INFERRED: Final = Inferred()
"""Inputs that were not given: taken from the names of the function's arguments."""

Inputs = str | list[str] | dict[str, str] | None | Inferred


class Binding(NamedTuple):
    """One argument that is data or a parameter.

    Attributes:
        argument: the keyword it is passed by, None when it is passed by position.
        parameter: what the function calls it, for messages (``parts[1]`` within ``*parts``).
        dataset: ``X_train``, ``x@pandas``, ``params:a.b`` or ``parameters``.
        annotation: as written: a type, a string, or None.
        mode: how the dataset is taken: key by key, only what is new, or whole (None).
    """

    argument: str | None
    parameter: str
    dataset: str
    annotation: object = None
    mode: Mode | None = None


class Bound(NamedTuple):
    """How a function is called.

    Attributes:
        bindings: those passed by position first, in order; then those passed by name.
        injected: argument → marker, such as ``{'rng': 'Generator'}``.
        positions: for each position, the argument injected there, or None for the next binding.
    """

    bindings: tuple[Binding, ...]
    injected: dict[str, str]
    positions: tuple[str | None, ...]


def bind(function: str, signature: Signature | None, inputs: Inputs) -> Bound:
    """Match ``inputs`` with ``signature``.

    Args:
        function: its name, for messages.
        signature: None when it is unknown; then inputs must be given, and are trusted.

    Raises:
        SignatureError: they do not fit.
    """
    if signature is None:
        return _bind_unknown(function, inputs)
    if isinstance(inputs, dict):
        return _Matching(function, signature).by_name(inputs)
    if isinstance(inputs, Inferred):
        return _Matching(function, signature).inferred()
    names = _listed(inputs)
    return _bind_plain(signature, names) or _Matching(function, signature).in_order(names)


def with_modes(bound: Bound, inputs: Inputs, modes: Sequence[Mode | None]) -> Bound:
    """Return ``bound`` with the mode that stood at each name of ``inputs``."""
    if isinstance(inputs, dict):
        by_name = dict(zip(inputs, modes, strict=True))
        bindings = [binding._replace(mode=by_name.get(binding.parameter)) for binding in bound.bindings]
    else:
        pairs = zip(bound.bindings, modes, strict=True)
        bindings = [binding._replace(mode=mode) for binding, mode in pairs]
    return bound._replace(bindings=tuple(bindings))


def _listed(inputs: str | list[str] | None) -> Sequence[str]:
    if inputs is None:
        return ()
    return (inputs,) if isinstance(inputs, str) else inputs


def _bind_plain(signature: Signature, names: Sequence[str]) -> Bound | None:
    """Bind as many names as there are arguments, all of the plain kind: the usual case, quickly."""
    parameters = signature.parameters
    if not signature.plain or len(parameters) != len(names):
        return None
    if len(names) == 1:
        return Bound((Binding(None, parameters[0].name, names[0], parameters[0].annotation),), {}, (None,))
    bindings = [
        Binding(None, parameter.name, name, parameter.annotation)
        for parameter, name in zip(parameters, names, strict=True)
    ]
    return Bound(tuple(bindings), {}, (None,) * len(bindings))


def _bind_unknown(function: str, inputs: Inputs) -> Bound:
    if isinstance(inputs, Inferred):
        raise SignatureError(
            f"the inputs of {function} cannot be inferred: Python does not know its arguments",
            hint="name them: inputs=['a', 'b'], or inputs=None when it takes none",
        )
    if isinstance(inputs, dict):
        return Bound(tuple(Binding(key, key, name) for key, name in inputs.items()), {}, ())
    bindings = tuple(Binding(None, f"argument {i}", name) for i, name in enumerate(_listed(inputs), 1))
    return Bound(bindings, {}, (None,) * len(bindings))


class _Matching:
    """One attempt to match inputs with the arguments of one function."""

    __slots__ = ("data", "function", "injected", "signature")

    def __init__(self, function: str, signature: Signature) -> None:
        self.function = function
        self.signature = signature
        self.injected = dict(signature.injected)
        self.data = [p for p in signature.parameters if p.name not in self.injected]

    def in_order(self, names: Sequence[str]) -> Bound:
        """Bind a list: the non-injected positional arguments in order, then ``*args``."""
        slots = [p for p in self.data if p.kind == "either" or p.kind == "positional"]
        if len(names) > len(slots):
            slots += self._rest(len(names) - len(slots), names)
        if len(names) < len(self.data):
            taken = {slot.name for slot in slots[: len(names)]}
            self._require_bound(p for p in self.data if p.name not in taken)
        pairs = list(zip(slots, names, strict=False))
        return self._bound(pairs, []) if self.signature.takes_positional else self._bound([], pairs)

    def by_name(self, inputs: dict[str, str]) -> Bound:
        """Bind a dict by name; arguments it leaves out and that need a value are inferred."""
        known = {p.name: p for p in self.data if p.kind not in ("rest", "keywords")}
        extra = {key: name for key, name in inputs.items() if key not in known}
        more = self._keywords(extra, known)
        named = [
            (p, inputs[p.name] if p.name in inputs else self._infer(p))
            for p in known.values()
            if p.name in inputs or p.required
        ]
        return self._split(named + more, lambda p: p.kind == "positional")

    def inferred(self) -> Bound:
        """Bind every argument that needs a value to the dataset of its name."""
        required = [p for p in self.data if p.required]
        if not required and any(p.kind in ("rest", "keywords") for p in self.data):
            raise SignatureError(
                f"the inputs of {self.function}{self.signature} cannot be inferred",
                hint="name them: inputs=['a', 'b'], or inputs=None when it is called with none",
            )
        leading = self._leading(required)
        return self._split([(p, self._infer(p)) for p in required], lambda p: p.name in leading)

    def _leading(self, required: list[Parameter]) -> set[str]:
        wanted = {p.name for p in required}
        names = set()
        for parameter in self.signature.parameters:
            positional = parameter.kind == "positional" or parameter.kind == "either"
            if not positional or (parameter.name not in wanted and parameter.name not in self.injected):
                break
            names.add(parameter.name)
        return names

    def _split(self, named: list[tuple[Parameter, str]], positional: Callable[[Parameter], bool]) -> Bound:
        if not self.signature.takes_positional:
            return self._bound([], named)
        if not self.signature.takes_keywords:
            first, rest = named, []
        else:
            first = [pair for pair in named if positional(pair[0])]
            rest = [pair for pair in named if not positional(pair[0])]
        for (given, _), parameter in zip(first, self.data, strict=False):
            if given.name != parameter.name:
                raise SignatureError(
                    f"{self.function}{self.signature} takes '{given.name}' by position only, "
                    f"so '{parameter.name}' needs an input too",
                    hint=f"add '{parameter.name}' to inputs",
                )
        return self._bound(first, rest)

    def _bound(self, first: list[tuple[Parameter, str]], named: list[tuple[Parameter, str]]) -> Bound:
        bindings = [Binding(None, p.name, name, p.annotation) for p, name in first]
        bindings += [Binding(p.name, p.name, name, p.annotation) for p, name in named]
        positions: tuple[str | None, ...] = (None,) * len(first)
        if self.injected and first:
            positions = self._positions({p.name for p, _ in first}, len(first))
        return Bound(tuple(bindings), self.injected, positions)

    def _positions(self, given: set[str], count: int) -> tuple[str | None, ...]:
        """Interleave injected arguments with the values that come after them by position."""
        positions: list[str | None] = []
        for parameter in self.signature.parameters:
            if positions.count(None) == count:
                break
            if parameter.name in self.injected:
                positions.append(parameter.name)
            elif parameter.name in given or parameter.kind == "rest":
                positions += [None] if parameter.kind != "rest" else [None] * (count - positions.count(None))
        return tuple(positions)

    def _rest(self, count: int, names: Sequence[str]) -> list[Parameter]:
        rest = next((p for p in self.data if p.kind == "rest"), None)
        if rest is None:
            takes = sum(p.kind in ("positional", "either") for p in self.data)
            raise SignatureError(
                f"{self.function}{self.signature} takes {takes} input{'' if takes == 1 else 's'}, "
                f"but {len(names)} are given: {', '.join(map(repr, names))}",
                hint="a dict, {'argument': 'dataset'}, says which is which",
            )
        return [rest._replace(name=f"{rest.name}[{i}]") for i in range(count)]

    def _keywords(self, extra: dict[str, str], known: dict[str, Parameter]) -> list[tuple[Parameter, str]]:
        taken = [key for key in extra if key in self.injected]
        if taken:
            raise SignatureError(
                f"argument '{taken[0]}' of {self.function} is injected as {self.injected[taken[0]]} "
                "and cannot be a dataset",
                hint="leave it out of inputs, or change its annotation",
            )
        if not extra:
            return []
        last = next((p for p in self.data if p.kind == "keywords"), None)
        if last is None:
            key = next(iter(extra))
            raise SignatureError(
                f"'{key}' is no argument of {self.function}{self.signature}",
                hint=did_you_mean(key, known) or "inputs map arguments to datasets: {'argument': 'dataset'}",
            )
        return [(last._replace(name=key, kind="keyword"), name) for key, name in extra.items()]

    def _infer(self, parameter: Parameter) -> str:
        if parameter.name == PARAMETERS:
            raise SignatureError(
                f"argument '{PARAMETERS}' of {self.function} has no input: "
                "only datasets are taken from the names of arguments, never parameters",
                hint="say so: inputs={'parameters': 'parameters'}",
            )
        return parameter.name

    def _require_bound(self, left: Iterator[Parameter]) -> None:
        missing = [p.name for p in left if p.required]
        if missing:
            names = ", ".join(f"'{name}'" for name in missing)
            raise SignatureError(
                f"{self.function}{self.signature} gets no input for {names}",
                hint="add a name for each, or leave inputs out to take the names of the arguments",
            )
