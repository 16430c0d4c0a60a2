import shutil
import sqlite3
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pytest
from partition_nodes import collect, lines_between, lines_of, lines_of_differently, take_rows, upper_parts

import plait
from plait import DataCatalog, new, node
from plait.engine.marks import extent_of, greater, lowered
from plait.errors import DatasetError


def told(result, name="n"):
    return result.nodes[name].status, [reason.kind for reason in result.nodes[name].reasons]


def log_of(place):
    return (place.folder / "log.txt").read_text()


@pytest.fixture
def events(place):
    place.write("events", a="1", b="2")
    return place.catalog("events", log="log.txt")


NODES = [node(lines_of, new("events"), "log", name="n")]


def test_only_new_partitions_are_given_and_appended(place, events, executor):
    first = place.run(NODES, events, executor=executor)
    assert told(first) == ("done", ["new"]), first.error
    assert first.nodes["n"].reasons[0].text == "2 new partitions of 'events'"
    assert log_of(place) == "a=1\nb=2\n"

    assert told(place.run(NODES, events, executor=executor)) == ("skipped", ["unchanged"])

    place.write("events", aa="late", c="3")
    again = place.run(NODES, events, executor=executor)
    assert told(again) == ("done", ["new"])
    assert log_of(place) == "a=1\nb=2\naa=late\nc=3\n"


def test_progress_lies_with_the_output_and_survives_a_deleted_state_folder(place, events):
    place.run(NODES, events)
    shutil.rmtree(place.folder / ".plait")
    assert told(place.run(NODES, events)) == ("skipped", ["unchanged"])
    assert plait.run(plait.pipeline(NODES), events).nodes["n"].status == "skipped"
    assert log_of(place) == "a=1\nb=2\n"


def test_an_accumulating_output_without_progress_is_refused(place, events):
    (place.folder / "log.txt").write_text("mine\n")
    result = place.run(NODES, events)
    assert result.nodes["n"].status == "failed"
    assert "'log' holds data, but nothing says what of its inputs is in it" in str(result.error)
    assert log_of(place) == "mine\n"

    assert place.run(NODES, events, fresh=["n"]).status == "done"
    assert log_of(place) == "a=1\nb=2\n"


def test_fresh_resets_progress_and_output_together(place, events):
    place.run(NODES, events)
    place.write("events", a="one")

    changed = place.run(NODES, events)
    assert told(changed) == ("skipped", ["unchanged", "consumed_changed"])
    assert log_of(place) == "a=1\nb=2\n"

    place.run(NODES, events, fresh=["n"])
    assert log_of(place) == "a=one\nb=2\n"
    assert told(place.run(NODES, events)) == ("skipped", ["unchanged"])


def test_a_change_of_code_applies_to_new_data_and_says_so(place, events):
    place.run(NODES, events)
    changed = [node(lines_of_differently, new("events"), "log", name="n")]

    assert told(place.run(changed, events)) == ("skipped", ["unchanged", "applies_to_new"])
    place.write("events", c="3")
    result = place.run(changed, events)
    assert told(result) == ("done", ["new", "applies_to_new"])
    assert result.nodes["n"].reasons[-1].text == (
        "the code changed since; that applies to new data only, until plait run n --fresh"
    )
    assert log_of(place) == "a=1\nb=2\nc: 3\n"


def test_whatever_else_changed_applies_to_new_data_and_is_named(place, events):
    place.write("lookup", a="0")
    catalog = place.catalog("events", log="log.txt", lookup="lookup/a.txt")
    nodes = [node(lines_between, [new("events"), "lookup", "params:mark"], "log", name="n")]
    place.run(nodes, catalog, parameters={"mark": "<"})
    assert log_of(place) == "0a=1<0b=2<"

    place.write("lookup", a="1")
    looked = place.run(nodes, catalog, parameters={"mark": "<"})
    assert told(looked) == ("skipped", ["unchanged", "applies_to_new"])
    assert (
        looked.nodes["n"].reasons[-1].text.startswith("'lookup' changed since; that applies to new data only")
    )

    place.write("events", c="3")
    both = place.run(nodes, catalog, parameters={"mark": ">"})
    assert told(both) == ("done", ["new", "applies_to_new"])
    assert both.nodes["n"].reasons[-1].text.startswith("'params:mark', 'lookup' changed since")
    assert log_of(place) == "0a=1<0b=2<1c=3>"
    assert told(place.run(nodes, catalog, parameters={"mark": ">"})) == ("skipped", ["unchanged"])


def test_a_partitioned_output_takes_changed_partitions_again(place):
    place.write("events", a="x", b="y")
    catalog = place.catalog("events", "loud", all="all.txt")
    nodes = [node(upper_parts, new("events"), "loud", name="n"), node(collect, "loud", "all")]
    place.run(nodes, catalog)
    assert place.read("loud") == {"a": "X", "b": "Y"}

    place.write("events", a="z", c="w")
    result = place.run(nodes, catalog)
    assert result.nodes["n"].reasons[0].text == "2 new partitions of 'events'"
    assert (place.folder / "all.txt").read_text() == "a:Z b:Y c:W"


