"""Tests of segsql.filters."""
