"""``plait check``: everything that is wrong or doubtful in a project, found without running anything.

:func:`check_project` gathers the facts once; each rule is a function from facts to findings.
"""

from plait.project.check.findings import Finding
from plait.project.check.inspection import check_project

__all__ = ["Finding", "check_project"]