def table(place, rows):
    with sqlite3.connect(place.folder / "data.db") as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS events (id INTEGER, at TEXT)")
        connection.executemany("INSERT INTO events VALUES (?, ?)", rows)


def rows_of(place, name):
    with sqlite3.connect(place.folder / "data.db") as connection:
        return connection.execute(f"SELECT id, at FROM {name} ORDER BY id, at").fetchall()


def tables(place, **copied):
    connection = {"con": f"sqlite:///{place.folder / 'data.db'}"}
    events = {"type": "pandas.SQLTableDataset", "table_name": "events", "credentials": connection}
    return DataCatalog.from_config(
        {
            "events": events,
            "copied": {**events, "table_name": "copied", **copied, "save_args": {"if_exists": "append"}},
        },
        root=place.folder,
    )


def test_rows_beyond_the_watermark(place):
    table(place, [(1, "a"), (2, "b")])
    nodes = [node(take_rows, new("events", by="id"), "copied", name="n")]
    catalog = tables(place)

    first = place.run(nodes, catalog)
    assert told(first) == ("done", ["new"]), first.error
    assert rows_of(place, "copied") == [(1, "a"), (2, "b")]

    table(place, [(3, "c"), (1, "late")])
    place.run(nodes, catalog)
    assert rows_of(place, "copied") == [(1, "a"), (2, "b"), (3, "c")]


def test_looking_back_finds_late_rows_where_they_replace_themselves(place):
    table(place, [(1, "a"), (5, "b")])
    nodes = [node(take_rows, new("events", by="id", lookback=3), "copied", name="n")]
    with pytest.raises(DatasetError, match="Looking back for late rows would append rows twice to 'copied'"):
        place.run(nodes, tables(place))

    catalog = tables(place, key="id")
    place.run(nodes, catalog)
    table(place, [(4, "late"), (6, "c")])
    result = place.run(nodes, catalog)
    assert result.status == "done", result.error
    assert rows_of(place, "copied") == [(1, "a"), (4, "late"), (5, "b"), (6, "c")]


def test_outputs_that_cannot_accumulate_are_refused_before_anything_runs(place, events):
    with pytest.raises(
        DatasetError, match="'out' cannot accumulate, but node 'n' only makes what is new of it"
    ):
        place.run([node(lines_of, new("events"), "out", name="n")], events)
    catalog = place.catalog("events", "loud", log="log.txt")
    with pytest.raises(
        DatasetError, match="adds what is new to several outputs, and 'log' is not partitioned"
    ):
        place.run([node(lines_of, new("events"), ["log", "loud"], name="n")], catalog)


def taken_of(place, first, then, frame):
    """Return what each of two runs takes of a table by `id`."""
    seen = []

    def take(rows):
        seen.append(rows)
        return rows

    catalog = DataCatalog.from_config(
        {"events": {"path": "events.parquet", "frame": frame}, "copied": {"path": "copied.parquet"}},
        root=place.folder,
    )
    nodes = [node(take, new("events", by="id"), "copied", name="n")]
    for rows in (first, then):
        catalog.save("events", rows)
        assert place.run(nodes, catalog).status == "done"
    return [list(rows["id"].to_pylist() if frame == "arrow" else rows["id"]) for rows in seen]


@pytest.mark.parametrize("frame", ["pandas", "polars", "arrow"])
def test_decimals_are_marks_to_the_last_digit(place, frame):
    one, two, three = (Decimal(f"12345678901234567890.{digit}") for digit in (1, 2, 3))
    first, then = pa.table({"id": [one, two]}), pa.table({"id": [one, two, three]})
    assert taken_of(place, first, then, frame) == [[one, two], [three]]


@pytest.mark.parametrize("frame", ["pandas", "polars", "arrow"])
def test_nan_is_no_mark_and_is_told(place, frame, caplog):
    nan = float("nan")
    first, then = pa.table({"id": [1.0, nan, None]}), pa.table({"id": [1.0, nan, None, 2.0]})
    assert taken_of(place, first, then, frame)[1] == [2.0]
    assert (
        "rows of 'events' without a value in 'id', NULL or NaN: 2; such rows are not taken when"
        in caplog.text
    )


def test_a_lazy_frame_has_a_mark_too():
    assert extent_of(pl.LazyFrame({"id": [1.0, float("nan"), None]}), "id") == (1.0, 2)


def test_marks_are_compared_as_numbers_and_moved_back_exactly():
    ten, nine = {"decimal": "10.5"}, {"decimal": "9.25"}
    assert greater(ten, nine) == greater(nine, ten) == ten
    assert lowered(ten, 0.25) == "10.25"
    assert lowered(ten, None) == "10.5"
