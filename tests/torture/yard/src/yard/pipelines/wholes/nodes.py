"""Nodes whose outputs are saved whole: files, a version, a folder, and links in memory."""

from plait import RunContext
from yard.sealed import is_whole, sealed, turn_of, working


def prepare(source, turn):
    working("prepare")
    return sealed(source["words"][0], turn, 4000)


def count(base):
    working("count")
    return sealed("count", turn_of(base), 500)


def describe(counted):
    working("describe")
    return "\n".join(counted)


def bulk(base):
    working("bulk")
    return bytes([turn_of(base)]) * 2_000_000


def weigh_light(bulk):
    working("weigh_light")
    return "\n".join(sealed("light", bulk[0], len(bulk) // 1000))


def weigh_heavy(bulk):
    working("weigh_heavy", seconds=0.04)
    return sealed("heavy", bulk[-1], len(bulk) // 500)


def fit(base):
    working("fit")
    return sealed("model", turn_of(base), 3000)


def paste(base, context: RunContext):
    working("paste")
    turn = turn_of(base)
    folder = context.scratch / "album"
    folder.mkdir()
    for number in range(3 + turn % 3):
        (folder / f"page-{number}.txt").write_text("\n".join(sealed(f"page{number}", turn, 400)))
    return folder


def publish(summary, light, heavy, model, album):
    working("publish")
    pages = [page.read_text().splitlines() for page in sorted(album.iterdir())]
    turns = {turn_of(lines) for lines in (summary.splitlines(), light.splitlines(), heavy, model, *pages)}
    assert len(turns) == 1, f"inputs of different turns: {turns}"
    assert all(map(is_whole, pages))
    return sealed("report", turns.pop(), 100)
