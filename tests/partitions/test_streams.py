from partition_nodes import breaks_off, collect, in_chunks, two_streams, yields_nothing

import plait
from plait import each, node


def test_pairs_become_parts_and_several_outputs_are_unpacked_first(place, executor):
    (place.folder / "text.txt").write_text("one two three")
    nodes = [node(two_streams, "text", ["words", "sizes"], name="n")]

    result = place.run(nodes, place.catalog("words", text="text.txt"), executor=executor)

    assert result.status == "done", result.error
    assert place.read("words") == {"w0": "one", "w1": "two", "w2": "three"}
    assert result["sizes"] == [3, 3, 5]


def test_chunks_of_a_single_file_are_visible_at_the_end(place):
    (place.folder / "text.txt").write_text("one two")
    catalog = place.catalog(text="text.txt", lines="lines.txt")

    result = place.run([node(in_chunks, "text", "lines", name="n")], catalog)

    assert result.status == "done", result.error
    assert (place.folder / "lines.txt").read_text() == "one\ntwo\n"


def test_an_empty_generator_leaves_no_parts_and_an_empty_list(place):
    (place.folder / "text.txt").write_text("x")
    catalog = place.catalog("words", text="text.txt")
    result = place.run([node(yields_nothing, "text", ["words", "sizes"], name="n")], catalog)
    assert result.status == "done", result.error
    assert result["sizes"] == []


def test_what_was_yielded_before_a_failure_stays(place):
    (place.folder / "text.txt").write_text("one two bad")
    nodes = [node(breaks_off, "text", "words", name="n"), node(collect, "words", "all")]
    catalog = place.catalog("words", text="text.txt", all="all.txt")

    result = place.run(nodes, catalog)

    assert [item.status for item in result.nodes.values()] == ["failed", "blocked"]
    assert place.read("words") == {"w0": "one", "w1": "two"}


def test_a_chunk_without_key_says_what_to_yield(place):
    (place.folder / "text.txt").write_text("one")
    result = place.run([node(in_chunks, "text", "words", name="n")], place.catalog("words", text="text.txt"))
    assert "node 'n' yields a str for 'words', which is partitioned" in str(result.error)
    assert "yield a pair: (key, data)" in str(result.error)


def test_keys_a_complete_generator_no_longer_yields_are_retired(place):
    (place.folder / "text.txt").write_text(" ".join(f"v{number}" for number in range(20)))
    nodes = [node(breaks_off, "text", "words", name="n")]
    catalog = place.catalog("words", text="text.txt")
    place.run(nodes, catalog)
    assert len(place.read("words")) == 20

    (place.folder / "text.txt").write_text(" ".join(f"v{number}" for number in range(18)))
    assert place.run(nodes, catalog).status == "done"

    assert len(place.read("words")) == 18
    assert place.run(nodes, catalog).nodes["n"].status == "skipped"


def test_yielded_parts_feed_a_node_key_by_key(place):
    (place.folder / "text.txt").write_text("one two")
    nodes = [node(breaks_off, "text", "words", name="n"), node(str.upper, each("words"), each("loud"))]
    result = plait.run(plait.pipeline(nodes), place.catalog("words", "loud", text="text.txt"))
    assert result.nodes["upper"].keys.done == 2
    assert place.read("loud") == {"w0": "ONE", "w1": "TWO"}
