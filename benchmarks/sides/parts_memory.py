"""Arrays key by key on two processes: what the workers hold at most above what they hold when idle, in bytes.

Linux only: the high-water marks are read, and reset, in ``/proc``.
"""

import json
import re
import sys
from pathlib import Path

import numpy as np
import psutil

import plait
from plait import each, node, pipeline


def increase(values):
    return values + 1


def write_arrays(folder, count, size):
    Path(folder).mkdir()
    for number in range(count):
        np.save(f"{folder}/{number:03}.npy", np.full(size // 8, number, dtype="int64"))


def run(folder, workers):
    entries = {"arrays": f"{folder}/*.npy", "made": f"made_{folder}/*.npy"}
    catalog = plait.DataCatalog.from_mapping(entries, root=Path.cwd())
    plait.run(
        pipeline([node(increase, each("arrays"), each("made"))]), catalog, workers=workers, state=".plait"
    )


def status(process, field):
    text = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(rf"{field}:\s+(\d+) kB", text)[1]) * 1024


def main(count, size):
    write_arrays("small", 50, 80)
    write_arrays("large", count, size)
    with plait.Workers(2) as workers:
        run("small", workers)  # what is imported at the first part
        processes = psutil.Process().children()
        for process in processes:
            Path(f"/proc/{process.pid}/clear_refs").write_text("5")
        idle = [status(process, "VmRSS") for process in processes]
        run("large", workers)
        peak = [status(process, "VmHWM") for process in processes]
    print(json.dumps({"above": sum(peak) - sum(idle), "workers": len(processes), "largest": size}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
