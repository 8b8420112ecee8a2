"""The entry point: runs the command tree, and turns whatever ends it into words and an exit code."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from types import FrameType
from typing import NoReturn

import click

from segsql.cli.app import app
from segsql.cli.exits import Exit, exit_code
from segsql.cli.output import print_diagnostics, print_error
from segsql.errors import InvalidDefinition, SegsqlError


def main() -> NoReturn:
    """Run `segsql` on the process's arguments."""
    signal.signal(signal.SIGTERM, _terminated)
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command; give its exit code. Nothing but a bug ever prints a traceback.

    Not by way of click's own `main`: that one exits with 1 where whoever reads stdout has gone.
    """
    try:
        with app.make_context("segsql", arguments) as context:
            code = app.invoke(context)
        sys.stdout.flush()
    except InvalidDefinition as error:
        print_diagnostics(error.diagnostics)
        return Exit.FAILED
    except SegsqlError as error:
        print_error(str(error), error.hint)
        return exit_code(error)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except BrokenPipeError:
        _forget_stdout()
        return Exit.OK
    except (KeyboardInterrupt, click.Abort):
        return Exit.SIGINT
    except Exception:  # noqa: BLE001 - the last resort: whatever nobody foresaw is a bug, and says so
        traceback.print_exc()
        print_error("This is a bug in segsql.", "Please report it, with the lines above and what you ran.")
        return Exit.BUG
    return code if isinstance(code, int) else Exit.OK


def _terminated(signum: int, frame: FrameType | None) -> NoReturn:
    """SIGTERM, where a command has no better answer: unwind, so that servers and cursors are closed."""
    del signum, frame
    sys.exit(Exit.SIGTERM)


def _forget_stdout() -> None:
    """Whoever read stdout has gone: nothing more goes there, also not when Python flushes at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
