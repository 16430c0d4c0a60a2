"""The JSON Schema of a catalog file, for editors that complete and check while one types."""

from __future__ import annotations

from typing import Any

from plait.catalog import registry

__all__ = ["catalog_schema"]


def catalog_schema() -> dict[str, Any]:
    """Return the JSON Schema of ``catalog*.yml``; imports no data library."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Plait catalog",
        "type": "object",
        "patternProperties": {"^_": {"description": "An anchor that other entries refer to; no dataset."}},
        "additionalProperties": {"$ref": "#/$defs/entry"},
        "$defs": {"entry": _entry(), "type": _type(), "arguments": _arguments()},
    }


def _entry() -> dict[str, Any]:
    return {
        "description": "A path, `memory`, or the long form.",
        "anyOf": [
            {"type": "string", "description": "A path or URL whose suffix says the format, or `memory`."},
            {
                "type": "object",
                "properties": _properties(),
                "anyOf": [{"required": [key]} for key in ("type", "path", "filepath")],
            },
        ],
    }


def _properties() -> dict[str, Any]:
    text = {"type": "string"}
    location = {
        **text,
        "description": "A path below the project, or any fsspec URL; many files with `*` or {name}.",
    }
    arguments = {"$ref": "#/$defs/arguments"}
    return {
        "type": {"$ref": "#/$defs/type"},
        "path": location,
        "filepath": {**location, "description": "Kedro's name for `path`."},
        "pattern": {
            **text,
            "description": "For `partitions`: how files are named below `path`, as {year}/{month}.csv.",
        },
        "suffix": {**text, "description": "For `partitions`: all files that end so, instead of a pattern."},
        "dataset": {
            "description": "For `partitions`: what each part is, a type or an entry without a path.",
            "anyOf": [text, {"type": "object"}],
        },
        "frame": {
            "enum": ["pandas", "polars", "polars-lazy", "arrow"],
            "description": "The library that reads and writes; consumers get what their annotations ask for.",
        },
        "load_args": {**arguments, "description": "Further keywords for the reader of the frame's library."},
        "save_args": {**arguments, "description": "Further keywords for the writer of the frame's library."},
        "versioned": {"type": "boolean", "description": "Keep every save, as path/<version>/name."},
        "credentials": {**text, "description": "A name in credentials.yml."},
        "fs_args": {**arguments, "description": "Further keywords for the file system of a URL."},
        "layer": {**text, "description": "By default what a folder such as 01_raw says."},
        "description": text,
        "tags": {"anyOf": [text, {"type": "array", "items": text}]},
        "metadata": {"description": "Anything; kept for others to read."},
        "checks": {"description": "What the data must fulfil."},
        "fingerprint": {
            "enum": ["content", "token", "stat"],
            "description": "How a change of the data is noticed.",
        },
        "copy_mode": {
            "enum": ["deepcopy", "copy", "assign"],
            "description": "For `memory`: how consumers are kept from seeing each other's changes.",
        },
    }


def _type() -> dict[str, Any]:
    return {
        "description": "A type of Plait's or Kedro's, or the import path of a class.",
        "anyOf": [{"enum": registry.known_types()}, {"type": "string", "pattern": r"^[\w{}]+(\.[\w{}]+)+$"}],
    }


def _arguments() -> dict[str, Any]:
    return {"type": ["object", "null"]}
