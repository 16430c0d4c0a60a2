"""Tables of Snowflake that keep every save: against the emulator, as their kind on DuckDB does."""

from __future__ import annotations

import pyarrow as pa
import pytest

from plait.catalog import DataCatalog
from plait.errors import CatalogError, DatasetError

ORDERS = pa.table({"id": [1, 2, 3], "price": [1.5, None, 3.0]})
FIRST, SECOND = "2024-01-01T00.00.00.000Z", "2024-02-01T00.00.00.000Z"


@pytest.fixture
def catalog(credentials):
    def make(**options):
        entry = {"type": "snowflake.Table", "table_name": "orders", "versioned": True, "frame": "arrow"}
        found = DataCatalog.from_config(
            {"made": {**entry, **options, "credentials": "w"}}, {"w": credentials}
        )
        made.append(found)
        return found

    made = []
    yield make
    for found in made:
        found.connections.close()


def test_every_save_is_kept_and_the_latest_is_loaded(catalog):
    found = catalog()
    assert not found.exists("made")
    assert found.dataset("made").versions() == []
    assert found.dataset("made").fingerprint() is None
    first = found.for_run(save_version=FIRST)
    first.save("made", ORDERS)
    assert first.load("made").equals(ORDERS)
    second = found.for_run(save_version=SECOND)
    second.save("made", ORDERS.slice(0, 1))
    assert second.load("made").num_rows == 1
    assert second.dataset("made").fingerprint() != first.dataset("made").fingerprint()
    made = catalog().dataset("made")
    assert made.versions() == [FIRST, SECOND]
    assert (made.row_count(), made.at_version(FIRST).row_count()) == (1, 3)
    assert list(made.schema()) == ["ID", "PRICE"] or list(made.schema()) == ["id", "price"]
    assert made.preview(5).rows == 1
    with pytest.raises(DatasetError, match="versions are never replaced"):
        found.for_run(save_version=SECOND).save("made", ORDERS)
    with pytest.raises(DatasetError, match="has no version '2024-03'"):
        made.at_version("2024-03").load()
    assert made.prune(1, dry_run=True) == made.prune(1) == [FIRST]
    assert made.versions() == [SECOND]


def test_tables_of_like_names_are_no_versions_of_one_another(catalog):
    catalog(table_name="orders").for_run(save_version=FIRST).save("made", ORDERS)
    assert catalog(table_name="order").dataset("made").versions() == []


def test_a_version_is_never_changed(catalog):
    found = catalog()
    with pytest.raises(DatasetError, match="there are no versions of table"):
        found.load("made")
    with pytest.raises(DatasetError, match="a version is never changed"):
        found.dataset("made").append(ORDERS)
    with pytest.raises(CatalogError, match="a versioned table keeps every save"):
        catalog(mode="append").dataset("made")


def test_chunks_become_one_version(catalog):
    found = catalog().for_run(save_version=FIRST)
    made = found.dataset("made")
    with made.stream() as writer:
        writer.append(ORDERS.slice(0, 1))
        assert made.versions() == []
        writer.append(ORDERS.slice(1))
    assert made.versions() == [FIRST]
    assert len(made.load_as("arrow")) == 3
    with pytest.raises(DatasetError, match="versions are never replaced"), made.stream():
        pass


@pytest.mark.parametrize("kind", ["snowflake.Table", "snowpark.Table"])
def test_identities_of_many_are_asked_for_at_once(catalog, kind, server):
    found = catalog(type=kind, frame="arrow")
    found.for_run(save_version=FIRST).save("made", ORDERS)
    made = found.dataset("made")
    server.statements.clear()
    known = type(made).fingerprints_of([made, made.at_version("2024-05"), made.at_version(FIRST)])
    assert known[0] == known[2]
    assert known[1] is None
