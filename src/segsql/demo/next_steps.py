"""What to type after the demo: commands that work as they are printed, from where the demo was run."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Step:
    """One line for a shell, and what it is good for."""

    purpose: str
    command: str


def next_steps(segsql: str, directory: Path) -> tuple[Step, ...]:
    """The commands, where `segsql` is how the program is called and `directory` the demo's, as it was given."""
    in_the_us = '{"matchType":"all","filters":[{"field":"country","operator":"eq","value":"US"}]}'
    readers = '{"condition":"AND","filters":[{"type":"open_rate","operator":"gte","value":50}]}'
    return (
        Step("Use this database from here on:", f"export SEGSQL_DSN={shlex.quote(f'embedded:{directory}')}"),
        Step("The workspaces, and a workspace's segments with the ages of their counts:", f"{segsql} list"),
        Step("", f"{segsql} list -w 1"),
        Step("A segment's SQL, and PostgreSQL's plan:", f"{segsql} preview -w 1 -s clx_seg_high_engage_id --explain"),
        Step("A count now, of a stored segment or of a filter that you write:", f"{segsql} count -w 1 -s 9"),
        Step("", f"echo '{in_the_us}' | {segsql} count -w 1 -"),
        Step("Who is in a segment:", f"{segsql} members -w 1 -s clx_seg_churned_id | head"),
        Step("Is a filter all right?", f"echo '{readers}' | {segsql} validate -"),
        Step("The batch job, for what was counted 6 hours ago or edited since:", f"{segsql} recount --stale-for 6h"),
    )


def program() -> str:
    """How to call this program again: `segsql` where PATH leads to it, else the path that was run.

    A path below the working directory is shown from there.
    """
    run = Path(sys.argv[0])
    found = shutil.which("segsql")
    if found is not None and run.exists() and Path(found).samefile(run):
        return "segsql"
    if run.name == "__main__.py":
        return f"{shlex.quote(_from_here(Path(sys.executable)))} -m segsql"
    return shlex.quote(_from_here(run))


def _from_here(path: Path) -> str:
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow a virtual environment's links
    if not absolute.is_relative_to(Path.cwd()):
        return str(absolute)
    relative = absolute.relative_to(Path.cwd())
    return str(relative) if len(relative.parts) > 1 else f"./{relative}"
