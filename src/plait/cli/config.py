"""``plait config``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from plait.cli.options import Place, PlaitGroup, as_json, everywhere
from plait.cli.output import document, line, styled
from plait.errors import ConfigError, did_you_mean

if TYPE_CHECKING:
    from plait.config import Config
    from plait.project import Project

__all__ = ["command"]

_KINDS = ("parameters", "catalog", "globals", "credentials")


@click.group(cls=PlaitGroup)
def command() -> None:
    """Parameters and settings, and where they come from."""


_params = click.option("--params", metavar="KEY=VALUE", multiple=True, help="Override parameters.")


@command.command()
@click.argument("key", required=False)
@_params
@as_json
@everywhere
def show(key: str | None, params: tuple[str, ...], json_: bool, place: Place) -> None:
    """Show the configuration as it is after merging: KEY, or a kind such as parameters or catalog.

    Credentials print as ***.
    """
    with _open(place, params) as project:
        kind, path = _kind_and_path(project.config, key or "parameters")
        value = _shown(project.config, kind, path)
    if json_:
        document({"kind": kind, "key": path or None, "value": value})
        return
    line(_yaml(value))


@command.command()
@click.argument("key")
@_params
@as_json
@everywhere
def explain(key: str, params: tuple[str, ...], json_: bool, place: Place) -> None:
    """Show where KEY comes from: every layer that says something, the one that counts last.

    \b
      plait config explain model.max_depth
      plait config explain catalog:companies.path
    """
    with _open(place, params) as project:
        kind, path = _kind_and_path(project.config, key)
        value = _shown(project.config, kind, path)
        chain = [(origin, plain(item)) for origin, item in project.config.explain(kind, path)]
    if json_:
        layers = [
            {"file": origin.file, "line": origin.line, "layer": origin.layer, "value": item}
            for origin, item in chain
        ]
        document({"kind": kind, "key": path, "value": value, "layers": layers})
        return
    line(f"{styled(path, '1')} = {_short(value)}")
    width = max((len(str(origin)) for origin, _ in chain), default=0)
    for origin, item in chain:
        line(f"  {origin!s:<{width}}  {origin.layer:<8}  {_short(item)}")


def _open(place: Place, params: tuple[str, ...]) -> Project:
    from plait.config import parse_overrides

    return place.open(params=parse_overrides(params) if params else None)


def _kind_and_path(config: Config, key: str) -> tuple[str, str]:
    """Return kind and path of a key: ``kind:path``, ``kind``, or a path in the first kind that has it."""
    kind, colon, path = key.partition(":")
    if colon:
        return ("parameters" if kind == "params" else kind), path
    if key in _KINDS:
        return key, ""
    for kind in _KINDS:
        if _has(config, kind, key):
            return kind, key
    known = [name for kind in ("parameters", "catalog") for name in _paths(_all(config, kind))]
    hint = did_you_mean(key, known)
    raise ConfigError(f"Nothing is configured as '{key}'", hint=hint or "plait config show")


def _shown(config: Config, kind: str, path: str) -> Any:
    """Return what is configured at a path as plain values; what came from a secret is ``***``."""
    keys, value = _at(config, kind, path)
    return _redacted(config, kind, keys, plain(value))


def _redacted(config: Config, kind: str, keys: tuple[str, ...], value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _redacted(config, kind, (*keys, name), item) for name, item in value.items()}
    return "***" if keys and config.is_secret(kind, keys) else value


def _has(config: Config, kind: str, path: str) -> bool:
    try:
        _at(config, kind, path)
    except (ConfigError, KeyError):
        return False
    return True


def _at(config: Config, kind: str, path: str) -> tuple[tuple[str, ...], Any]:
    value: Any = _all(config, kind)
    done: list[str] = []
    rest = path
    while rest:
        # Names in the catalog may hold dots themselves: the longest name that is there counts.
        names = [name for name in _keys(value) if rest == name or rest.startswith(f"{name}.")]
        if not names:
            raise ConfigError(
                f"Nothing is configured as '{path}'",
                where=f"{kind}{': ' if done else ''}{'.'.join(done)}",
                hint="plait config show " + kind,
            )
        name = max(names, key=len)
        done.append(name)
        value, rest = value[name], rest[len(name) + 1 :]
    return tuple(done), value


def _all(config: Config, kind: str) -> Any:
    if kind in ("parameters", "catalog", "globals", "credentials"):
        return getattr(config, kind)
    return config[kind]


def _keys(value: Any) -> list[str]:
    return [str(name) for name in value] if isinstance(value, Mapping) else []


def _paths(value: Any, prefix: str = "") -> list[str]:
    if not isinstance(value, Mapping):
        return []
    found = []
    for name, item in value.items():
        found += [f"{prefix}{name}", *_paths(item, f"{prefix}{name}.")]
    return found


def plain(value: Any) -> Any:
    """Return configuration as plain values; secrets become ``***``."""
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)


def _yaml(value: Any) -> str:
    import yaml

    if not isinstance(value, dict | list):
        return _short(value)
    text: str = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=100)
    return text.rstrip()


def _short(value: Any) -> str:
    import json

    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 80 else text[:79] + "…"
