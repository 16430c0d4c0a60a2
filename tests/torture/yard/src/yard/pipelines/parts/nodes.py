"""Nodes whose outputs are saved part by part."""

from plait import PartitionKey
from yard.sealed import is_whole, sealed, turn_of, working


def cut(base):
    working("cut")
    turn = turn_of(base)
    return {f"piece-{number}": "\n".join(sealed(f"piece{number}", turn, 300)) for number in range(6)}


def polish(piece, key: PartitionKey):
    working("polish", key, seconds=0.01)
    return "\n".join(sealed("polished", turn_of(piece.splitlines()), 350))


def collect(polished):
    working("collect")
    texts = [text.splitlines() for text in polished.values()]
    assert len(texts) == 6, f"{len(texts)} texts"
    assert all(map(is_whole, texts))
    turns = set(map(turn_of, texts))
    assert len(turns) == 1, f"inputs of different turns: {turns}"
    return sealed("shelf", turns.pop(), 120)
