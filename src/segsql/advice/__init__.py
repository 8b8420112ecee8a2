"""Which indexes would make segments cheaper to count: tried with HypoPG, or reasoned from a sample (docs/advice.md).

`advise` finds the `candidates`, an index for each test that one can serve; counts on a sample of the contacts how many
each test leaves (`sampling`); and keeps what the planner would use and gain from (`trial`), or, where it can't be
asked, what the sample speaks for. `report` prints it. Nothing is ever created.
"""

from segsql.advice.advise import MOST_CANDIDATES, Advice, Advised, Subject, advise
from segsql.advice.report import SHARED_SCANS, as_json, as_sql, reasons
from segsql.advice.trial import Gain

__all__ = [
    "MOST_CANDIDATES",
    "SHARED_SCANS",
    "Advice",
    "Advised",
    "Gain",
    "Subject",
    "advise",
    "as_json",
    "as_sql",
    "reasons",
]
