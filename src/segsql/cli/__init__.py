"""The command line: one module a command; options and output only."""

from __future__ import annotations

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run `segsql`; also where it is interrupted before it has begun."""
    try:
        from segsql.cli.main import main as run
    except KeyboardInterrupt:
        sys.exit(130)
    run()


__all__ = ["main"]
