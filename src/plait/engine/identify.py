"""Taking the components of a step: its code, parameters, inputs, forms of output, and libraries."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plait.catalog import DataCatalog
from plait.config import Parameters
from plait.engine.plan import Load, Step
from plait.identity.components import (
    Components,
    Environment,
    InputIdentity,
    ParameterIdentity,
    Salt,
    components_to_json,
    parameter_identity,
)
from plait.identity.datasets import binding_of, location_of, spec_of
from plait.identity.encoding import NotEncodable, digest
from plait.identity.manifest import Codebase, CodeManifest
from plait.pipeline import Binding
from plait.values import Fingerprint

__all__ = ["Identifier", "Identity", "data_arguments"]


@dataclass(frozen=True, slots=True)
class Identity:
    """The components of a step, and where its code is."""

    components: Components
    manifest: CodeManifest

    def derived(self, place: int) -> Fingerprint | None:
        """Return what identifies an output that stays in memory: all it is made from, and its place.

        None where an input cannot be identified. The environment does not count.
        """
        parts = self.components
        salt = parts.salt or Salt()
        texts = [str(place), self.manifest.digest if parts.code is not None else "", salt.version, salt.seed]
        for name, parameter in sorted((parts.params or {}).items()):
            texts += [name, parameter.digest]
        for argument, item in sorted((parts.inputs or {}).items()):
            if item.token is None:
                return None
            texts += [argument, item.token, item.binding]
        # Lengths keep neighbours apart; a part that is missing is not an empty one.
        joined = "".join(["-;" if text is None else f"{len(str(text))}:{text};" for text in texts])
        return Fingerprint(f"derived:{hashlib.sha256(joined.encode()).hexdigest()}", "token")


class Identifier:
    """Takes the components of steps. What steps share, such as the code of a function, is taken once."""

    def __init__(
        self,
        codebase: Codebase,
        catalog: DataCatalog,
        parameters: Mapping[str, Any],
        *,
        seed: int = 0,
        lock: str | None = None,
    ) -> None:
        self._codebase = codebase
        self._catalog = catalog
        self._parameters = parameters
        self._seed = seed
        self._lock = lock
        self._bindings: dict[tuple[object, str | None], str] = {}
        self._specs: dict[object, str] = {}
        self._locations: dict[str, str] = {}
        self._environments: dict[tuple[str, ...], Environment] = {}
        self._classes: dict[type, object] = {}
        self._recorded: dict[tuple[object, ...], Mapping[str, Any]] = {}

    def manifest(self, step: Step) -> CodeManifest:
        """Return the code that a step's function reaches."""
        return self._codebase.manifest(step.node.func)

    def identify(self, step: Step, data: Mapping[str, Fingerprint | None]) -> Identity:
        """Return the components of a step whose inputs have these fingerprints, by name."""
        node = step.node
        manifest = self.manifest(step)
        random = manifest.uses_randomness or "Generator" in node.injected.values()
        components = Components(
            code=None if node.version is not None else manifest.digests,
            params=self._params(step),
            inputs=self._inputs(step, data),
            spec={
                str(place): self._spec(save.name)
                for place, save in enumerate(step.saves)
                if save.place == "stored"
            },
            env=self._environment(manifest),
            salt=Salt(node.version, self._seed if random else None),
        )
        return Identity(components, manifest)

    def recorded(self, step: Step) -> Mapping[str, Any] | None:
        """Return the components of a step but for its inputs, as a trace has them.

        Steps alike get one object. None where nothing identifies a part of the code.
        """
        node, manifest = step.node, self.manifest(step)
        if manifest.needs_version and node.version is None:
            return None
        specs = [self._spec(save.name) if save.place == "stored" else None for save in step.saves]
        values = [(load.name, id(load.value)) for load in step.loads if load.place == "parameter"]
        kind = (id(manifest), node.version, "Generator" in node.injected.values(), *specs, *values)
        known = self._recorded.get(kind)
        if known is None:
            facts = components_to_json(self.identify(step, {}).components)
            del facts["inputs"]
            known = self._recorded[kind] = facts
        return known

    def given(
        self, step: Step, data: Mapping[str, Fingerprint | None]
    ) -> dict[str, tuple[str | None, str | None, str]]:
        """Return argument → token, strength and binding of what a step is given."""
        return {
            argument: (*(data.get(load.name) or (None, None)), self._how(load))
            for argument, (_, load) in data_arguments(step).items()
        }

    def location(self, name: str) -> str:
        """Return where the record of a stored dataset is filed."""
        known = self._locations.get(name)
        if known is None:
            entry = self._catalog.entry(name)
            if entry is not None and entry.plain_path is not None and entry.location is not None:
                known = entry.location
            else:
                known = location_of(name, self._catalog.dataset(name), entry)
            self._locations[name] = known
        return known

    def texts(self, manifest: CodeManifest) -> dict[str, str]:
        """Return the source of the symbols of a manifest, by digest."""
        return self._codebase.texts(manifest)

    def _params(self, step: Step) -> dict[str, ParameterIdentity]:
        return {
            load.name.removeprefix("params:"): self._parameter(load.name, load.value)
            for load in step.loads
            if load.place == "parameter"
        }

    def _parameter(self, name: str, value: Any) -> ParameterIdentity:
        secret = isinstance(self._parameters, Parameters) and self._parameters.is_secret(name)
        try:
            found = parameter_identity(value, secret=secret)
        except NotEncodable:
            return ParameterIdentity(f"type:{type(value).__module__}.{type(value).__qualname__}")
        code = self._class_code(type(value))
        # A validated instance depends on the code of its model, too: on defaults and validators.
        return found if code is None else ParameterIdentity(digest((found.digest, code)), found.shown)

    def _inputs(self, step: Step, data: Mapping[str, Fingerprint | None]) -> dict[str, InputIdentity]:
        found: dict[str, InputIdentity] = {}
        for argument, (binding, load) in data_arguments(step).items():
            token, strength = data.get(load.name) or (None, None)
            found[argument] = InputIdentity(binding.dataset, token, strength, self._how(load))
        return found

    def _how(self, load: Load) -> str:
        """Return what shapes the value that is loaded."""
        return self._binding(load.name, load.frame) if load.place == "stored" else load.frame or ""

    def _binding(self, name: str, frame: str | None) -> str:
        kind = self._kind(name)
        known = self._bindings.get((kind, frame))
        if known is None:
            dataset, entry = self._catalog.dataset(name), self._catalog.entry(name)
            known = self._bindings[kind, frame] = binding_of(dataset, entry, frame, self._class_digest)
        return known

    def _spec(self, name: str) -> str:
        kind = self._kind(name)
        known = self._specs.get(kind)
        if known is None:
            dataset, entry = self._catalog.dataset(name), self._catalog.entry(name)
            known = self._specs[kind] = spec_of(dataset, entry, self._class_digest)
        return known

    def _kind(self, name: str) -> str | tuple[str, str | None]:
        """Return what datasets have in common that load and save alike; of most, the name alone."""
        entry = self._catalog.entry(name)
        return name if entry is None or entry.plain_path is None else (entry.type, entry.frame)

    def _environment(self, manifest: CodeManifest) -> Environment:
        names = manifest.distributions
        known = self._environments.get(names)
        if known is None:
            versions = self._codebase.distributions.versions(names)
            known = self._environments[names] = Environment(versions=versions, lock=self._lock)
        return known

    def _class_digest(self, cls: type) -> object:
        return self._class_code(cls) or f"{cls.__module__}.{cls.__qualname__}"

    def _class_code(self, cls: type) -> object:
        """Return what identifies the code of a class of the user's own, or None for any other."""
        if cls.__module__ == "builtins":
            return None
        if cls not in self._classes:
            manifest = self._codebase.manifest(cls)
            self._classes[cls] = manifest.digest if manifest.files else None
        return self._classes[cls]


def data_arguments(step: Step) -> dict[str, tuple[Binding, Load]]:
    """Return the arguments that are data; those that ``*args`` collects are told apart by their position."""
    found: dict[str, tuple[Binding, Load]] = {}
    for binding, load in zip(step.node.bindings, step.loads, strict=True):
        if load.place != "parameter":
            name = binding.parameter
            found[name if name not in found else f"{name}[{len(found)}]"] = binding, load
    return found
