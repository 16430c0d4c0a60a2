"""What projects test their own datasets and pipelines with."""

from plait.testing.datasets import DatasetViolations, check_dataset
from plait.testing.slices import run_slice

__all__ = ["DatasetViolations", "check_dataset", "run_slice"]
