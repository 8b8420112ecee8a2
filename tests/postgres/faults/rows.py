"""The faults that are provoked, and what a run makes of each: the tests assert it, docs/operations.md shows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A fault; the SQLSTATEs that the server told the run; what became of the segments; the exit codes.

    Without a SQLSTATE the run learns of it by the connection's breaking, or its silence. More than one exit code:
    one for each of the runs that the fault hit.
    """

    fault: str
    outcome: str
    codes: tuple[int, ...]
    sqlstates: tuple[str, ...] = ()

    @property
    def code(self) -> int:
        """The exit code, where there is one."""
        (code,) = self.codes
        return code


_AGAIN = "counted in a new snapshot on a new connection"
_OWN = "that segment `failed`, the others counted"

SESSIONS = {
    "terminated while it counts": Row("backend terminated, counting", _AGAIN, (0,), ("57P01",)),
    "terminated while it waits": Row("backend terminated, idle in the write transaction", _AGAIN, (0,), ("57P01",)),
    "terminated while it writes": Row("backend terminated, writing", _AGAIN, (0,), ("57P01",)),
    "terminated while it commits": Row("backend terminated, committing", _AGAIN, (0,), ("57P01",)),
    "killed": Row("backend `kill -9`: the server restarts all sessions", _AGAIN, (0,)),
    "frozen while it counts": Row("backend frozen (SIGSTOP), counting", f"given up by the client; {_AGAIN}", (0,)),
    "frozen while it writes": Row(
        "backend frozen (SIGSTOP), writing", "given up by the client; the row stays locked: `failed`", (1,), ("55P03",)
    ),
    "cancelled": Row("query cancelled by a DBA", f"{_OWN}; no retry", (1,), ("57014",)),
    "timed out": Row(
        "statement timeout of one segment inside a shared scan",
        "that segment `timeout`, the others counted",
        (1,),
        ("57014",),
    ),
}

SERVER = {
    "restarted fast": Row("server restarted in mid-run, fast", _AGAIN, (0,), ("57P01",)),
    "restarted at once": Row("server restarted in mid-run, immediate", _AGAIN, (0,)),
    "gone": Row("server stopped in mid-run and stays away", "what was written stays; the run stops", (69,), ("57P01",)),
    "down": Row("server down at the start", "nothing done", (69,)),
    "wrong password": Row("wrong password", "nothing done", (78,), ("28P01",)),
    "wrong database": Row("wrong database", "nothing done", (78,), ("3D000",)),
    "wrong role": Row("wrong role", "nothing done", (78,), ("28000",)),
    "read-only": Row("server read-only (`default_transaction_read_only`)", "nothing written", (78,), ("25006",)),
    "full": Row("too many connections, and they stay", "nothing done", (69,), ("53300",)),
    "full for a while": Row("too many connections, for a while", "counted as soon as there is room", (0,), ("53300",)),
}

LOCKS = {
    "row locked": Row("a segment's row locked by another transaction", _OWN, (1,), ("55P03",)),
    "contacts locked": Row(
        "`ALTER TABLE contacts` holds its lock",
        "`failed` after the lock timeout, tried again in between",
        (1,),
        ("55P03",),
    ),
    "segments locked": Row(
        "`ALTER TABLE segments` takes its lock in mid-run",
        "`failed` after the lock timeout, tried again in between",
        (1,),
        ("55P03",),
    ),
    "locked for a while": Row("the same for a few seconds", "counted when the lock is gone", (0,), ("55P03",)),
}

SCHEMA = {
    "no column": Row("a column missing, from mid-run on", "what was written stays; the run stops", (78,), ("42703",)),
    "no table": Row("a table missing, from mid-run on", "what was written stays; the run stops", (78,), ("42P01",)),
    "no privilege": Row(
        "a privilege missing, from mid-run on", "what was written stays; the run stops", (78,), ("42501",)
    ),
}

