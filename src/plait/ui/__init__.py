"""The browser view: a local web application over a project's graph, catalog, ledger and live events.

It contains no pipeline logic: what it shows is made by the packages below it, and whatever needs the
project's own code happens in a process of its own (:mod:`plait.ui.workbench`).
"""

from plait.ui.notebook import show

__all__ = ["show"]
