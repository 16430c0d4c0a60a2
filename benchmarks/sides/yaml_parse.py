"""The C parser alone on the same file: seconds."""

import json
import sys
import time
from pathlib import Path

import yaml

text = Path(sys.argv[1]).read_text()
start = time.perf_counter()
yaml.load(text, yaml.CSafeLoader)
print(json.dumps({"seconds": time.perf_counter() - start}))
