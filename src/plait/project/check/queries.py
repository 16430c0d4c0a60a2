"""Rules about the SQL of entries: the tables and values it names. Nothing is asked of a database."""

from __future__ import annotations

from collections.abc import Iterator

from plait.catalog import Entry
from plait.catalog.references import Query, file_of, unknown_parameters
from plait.catalog.registry import dataset_type, is_file_format
from plait.errors import PlaitError, did_you_mean
from plait.project.check.facts import Facts
from plait.project.check.findings import Finding, error

__all__ = ["wrong_queries"]


def wrong_queries(facts: Facts) -> Iterator[Finding]:
    """Every query can be read, names tables of the catalog only, and takes the values it is given."""
    if not facts.catalog.may_refer:
        return
    for name, entry in facts.entries.items():
        try:
            query = facts.catalog.query(name)
        except PlaitError:
            continue  # told of by the rule about entries
        except (OSError, UnicodeDecodeError, LookupError) as problem:
            yield error(
                "query",
                f"The file of query '{name}' cannot be read",
                where=facts.entry_places([name]),
                why=str(problem).replace(f"{facts.root}/", ""),
            )
            continue
        if query is not None:
            yield from _wrong_references(name, entry, query, facts)
            yield from _unused_values(name, entry, query, facts)


def _wrong_references(name: str, entry: Entry, query: Query, facts: Facts) -> Iterator[Finding]:
    file = file_of(entry.arguments, facts.root)
    for reference in {item.dataset: item for item in reversed(query.references)}.values():
        line = None if file is None else facts.relative(f"{file}:{reference.line}")
        where = [*([line] if line else []), *facts.entry_places([name])]
        known = facts.entries.get(reference.dataset) or facts.catalog.entry(reference.dataset)
        if known is None and reference.dataset not in facts.catalog:
            yield error(
                "query",
                f"Query '{name}' names the dataset '{reference.dataset}', which is not in the catalog",
                where=where,
                hint=did_you_mean(reference.dataset, facts.catalog.keys())
                or "add it to the catalog, or write the name of the table without dataset('…')",
            )
        elif known is not None and _is_no_table(known):
            yield error(
                "query",
                f"Query '{name}' names '{reference.dataset}', which is no table of a database",
                where=where,
                why=f"Its type is '{known.type}'",
                hint="a node can store it as a table, and the query name that",
            )


def _is_no_table(entry: Entry) -> bool:
    row = dataset_type(entry.type)
    return entry.is_memory or row.refers or is_file_format(row)


def _unused_values(name: str, entry: Entry, query: Query, facts: Facts) -> Iterator[Finding]:
    given = entry.arguments.get("parameters")
    for parameter in unknown_parameters(query, given if isinstance(given, dict) else ()):
        yield error(
            "query",
            f"Query '{name}' does not take ':{parameter}'",
            where=facts.entry_places([name]),
            hint=did_you_mean(parameter, query.parameters)
            or f"write `:{parameter}` where the value belongs, or remove it from `parameters`",
        )
