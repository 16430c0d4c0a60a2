"""Parts that Plait did not make are kept before they are replaced, and so is what is retired."""

import os
import time

from partition_nodes import breaks_off, doubled, fail_on_bad, fail_on_bad_with, in_chunks, shout

from plait import each, node

OLD = 30 * 86_400  # seconds


def trashed(place):
    """Return relative path, without the folder of the run, to text of all that lies in the trash."""
    folder = place.folder / ".plait" / "trash"
    return {
        file.relative_to(folder).as_posix().partition("/")[2]: file.read_text()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def told(result):
    return [reason.text for item in result.nodes.values() for reason in item.reasons if reason.kind == "kept"]


def test_parts_that_were_there_before_are_kept(place, executor):
    place.write("texts", a="x", b="y", c="z")
    place.write("loud", a="mine", b="also mine", other="untouched")
    nodes = [node(shout, each("texts"), each("loud"), name="n")]
    catalog = place.catalog("texts", "loud")

    result = place.run(nodes, catalog, executor=executor)

    assert result.status == "done", result.error
    assert place.read("loud") == {"a": "X", "b": "Y", "c": "Z", "other": "untouched"}
    assert trashed(place) == {"loud/a.txt": "mine", "loud/b.txt": "also mine"}
    (text,) = told(result)
    assert text.startswith(
        "2 parts of 'loud' will be replaced, but Plait did not make what lies at 'a', 'b': "
        "kept in .plait/trash/"
    )


def test_a_part_changed_since_is_kept_and_own_parts_are_not(place):
    place.write("texts", a="x", b="y")
    nodes = [node(shout, each("texts"), each("loud"), name="n")]
    catalog = place.catalog("texts", "loud")
    place.run(nodes, catalog)
    place.write("loud", a="edited by hand")
    place.write("texts", b="changed")

    result = place.run(nodes, catalog)

    assert place.read("loud") == {"a": "X", "b": "CHANGED"}
    assert trashed(place) == {"loud/a.txt": "edited by hand"}
    assert len(told(result)) == 1
    assert told(place.run(nodes, catalog, fresh=True)) == []
    assert trashed(place) == {"loud/a.txt": "edited by hand"}


def test_parts_made_by_a_key_that_failed_since_are_not_taken_for_foreign(place):
    place.write("texts", a="bad", b="y")
    nodes = [node(fail_on_bad, each("texts"), each("loud"), name="n", on_error="continue")]
    catalog = place.catalog("texts", "loud")
    place.run(nodes, catalog)
    place.write("texts", a="good")
    assert told(place.run(nodes, catalog)) == []


def test_what_lies_where_a_generator_streams_is_kept(place):
    (place.folder / "text.txt").write_text("one two")
    place.write("words", w0="mine")
    (place.folder / "lines.txt").write_text("mine as well")
    nodes = [
        node(breaks_off, "text", "words", name="parts"),
        node(in_chunks, "text", "lines", name="whole"),
    ]
    catalog = place.catalog("words", text="text.txt", lines="lines.txt")

    result = place.run(nodes, catalog)

    assert result.status == "done", result.error
    assert place.read("words") == {"w0": "one", "w1": "two"}
    assert trashed(place) == {"words/w0.txt": "mine", "lines.txt": "mine as well"}
    assert sorted(text.partition(" will")[0] for text in told(result)) == ["'lines'", "1 part of 'words'"]
    (place.folder / "text.txt").write_text("one three")
    assert told(place.run(nodes, catalog)) == []


def test_what_lies_where_a_mapping_is_saved_is_kept(place):
    (place.folder / "text.txt").write_text("one two")
    place.write("words", a="mine")
    nodes = [node(doubled, "text", "words", name="n")]
    catalog = place.catalog("words", text="text.txt")

    result = place.run(nodes, catalog)

    assert result.status == "done", result.error
    assert trashed(place) == {"words/a.txt": "mine"}
    assert place.read("words") == {"a": "one twoone two"}
    (place.folder / "text.txt").write_text("three")
    assert told(place.run(nodes, catalog)) == []


def test_what_lies_behind_a_url_is_kept(place):
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.pipe({"/kept-parts/loud/a.txt": b"mine", "/kept-parts/whole.txt": b"mine too"})
    place.write("texts", a="x")
    (place.folder / "text.txt").write_text("one")
    nodes = [node(shout, each("texts"), each("loud"), name="n"), node(shout, "text", "whole", name="w")]
    remote = {"loud": "memory://kept-parts/loud/*.txt", "whole": "memory://kept-parts/whole.txt"}

    result = place.run(nodes, place.catalog("texts", text="text.txt", **remote))

    assert result.status == "done", [item.error for item in result.nodes.values()]
    assert memory.cat("/kept-parts/whole.txt") == b"ONE"
    assert trashed(place) == {
        "elsewhere/memory/kept-parts/loud/a.txt": "mine",
        "elsewhere/memory/kept-parts/whole.txt": "mine too",
    }


def test_a_new_version_replaces_nothing(place):
    (place.folder / "text.txt").write_text("one")
    entry = {"type": "text", "path": "loud.txt", "versioned": True}
    catalog = place.catalog(text="text.txt", loud=entry)
    nodes = [node(shout, "text", "loud", name="n")]
    place.run(nodes, catalog)
    newest = max((place.folder / "loud.txt").rglob("loud.txt"))
    newest.write_text("edited")
    assert told(place.run(nodes, catalog)) == []
    assert newest.read_text() == "edited"


def test_what_cannot_be_kept_is_not_replaced(place):
    place.write("texts", a="x")
    place.write("loud", a="mine")
    (place.folder / "text.txt").write_text("one")
    (place.folder / "whole.txt").write_text("mine too")
    nodes = [node(shout, each("texts"), each("loud"), name="n"), node(shout, "text", "whole", name="w")]
    (place.folder / ".plait").mkdir()
    (place.folder / ".plait" / "trash").write_text("no folder")

    result = place.run(nodes, place.catalog("texts", "loud", text="text.txt", whole="whole.txt"))

    assert [item.status for item in result.nodes.values()] == ["failed", "failed"]
    assert place.read("loud") == {"a": "mine"}
    assert (place.folder / "whole.txt").read_text() == "mine too"
    text = str(result.nodes["w"].error)
    assert (
        "'whole' is not replaced: Plait did not make what lies there, and cannot keep a copy of it" in text
    ), text
    (place.folder / ".plait" / "trash").unlink()
    assert (
        place.run(nodes, place.catalog("texts", "loud", text="text.txt", whole="whole.txt")).status == "done"
    )
    assert trashed(place) == {"loud/a.txt": "mine", "whole.txt": "mine too"}


def test_retired_parts_of_two_datasets_stay_for_seven_days_from_now(place):
    texts = {f"k{number:02d}": "x" for number in range(20)}
    place.write("texts", **texts)
    nodes = [
        node(shout, each("texts"), each("loud"), name="n"),
        node(shout, each("loud"), each("louder"), name="m"),
    ]
    catalog = place.catalog("texts", "loud", "louder")
    place.run(nodes, catalog)
    then = time.time() - OLD
    for dataset in ("loud", "louder"):
        os.utime(place.folder / dataset / "k00.txt", (then, then))
    place.remove("texts", "k00")

    place.run(nodes, catalog)

    assert trashed(place) == {"loud/k00.txt": "X", "louder/k00.txt": "X"}
    place.write("texts", k01="changed")
    place.run(nodes, catalog)
    assert trashed(place) == {"loud/k00.txt": "X", "louder/k00.txt": "X"}


def test_inputs_in_memory_of_a_failed_key_are_there_for_the_next_run(place):
    place.write("texts", a="bad", b="y")
    nodes = [
        node(doubled, "text", "table", name="costly"),
        node(fail_on_bad_with, [each("texts"), "table"], each("loud"), name="n", on_error="continue"),
    ]
    (place.folder / "text.txt").write_text("t")
    catalog = place.catalog("texts", "loud", text="text.txt", table="memory")
    assert place.run(nodes, catalog).status == "failed"
    assert len(list((place.folder / ".plait" / "spill").glob("*.spill"))) == 1
    place.write("texts", a="good")

    result = place.run(nodes, catalog)

    assert result.status == "done", result.error
    assert [reason.kind for reason in result.nodes["costly"].reasons] == ["restored"]
