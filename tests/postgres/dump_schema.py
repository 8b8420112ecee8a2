"""What the schema is once every file of `sql/` has been applied: `sql/schema.sql` is this text.

    python tests/postgres/dump_schema.py > sql/schema.sql

The bundled pg_dump writes it, from the bundled server or any other; what depends on its version, such as
settings and comments, is left out.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from segsql import embedded
from segsql.store import migrations

_NOISE = re.compile(r"(--|SET |SELECT pg_catalog\.set_config|\\(un)?restrict ).*\n")


def dump(conninfo: str) -> str:
    """The schema of a database as normalized DDL."""
    command = [bundled("pg_dump"), "--schema-only", "--no-owner", "--no-privileges", f"--dbname={conninfo}"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    lines = [line for line in text.splitlines(keepends=True) if not _NOISE.fullmatch(line)]
    return re.sub(r"\n{3,}", "\n\n", "".join(lines)).strip() + "\n"


def bundled(program: str) -> str:
    """The path of one of the programs that come with the bundled server."""
    return str(embedded.binaries() / program)


def main() -> None:
    with tempfile.TemporaryDirectory() as home, embedded.server(Path(home)) as uri:
        migrations.migrate(uri)
        sys.stdout.write(dump(uri))


if __name__ == "__main__":
    main()
