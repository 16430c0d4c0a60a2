"""Pointers: a node gets a quoted name, and Plait still knows whether the data behind it changed."""

from __future__ import annotations

import pickle

import pyarrow as pa
import pytest
import snowflake.connector.errors

from plait.catalog.connections import Connections
from plait.datasets.snowflake.connection import Link
from plait.datasets.snowflake.references import ProcedureRef, TableRef
from plait.datasets.snowflake.tables import Table
from plait.errors import DatasetError

ORDERS = pa.table({"id": [1, 2]})


@pytest.fixture
def connections():
    with Connections() as found:
        yield found


@pytest.fixture
def ref(credentials, connections):
    return lambda name="orders", **options: TableRef(name, credentials, connections=connections, **options)


@pytest.fixture
def table(credentials, connections):
    return lambda name="orders", **options: Table(name, credentials, connections=connections, **options)


def test_a_pointer_is_the_quoted_name_and_opens_no_connection(ref, credentials, server):
    pointer = ref('"my orders"').load()
    assert pointer == f'"{credentials["database"]}"."SALES"."my orders"'
    assert pointer.parts == (credentials["database"], "SALES", "my orders")
    assert server.logins == 0


def test_a_pointer_survives_the_way_to_another_process(ref):
    pointer = ref().load()
    again = pickle.loads(pickle.dumps(pointer))
    assert again == pointer
    assert again.parts == pointer.parts


def test_a_pointer_can_be_put_into_sql(ref, table):
    table('"my orders"').save(ORDERS)
    pointer = ref('"my orders"').load()
    assert table()._account.link().ask(f"SELECT COUNT(*) FROM {pointer}") == [(2,)]


def test_its_fingerprint_changes_with_the_rows(ref, table):
    assert ref().fingerprint() is None
    table().save(ORDERS)
    before = ref().fingerprint()
    assert ref().fingerprint() == before
    table(mode="append").save(ORDERS)
    assert ref().fingerprint() != before


def test_a_node_that_wrote_there_returns_the_pointer(ref, table):
    with pytest.raises(DatasetError, match="it does not exist"):
        ref().save(ref().load())
    table().save(ORDERS)
    ref().save(ref().load())


def test_a_pointer_takes_no_data(ref):
    with pytest.raises(DatasetError, match="takes no data"):
        ref().save(ORDERS)


def test_the_fingerprints_of_many_tables_are_one_question(ref, table, server):
    for name in ("a", "b", "c"):
        table(name).save(ORDERS)
    server.statements.clear()
    found = TableRef.fingerprints_of([ref("a"), ref("b"), ref("c")])
    assert None not in found
    assert len(set(found)) == 3
    assert len(server.statements) == 1


def test_a_procedure_is_named_with_its_arguments(credentials):
    procedure = ProcedureRef("refresh", credentials, arguments=["VARCHAR", "NUMBER"])
    assert procedure.load() == f'"{credentials["database"]}"."SALES"."REFRESH"'
    assert procedure.subject.endswith("(VARCHAR, NUMBER)")


def test_a_procedure_is_known_by_its_arguments_and_its_body(credentials, connections, server):
    def procedure(*arguments):
        return ProcedureRef("tidy up", credentials, arguments=arguments, connections=connections)

    link = TableRef("orders", credentials, connections=connections)._account.link()
    assert not procedure("NUMBER").exists()
    assert procedure("NUMBER").fingerprint() is None
    name = procedure().load()
    link.ask(f"CREATE PROCEDURE {name}(days NUMBER) RETURNS NUMBER AS 'BEGIN RETURN 1; END'")
    assert procedure("NUMBER").exists()
    assert not procedure("VARCHAR").exists()
    before = procedure("NUMBER").fingerprint()
    assert before is not None
    assert procedure("NUMBER").fingerprint() == before
    link.ask(f"CREATE OR REPLACE PROCEDURE {name}(days NUMBER) RETURNS NUMBER AS 'BEGIN RETURN 2; END'")
    assert procedure("NUMBER").fingerprint() != before
    assert f"DESCRIBE PROCEDURE {name}(NUMBER)" in server.statements


def test_a_procedure_that_cannot_be_looked_at_is_no_missing_one(credentials, connections, monkeypatch):
    def refuse(*_):
        raise snowflake.connector.errors.ProgrammingError("no warehouse", errno=606)

    ref = ProcedureRef("tidy", credentials, connections=connections)
    monkeypatch.setattr(Link, "ask", refuse)
    with pytest.raises(DatasetError, match=r"cannot look for procedure .*tidy\(\)"):
        ref.exists()
    with pytest.raises(DatasetError, match=r"cannot identify procedure .*tidy\(\)"):
        ref.fingerprint()
