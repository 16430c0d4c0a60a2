"""One connection for each credential: opened late, shared, opened again, closed, and silent about secrets."""

from __future__ import annotations

import json
import threading

import pyarrow as pa
import pytest
import snowflake.connector
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from snowflake.connector.config_manager import CONFIG_MANAGER

from plait import DataCatalog
from plait.catalog.check import check_catalog
from plait.catalog.connections import Connections
from plait.datasets.snowflake.connection import Account
from plait.datasets.snowflake.tables import Table
from plait.errors import CredentialsError, DatasetError
from plait.values import SaveContext, calling

ORDERS = pa.table({"id": [1, 2, 3]})


@pytest.fixture
def connections():
    with Connections() as found:
        yield found


@pytest.fixture
def logins(monkeypatch):
    """Return what the connector is given, in the place of logging in."""
    given = []

    def connect(**arguments):
        given.append(arguments)
        raise snowflake.connector.errors.DatabaseError("no")

    monkeypatch.setattr(snowflake.connector, "connect", connect)
    return given


def login(credentials, logins, root=None):
    with pytest.raises(DatasetError):
        Table("t", credentials, root=root).exists()
    return logins[-1]


def catalog_of(credentials, names):
    entries = {
        name: {"type": "snowflake.Table", "table_name": name, "credentials": "warehouse"} for name in names
    }
    return DataCatalog.from_config(entries, {"warehouse": credentials})


def test_many_entries_with_one_credential_open_one_connection_at_first_use(credentials, server):
    names = [f"t{number}" for number in range(200)]
    catalog = catalog_of(credentials, names)
    with catalog.connections:
        assert check_catalog(catalog) == []
        assert len(list(catalog)) == 200
        assert "T0" in repr(catalog.dataset("t0"))
        assert server.logins == 0
        for name in names[:20]:
            catalog.exists(name)
        assert server.logins == 1
        assert len(catalog.connections) == 1
    assert len(catalog.connections) == 0


def test_threads_share_the_connection_and_each_gets_its_own_result(credentials, server, connections):
    def work(number):
        table = Table(f"t{number}", credentials, connections=connections, frame="arrow")
        table.save(pa.table({"n": [number] * 10}))
        found[number] = table.load()["n"].to_pylist()

    found = {}
    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: [number] * 10 for number in range(4)}
    assert server.logins == 1


def test_two_credentials_never_share_a_session(credentials, server, connections):
    one = Table("orders", {**credentials, "role": "READER"}, connections=connections)
    other = Table("orders", {**credentials, "password": "another"}, connections=connections)
    assert not one.exists()
    assert not other.exists()
    assert server.logins == 2
    assert one.connection != other.connection


def test_a_connection_that_expired_is_opened_again(credentials, server, connections):
    table = Table("orders", credentials, connections=connections, frame="arrow")
    table.save(ORDERS)
    server.expire()
    assert table.load().equals(ORDERS)
    assert server.logins == 2
    server.expire()
    Table("orders", credentials, connections=connections, mode="append").save(ORDERS)
    assert table.load().num_rows == 6


def test_every_key_of_the_connector_passes_through(logins):
    given = {
        "account": "org-me",
        "user": "ada",
        "authenticator": "externalbrowser",
        "client_store_temporary_credential": True,
        "passcode": "123456",
        "login_timeout": 7,
        "session_parameters": {"TIMEZONE": "UTC"},
    }
    found = login(given, logins)
    assert given.items() <= found.items()


@pytest.mark.parametrize(
    "given",
    [
        {"authenticator": "oauth", "token": "abc"},
        {"authenticator": "PROGRAMMATIC_ACCESS_TOKEN", "token_file_path": "/run/token"},
        {"authenticator": "username_password_mfa", "password": "p", "passcode": "1"},
        {"authenticator": "WORKLOAD_IDENTITY", "workload_identity_provider": "AWS"},
    ],
)
def test_each_way_to_log_in_passes_through(logins, given):
    assert given.items() <= login({"account": "a", "user": "u", **given}, logins).items()


@pytest.mark.parametrize("phrase", [None, "open sesame"])
def test_a_key_pair_may_be_given_as_text(logins, phrase):
    key = rsa.generate_private_key(65537, 2048)
    shut = serialization.BestAvailableEncryption(phrase.encode()) if phrase else serialization.NoEncryption()
    text = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, shut).decode()
    given = {"account": "a", "user": "u", "private_key": text}
    found = login({**given, "private_key_passphrase": phrase} if phrase else given, logins)
    opened = serialization.load_der_private_key(found["private_key"], None)
    assert opened.private_numbers() == key.private_numbers()
    assert "private_key_passphrase" not in found


