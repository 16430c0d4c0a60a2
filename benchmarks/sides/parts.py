"""Small text files, a trivial function on each, on two processes: seconds, beside raw reads and writes."""

import json
import sys
import time
from pathlib import Path

import plait
from plait import each, node, pipeline

PLACE = Path.cwd()


def louder(text):
    return text.upper()


def run(output, **how):
    """Run over all files, into a folder that has records of its own."""
    catalog = plait.DataCatalog.from_mapping({"texts": "texts/*.txt", output: f"{output}/*.txt"}, root=PLACE)
    nodes = pipeline([node(louder, each("texts"), each(output), name="louder")])
    start = time.perf_counter()
    result = plait.run(nodes, catalog, state=PLACE / ".plait", **how)
    return time.perf_counter() - start, result.nodes["louder"]


def by_hand(output):
    target = PLACE / output
    target.mkdir()
    start = time.perf_counter()
    for path in (PLACE / "texts").iterdir():
        (target / path.name).write_text(louder(path.read_text()))
    return time.perf_counter() - start


def write_texts(count):
    folder = PLACE / "texts"
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:05}.txt").write_text(f"text {number}")


def changed(number):
    """Change one file; return what a run then takes, and how many keys it made."""
    (PLACE / "texts" / f"{number:05}.txt").write_text(f"another text, {number}")
    seconds, ended = run("loud0")
    return seconds, ended.keys.done


def main(count, rounds):
    write_texts(count)
    taken = {"hand": [], "plait": [], "changed": []}
    with plait.Workers(2) as workers:
        for number in range(rounds):
            taken["hand"].append(by_hand(f"hand{number}"))
            seconds, ended = run(f"loud{number}", workers=workers)
            assert ended.keys.done == count
            taken["plait"].append(seconds)
    time.sleep(2.1)  # files as young as that are hashed once more
    changed(0)
    for number in range(1, rounds + 1):
        seconds, calls = changed(number)
        assert calls == 1
        taken["changed"].append(seconds)
    print(json.dumps(taken))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
