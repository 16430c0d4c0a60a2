"""What holds for all tests."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import HealthCheck, settings

# Importing Kedro sets up logging for the whole process: later tests would find what libraries tell on stdout.
os.environ["KEDRO_LOGGING_CONFIG"] = str(Path(__file__).with_name("kedro_logging.yml"))

# How long an example takes says how busy the machine is: speed is judged in benchmarks.
settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")
