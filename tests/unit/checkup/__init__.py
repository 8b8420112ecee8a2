"""Mirrors `src/segsql/checkup`: each judgement by itself."""
