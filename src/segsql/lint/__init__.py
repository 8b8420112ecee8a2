"""Definitions that can't be what was meant: found by reasoning about them, and with a few facts of the database.

The way of one definition:

- `formulas`, `placed`: the predicate as AND and OR of single tests, laid over the nodes that the user wrote.
- `cells`, `dates`, `texts`, `space`: what a contact's values can be, as far as the tests tell them apart.
- `knowledge`: what is left of these cells where formulas hold, and when nothing is.
- `logic`: which nodes can't hold, always hold, or add nothing.
- `normal`: a fingerprint that is the same for definitions that say the same in other words.
- `traps`, `facts`, `indexes`: what a name says, what no contact has, what no index serves.
- `wording`: findings in words. `lint`: all of it for one definition, in its workspace.

Nothing here asks a database: `store.lint_facts` does.
"""

from segsql.lint.facts import Choice, Facts, Mentioned
from segsql.lint.indexes import IndexKey, TextIndex
from segsql.lint.lint import NO_FACTS, Linter, Subject, Title, with_its_tags

__all__ = [
    "NO_FACTS",
    "Choice",
    "Facts",
    "IndexKey",
    "Linter",
    "Mentioned",
    "Subject",
    "TextIndex",
    "Title",
    "with_its_tags",
]
