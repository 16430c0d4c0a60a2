"""JSON, YAML and TOML: plain values, mappings and lists."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from plait.catalog.frames import frame_of
from plait.catalog.preview import Preview
from plait.datasets.previews import fits, json_preview, text_preview
from plait.datasets.refusals import kind_of, unfit
from plait.datasets.sources import Source, opened
from plait.errors import DatasetError


def read_json(source: Source, **load_args: Any) -> Any:
    with opened(source, "r", **_open_args(load_args)) as file:
        return json.load(file, **load_args)


def write_json(data: Any, target: Path, **save_args: Any) -> None:
    _refuse_tables(data, "json", "pandas.JSONDataset")
    with target.open("w", **{"encoding": "utf-8", **_open_args(save_args)}) as file:
        json.dump(data, file, **{"indent": 2, "default": _plain, **save_args})


def preview_json(source: Source, limit: int, **load_args: Any) -> Preview:
    return _preview(read_json, source, limit, load_args)


def read_yaml(source: Source, **load_args: Any) -> Any:
    import yaml

    with opened(source, "r", **_open_args(load_args)) as file:
        return yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe one


def write_yaml(data: Any, target: Path, **save_args: Any) -> None:
    import yaml

    _refuse_tables(data, "yaml", "pandas.CSVDataset")
    dumper: Any = type("Dumper", (getattr(yaml, "CSafeDumper", yaml.SafeDumper),), {})
    dumper.add_multi_representer(object, lambda made, value: made.represent_data(_plain(value)))
    with target.open("w", **{"encoding": "utf-8", **_open_args(save_args)}) as file:
        yaml.dump(data, file, dumper, **{"sort_keys": False, "allow_unicode": True, **save_args})


def preview_yaml(source: Source, limit: int, **load_args: Any) -> Preview:
    return _preview(read_yaml, source, limit, load_args)


def read_toml(source: Source, **load_args: Any) -> dict[str, Any]:
    with opened(source) as file:
        return tomllib.load(file, **load_args)


def write_toml(data: Any, target: Path, **save_args: Any) -> None:
    import tomli_w

    if not isinstance(data, dict):
        raise unfit("a TOML file takes a dictionary", data)
    with target.open("wb") as file:
        tomli_w.dump(data, file, **save_args)


def preview_toml(source: Source, limit: int, **load_args: Any) -> Preview:
    return _preview(read_toml, source, limit, load_args)


def _preview(read: Callable[..., Any], source: Source, limit: int, load_args: dict[str, Any]) -> Preview:
    open_args = _open_args(load_args)  # the rest may be for a reader of tables
    if fits(source):
        return json_preview(read(source, **open_args), limit)
    return text_preview(source, limit, **open_args)


def _open_args(arguments: dict[str, Any]) -> dict[str, Any]:
    """Take what belongs to opening the file out of the arguments."""
    return {name: arguments.pop(name) for name in ("encoding", "errors", "newline") if name in arguments}


def _plain(value: Any) -> Any:
    """Return NumPy's values, paths, and kinds of mappings and text as what a document can hold."""
    if isinstance(value, Path | str):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(value, "tolist") and type(value).__module__.partition(".")[0] == "numpy":
        return value.tolist()
    raise DatasetError(
        f"a value of type {kind_of(value)} cannot be stored as plain text",
        hint="convert it to numbers, strings, lists or dictionaries, or use `type: pickle`",
    )


def _refuse_tables(data: Any, name: str, instead: str) -> None:
    if frame_of(data) not in (None, "path"):
        raise DatasetError(
            f"a table cannot be stored as `{name}`, which holds plain values",
            hint=f"give the entry `type: {instead}`",
        )
