"""The command line: one module a command; options and output only."""

from segsql.cli.main import main

__all__ = ["main"]
