"""Plan -> Statement: SQL text from the plan's form. The only part of segsql that knows sqlglot."""

from segsql.render.layout import readable
from segsql.render.render import forget, render
from segsql.render.statement import Statement

__all__ = ["Statement", "forget", "readable", "render"]
