"""One large Parquet file, loaded and saved by pandas' own calls and through the catalog: seconds of each."""

import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from plait import DataCatalog

megabytes, rounds = int(sys.argv[1]), int(sys.argv[2])
rows = megabytes * 1_000_000 // (12 * 8)
rng = np.random.default_rng(1)
frame = pd.DataFrame({f"c{i}": rng.random(rows) for i in range(12)})
Path("in").mkdir()
frame.to_parquet("in/data.parquet")
catalog = DataCatalog.from_config(
    {
        "source": {"type": "pandas.ParquetDataset", "filepath": "in/data.parquet"},
        "target": {"type": "pandas.ParquetDataset", "filepath": "out/data.parquet"},
    },
    root=Path.cwd(),
)
del frame


def by_hand():
    Path("hand").mkdir(exist_ok=True)
    pd.read_parquet("in/data.parquet").to_parquet("hand/data.parquet")


def by_catalog():
    catalog.save("target", catalog.load("source"))


def timed(action):
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def one_round(number):
    """Time both, each first in every other round: what one has written, the other waits for."""
    if number % 2:
        return timed(by_hand), timed(by_catalog)
    return tuple(reversed((timed(by_catalog), timed(by_hand))))


taken = [one_round(number) for number in range(rounds + 1)][1:]  # the first warms page cache and imports
size = Path("in/data.parquet").stat().st_size
assert Path("hand/data.parquet").read_bytes() == Path("out/data.parquet").read_bytes()
print(json.dumps({"hand": [hand for hand, _ in taken], "plait": [ours for _, ours in taken], "bytes": size}))
