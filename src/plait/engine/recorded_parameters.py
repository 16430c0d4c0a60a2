"""Parameters as the ledger keeps them: plain values, and only the digest of what came from a secret."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from plait.config import Parameters

__all__ = ["recorded_parameters"]


def recorded_parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters with every secret leaf replaced by ``sha256:…``."""
    if not isinstance(parameters, Parameters):
        return dict(parameters)
    return {name: _recorded(parameters, (name,), value) for name, value in parameters.items()}


def _recorded(parameters: Parameters, keys: tuple[Any, ...], value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _recorded(parameters, (*keys, name), item) for name, item in value.items()}
    return _digest(value) if parameters.is_secret(keys) else value


def _digest(value: Any) -> str:
    text = json.dumps(value, default=str, sort_keys=True)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
