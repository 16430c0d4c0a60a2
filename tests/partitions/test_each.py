import pytest
from partition_nodes import collect, fail_on_bad, join_texts, named, note_call, shout

from plait import DataCatalog, each, node
from plait.errors import DatasetError, UsageError


def counted(result, name):
    keys = result.nodes[name].keys
    return keys.done, keys.skipped, keys.failed


def reasons(result, name):
    return [reason.kind for reason in result.nodes[name].reasons]


CALLS = ["params:calls"]


def test_one_call_per_key_and_only_for_what_changed(place, executor):
    place.write("texts", a="one", b="two", c="three")
    nodes = [node(note_call, [each("texts"), "params:calls"], each("loud"), name="n")]
    catalog = place.catalog("texts", "loud")

    first = place.run(nodes, catalog, executor=executor)

    assert first.status == "done", first.error
    assert place.read("loud") == {"a": "ONE", "b": "TWO", "c": "THREE"}
    assert place.calls == ["one", "three", "two"]
    assert counted(first, "n") == (3, 0, 0)

    assert place.run(nodes, catalog, executor=executor).nodes["n"].status == "skipped"
    assert place.calls == []

    place.write("texts", b="zwei", d="four")
    again = place.run(nodes, catalog, executor=executor)
    assert place.calls == ["four", "zwei"]
    assert counted(again, "n") == (2, 2, 0)
    assert place.read("loud") == {"a": "ONE", "b": "ZWEI", "c": "THREE", "d": "FOUR"}
    texts = [reason.text for reason in again.nodes["n"].reasons]
    assert texts[0] == "2 of 4 keys"
    assert "the data of 'texts' changed (1 key)" in texts
    assert "it has not run yet (1 key)" in texts
    assert again.nodes["n"].reasons[0].details["run"] == 2


def test_a_part_that_was_changed_or_deleted_is_made_again(place):
    place.write("texts", a="one", b="two", c="three")
    nodes = [node(note_call, [each("texts"), "params:calls"], each("loud"), name="n")]
    catalog = place.catalog("texts", "loud")
    place.run(nodes, catalog)
    assert len(place.calls) == 3

    place.write("loud", a="tampered")
    place.remove("loud", "b")
    again = place.run(nodes, catalog)

    assert place.calls == ["one", "two"]
    assert {"output_modified", "output_missing"} <= set(reasons(again, "n"))


def test_the_key_is_injected_and_arguments_are_named(place, executor):
    place.write("texts", a="one", b="two")
    nodes = [node(named, {"text": each("texts")}, each("tagged"))]

    place.run(nodes, place.catalog("texts", "tagged"), executor=executor)

    assert place.read("tagged") == {"a": "a=one", "b": "b=two"}


def test_inputs_join_on_their_keys(place):
    place.write("texts", a="1", b="2")
    place.write("labels", a="x", b="y")
    nodes = [node(join_texts, [each("texts"), each("labels")], each("pairs"), name="n")]

    result = place.run(nodes, place.catalog("texts", "labels", "pairs"))

    assert result.status == "done"
    assert place.read("pairs") == {"a": "1+x", "b": "2+y"}


def test_a_key_without_partner_fails_the_node_and_loses_no_other(place):
    place.write("texts", a="1", b="2")
    place.write("labels", a="x")
    nodes = [node(join_texts, [each("texts"), each("labels")], each("pairs"), name="n")]
    catalog = place.catalog("texts", "labels", "pairs")

    result = place.run(nodes, catalog)

    assert result.nodes["n"].status == "failed"
    assert "'labels' lacks 'b'" in str(result.nodes["n"].error)
    assert "each('labels', missing='skip')" in str(result.nodes["n"].error)
    assert place.read("pairs") == {"a": "1+x"}

    skipping = [node(join_texts, [each("texts"), each("labels", missing="skip")], each("pairs"), name="n")]
    assert place.run(skipping, catalog).nodes["n"].status == "skipped"


def test_a_failing_key_is_recorded_and_others_go_on(place, executor):
    place.write("texts", a="one", b="bad luck", c="three")
    nodes = [
        node(fail_on_bad, each("texts"), each("loud"), name="n"),
        node(named, [each("loud")], each("tagged"), name="follows"),
        node(collect, "loud", "all", name="whole"),
        node(collect, "tagged", "everything", name="later"),
    ]
    catalog = place.catalog("texts", "loud", "tagged", all="all.txt", everything="everything.txt")

    result = place.run(nodes, catalog, executor=executor)

    assert result.status == "failed"
    assert result.nodes["n"].status == "failed"
    assert str(result.nodes["n"].error).splitlines() == [
        "1 of 3 keys failed in node 'n'",
        "  at node 'n'",
        "  'b': ValueError: cannot take bad luck",
    ]
    assert "key 'b'" in result.nodes["n"].traceback
    assert "cannot take bad luck" in result.nodes["n"].traceback
    assert place.read("loud") == {"a": "ONE", "c": "THREE"}
    assert place.read("tagged") == {"a": "a=ONE", "c": "c=THREE"}
    assert (result.nodes["whole"].status, result.nodes["whole"].blocked_by) == ("blocked", "n")
    assert (result.nodes["follows"].status, result.nodes["follows"].keys.blocked) == ("blocked", 1)
    assert result.nodes["later"].status == "blocked"

    place.write("texts", b="fine")
    mended = place.run(nodes, catalog, executor=executor)
    assert mended.status == "done", mended.error
    assert counted(mended, "n") == (1, 2, 0)
    assert "failed_last" in reasons(mended, "n")
    assert (place.folder / "everything.txt").read_text() == "a:a=ONE b:b=FINE c:c=THREE"


