"""From YAML with interpolation to a ready catalog, with Plait: seconds. The project is given."""

import json
import sys
import time

from plait import Project

folder, count = sys.argv[1], int(sys.argv[2])
start = time.perf_counter()
catalog = Project.open(folder).catalog
entry = catalog.entry(f"table_{count - 1}")
seconds = time.perf_counter() - start
assert entry is not None
assert "/store/" in str(entry.location)
print(json.dumps({"seconds": seconds}))
