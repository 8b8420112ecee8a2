"""Tests of segsql.catalog."""
