"""The entry point: runs the command tree, and turns whatever ends it into words and an exit code."""

from __future__ import annotations

import io
import os
import signal
import sys
import traceback
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from segsql.cli.app import app
from segsql.cli.exits import Exit, exit_code
from segsql.cli.output import forget_stdout, print_diagnostics, print_error
from segsql.errors import InvalidDefinition, InvalidMapping, SegsqlError


def main() -> NoReturn:
    """Run `segsql` on the process's arguments."""
    signal.signal(signal.SIGTERM, _terminated)
    _open_streams()
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except OSError:
        forget_stdout()
    sys.exit(code)


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
    except InvalidMapping as error:
        print_error(f"{error.source} does not describe a database, or not this one:")
        print_diagnostics(error.diagnostics)
        return exit_code(error)
    except SegsqlError as error:
        print_error(str(error), error.hint)
        return exit_code(error)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except BrokenPipeError:
        forget_stdout()
        return Exit.OK
    except OSError as error:
        forget_stdout()
        print_error(str(error))
        return Exit.FAILED
    except (KeyboardInterrupt, click.Abort):
        return Exit.SIGINT
    except Exception as error:  # noqa: BLE001 - the last resort: whatever nobody foresaw is a bug, and says so
        if (code := _wrapped_end(error)) is not None:
            return code
        traceback.print_exc()
        print_error("This is a bug in segsql.", "Please report it, with the lines above and what you ran.")
        return Exit.BUG
    return code if isinstance(code, int) else Exit.OK


def _wrapped_end(error: BaseException | None) -> int | None:
    """The exit code of a signal that Python turned into an error on its way, as 3.11 does while a class is made."""
    while error is not None:
        match error:
            case SystemExit(code=int() as code):
                return code
            case KeyboardInterrupt():
                return Exit.SIGINT
        error = error.__cause__
    return None


def _terminated(signum: int, frame: FrameType | None) -> NoReturn:
    """SIGTERM, where a command has no better answer: unwind, so that servers and cursors are closed."""
    del signum, frame
    sys.exit(Exit.SIGTERM)


def _open_streams() -> None:
    """Whoever started the command may have closed some of its streams, or given them a poor encoding."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - for as long as it runs
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
