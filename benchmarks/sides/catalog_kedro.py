"""From YAML with interpolation to a ready catalog, with Kedro: seconds. The folder is given."""

import json
import logging
import os
import sys
import time

os.environ["OMEGACONF_MAX_YAML_EXPANDED_NODES"] = "100000000"  # the limit refuses 1,000 entries and more

from kedro.config import OmegaConfigLoader
from kedro.io import DataCatalog

logging.disable(logging.CRITICAL)
folder, count = sys.argv[1], int(sys.argv[2])
start = time.perf_counter()
loader = OmegaConfigLoader(folder, base_env="base", default_run_env="local")
catalog = DataCatalog.from_config(loader["catalog"])
seconds = time.perf_counter() - start
assert len(catalog.keys()) == count
print(json.dumps({"seconds": seconds}))