def test_on_error_stop_starts_no_further_key(place):
    place.write("texts", a="bad", b="two", c="three")
    nodes = [node(fail_on_bad, each("texts"), each("loud"), name="n", on_error="stop")]

    result = place.run(nodes, place.catalog("texts", "loud"))

    assert result.nodes["n"].status == "failed"
    assert result.nodes["n"].keys.done == 0
    assert not (place.folder / "loud").exists()


def test_whole_inputs_are_shared_and_count_for_every_key(place):
    place.write("texts", a="1", b="2")
    (place.folder / "unit.txt").write_text("kg")
    nodes = [node(join_texts, [each("texts"), "unit"], each("pairs"), name="n")]
    catalog = place.catalog("texts", "pairs", unit="unit.txt")
    place.run(nodes, catalog)
    assert place.read("pairs") == {"a": "1+kg", "b": "2+kg"}

    (place.folder / "unit.txt").write_text("lb")
    again = place.run(nodes, catalog)

    assert counted(again, "n") == (2, 0, 0)
    assert place.read("pairs") == {"a": "1+lb", "b": "2+lb"}


def test_a_consumer_of_the_whole_gets_a_lazy_mapping_and_is_cut_off_early(place):
    place.write("texts", a="one", b="two")
    nodes = [node(shout, each("texts"), each("loud")), node(collect, "loud", "all")]
    catalog = place.catalog("texts", "loud", all="all.txt")
    place.run(nodes, catalog)
    assert (place.folder / "all.txt").read_text() == "a:ONE b:TWO"

    place.write("texts", a="One")
    again = place.run(nodes, catalog)

    assert again.nodes["shout"].keys.done == 1
    assert again.nodes["collect"].status == "skipped"


def test_selected_keys_bound_what_runs(place):
    place.write("texts", a1="one", a2="two", b1="three")
    nodes = [node(note_call, [each("texts"), "params:calls"], each("loud"), name="n")]
    catalog = place.catalog("texts", "loud")

    place.run(nodes, catalog, keys={"n": ["a*"]})

    assert place.read("loud") == {"a1": "ONE", "a2": "TWO"}
    assert len(place.calls) == 2
    place.run(nodes, catalog, keys={"n": ["a1"]}, fresh=["n"])
    assert place.calls == ["one"]


def test_it_works_without_state(place):
    import plait

    place.write("texts", a="one")
    nodes = [node(shout, each("texts"), each("loud"))]
    result = plait.run(plait.pipeline(nodes), place.catalog("texts", "loud"))
    assert result.nodes["shout"].keys.done == 1
    assert place.read("loud") == {"a": "ONE"}


def test_what_is_not_partitioned_is_refused_before_anything_runs(place):
    place.write("texts", a="one")
    with pytest.raises(
        DatasetError, match="'loud' is not partitioned, but node 'shout' makes it by its parts"
    ):
        place.run([node(shout, each("texts"), each("loud"))], place.catalog("texts"))
    (place.folder / "one.txt").write_text("x")
    with pytest.raises(
        DatasetError, match="'one' is not partitioned, but node 'shout' takes it by its parts"
    ):
        place.run([node(shout, each("one"), each("loud"))], place.catalog("loud", one="one.txt"))
    with pytest.raises(UsageError, match="asks for a PartitionKey, but none of its inputs"):
        place.run([node(named, ["one"], "two")], DataCatalog.from_mapping({"one": 1}))


def vanishing(place, count, gone):
    texts = {f"k{number:02d}": f"text {number}" for number in range(count)}
    place.write("texts", **texts)
    nodes = [node(shout, each("texts"), each("loud"), name="n")]
    catalog = place.catalog("texts", "loud")
    place.run(nodes, catalog)
    place.write("loud", mine="not Plait's")
    place.remove("texts", *[f"k{number:02d}" for number in range(gone)])
    return nodes, catalog


def test_a_key_that_vanished_upstream_is_retired_to_the_trash(place):
    nodes, catalog = vanishing(place, 20, 2)

    result = place.run(nodes, catalog)

    assert result.nodes["n"].keys.retired == 2
    assert set(place.read("loud")) == {f"k{number:02d}" for number in range(2, 20)} | {"mine"}
    trashed = [path.name for path in (place.folder / ".plait" / "trash").rglob("*.txt")]
    assert sorted(trashed) == ["k00.txt", "k01.txt"]
    assert place.run(nodes, catalog).nodes["n"].status == "skipped"


def test_more_than_a_tenth_is_not_retired_unless_allowed(place):
    nodes, catalog = vanishing(place, 20, 3)

    held = place.run(nodes, catalog)

    assert held.nodes["n"].status == "skipped"
    assert held.nodes["n"].reasons[0].text == (
        "3 of 20 keys vanished from the inputs; what 'loud' holds of them stays until --allow-removals"
    )
    assert len(place.read("loud")) == 21
    place.run(nodes, catalog, allow_removals=True)
    assert len(place.read("loud")) == 18
