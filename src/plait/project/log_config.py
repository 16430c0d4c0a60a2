"""``conf/logging.yml``: applied by the command line, never on import and never for a library's sake."""

from __future__ import annotations

import logging
from pathlib import Path

from plait.errors import ConfigError

__all__ = ["apply_logging", "listen_to"]


def apply_logging(conf: Path) -> bool:
    """Apply ``logging.yml`` of a configuration folder; tell whether there is one.

    Raises:
        ConfigError: the file cannot be read or logging refuses it.
    """
    file = conf / "logging.yml"
    if not file.is_file():
        return False
    import logging.config

    import yaml

    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        if content:
            logging.config.dictConfig({"disable_existing_loggers": False, **content})
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, ImportError, OSError) as error:
        raise ConfigError(
            "The logging configuration cannot be applied",
            where=f"{conf.name}/logging.yml",
            why=str(error.__cause__ or error),
        ) from error
    return True


def listen_to(package: str | None) -> None:
    """Let the project's own loggers speak from INFO on; others from Python's default, WARNING, on."""
    if package:
        logging.getLogger(package).setLevel(logging.INFO)
