"""Tests of segsql.plan."""
