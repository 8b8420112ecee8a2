"""Tests of segsql.render."""
