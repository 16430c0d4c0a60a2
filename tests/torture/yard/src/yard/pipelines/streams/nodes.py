"""Generators: what they yield becomes parts that are there at once, or a file that is there at the end."""

from plait import Completed
from yard.sealed import is_whole, sealed, turn_of, working


def drip(base, done: Completed):
    for number in range(6):
        key = f"drop-{number}"
        if key not in done:
            working("drip", key, seconds=0.01)
            yield key, "\n".join(sealed(key, turn_of(base), 250))


def narrate(base):
    working("narrate", seconds=0.0)
    lines = sealed("story", turn_of(base), 800)
    for start in range(0, len(lines), 200):
        working("chunk", str(start), seconds=0.005)
        yield "\n".join(lines[start : start + 200]) + "\n"


def pour(drops, story):
    working("pour")
    texts = [text.splitlines() for text in (*drops.values(), story)]
    assert len(texts) == 7, f"{len(texts)} texts"
    assert all(map(is_whole, texts))
    turns = set(map(turn_of, texts))
    assert len(turns) == 1, f"inputs of different turns: {turns}"
    return sealed("jug", turns.pop(), 120)