EDITS = {
    "edited": Row("definition edited during its count", "`superseded`: nothing written", (0,)),
    "deleted": Row("segment deleted during its count", "`superseded`: nothing written", (0,)),
    "poisoned": Row(
        "definition replaced by poison JSON during its count",
        "`superseded`, from then on `invalid`; the old count stays",
        (0,),
    ),
}

NETWORK = {
    "cut": Row("network cut: connections reset", _AGAIN, (0,)),
    "silent": Row("network cut: packets vanish", f"given up by the client; {_AGAIN}", (0,)),
    "commit lost": Row("COMMIT lost on its way to the server", _AGAIN, (0,)),
    "acknowledgement lost": Row(
        "acknowledgement of COMMIT lost", "found stored when it is written again: counted", (0,)
    ),
}

DISK = {
    "temporary files limited": Row("`temp_file_limit` reached", _OWN, (1,), ("53400",)),
    "no temporary space": Row("disk of temporary files full", _OWN, (1,), ("53100",)),
    "file too large": Row("a file can't grow (`ulimit -f`): an input/output error", _OWN, (1,), ("XX000",)),
    "no space": Row("data disk full", "`failed`; the old counts stay", (1,), ("53100",)),
    "no space for a while": Row("data disk full, for a while", "written as soon as there is room", (0,), ("53100",)),
}

RUNS = {
    "8 at once": Row("8 recounts at once, killed at random", "one at a time has a workspace", (0, 143, 137)),
    "terminated": Row("SIGTERM", "what is under way is finished and written, the rest `skipped`", (143,)),
    "out of grace": Row(
        "SIGTERM, and what is under way takes longer than `--grace`",
        "cancelled and `skipped`; what was written stays",
        (143,),
        ("57014",),
    ),
    "terminated twice": Row("SIGTERM twice", "ends at once; the server drops its query", (143,)),
    "killed run": Row("SIGKILL", "nothing to clean up; the server drops its query", (137,)),
    "closed stdout": Row("stdout closed", "counted and written, without a word", (0,)),
}

CLOCKS = {
    "client's clock": Row("client's clock ten years off, either way", "counted: times are the server's", (0,)),
    "TimeZone": Row(
        "`TimeZone`, `DateStyle`, `IntervalStyle` set wrong (`TZ`, `PGTZ`, `ALTER ROLE`)", "counted, right", (0,)
    ),
    "future": Row("counted at a time in the future", "due, counted and overwritten", (0,)),
}

STANDBY = {
    "hot standby": Row("the DSN leads to a hot standby", "nothing written", (78,), ("25006",)),
    "conflict": Row(
        "recovery conflict on the replica (`--read-dsn`)", "tried again, then counted on the primary", (0,), ("40001",)
    ),
    "replica gone": Row(
        "replica gone in mid-run, and it stays away (`--read-dsn`)",
        "what was written stays; the run stops",
        (69,),
        ("57P01",),
    ),
    "failover": Row("failover in mid-run: the primary dies, the standby is promoted", _AGAIN, (0,)),
}

GROUPS = {
    "Sessions": SESSIONS,
    "Server": SERVER,
    "Network": NETWORK,
    "Standby": STANDBY,
    "Locks": LOCKS,
    "Disk": DISK,
    "Schema and privileges": SCHEMA,
    "Edits": EDITS,
    "Runs": RUNS,
    "Clocks": CLOCKS,
}


def table() -> str:
    """The rows as a table of docs/operations.md."""
    lines = ["| fault | SQLSTATE | outcome | exit code |", "| --- | --- | --- | --- |"]
    for rows in GROUPS.values():
        for row in rows.values():
            sqlstates = ", ".join(f"`{each}`" for each in row.sqlstates) or "none"
            codes = ", ".join(map(str, row.codes))
            lines.append(f"| {row.fault} | {sqlstates} | {row.outcome} | {codes} |")
    return "\n".join(lines) + "\n"
