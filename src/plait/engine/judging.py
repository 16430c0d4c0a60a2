"""Opening what a run decides with: the code base, the traces, the leases."""

from __future__ import annotations

import hashlib
import os
import sysconfig
from collections.abc import Iterable
from pathlib import Path

from plait.catalog import DataCatalog
from plait.engine.allocation import collection_paused
from plait.engine.fingerprints import Fingerprints, LedgerMemo
from plait.engine.identify import Identifier
from plait.engine.judge import Judge, JudgeOptions
from plait.engine.options import IdentityOptions, RunOptions
from plait.engine.plan import Plan
from plait.identity.manifest import Codebase
from plait.ledger import Ledger
from plait.ledger.traces import TraceStore
from plait.pipeline import Node

__all__ = ["open_judge", "own_source_roots"]


def open_judge(
    plan: Plan,
    catalog: DataCatalog,
    options: RunOptions,
    ledger: Ledger | None,
    trash: Path | None = None,
) -> Judge | None:
    """Return the judge of a run, or None where it keeps no state to decide by, or stores nothing.

    Args:
        trash: where what the run retires goes; None for those who only decide.
    """
    identity, state = options.identity, options.state
    if identity is None or state is None or ledger is None or not _stores(plan):
        return None
    codebase = Codebase(
        identity.root,
        identity.source_roots,
        folder=state / "cache",
        sources=identity.memory.sources if identity.memory else None,
        distributions=identity.memory.distributions if identity.memory else None,
    )
    identifier = Identifier(
        codebase, catalog, options.parameters, seed=options.seed, lock=_lock_digest(identity)
    )
    with collection_paused():
        return Judge(
            plan,
            catalog,
            identifier,
            Fingerprints(LedgerMemo(ledger.database, identity.root)),
            TraceStore(ledger.database),
            JudgeOptions(identity.fresh, identity.env_policy, options.allow_removals, trash),
        )


def _stores(plan: Plan) -> bool:
    return any(save.place == "stored" for step in plan.steps for save in step.saves)


def own_source_roots(nodes: Iterable[Node]) -> tuple[Path, ...]:
    """Return the folders that the functions of ``nodes`` were written in, leaving out installed packages."""
    codes = [getattr(node.func, "__code__", None) for node in nodes]
    folders = {os.path.dirname(code.co_filename) for code in codes if code is not None}  # noqa: PTH120
    installed = [Path(path).resolve() for path in {*sysconfig.get_paths().values()}]
    found = [Path(folder).resolve() for folder in sorted(folders) if Path(folder).is_dir()]
    return tuple([place for place in found if not any(top in (place, *place.parents) for top in installed)])


def _lock_digest(identity: IdentityOptions) -> str | None:
    if identity.env_policy != "lock" or identity.lock is None or not identity.lock.exists():
        return None
    return hashlib.sha256(identity.lock.read_bytes()).hexdigest()
