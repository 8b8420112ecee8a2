"""Mirrors src/segsql/http."""
