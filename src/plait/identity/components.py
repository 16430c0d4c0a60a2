"""What a node's result depends on, in five components and a salt, each stored on its own.

A single digest could say that something changed, never what. Every component has a schema number: a record
of another schema, or one that lacks a component, is not held against the node; the component is adopted.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from plait.identity.encoding import digest, digest_texts
from plait.values import Fingerprint, Strength

__all__ = [
    "SCHEMAS",
    "Component",
    "Components",
    "Environment",
    "InputIdentity",
    "ParameterIdentity",
    "Salt",
    "Trace",
    "components_from_json",
    "components_to_json",
    "parameter_identity",
    "trace_from_json",
    "trace_to_json",
]

Component = Literal["code", "params", "inputs", "spec", "env", "salt"]

SCHEMAS: Mapping[str, int] = MappingProxyType(
    {"code": 1, "params": 1, "inputs": 1, "spec": 1, "env": 1, "salt": 1, "outputs": 1}
)
"""Grows for a component whenever the same project would get another digest for it; ``outputs`` are tokens."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})
_PRESENT = dict(SCHEMAS)  # one for all components of now, so that they compare by being the same
_SMALL = 1000


@dataclass(frozen=True, slots=True)
class ParameterIdentity:
    """One parameter: its digest, and its value as text where it is small and no secret."""

    digest: str
    shown: str | None = None


@dataclass(frozen=True, slots=True)
class InputIdentity:
    """What one argument was given.

    Attributes:
        dataset: its name, for messages; not compared.
        token: the fingerprint; None where the data cannot be identified, or is not there yet.
        binding: digest of all that shapes the loaded value (type, load arguments, frame, pinned version).
    """

    dataset: str
    token: str | None
    strength: Strength | None = None
    binding: str = ""


@dataclass(frozen=True, slots=True)
class Environment:
    """The Python and the libraries that a node's code reaches.

    Attributes:
        python: major and minor version.
        versions: distribution → version.
        lock: digest of the project's lock file, for the policy of that name.
    """

    python: str = f"{sys.version_info.major}.{sys.version_info.minor}"
    versions: Mapping[str, str] = field(default_factory=dict)
    lock: str | None = None


@dataclass(frozen=True, slots=True)
class Salt:
    """What a user says on top: the node's ``version=``, and the project seed where it matters."""

    version: str | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Components:
    """What one result of a node depends on. None for a component that is not known.

    Attributes:
        code: manifest key → digest.
        params: name as the node declares it (``a.b``) → identity.
        inputs: argument → identity.
        spec: location of an output → digest of the arguments of its dataset that affect the bytes.
        schemas: component → schema number.
    """

    code: Mapping[str, str] | None = None
    params: Mapping[str, ParameterIdentity] | None = None
    inputs: Mapping[str, InputIdentity] | None = None
    spec: Mapping[str, str] | None = None
    env: Environment | None = None
    salt: Salt | None = None
    schemas: Mapping[str, int] = field(default_factory=lambda: _PRESENT)

    def key(self, *, with_env: bool = False) -> str | None:
        """Return one digest of all that the result depends on, or None where an input has no fingerprint.

        Args:
            with_env: whether the environment counts, as it does under the policies ``reached`` and ``lock``.
        """
        inputs = self.inputs or _NOTHING
        if any(item.token is None for item in inputs.values()):
            return None
        parts = {
            "code": digest_texts(self.code or _NOTHING),
            "params": {name: item.digest for name, item in (self.params or _NOTHING).items()},
            "inputs": {name: (item.token, item.binding) for name, item in inputs.items()},
            "salt": self.salt or Salt(),
            "env": self.env if with_env else None,
        }
        return digest({name: _mapped(part) for name, part in parts.items()})

    def derived(self, output: str, *, with_env: bool = False) -> Fingerprint | None:
        """Return the fingerprint of an output that stays in memory; None where an input has none."""
        key = self.key(with_env=with_env)
        if key is None:
            return None
        schemas = ".".join(str(self.schemas.get(name, 0)) for name in ("code", "params", "inputs", "salt"))
        return Fingerprint(f"derived-{schemas}:{digest((key, output))}", "token")


def _mapped(part: Any) -> Any:
    return dict(part) if isinstance(part, Mapping) else part


@dataclass(frozen=True, slots=True)
class Trace:
    """A success: with these components a node produced these outputs.

    Attributes:
        outputs: location → token of what was saved; None where its store cannot tell.
    """

    components: Components
    outputs: Mapping[str, str | None] = field(default_factory=dict)
    node: str = ""
    run_id: str = ""
    finished: float = 0.0


def parameter_identity(value: Any, *, secret: bool = False) -> ParameterIdentity:
    """Return the identity of a parameter; a secret one is never shown.

    Raises:
        NotEncodable: the value has no canonical form.
    """
    shown = None if secret else _shown(value)
    return ParameterIdentity(digest(value), shown)


def _shown(value: Any) -> str | None:
    try:
        text = repr(value)
    except Exception:  # a user's own __repr__
        return None
    return text if len(text) <= _SMALL else None


def components_to_json(components: Components) -> dict[str, Any]:
    """Return components as plain values, for the ledger and for records beside shared data."""
    document: dict[str, Any] = {"schemas": dict(components.schemas)}
    if components.code is not None:
        document["code"] = dict(components.code)
    if components.params is not None:
        document["params"] = {name: [p.digest, p.shown] for name, p in components.params.items()}
    if components.inputs is not None:
        document["inputs"] = {
            name: [i.dataset, i.token, i.strength, i.binding] for name, i in components.inputs.items()
        }
    if components.spec is not None:
        document["spec"] = dict(components.spec)
    if components.env is not None:
        env = components.env
        document["env"] = {"python": env.python, "versions": dict(env.versions), "lock": env.lock}
    if components.salt is not None:
        document["salt"] = {"version": components.salt.version, "seed": components.salt.seed}
    return document


def components_from_json(document: Mapping[str, Any]) -> Components:
    """Return what :func:`components_to_json` described; what is missing or unknown in it stays unknown."""
    params, inputs = document.get("params"), document.get("inputs")
    env, salt = document.get("env"), document.get("salt")
    return Components(
        document.get("code"),
        None if params is None else {name: ParameterIdentity(*row[:2]) for name, row in params.items()},
        None if inputs is None else {name: InputIdentity(*row[:4]) for name, row in inputs.items()},
        document.get("spec"),
        None if env is None else Environment(env["python"], env.get("versions", {}), env.get("lock")),
        None if salt is None else Salt(salt.get("version"), salt.get("seed")),
        document.get("schemas", {}),
    )


def trace_to_json(trace: Trace) -> dict[str, Any]:
    """Return a trace as plain values."""
    return {
        "node": trace.node,
        "run": trace.run_id,
        "finished": trace.finished,
        "outputs": dict(trace.outputs),
        "components": components_to_json(trace.components),
    }


def trace_from_json(document: Mapping[str, Any]) -> Trace:
    """Return the trace that :func:`trace_to_json` described."""
    return Trace(
        components_from_json(document["components"]),
        document["outputs"],
        document.get("node", ""),
        document.get("run", ""),
        document.get("finished", 0.0),
    )
