"""What `segsql check` finds: one verdict after the other, each with what to do. Nothing is ever written.

`segsql.store.inspection` looks, the modules here judge what it saw (pure functions), and `examine` goes through the
list of all checks.
"""

from segsql.checkup.examine import EXAMINATIONS, Check, Examination, examine, unreachable
from segsql.checkup.patient import Criteria
from segsql.checkup.verdict import Level, Verdict

__all__ = [
    "EXAMINATIONS",
    "Check",
    "Criteria",
    "Examination",
    "Level",
    "Verdict",
    "examine",
    "unreachable",
]
