"""Gathering the facts of a project, as far as it can be read, and applying all rules to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

from plait.errors import PipelineNotFoundError, PlaitError, did_you_mean
from plait.project.check import catalogs, declared_types, naming, pipelines, queries
from plait.project.check.facts import Facts, Source
from plait.project.check.findings import Finding, flattened, warning
from plait.project.pipelines import DEFAULT
from plait.project.settings import KEDRO_ONLY
from plait.project.tracking import tracking_of

if TYPE_CHECKING:
    from plait.catalog import DataCatalog, Entry
    from plait.project.project import Project

__all__ = ["check_project"]

T = TypeVar("T")
Rule = Callable[[Facts], Iterable[Finding]]

_RULES: tuple[Rule, ...] = (
    pipelines.free_inputs,
    pipelines.unlisted_outputs,
    catalogs.wrong_entries,
    queries.wrong_queries,
    catalogs.open_secrets,
    catalogs.names_of_parameters,
    catalogs.missing_libraries,
    catalogs.shared_locations,
    declared_types.frame_unions,
    declared_types.unfit_types,
    catalogs.unused_entries,
    naming.disagreeing_names,
)


def check_project(project: Project, pipeline: str = DEFAULT) -> list[Finding]:
    """Return everything that is wrong or doubtful, errors first, in the order of the files."""
    inspection = _Inspection(project, pipeline)
    findings = inspection.findings()
    return sorted(findings, key=lambda finding: finding.severity != "error")


class _Inspection:
    """Reads one part after the other; what cannot be read is a finding, and the rest is still checked."""

    def __init__(self, project: Project, pipeline: str) -> None:
        self._project = project
        self._name = pipeline
        self._found: list[Finding] = []

    def findings(self) -> list[Finding]:
        """Return what could not be read, and what the rules say of the rest."""
        self._try("settings", lambda: self._project.settings)
        self._try("hooks", lambda: self._project.parts().hooks)
        self._try("mlflow", lambda: tracking_of(self._project, self._project.parts()))
        sources = self._sources()
        catalog = self._try("catalog", lambda: self._project.catalog)
        entries = self._entries(catalog, sources) if catalog is not None else {}
        self._check_parameters(sources)
        if catalog is not None:
            facts = self._facts(sources, catalog, entries)
            for rule in _RULES:
                self._found += rule(facts)
        self._found += self._kedro_settings()
        first: dict[str, Finding] = {}
        for finding in self._found:  # what breaks the catalog may break the parameters too
            first.setdefault(str(finding), finding)
        return list(first.values())

    def _try(self, rule: str, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except PlaitError as problem:
            self._found += flattened(rule, problem)
            return None

    def _sources(self) -> tuple[Source, ...]:
        found = self._try("pipeline", lambda: self._project.pipelines)
        if found is None:
            return ()
        if self._name not in found:
            raise PipelineNotFoundError(
                f"There is no pipeline '{self._name}'",
                hint=did_you_mean(self._name, found) or "pipelines are: " + ", ".join(found),
            )
        names = [self._name] if self._name != DEFAULT else [*found.named, DEFAULT]
        made = [(name, self._try("pipeline", lambda name=name: found[name])) for name in names]  # type: ignore[misc]
        return tuple(Source(name, pipeline) for name, pipeline in made if pipeline is not None)

    def _entries(self, catalog: DataCatalog, sources: tuple[Source, ...]) -> dict[str, Entry]:
        used = {name for source in sources for name in source.pipeline.datasets()}
        names = dict.fromkeys([*catalog.keys(), *sorted(used)])
        read = ((name, self._try("catalog", lambda name=name: catalog.entry(name))) for name in names)  # type: ignore[misc]
        return {name: entry for name, entry in read if entry is not None}

    def _check_parameters(self, sources: tuple[Source, ...]) -> None:
        from plait.config import bind_parameters

        parameters = self._try("parameters", lambda: self._project.parameters)
        nodes = {node.name: node for source in sources for node in source.pipeline.nodes}
        if parameters is not None:
            self._try("parameters", lambda: self._project.parts().check_overrides())
            self._try("parameters", lambda: bind_parameters(nodes.values(), parameters))

    def _facts(self, sources: tuple[Source, ...], catalog: DataCatalog, entries: dict[str, Entry]) -> Facts:
        self._try("credentials", self._credentials)
        settings = self._try("settings", lambda: self._project.settings)
        return Facts(
            sources=sources,
            whole=self._name == DEFAULT,
            catalog=catalog,
            entries=entries,
            naming=settings is not None and settings.naming,
            root=self._project.root,
        )

    def _credentials(self) -> tuple[str, ...]:
        return () if self._project.package is None else tuple(self._project.config.credentials)

    def _kedro_settings(self) -> Iterator[Finding]:
        for name in self._project.parts().ignored_settings:
            assert name in KEDRO_ONLY
            yield warning(
                "settings", f"{name} in settings.py has no meaning here", hint="Plait ignores it; remove it"
            )
