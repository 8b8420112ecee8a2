"""`segsql map`: a mapping proposed from what a database looks like (docs/mapping.md).

`scene` finds the contacts and their tenants, which everything else hangs on; `contacts`, `fields`, `tags`, `activity`
and `segments` guess their sections from it by the words of `names`; `toml` writes them, and `propose` is the whole.
"""

from segsql.proposal.propose import Proposal, propose

__all__ = ["Proposal", "propose"]