def test_a_key_pair_may_lie_in_a_file(logins):
    given = {"account": "a", "private_key_path": "~/key.p8", "private_key_passphrase": "open sesame"}
    found = login(given, logins)
    assert found["private_key_file"] == "~/key.p8"
    assert found["private_key_file_pwd"] == "open sesame"


def test_a_key_that_cannot_be_read_is_told_without_the_key():
    given = {
        "account": "a",
        "private_key": "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----",
    }
    with pytest.raises(CredentialsError, match="private key of the Snowflake credentials") as caught:
        Table("t", given).exists()
    assert "c2VjcmV0" not in str(caught.value)


def test_a_connection_may_be_named_in_connections_toml(credentials, tmp_path, connections, monkeypatch):
    monkeypatch.setattr(CONFIG_MANAGER, "_slices", [*CONFIG_MANAGER._slices])
    monkeypatch.setattr(CONFIG_MANAGER, "conf_file_cache", CONFIG_MANAGER.conf_file_cache)
    file = tmp_path / "connections.toml"
    known = {key: value for key, value in credentials.items() if isinstance(value, (str, int))}
    lines = [f"{key} = {json.dumps(value)}" for key, value in known.items()]
    file.write_text("[warehouse]\n" + "\n".join(lines) + "\n")
    file.chmod(0o600)
    given = {"connection_name": "warehouse", "connections_file_path": str(file)}
    table = Table("SALES.orders", given, connections=connections, frame="arrow")
    table.save(ORDERS)
    assert table.load().equals(ORDERS)
    assert table.location == 'snowflake://warehouse/"SALES"."ORDERS"'


def test_the_name_of_a_connection_may_be_all_there_is(logins):
    assert login("prod", logins)["connection_name"] == "prod"


def test_inside_snowflake_the_active_session_is_used_and_left_open(
    credentials, server, monkeypatch, connections
):
    context = pytest.importorskip("snowflake.snowpark.context")

    class Session:
        connection = snowflake.connector.connect(**credentials, paramstyle="qmark")

    monkeypatch.setattr(context, "get_active_session", lambda: Session)
    table = Table("SALES.orders", connections=connections, frame="arrow")
    table.save(ORDERS)
    assert table.load().equals(ORDERS)
    connections.close()
    assert server.logins == 1
    assert not Session.connection.is_closed()
    Session.connection.close()


def test_without_credentials_and_session_it_says_what_to_write():
    pytest.importorskip("snowflake.snowpark")
    with pytest.raises(CredentialsError, match="no active Snowflake session") as caught:
        Table("t").exists()
    assert "conf/local/credentials.yml" in str(caught.value)


def test_query_tags_carry_project_run_and_node(credentials, server, connections, monkeypatch, tmp_path):
    tags = []
    plain = snowflake.connector.cursor.SnowflakeCursor.execute

    def execute(cursor, *args, _statement_params=None, **kwargs):
        tags.append((_statement_params or {}).get("QUERY_TAG"))
        return plain(cursor, *args, _statement_params=_statement_params, **kwargs)

    monkeypatch.setattr(snowflake.connector.cursor.SnowflakeCursor, "execute", execute)
    table = Table("orders", credentials, connections=connections, root=tmp_path / "flights")
    table.exists()
    with calling(SaveContext("20260101-abc", "clean")):
        table.save(ORDERS)
    found = [json.loads(tag) for tag in tags if tag]
    assert found[0] == {"app": "plait", "project": "flights"}
    assert found[-1] == {"app": "plait", "project": "flights", "run": "20260101-abc", "node": "clean"}


def test_no_secret_is_in_what_is_shown_or_raised(monkeypatch):
    secrets = {"password": "hunter2", "token": "tok-en", "private_key_file_pwd": "phr-ase"}
    given = {"account": "org-me", "user": "ada", **secrets}

    def connect(**arguments):
        raise snowflake.connector.errors.DatabaseError(f"refused {arguments}")

    monkeypatch.setattr(snowflake.connector, "connect", connect)
    table = Table("db.s.t", given)
    with pytest.raises(DatasetError) as caught:
        table.load()
    shown = [repr(table), table.location, table.connection, str(caught.value), repr(caught.value)]
    shown.append(repr(Account(given, None)))
    assert not [text for text in shown for secret in secrets.values() if secret in text]
    assert caught.value.__cause__ is None
    assert "refused" in str(caught.value)
