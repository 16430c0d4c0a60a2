"""What may stand before the colon in ``${name:…}``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from plait.config.paths import find, leaf_paths, split
from plait.config.resolving import Resolved, Resolver, Tainted, Unresolved, primitive
from plait.errors import did_you_mean

__all__ = ["environment", "from_credentials", "from_globals", "from_runtime", "refused", "standard"]

_NOTHING = object()


def standard(environ: Mapping[str, str]) -> dict[str, Resolver]:
    """Return the resolvers that work in every kind of configuration."""
    read = environment(environ)
    return {"oc.env": read, "env": read, "oc.decode": _decode}


def environment(environ: Mapping[str, str]) -> Resolver:
    """Return ``${oc.env:NAME,default}``: text, or null when the default is null."""

    def read(name: str, default: Any = _NOTHING) -> Any:
        if name in environ:
            return Tainted(environ[name])
        if default is _NOTHING:
            raise Unresolved(
                f"the environment variable '{name}' is not set",
                f"set it, or write a default: ${{oc.env:{name},default}}",
            )
        return None if default is None else str(default)

    return read


def _decode(text: Any) -> Any:
    return primitive(text.strip()) if isinstance(text, str) else text


def from_globals(resolved: Callable[[], Resolved]) -> Resolver:
    """Return ``${globals:a.b,default}``; ``resolved`` gives the globals at first use."""

    def read(path: str, default: Any = _NOTHING) -> Any:
        values, secrets, _ = resolved()
        found = find(values, split(str(path)))
        if found is not None:
            secret = any(
                keys[: len(found.keys)] == found.keys or found.keys[: len(keys)] == keys for keys in secrets
            )
            return Tainted(found.value) if secret else found.value
        if default is not _NOTHING:
            return default
        hidden = "keys that begin with '_' are not shared; rename it" if str(path).startswith("_") else None
        raise Unresolved(
            f"globals have no '{path}'",
            hidden or _close(str(path), values) or f"add '{path}' to conf/base/globals.yml",
        )

    return read


def from_runtime(parameters: Mapping[str, Any]) -> Resolver:
    """Return ``${runtime_params:a.b,default}``."""

    def read(path: str, default: Any = _NOTHING) -> Any:
        found = find(parameters, split(str(path)))
        if found is not None:
            return found.value
        if default is not _NOTHING:
            return default
        raise Unresolved(
            f"the runtime parameter '{path}' was not given",
            _close(str(path), parameters)
            or f"give it: --params {path}=…; or write a default: ${{runtime_params:{path},default}}",
        )

    return read


def from_credentials(values: Callable[[str], Any], names: Callable[[], list[str]]) -> Resolver:
    """Return ``${credentials:name.key}``, whose values are recorded as digests only."""

    def read(path: str) -> Any:
        name, *rest = split(str(path))
        if name in names():
            found = find(values(name), rest)
            if found is not None:
                return Tainted(found.value)
        raise Unresolved(
            f"there are no credentials '{path}'",
            did_you_mean(name, names()) or "add them to conf/local/credentials.yml",
        )

    return read


def refused(what: str, hint: str) -> Resolver:
    """Return a resolver that says why it may not be used here."""

    def read(*_: Any) -> Any:
        raise Unresolved(what, hint)

    return read


def _close(path: str, tree: Mapping[str, Any]) -> str | None:
    return did_you_mean(path, {".".join(map(str, keys)) for keys in leaf_paths(tree) if keys})
