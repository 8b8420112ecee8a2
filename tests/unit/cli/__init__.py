"""Tests of segsql.cli."""
