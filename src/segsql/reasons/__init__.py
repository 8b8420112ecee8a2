"""Why a contact is in a segment, or is not: each node of the filter with its outcome and the contact's own values.

The server decides everything, by one statement (`compiler.TracedStatement`); `facts` reads the values in its answer,
and `answer` puts both beside the filter in words.
"""

from segsql.reasons.answer import Answer, Question, Reason, why
from segsql.reasons.facts import Missing, Mistyped, Rated, Shown, TagList, Times, Value
from segsql.reasons.report import as_json

__all__ = [
    "Answer",
    "Missing",
    "Mistyped",
    "Question",
    "Rated",
    "Reason",
    "Shown",
    "TagList",
    "Times",
    "Value",
    "as_json",
    "why",
]
