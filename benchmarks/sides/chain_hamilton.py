"""A chain of functions of ``x + 1`` through Hamilton's driver: seconds to run the built driver."""

import json
import sys
import time

from hamilton import ad_hoc_utils, driver


def run(count):
    source = "\n".join(f"def d{i + 1}(d{i}: int) -> int:\n    return d{i} + 1\n" for i in range(count))
    space: dict = {}
    exec(compile(source, "chain", "exec"), space)
    functions = [space[f"d{i + 1}"] for i in range(count)]
    module = ad_hoc_utils.create_temporary_module(*functions, module_name=f"chain_{count}")
    built = driver.Builder().with_modules(module).build()
    start = time.perf_counter()
    result = built.execute([f"d{count}"], inputs={"d0": 0})
    seconds = time.perf_counter() - start
    assert result[f"d{count}"] == count
    return seconds


count = int(sys.argv[1])
sys.setrecursionlimit(100 * count + 10_000)  # it walks the graph by recursion
run(2)  # what is imported at the first run
print(json.dumps({"seconds": run(count)}))
