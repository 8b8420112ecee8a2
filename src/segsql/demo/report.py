"""The demo's table: one section a workspace, one row a segment, for people on terminals of any width."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from segsql.demo.next_steps import Step
from segsql.demo.sections import Section

STACKED_BELOW = 100
"""On fewer columns the words stand under the segment's name instead of beside it."""

WIDEST = 140
PIPED = 100
"""The width where there is no terminal and COLUMNS says nothing."""

SHARED = "Segments that one statement counted together have equal parts of its time."

_EIGHTHS = " ▏▎▍▌▋▊▉"


def print_report(sections: Sequence[Section], summary: str, steps: Sequence[Step], directory: Path) -> None:
    """Print the table and what to try next to stdout."""
    console = _Console()
    layout = _Layout.of(sections, console)
    for section in sections:
        contacts = f"{section.contacts:,} contact{'' if section.contacts == 1 else 's'}"
        facts = (f"workspace {section.workspace_id}", section.timezone, contacts)
        heading = Text(f"\n{section.name}", "bold cyan")
        console.print(heading.append(layout.separator + layout.separator.join(facts), "not bold"))
        console.print_table(layout.table(section))
    console.print(f"\n{summary}\n{SHARED}")
    console.print(Text("\nWhat to try next", "bold cyan"))
    for step in steps:
        if step.purpose:
            console.print(Text(f"\n  {step.purpose}", "dim"))
        console.print(f"  {step.command}", soft_wrap=True)
    console.print(f"\nEverything lies in {directory}; delete that directory when you are done.", soft_wrap=True)


class _Console(Console):
    """Stdout as this table needs it.

    What its encoding lacks is replaced, a pipe gets no trailing blanks, and it is left to the command line
    what a closed stdout means.
    """

    def __init__(self) -> None:
        width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else PIPED
        super().__init__(width=width, highlight=False, markup=False, emoji=False)
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")

    def print_table(self, table: Table) -> None:
        if self.is_terminal:
            self.print(table)
            return
        with self.capture() as captured:
            self.print(table)
        for line in captured.get().splitlines():
            self.print(line.rstrip(), soft_wrap=True)

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


@dataclass(frozen=True, slots=True)
class _Layout:
    """Widths that all sections share, so that their columns stand under each other."""

    width: int
    name: int
    count: int
    bar: int
    has_blocks: bool

    @classmethod
    def of(cls, sections: Sequence[Section], console: Console) -> _Layout:
        rows = [row for section in sections for row in section.rows]
        width = min(console.width, WIDEST)
        return cls(
            width=width,
            name=max((len(row.name) for row in rows), default=0),
            count=max(5, *(len(_amount(row.count)) for row in rows)) if rows else 5,
            bar=8 if width < STACKED_BELOW else 10 if width < 120 else 14,
            has_blocks=console.encoding.lower().startswith("utf"),
        )

    @property
    def is_stacked(self) -> bool:
        return self.width < STACKED_BELOW

    @property
    def separator(self) -> str:
        return " · " if self.has_blocks else " - "

    def table(self, section: Section) -> Table:
        table = Table(box=None, width=self.width, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
        table.add_column("id", justify="right", width=3)
        if self.is_stacked:
            table.add_column("segment", ratio=1, overflow="fold")
        else:
            table.add_column("segment", width=min(self.name, 24), overflow="fold")
            table.add_column("filter", ratio=1, overflow="fold")
        table.add_column("count", justify="right", width=self.count, style="bold")
        table.add_column("share", justify="right", width=7)
        table.add_column("", width=self.bar, style="cyan")
        table.add_column("ms", justify="right", width=6, style="dim")
        for row in section.rows:
            share = row.count / section.contacts if row.count is not None and section.contacts else None
            words = Text(row.words)
            if row.note:
                words.append(f"\n{row.note}", "red")
            table.add_row(
                str(row.segment_id),
                *([Text(row.name, "bold").append("\n").append(words)] if self.is_stacked else [Text(row.name), words]),
                _amount(row.count),
                _percent(share),
                self._bar(share or 0),
                f"{row.ms:,.1f}",
            )
        return table

    def _bar(self, share: float) -> str:
        """As long as the share; where there is one at all, it shows."""
        eighths = max(round(share * self.bar * 8), 1 if share else 0)
        if not self.has_blocks:
            return "#" * max(round(eighths / 8), 1 if share else 0)
        return ("█" * (eighths // 8) + _EIGHTHS[eighths % 8]).rstrip()


def _amount(count: int | None) -> str:
    return "-" if count is None else f"{count:,}"


def _percent(share: float | None) -> str:
    if share is None:
        return ""
    percent = f"{share * 100:.1f} %"
    return "<0.1 %" if share and percent == "0.0 %" else percent
