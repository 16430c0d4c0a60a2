"""JSON Schemas of what endpoints answer, said in few words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = [
    "ANYTHING",
    "NUMBER",
    "OF_NODE",
    "REASON",
    "TEXT",
    "WHOLE",
    "YES_OR_NO",
    "Schema",
    "by_name",
    "list_of",
    "one_of",
    "or_null",
    "record",
]

Schema = Mapping[str, Any]

ANYTHING: Schema = {}
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
WHOLE: Schema = {"type": "integer"}
YES_OR_NO: Schema = {"type": "boolean"}


def one_of(*texts: str) -> Schema:
    """Return the schema of one of some texts."""
    return {"enum": list(texts)}


def or_null(schema: Schema) -> Schema:
    """Return the schema of what may be null."""
    return {"anyOf": [schema, {"type": "null"}]}


def list_of(schema: Schema) -> Schema:
    """Return the schema of a list of any length."""
    return {"type": "array", "items": schema}


def by_name(schema: Schema) -> Schema:
    """Return the schema of an object with names of any kind."""
    return {"type": "object", "additionalProperties": schema}


def record(fields: Mapping[str, Schema], maybe: Mapping[str, Schema] | None = None) -> Schema:
    """Return the schema of an object.

    Args:
        fields: what is always there.
        maybe: what may be left out.
    """
    return {"type": "object", "required": list(fields), "properties": {**fields, **(maybe or {})}}


REASON = record({"kind": TEXT, "text": TEXT})  # and details, which each kind has others of

OF_NODE: Mapping[str, Schema] = {
    "node": TEXT,
    "status": TEXT,
    "started": or_null(NUMBER),
    "seconds": or_null(NUMBER),
    "error": or_null(TEXT),
    "traceback": or_null(TEXT),
    "reasons": list_of(REASON),
}
"""What is told of a node in a run."""
