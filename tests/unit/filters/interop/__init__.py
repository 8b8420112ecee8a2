"""Tests of segsql.filters.interop."""
