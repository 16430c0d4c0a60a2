"""Names of tables mean the same thing wherever they are written, whatever letters they hold."""

import duckdb
import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st

from plait.datasets.identifiers import Identifier, TableName, exactly, parse, quote
from plait.errors import CatalogError

letters = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1
)
plain = st.from_regex(r"[A-Za-z_][A-Za-z0-9_$]{0,8}", fullmatch=True)
identifiers = st.builds(Identifier, letters, st.just(True)) | st.builds(Identifier, plain, st.just(False))
names = st.builds(TableName, st.lists(identifiers, min_size=1, max_size=3).map(tuple))


@given(names)
def test_a_name_is_read_back_as_it_was_written(name):
    assert parse(str(name)) == name


@given(names)
def test_a_quoted_name_is_the_stored_one_for_every_engine(name):
    for engine in ("snowflake", "duckdb"):
        assert parse(name.quoted(engine)).stored(engine) == name.stored(engine)


@given(st.lists(letters, min_size=1, max_size=3))
def test_a_parser_of_sql_reads_the_same_parts(texts):
    table = sqlglot.parse_one(f"SELECT * FROM {exactly(*texts).quoted('snowflake')}", read="snowflake")
    found = table.find(sqlglot.exp.Table)
    assert [part.name for part in found.parts] == texts
    assert all(part.quoted for part in found.parts)


@given(letters)
def test_duckdb_makes_a_table_of_exactly_that_name(text):
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE {quote(text)} (a INTEGER)")
        assert connection.execute("SELECT table_name FROM duckdb_tables()").fetchall() == [(text,)]


@pytest.mark.parametrize(
    ("written", "snowflake", "duckdb_"),
    [
        ("orders", '"ORDERS"', '"orders"'),
        ("Sales.orders", '"SALES"."ORDERS"', '"Sales"."orders"'),
        ('db.sales."Orders 2024"', '"DB"."SALES"."Orders 2024"', '"db"."sales"."Orders 2024"'),
        ('"a.b".c', '"a.b"."C"', '"a.b"."c"'),
        ('"say ""hi"""', '"say ""hi"""', '"say ""hi"""'),
        ("orders-2024", '"orders-2024"', '"orders-2024"'),
        ('x"; DROP TABLE y; --'.replace('"', ""), '"x; DROP TABLE y; --"', '"x; DROP TABLE y; --"'),
    ],
)
def test_a_name_is_quoted_for_its_engine(written, snowflake, duckdb_):
    assert parse(written).quoted("snowflake") == snowflake
    assert parse(written).quoted("duckdb") == duckdb_


def test_parts_can_be_given_one_by_one():
    assert parse(["db", "sales", "orders"]) == parse("db.sales.orders")
    assert parse(("db.sales", "orders")) == parse("db.sales.orders")


def test_what_a_name_lacks_is_filled_in_from_the_front():
    assert str(parse("orders").within("db", "sales")) == "db.sales.orders"
    assert str(parse("orders").within(None, "sales")) == "sales.orders"
    assert str(parse("orders").within(None, "db.sales")) == "db.sales.orders"
    assert str(parse("x.orders").within("db", "sales")) == "db.x.orders"
    assert str(parse("a.b.c").within("db", "sales")) == "a.b.c"
    assert str(parse("orders").within(None, None)) == "orders"


def test_a_database_without_a_schema_is_refused():
    with pytest.raises(CatalogError, match="has a database and no schema"):
        parse("orders").within("db", None)


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("", "a part of it is empty"),
        ("a..b", "a part of it is empty"),
        ('""', "a part of it is empty"),
        ('a."b', "not closed"),
        ('a"b"', "a double quote stands within"),
        ("a.b.c.d", "has 4 parts"),
        ("a\0", "NUL"),
    ],
)
def test_what_is_no_name_is_refused_with_a_reason(written, why):
    with pytest.raises(CatalogError) as caught:
        parse(written)
    assert why in str(caught.value)
    assert "write it as in SQL" in str(caught.value)
