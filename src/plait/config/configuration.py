"""The configuration of one project in one environment."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from plait.config import resolvers as _resolvers
from plait.config.credentials import Credentials
from plait.config.documents import Document, read_bytes
from plait.config.files import ConfigFolder, of_kind, split_environments
from plait.config.kept import digest, recall, remember
from plait.config.layers import Layer, Source, Stack, check_duplicates, raise_collected
from plait.config.overridden import check_overrides, runtime_names
from plait.config.overrides import nested_names
from plait.config.parameters import Parameters
from plait.config.parsed import load_document
from plait.config.paths import ABSENT, KeyPath, at, find, split
from plait.config.resolving import Resolved, Resolver, resolve_tree
from plait.errors import ConfigError, MissingConfigException, PlaitError, did_you_mean
from plait.values import Origin

__all__ = ["Config", "load_config"]

_KINDS = ("catalog", "parameters", "credentials", "globals")
_KEPT = ("catalog",)  # the one kind that is large enough
_DEFAULTS = "package defaults"
_RUNTIME = "runtime"


def load_config(
    folder: Path | str,
    environments: Sequence[str] | str = (),
    *,
    runtime_parameters: Mapping[str, Any] | None = None,
    project: Path | None = None,
    cache: Path | None = None,
    defaults: Mapping[str, Mapping[str, Any]] | None = None,
    resolvers: Mapping[str, Callable[..., Any]] | None = None,
) -> Config:
    """Return the configuration in ``folder``; files are read when a kind is first asked for.

    Args:
        folder: the folder that holds ``base``, ``local`` and other environments.
        environments: the layers above ``base``, in order, or ``"a,b"``; ``local`` when none is named.
        runtime_parameters: the topmost layer of parameters, nested or with dotted names, taken literally.
        project: the folder that file names in messages are relative to.
        cache: a folder to keep parsed files in, such as ``.plait/cache``.
        defaults: the lowest layer, by kind.
        resolvers: functions for ``${name:argument,…}`` beside the built-in ones.

    Raises:
        MissingConfigException: when the folder or an environment does not exist.
    """
    chosen = split_environments(environments) if isinstance(environments, str) else tuple(environments)
    opened = ConfigFolder.open(Path(folder), chosen, project)
    return Config(opened, runtime_parameters or {}, cache, defaults or {}, resolvers or {})


class Config:
    """Layered configuration: plain values that know where they came from.

    Every kind is read at first use and kept; the object is not changed afterwards. Made by
    :func:`load_config`.
    """

    def __init__(
        self,
        folder: ConfigFolder,
        runtime_parameters: Mapping[str, Any],
        cache: Path | None,
        defaults: Mapping[str, Mapping[str, Any]],
        resolvers: Mapping[str, Resolver],
    ) -> None:
        self._folder = folder
        self._runtime = dict(runtime_parameters)
        self._cache = cache
        self._defaults = defaults
        self._custom = dict(resolvers)
        self._files: dict[str, list[str]] = {}
        self._stacks: dict[str, Stack] = {}
        self._resolved: dict[str, Resolved] = {}

    @property
    def environments(self) -> tuple[str, ...]:
        """The environments above ``base``, in order."""
        return self._folder.environments

    @property
    def catalog(self) -> dict[str, Any]:
        """The catalog's entries; their credentials are still names. Templates (``_name``) are left out."""
        return dict(self._resolve("catalog").values)

    @property
    def globals(self) -> dict[str, Any]:
        return dict(self._resolve("globals").values)

    @property
    def parameters(self) -> Parameters:
        values, secrets, _ = self._resolve("parameters")
        stack = self._stack("parameters")
        files = [source.name for source in stack.sources if source.path]
        return Parameters(values, stack.origin, secrets=secrets, files=files)

    @property
    def credentials(self) -> Credentials:
        place = self._folder.file_name("local", "credentials.yml")
        return Credentials(self._credential_names(), self._credential, place)

    def __getitem__(self, kind: str) -> Any:
        """Return the values of any kind: ``config["logging"]`` reads ``logging*.yml`` of every layer.

        Raises:
            MissingConfigException: when no file holds this kind.
        """
        if kind == "credentials":
            return self.credentials
        if kind not in self:
            raise MissingConfigException(
                f"there is no configuration of the kind '{kind}'",
                where=self._folder.name,
                hint=did_you_mean(kind, self.kinds()) or f"add {self._folder.name}/base/{kind}.yml",
            )
        return dict(self._resolve(kind).values)

    def __contains__(self, kind: str) -> bool:
        return kind in _KINDS or bool(self._stack(kind).sources)

    def get(self, kind: str, default: Any = None) -> Any:
        """Return ``config[kind]``, or the default where no file holds this kind."""
        return self[kind] if kind in self else default  # noqa: SIM401 - this is that get

    def kinds(self) -> list[str]:
        """Return the four standard kinds and what else the file names of the layers suggest."""
        files = [file for layer in ("", *self._folder.layers) for file in self._list(layer)]
        return sorted({*_KINDS, *(re.split(r"[._/]", file)[0] for file in files)})

    def with_runtime_parameters(self, parameters: Mapping[str, Any]) -> Config:
        """Return the same configuration under other runtime parameters, reading no file again."""
        other = Config(self._folder, parameters, self._cache, self._defaults, self._custom)
        other._files = self._files
        for kind, stack in self._stacks.items():
            if kind != "parameters":
                other._stacks[kind] = stack
        if "globals" in self._resolved:
            other._resolved["globals"] = self._resolved["globals"]
        if "parameters" in self._stacks:
            other._stacks["parameters"] = other._with_runtime(self._without_runtime())
        return other

    def check_overrides(self, read: Callable[[], Iterable[str]]) -> None:
        """Refuse runtime parameters that nothing knows, or that cannot be set.

        Args:
            read: gives the names of the parameters that nodes read; called only if the files do not know one.

        Raises:
            ParameterError: or Problems, all of them at once.
        """
        if not self._runtime:
            return
        self._stack("parameters")
        files = self._without_runtime()
        below = files.merged()
        check_overrides(
            nested_names(self._runtime, below),
            below,
            mentioned=lambda: {*read(), *self._runtime_names()},
            origin=files.origin,
        )

    def _runtime_names(self) -> Iterator[str]:
        for kind in self.kinds():
            with suppress(PlaitError):  # a broken file is told by whoever reads it
                yield from runtime_names(self._stack(kind).merged())

    def origin(self, kind: str, path: str | Sequence[Any]) -> Origin | None:
        """Return where the effective value at a path is written; None when there is none."""
        keys = self._keys(kind, path)
        return None if keys is None else self._stack(kind).origin(keys)

    def explain(self, kind: str, path: str | Sequence[Any]) -> list[tuple[Origin, Any]]:
        """Return what each layer says about a path, weakest first, as it is written there.

        The last one is in effect (mappings are merged). Secrets are shown as ``***``.
        """
        keys = self._keys(kind, path)
        if keys is None:
            return []
        secret = kind == "credentials" or self.is_secret(kind, keys)
        return [
            (source.origin(keys), _redacted(value) if secret else value)
            for source, value in self._stack(kind).contributions(keys)
        ]

    def shown(self, kind: str) -> dict[str, Any]:
        """Return ``config[kind]`` fit to be printed: every secret in it is ``***``."""
        if kind == "credentials":
            return {name: _redacted(value) for name, value in self._credential_names().items()}
        values, secrets, _ = self._resolve(kind)
        return {key: _without_secrets(value, (key,), secrets) for key, value in values.items()}

    def is_secret(self, kind: str, path: str | Sequence[Any]) -> bool:
        """Tell whether the value at a path came from an environment variable or credentials."""
        if kind == "credentials":
            return True
        # Keys may lie within a value that was put in whole, such as credentials: the text has none of them.
        keys = self._keys(kind, path) if isinstance(path, str) else tuple(path)
        secrets = self._resolve(kind).secrets
        return keys is not None and any(keys[: len(other)] == other for other in secrets)

    def _keys(self, kind: str, path: str | Sequence[Any]) -> KeyPath | None:
        tree = self._stack(kind).merged()
        if isinstance(path, str):
            found = find(tree, split(path.removeprefix("params:"))) or find(tree, path.split("."))
            return found.keys if found else None
        return tuple(path) if at(tree, path) is not ABSENT else None

    # --- reading -----------------------------------------------------------------------------------

    def _stack(self, kind: str) -> Stack:
        stack = self._stacks.get(kind)
        if stack is None:
            stack = self._read(kind)
            self._stacks[kind] = stack
        return stack

    def _read(self, kind: str) -> Stack:
        problems: list[PlaitError] = []
        layers = [self._default_layer(kind)] if kind in self._defaults else []
        names = self._folder.credential_layers if kind == "credentials" else self._folder.layers
        for name in names if kind in _KINDS else ("", *names):
            layer = Layer(name or self._folder.name, tuple(self._sources(kind, name, problems)))
            problems += check_duplicates(layer, kind)
            layers.append(layer)
        raise_collected(problems)
        stack = Stack(kind, tuple(layers))
        return self._with_runtime(stack) if kind == "parameters" else stack

    def _default_layer(self, kind: str) -> Layer:
        document = Document(dict(self._defaults[kind]), {})
        return Layer(_DEFAULTS, (Source(_DEFAULTS, _DEFAULTS, document),))

    def _sources(self, kind: str, layer: str, problems: list[PlaitError]) -> Iterator[Source]:
        for file in of_kind(self._list(layer), kind):
            path = self._folder.root / layer / file
            name = self._folder.file_name(layer, file)
            try:
                document = load_document(path, name, self._cache)
            except ConfigError as problem:
                problems.append(problem)
            else:
                yield Source(name, layer or self._folder.name, document, path)

    def _list(self, layer: str) -> list[str]:
        if layer not in self._files:
            self._files[layer] = self._folder.files(layer)
        return self._files[layer]

    def _with_runtime(self, stack: Stack) -> Stack:
        if not self._runtime:
            return stack
        values = nested_names(self._runtime, stack.merged())
        source = Source("--params", _RUNTIME, Document(_literal(values), {}))
        return Stack(stack.kind, (*stack.layers, Layer(_RUNTIME, (source,))))

    def _without_runtime(self) -> Stack:
        stack = self._stacks["parameters"]
        if stack.layers and stack.layers[-1].name == _RUNTIME:
            return Stack(stack.kind, stack.layers[:-1])
        return stack

    # --- resolving ---------------------------------------------------------------------------------

    def _resolve(self, kind: str) -> Resolved:
        resolved = self._resolved.get(kind)
        if resolved is None:
            resolved = (
                self._resolve_kept(kind) if self._cache and kind in _KEPT else self._resolve_afresh(kind)
            )
            self._resolved[kind] = resolved
        return resolved

    def _resolve_kept(self, kind: str) -> Resolved:
        """Return the values as they were resolved before, when every file they came from is the same."""
        key = self._key(kind)
        values = recall(self._kept(kind), key)
        if values is not None:
            return Resolved(values)
        resolved = self._resolve_afresh(kind)
        if self._depends_on_files_only(resolved) and self._key(kind) == key:  # not edited meanwhile
            remember(self._kept(kind), key, resolved.values)
        return resolved

    def _resolve_afresh(self, kind: str) -> Resolved:
        stack = self._stack(kind)
        resolved, problems = resolve_tree(
            stack.merged(),
            self._resolvers_for(kind),
            kind=kind,
            origin=stack.origin,
            skip_templates=kind != "parameters",
        )
        raise_collected(problems)
        return resolved

    def _depends_on_files_only(self, resolved: Resolved) -> bool:
        used = resolved.used - {"oc.decode"}
        return not used or (used == {"globals"} and self._depends_on_files_only(self._resolve("globals")))

    def _kept(self, kind: str) -> Path:
        folder = os.fsencode(self._folder.root.absolute())
        return Path(self._cache or "") / f"{digest(folder).hex()}.{kind}"

    def _key(self, kind: str) -> bytes:
        parts = [
            repr((self._defaults.get(kind), self._defaults.get("globals"), sorted(self._custom))).encode()
        ]
        for name in (kind, "globals"):
            for layer in self._folder.layers:
                for file in of_kind(self._list(layer), name):
                    path = self._folder.root / layer / file
                    parts += [
                        self._folder.file_name(layer, file).encode(),
                        digest(read_bytes(path, self._folder.file_name(layer, file))),
                    ]
        return digest(*parts)

    def _resolvers_for(self, kind: str) -> dict[str, Resolver]:
        return {**_resolvers.standard(os.environ), **self._built_in(kind), **self._custom}

    def _built_in(self, kind: str) -> dict[str, Resolver]:
        if kind == "globals":
            return {"globals": _GLOBALS_IN_GLOBALS, "runtime_params": _RUNTIME_IN_GLOBALS}
        found = {
            "globals": _resolvers.from_globals(lambda: self._resolve("globals")),
            "runtime_params": _resolvers.from_runtime(self._runtime),
        }
        if kind == "parameters":
            found["credentials"] = _resolvers.from_credentials(
                self._credential, lambda: list(self._credential_names())
            )
        return found

    def _credential_names(self) -> dict[str, Any]:
        return {
            str(name): value
            for name, value in self._stack("credentials").merged().items()
            if not str(name).startswith("_")
        }

    def _credential(self, name: str) -> Any:
        stack = self._stack("credentials")
        tree = {name: stack.merged()[name]}
        resolved, problems = resolve_tree(
            tree,
            self._resolvers_for("credentials"),
            kind="credentials",
            origin=stack.origin,
            within=stack.merged(),
        )
        raise_collected(problems)
        return resolved.values[name]


_GLOBALS_IN_GLOBALS = _resolvers.refused("globals refer to each other without a prefix", "write ${name}")
_RUNTIME_IN_GLOBALS = _resolvers.refused(
    "globals cannot use runtime parameters",
    "use ${runtime_params:name,${globals:name}} where the value is needed",
)
_OPENING = re.compile(r"(\\*)\$\{")


def _literal(value: Any) -> Any:
    """Escape ``${`` in what was given at run time, so that it can reach no environment variable."""
    if isinstance(value, str):
        return _OPENING.sub(r"\1\1\\${", value)
    if isinstance(value, Mapping):
        return {key: _literal(item) for key, item in value.items()}
    return [_literal(item) for item in value] if isinstance(value, list) else value


def _without_secrets(value: Any, keys: KeyPath, secrets: frozenset[KeyPath]) -> Any:
    if keys in secrets:
        return _redacted(value)
    if isinstance(value, Mapping):
        return {key: _without_secrets(item, (*keys, key), secrets) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_secrets(item, (*keys, index), secrets) for index, item in enumerate(value)]
    return value


def _redacted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _redacted(item) for key, item in value.items()}
    return "***"
