"""Tests of segsql.filters.text."""
