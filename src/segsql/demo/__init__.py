"""The demo: generated contacts in three workspaces, sample segments over them, and how the result is shown.

`contacts.sql` makes the data on the server and `segments` holds the samples. After a recount `sections` puts
its results in words, `report` prints them as a table, and `next_steps` says what to type then. The command is
`segsql.cli.demo_command`.
"""

from importlib import resources

from segsql.demo.next_steps import Step, next_steps, program
from segsql.demo.report import print_report
from segsql.demo.sections import Row, Section, read_sections
from segsql.demo.segments import sample_segments

__all__ = [
    "Row",
    "Section",
    "Step",
    "contacts_script",
    "next_steps",
    "print_report",
    "program",
    "read_sections",
    "sample_segments",
]


def contacts_script() -> str:
    """The SQL that makes workspaces, fields, tags and contacts; it reads the setting `segsql.demo_contacts`."""
    return (resources.files("segsql.demo") / "contacts.sql").read_text("utf-8")
