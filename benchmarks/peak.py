"""Peak memory of a command: a small process of its own starts it, waits for it and asks the kernel.

It must be small: what a child is said to have used at the most includes what its parent had when it was started.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Peak:
    """The most memory that a process had (resident, in MB of 10^6 bytes), and the seconds that it took."""

    megabytes: float
    seconds: float


def segsql(url: str, *arguments: str, stdout: Path = Path(os.devnull)) -> Peak:
    """Run segsql's command line as users do; what it logs is shown only if it fails."""
    with tempfile.NamedTemporaryFile("r") as report, stdout.open("wb") as output:
        command = [sys.executable, "-m", "segsql", "--dsn", url, *arguments]
        watcher = [sys.executable, "-I", "-S", __file__, report.name]
        begun = time.perf_counter()
        done = subprocess.run([*watcher, *command], check=False, stdout=output, stderr=subprocess.PIPE, text=True)
        took = time.perf_counter() - begun
        if done.returncode:
            raise RuntimeError(f"segsql {arguments[0]} exited {done.returncode}: {done.stderr[-2_000:]}")
        return Peak(int(report.read()) / 1e6, took)


def show(what: str, peak: Peak) -> None:
    """Print it."""
    print(f"client memory of {what}: {peak.megabytes:.0f} MB at the most, in {peak.seconds:.1f} s")


def main() -> int:
    """`peak.py REPORT COMMAND…`: write the bytes into REPORT, and exit as the command does."""
    report, *command = sys.argv[1:]
    _, status, usage = os.wait4(os.spawnvp(os.P_NOWAIT, command[0], command), 0)
    unit = 1 if sys.platform == "darwin" else 1024
    Path(report).write_text(str(usage.ru_maxrss * unit))
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
