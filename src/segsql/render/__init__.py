"""Plan -> Statement: SQL text from the plan's form, and the indexes that serve it. The only part that knows sqlglot."""

from segsql.render.indexes import Index, Method, index_for
from segsql.render.layout import readable
from segsql.render.render import forget, render
from segsql.render.statement import Statement

__all__ = ["Index", "Method", "Statement", "forget", "index_for", "readable", "render"]
