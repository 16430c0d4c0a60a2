"""A node: a named function call with named inputs and outputs. A value, complete when it is made."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import tee
from types import MappingProxyType
from typing import Any, Literal, NoReturn

from plait.errors import NodeError
from plait.pipeline.binding import INFERRED, Binding, Bound, Inferred
from plait.pipeline.calling import Call, Outputs, Unpack, caller, unpacker
from plait.pipeline.definition import (
    GivenOutputs,
    Inputs,
    Place,
    caller_place,
    define,
    labels,
    places,
    rebind,
    redefine,
    rename_outputs,
)
from plait.pipeline.identity import same_function
from plait.pipeline.modes import Each, OnError
from plait.pipeline.names import is_parameter, strip_transcoding
from plait.pipeline.signature import function_name

__all__ = ["Cache", "Node", "node"]

Cache = Literal["auto", "off", "keep"]

_DERIVED = ("call", "unpack", "_key")
_OPTIONS = (
    *("namespace", "tags", "cache", "retries", "timeout", "version", "on_error"),
    *("_given_name", "_confirms", "_resources", "_qualified", "_place"),
)


class Node:
    """A function call with named inputs and outputs. A value: immutable, complete when it is made.

    Args:
        func: any callable.
        inputs: a name, a list (the non-injected arguments in order) or a dict (argument → dataset).
            Arguments that a dict leaves out, and all when ``inputs`` is omitted, read the dataset of
            their own name; those with a default keep it. None or ``[]`` means no inputs.
        outputs: a name, a list (the function returns as many values) or a dict (returned key →
            dataset).
        name: letters, digits, ``_``, ``-`` and ``.``; by default the name of the function.
        tags: to select nodes by.
        confirms: datasets to confirm when the node has succeeded.
        namespace: a dotted prefix of the name.
        cache: ``auto`` skips the node when nothing changed, ``off`` runs it whenever it is selected,
            ``keep`` runs it only when an output is missing.
        retries: how often it is tried again after a failure.
        timeout: seconds after which it counts as failed.
        resources: what it needs: memory, cores, named limits.
        version: change it to make the node run again.
        on_error: what a failed key means where inputs are taken by ``each``: ``continue`` (the default) goes
            on with the other keys, ``stop`` starts no further one.

    Raises:
        NodeError: the definition is wrong.
        SignatureError: the inputs do not fit the function.

    Attributes:
        func: the function as it was given.
        name: namespace and name; without a given name that of the function, or
            ``function.first_output`` once a pipeline holds another such node.
        namespace: dotted, or None.
        tags: a frozenset.
        cache, retries, timeout, resources, version, on_error: as given.
        maps: it is called once per key of the inputs it takes by ``each``.
        incremental: it takes only what is new of an input.
        bindings: one :class:`~plait.pipeline.binding.Binding` per argument that is data or a
            parameter, in call order.
        injected: argument → ``RunContext``, ``Generator``, ``PartitionKey`` or ``Completed``.
        base_name: namespace and given name or function name; equal nodes share it.
        is_named: it was given a name, and is not called after its function.
        reads, writes: names of its inputs and outputs without format, each once, in order; ``reads`` has what
            it reads through others too.
        through: input → the datasets that it refers to, as a query does to tables.
        transcoded: those of them that it names with a format.
        streams: the function is a generator function.
        return_annotation: as written, or None.
    """

    func: Callable[..., Any]
    name: str
    base_name: str
    is_named: bool
    namespace: str | None
    tags: frozenset[str]
    cache: Cache
    retries: int
    timeout: float | None
    version: str | None
    on_error: OnError | None
    maps: bool
    incremental: bool
    bindings: tuple[Binding, ...]
    injected: Mapping[str, str]
    reads: tuple[str, ...]
    through: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    writes: tuple[str, ...]
    transcoded: tuple[str, ...]
    streams: bool
    return_annotation: object
    _given_name: str | None
    _qualified: bool
    _outputs: Outputs
    _input_names: tuple[str, ...]
    _output_names: tuple[str, ...]
    _confirms: tuple[str, ...]
    _resources: dict[str, Any] | None
    _positions: tuple[str | None, ...]
    _place: Place

    def __init__(
        self,
        func: Callable[..., Any],
        inputs: Inputs | Inferred = INFERRED,
        outputs: GivenOutputs = None,
        *,
        name: str | None = None,
        tags: str | Iterable[str] | None = None,
        confirms: str | list[str] | None = None,
        namespace: str | None = None,
        cache: Cache = "auto",
        retries: int = 0,
        timeout: float | None = None,
        resources: Mapping[str, Any] | None = None,
        version: str | None = None,
        on_error: OnError | None = None,
    ) -> None:
        options = {
            "namespace": namespace,
            "tags": tags,
            "cache": cache,
            "retries": retries,
            "timeout": timeout,
            "version": version,
            "on_error": on_error,
            "_given_name": name,
            "_confirms": confirms,
            "_resources": resources,
            "_qualified": False,
            "_place": caller_place(),
        }
        object.__setattr__(self, "__dict__", define(func, inputs, outputs, options))

    def __setattr__(self, attribute: str, value: object) -> NoReturn:
        raise AttributeError(
            f"a node is a value: node '{self.name}' cannot be changed; "
            f"node.replace({attribute}=…) makes another one"
        )

    def __delattr__(self, attribute: str) -> NoReturn:
        self.__setattr__(attribute, None)

    def __reduce__(self) -> tuple[Any, ...]:
        # Call plans are closures: they stay here and are made again where the node is unpickled.
        return _restore, (_without_derived(self),)

    def replace(
        self,
        *,
        func: Callable[..., Any] | None = None,
        name: str | None = None,
        tags: str | Iterable[str] | None = None,
    ) -> Node:
        """Return this node with another function, name or set of tags; None keeps what is there.

        Raises:
            NodeError: the name or a tag is not valid.
            SignatureError: another function does not take these inputs.
        """
        values = _without_derived(self)
        if func is not None:
            options = {key: values[key] for key in _OPTIONS}
            values = define(func, self._as_inputs(), self._as_outputs(), options)
            values |= {key: self.__dict__[key] for key in ("reads", "through") if self.through}
        if name is not None:
            values["_given_name"] = name
        if tags is not None:
            values["tags"] = labels("tag", tags)
        return _restore(redefine(values))

    def tag(self, tags: str | Iterable[str]) -> Node:
        """Return this node with ``tags`` added."""
        added = labels("tag", tags) | self.tags
        return self if added == self.tags else _restore({**_without_derived(self), "tags": added})

    def reading_through(self, references: Callable[[str], Iterable[str]]) -> Node:
        """Return this node with what its inputs refer to, so that it waits for whoever makes that.

        Args:
            references: gives the datasets that a dataset refers to.
        """
        names = [binding.dataset for binding in self.bindings if not is_parameter(binding.dataset)]
        through = {name: found for name in names if (found := tuple(references(name)))}
        if through == self.through:
            return self
        own = dict.fromkeys(map(strip_transcoding, self._input_names))
        further = [strip_transcoding(each) for found in through.values() for each in found]
        values = {
            **_without_derived(self),
            "through": through,
            "reads": tuple({**own, **dict.fromkeys(further)}),
        }
        return _restore(values)

    def qualified(self) -> Node:
        """Return this node under its long name, ``function.first_output``, unless it was given a name."""
        if self.is_named or self._qualified:
            return self
        return _restore(redefine({**_without_derived(self), "_qualified": True}))

    def renamed(self, rename: Callable[[str], str], namespace: str | None) -> Node:
        """Return this node within ``namespace``, its datasets and parameters called ``rename(name)``.

        Raises:
            NodeError: two outputs, or an input and an output, would be the same dataset.
        """
        bindings = tuple(_renamed(binding, rename) for binding in self.bindings)
        values = _without_derived(self)
        rebind(values, Bound(bindings, dict(self.injected), self._positions))
        rename_outputs(values, rename)
        values["_confirms"] = tuple(map(rename, self._confirms))
        if namespace:
            values["namespace"] = f"{namespace}.{self.namespace}" if self.namespace else namespace
        return _restore(redefine(values))

    def _as_inputs(self) -> Any:
        if any(b.argument is None for b in self.bindings):
            return [b.mode or b.dataset for b in self.bindings]
        return {b.argument: b.mode or b.dataset for b in self.bindings}

    def _as_outputs(self) -> Any:
        """Return the outputs as they were given."""
        given = self._outputs
        if not self.maps or given is None:
            return given
        if isinstance(given, str):
            return Each(given)
        if isinstance(given, dict):
            return {key: Each(name) for key, name in given.items()}
        return [Each(name) for name in given]

    @property
    def inputs(self) -> list[str]:
        """Names of the datasets and parameters it reads, in call order."""
        return list(self._input_names)

    @property
    def outputs(self) -> list[str]:
        """Names of the datasets it makes, in order."""
        return list(self._output_names)

    @property
    def confirms(self) -> list[str]:
        """Names of the datasets that are confirmed when it has succeeded."""
        return list(self._confirms)

    @property
    def resources(self) -> dict[str, Any]:
        """What it needs to run: memory, cores, named limits."""
        return dict(self._resources or ())

    @property
    def short_name(self) -> str:
        """Its given name without namespace, or the function's name as words."""
        return self._given_name or function_name(self.func).replace("_", " ").title()

    @property
    def namespace_prefixes(self) -> list[str]:
        """Its namespaces from the outermost: ``['a', 'a.b']`` within ``a.b``."""
        parts = self.namespace.split(".") if self.namespace else []
        return [".".join(parts[: i + 1]) for i in range(len(parts))]

    @property
    def place(self) -> str:
        """``file:line`` where it was defined."""
        return f"{self._place[0]}:{self._place[1]}"

    @property
    def where(self) -> tuple[str, ...]:
        """Places to look at when something is wrong with it: its definition and its function's."""
        return places(self.func, self._place)

    @cached_property
    def call(self) -> Call:
        """``call(values, injected)`` calls the function; ``values`` in the order of ``bindings``."""
        return caller(self.func, Bound(self.bindings, dict(self.injected), self._positions))

    @cached_property
    def unpack(self) -> Unpack:
        """``unpack(result)`` gives (dataset, value) for every output, in order.

        It raises NodeError when the result does not fit the outputs.
        """
        return unpacker(self.name, self._outputs, lambda: self.where)

    def run(
        self, inputs: Mapping[str, Any] | None = None, *, injected: Mapping[str, object] | None = None
    ) -> dict[str, Any]:
        """Call the function with data by dataset name and return its outputs by dataset name.

        A generator function gives a generator for each output.

        Args:
            inputs: exactly the datasets in :attr:`inputs`.
            injected: a value for every argument in :attr:`injected`.

        Raises:
            NodeError: other inputs are given than the node has, or the result does not fit.
        """
        given = {} if inputs is None else inputs
        if not isinstance(given, Mapping):
            raise NodeError(f"Node.run() takes a dict of inputs, not {type(inputs).__name__}")
        values = injected or {}
        self._check_given("inputs", set(self.inputs), given)
        self._check_given("injected arguments", set(self.injected), values)
        result = self.call([given[binding.dataset] for binding in self.bindings], values)
        return self._streamed(result) if self.streams else dict(self.unpack(result))

    def __call__(self, **inputs: Any) -> dict[str, Any]:
        return self.run(inputs)

    def _check_given(self, what: str, expected: set[str], given: Collection[str]) -> None:
        if expected != set(given):
            raise NodeError(
                f"node '{self.name}' is run with other {what} than it has",
                where=self.where,
                why=f"expected: {', '.join(sorted(expected)) or 'none'}\n"
                f"given: {', '.join(sorted(given)) or 'none'}",
            )

    def _streamed(self, chunks: Any) -> dict[str, Any]:
        if isinstance(self._outputs, str):
            return {self._outputs: chunks}
        names = self._output_names
        streams = tee((self.unpack(chunk) for chunk in chunks), len(names))
        return {
            name: _nth_values(stream, i) for i, (name, stream) in enumerate(zip(names, streams, strict=True))
        }

    @cached_property
    def _key(self) -> tuple[object, ...]:
        reads = frozenset((b.parameter, b.dataset, b.mode) for b in self.bindings)
        outputs = self._outputs
        if isinstance(outputs, dict):
            return self.base_name, reads, frozenset(outputs.items())
        return self.base_name, reads, outputs if isinstance(outputs, str) else self._output_names

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Node):
            return NotImplemented
        return self._key == other._key and same_function(self.func, other.func)

    def __hash__(self) -> int:
        return hash(self._key)

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Node):
            return NotImplemented
        return self._order < other._order

    @property
    def _order(self) -> tuple[str, list[str], list[str]]:
        return self.name, self.inputs, self.outputs

    def __str__(self) -> str:
        prefix = f"{self._given_name}: " if self._given_name else ""
        inputs = f"[{';'.join(self.inputs)}]" if self.bindings else "None"
        outputs = f"[{';'.join(self._output_names)}]" if self._output_names else "None"
        return f"{prefix}{function_name(self.func)}({inputs}) -> {outputs}"

    def __repr__(self) -> str:
        inputs = [binding.mode or binding.dataset for binding in self.bindings]
        return f"Node({function_name(self.func)}, {inputs!r}, {self._as_outputs()!r}, name={self.name!r})"


def _renamed(binding: Binding, rename: Callable[[str], str]) -> Binding:
    name = rename(binding.dataset)
    mode = None if binding.mode is None else replace(binding.mode, dataset=name)
    return binding._replace(dataset=name, mode=mode)


def _nth_values(stream: Iterable[list[tuple[str, object]]], position: int) -> Iterator[object]:
    return (pairs[position][1] for pairs in stream)


def _restore(values: dict[str, Any]) -> Node:
    made = object.__new__(Node)
    object.__setattr__(made, "__dict__", values)
    return made


def _without_derived(made: Node) -> dict[str, Any]:
    values = dict(made.__dict__)
    for derived in _DERIVED:
        values.pop(derived, None)
    return values


node = Node
"""Kedro's other spelling of :class:`Node`: pipelines read better with it."""
