"""Names of parameters, metrics and tags, as MLflow takes them."""

from __future__ import annotations

import hashlib

__all__ = ["name_in_mlflow"]

_LONGEST = 250
_DIGEST = 8


def name_in_mlflow(text: str) -> str:
    """Return a name that MLflow takes, the same for the same text in every run.

    MLflow refuses signs, and names that are not their own shortest path, as ``a/`` and ``a//b``. What has to
    be changed ends in a digest of the text, for two texts may be alike once they are changed.
    """
    name = _plain(text)
    if name == text and len(text) <= _LONGEST:
        return text
    mark = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]
    return f"{name[: _LONGEST - _DIGEST - 1]}-{mark}"


def _plain(text: str) -> str:
    signs = "".join(sign if sign.isalnum() or sign in "_-. :/" else "_" for sign in text)
    path = "/".join(part for part in signs.split("/") if part not in ("", ".", ".."))
    return f"_{path}" if path.startswith("..") or not path else path
