"""Type names to what they stand for: one table, read at first use, with an install hint for each library.

The rows of Plait's own formats are in ``plait.datasets.table`` as two dictionaries, ``TYPES``
(name → :class:`DatasetType`) and ``SUFFIXES`` (``".csv"`` → ``"csv"``, lower case, the longest wins:
``".csv.gz"`` before ``".gz"``), and ``REQUIREMENTS`` (importable module → what to ``pip install``).
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DatasetType"]


@dataclass(frozen=True, slots=True)
class DatasetType:
    """What a type name stands for.

    Attributes:
        target: ``"package.module:NAME"`` of a :class:`~plait.catalog.formats.Format`, or of a class or
            function that is called with the entry's own keys as keywords and returns a dataset.
        frame: the frame that the name fixes (``pandas`` for ``pandas.CSVDataset``), or None.
        needs: importable modules it needs besides those of its frame, as ``python_calamine``.
        located: an entry of this type must say where its data lies (``path`` or ``filepath``).
    """

    target: str
    frame: str | None = None
    needs: tuple[str, ...] = ()
    located: bool = True
