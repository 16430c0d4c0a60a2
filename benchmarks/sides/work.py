"""Functions of the nodes that the executors are measured with; they need neither Plait nor Kedro."""

import numpy as np
import pandas as pd

ROWS, COLUMNS = 1_000_000, 20  # 160 MB


def nothing(x):
    return x


def compute(x):
    total = x
    for number in range(8_000_000):
        total = (total * 31 + number) % 1_000_003
    return total


def frame(x):
    values = np.arange(ROWS * COLUMNS, dtype="float64").reshape(ROWS, COLUMNS) + x
    return pd.DataFrame(values, columns=[f"c{number}" for number in range(COLUMNS)])


def use(table, number):
    return float(table[f"c{number}"].sum() + table.to_numpy().max())


def chains(node):
    """Return what is measured: title → nodes, made by the ``node`` of Plait or of Kedro."""
    return {
        "nothing": [node(nothing, "x", f"n{i}", name=f"n{i}") for i in range(200)],
        "compute": [node(compute, "x", f"n{i}", name=f"n{i}") for i in range(8)],
        "frame": [
            node(frame, "x", "table", name="frame"),
            *[node(use, ["table", f"column{i}"], f"n{i}", name=f"n{i}") for i in range(4)],
        ],
    }


VALUES = {"x": 1, **{f"column{i}": i for i in range(4)}}
