"""What an entry's credentials say, as what Snowflake's connector takes. Every key of it passes through."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from plait.errors import CredentialsError

__all__ = ["arguments", "hidden", "place"]

_OWN = {"paramstyle": "qmark", "arrow_number_to_decimal": True}
_OPEN = ("private_key_file", "private_key_path", "token_file_path")
_SECRETS = ("password", "passcode", "token", "secret", "private_key", "passphrase", "pwd")


def arguments(credentials: Mapping[str, Any], project: str | None = None) -> dict[str, Any]:
    """Return the keywords of ``snowflake.connector.connect``.

    Snowflake's own tools spell the key pair in several ways; ``private_key_path`` means the file, and
    ``private_key_passphrase`` opens a file as well as a text. How values are bound and numbers are read is
    Plait's to say, because its statements rest on it.

    Args:
        credentials: of the entry, revealed; ``connection_name`` names a section of ``connections.toml``.
        project: becomes the query tag of the session, unless the credentials set one.

    Raises:
        CredentialsError: a private key given as text cannot be read.
    """
    found = {**credentials, **_OWN}
    if "private_key_path" in found:
        found["private_key_file"] = found.pop("private_key_path")
    if "private_key_file" in found and "private_key_passphrase" in found:
        found.setdefault("private_key_file_pwd", found.pop("private_key_passphrase"))
    if _is_pem(found.get("private_key")):
        found["private_key"] = _opened_key(found["private_key"], found.pop("private_key_passphrase", None))
    if "connections_file_path" in found:
        found["connections_file_path"] = Path(found["connections_file_path"])
    if project:
        session = {"QUERY_TAG": json.dumps({"app": "plait", "project": project})}
        found["session_parameters"] = {**session, **(found.get("session_parameters") or {})}
    return found


def place(credentials: Mapping[str, Any]) -> str:
    """Return where credentials lead, without secrets: ``snowflake://account``."""
    name = credentials.get("account") or credentials.get("connection_name") or "session"
    return f"snowflake://{name}"


def hidden(text: str, credentials: Mapping[str, Any]) -> str:
    """Return a text without any secret of the credentials in it."""
    for key, value in credentials.items():
        secret = key not in _OPEN and any(word in key for word in _SECRETS)
        if secret and isinstance(value, str) and value:
            text = text.replace(value, "***")
    return text


def _is_pem(key: object) -> bool:
    return isinstance(key, (str, bytes)) and "-----BEGIN" in (key if isinstance(key, str) else key.decode())


def _opened_key(text: str | bytes, passphrase: str | bytes | None) -> bytes:
    from cryptography.hazmat.primitives import serialization

    password = passphrase.encode() if isinstance(passphrase, str) else passphrase
    data = text.encode() if isinstance(text, str) else text
    try:
        key = serialization.load_pem_private_key(data, password=password or None)
    except (ValueError, TypeError) as error:
        raise CredentialsError(
            "the private key of the Snowflake credentials cannot be read",
            why=str(error),
            hint="give the whole PEM text with its BEGIN and END lines, and `private_key_passphrase` "
            "where it is encrypted",
        ) from None
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
