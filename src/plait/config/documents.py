"""Read one configuration file: YAML, JSON or TOML text to a mapping, or an error that shows the line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plait.errors import ConfigError

if TYPE_CHECKING:
    from plait.config.yaml_values import YamlMistake

__all__ = ["SUFFIXES", "Document", "parse", "read_bytes"]

SUFFIXES = (".yml", ".yaml", ".json", ".toml")
MAX_BYTES = 64 * 2**20

Path_ = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """What one file says.

    Attributes:
        values: its keys and values, nothing interpolated.
        lines: the line of each top-level key, where the format tells.
        replaced: paths of values that replace, instead of merge with, what lower layers say.
    """

    values: dict[Any, Any]
    lines: dict[Any, int]
    replaced: frozenset[Path_] = frozenset()


def read_bytes(path: Path, name: str) -> bytes:
    """Return the content of a configuration file.

    Raises:
        ConfigError: when it cannot be read or is absurdly large.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            "a configuration file cannot be read", where=name, why=error.strerror or str(error)
        ) from error
    if len(content) > MAX_BYTES:
        raise ConfigError(
            f"a configuration file is larger than {MAX_BYTES // 2**20} MB",
            where=name,
            why=f"it has {len(content):,} bytes",
            hint="data belongs in a dataset of the catalog, not in the configuration",
        )
    return content


def parse(content: bytes, name: str) -> Document:
    """Parse the content of the file called ``name``; its suffix says which format.

    Raises:
        ConfigError: with file, line and column, and the line itself.
    """
    text = _decode(content, name)
    if name.endswith(".json"):
        return _parse_json(text, name)
    if name.endswith(".toml"):
        return _parse_toml(text, name)
    return _parse_yaml(text, name)


def _decode(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - (content.rfind(b"\n", 0, error.start) + 1) + 1
        raise ConfigError(
            "a configuration file is not UTF-8 text",
            where=f"{name}:{line}:{column}",
            why=f"byte 0x{content[error.start]:02x} does not belong to any character",
            hint="save the file as UTF-8",
        ) from None


def _parse_yaml(text: str, name: str) -> Document:
    import yaml  # costs 50 ms, and an unchanged project never parses

    from plait.config.yaml_values import YamlMistake, parse_yaml

    try:
        values, lines, replaced = parse_yaml(text)
    except YamlMistake as mistake:
        raise _mistake(text, name, mistake) from None
    except yaml.YAMLError as error:
        raise _mistake(text, name, _located(error, text)) from None
    if values is None:
        return Document({}, {})
    _check_mapping(values, name, _first_content_line(text))
    return Document(values, lines, frozenset(replaced))


def _first_content_line(text: str) -> int:
    numbered = enumerate(text.splitlines(), 1)
    return next((n for n, line in numbered if line.strip() and not line.lstrip().startswith(("#", "---"))), 1)


def _located(error: Any, text: str) -> YamlMistake:
    from plait.config.yaml_values import YamlMistake

    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:  # a character that no YAML file may contain
        position = getattr(error, "position", 0)
        line = text.count("\n", 0, position)
        return YamlMistake(str(error.reason), line, position - (text.rfind("\n", 0, position) + 1))
    return YamlMistake(error.problem or error.context or str(error), mark.line, mark.column)


def _mistake(text: str, name: str, mistake: YamlMistake) -> ConfigError:
    if mistake.first is not None:
        return ConfigError(
            mistake.problem,
            where=(f"{name}:{mistake.first + 1}", f"{name}:{mistake.line + 1}"),
            why=shown_line(text, mistake.line, mistake.column),
            hint="keep one of the two",
        )
    lines = text.splitlines()
    line = min(mistake.line, max(len(lines) - 1, 0))
    shown = lines[line] if lines else ""
    tab = "\t" in shown[: len(shown) - len(shown.lstrip())]
    problem = "the line is indented with a tab" if tab else mistake.problem
    return ConfigError(
        "a configuration file is not valid YAML",
        where=f"{name}:{line + 1}:{mistake.column + 1}",
        why=f"{problem}\n{shown_line(text, line, mistake.column)}",
        hint="indent with spaces" if tab else None,
    )


def shown_line(text: str, line: int, column: int) -> str:
    """Return the line with its number and a caret below the column (both counted from zero)."""
    lines = text.splitlines()
    if line >= len(lines):
        return f"{line + 1} |"
    prefix = f"{line + 1} | "
    start = max(0, column - 80)  # a file without line breaks must not fill the screen
    shown = "".join(map(_printable, lines[line][start : start + 120]))
    return f"{prefix}{shown}\n{' ' * (len(prefix) - 2)}| {' ' * (column - start)}^"


def _printable(char: str) -> str:
    return "→" if char == "\t" else char if char.isprintable() else "·"


def _check_mapping(values: Any, name: str, line: int) -> None:
    if not isinstance(values, dict):
        kind = "a list" if isinstance(values, list) else "a single value"
        raise ConfigError(
            f"a configuration file must hold keys and values, not {kind}",
            where=f"{name}:{line}",
            hint="write 'key: value' lines",
        )


def _parse_json(text: str, name: str) -> Document:
    import json

    if not text.strip():
        return Document({}, {})
    try:
        values = json.loads(text, object_pairs_hook=_refuse_twins)
    except json.JSONDecodeError as error:
        raise ConfigError(
            "a configuration file is not valid JSON",
            where=f"{name}:{error.lineno}:{error.colno}",
            why=f"{error.msg}\n{shown_line(text, error.lineno - 1, error.colno - 1)}",
        ) from None
    except _TwinError as error:
        raise ConfigError(
            f"the key '{error}' is given twice", where=name, hint="keep one of the two"
        ) from None
    except RecursionError:
        raise ConfigError("a configuration file is nested too deeply", where=name) from None
    _check_mapping(values, name, 1)
    return Document(values, {})


class _TwinError(Exception):
    pass


def _refuse_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        keys = [key for key, _ in pairs]
        raise _TwinError(next(key for key in keys if keys.count(key) > 1))
    return result


def _parse_toml(text: str, name: str) -> Document:
    import tomllib

    try:
        return Document(tomllib.loads(text), {})
    except tomllib.TOMLDecodeError as error:
        raise ConfigError("a configuration file is not valid TOML", where=name, why=str(error)) from None
    except RecursionError:
        raise ConfigError("a configuration file is nested too deeply", where=name) from None
