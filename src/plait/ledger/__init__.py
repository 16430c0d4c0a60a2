"""What happened: the local record of runs."""

from plait.ledger.database import new_run_id
from plait.ledger.records import (
    DatasetRecord,
    LogRecord,
    MeasuredRecord,
    NodeRecord,
    Provenance,
    RunRecord,
    RunSetting,
)
from plait.ledger.store import Ledger
from plait.ledger.writer import RunWriter

__all__ = [
    "DatasetRecord",
    "Ledger",
    "LogRecord",
    "MeasuredRecord",
    "NodeRecord",
    "Provenance",
    "RunRecord",
    "RunSetting",
    "RunWriter",
    "new_run_id",
]
