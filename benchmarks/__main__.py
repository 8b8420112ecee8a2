"""`python -m benchmarks LOAD`: the loads of the performance goals, one command each."""

from __future__ import annotations

import click

from benchmarks import choice, compiling, fleet, indexes, measure, memory, serving, whale
from benchmarks.machine import facts

dsn_option = click.option(
    "--dsn", envvar="SEGSQL_BENCH_DSN", help="An empty database; without it the bundled PostgreSQL."
)
pairs_option = click.option("--pairs", type=click.IntRange(1), default=measure.PAIRS, show_default=True)


@click.group()
def benchmarks() -> None:
    """Measure segsql beside what a user would write instead, on one server and the same data."""


@benchmarks.command("whale")
@click.option("--contacts", default=1_000_000, show_default=True)
@click.option("--segments", default=100, show_default=True)
@pairs_option
@click.option("--baseline-runs", type=click.IntRange(1), help="In so many of the pairs; without it in all.")
@dsn_option
def whale_(contacts: int, segments: int, pairs: int, baseline_runs: int | None, dsn: str | None) -> None:
    """One workspace with a million contacts: a recount of all its segments."""
    whale.main(dsn, contacts, segments, pairs, min(baseline_runs or pairs, pairs))


@benchmarks.command("fleet")
@click.option("--workspaces", default=2_000, show_default=True)
@click.option("--contacts", default=500, show_default=True, help="Of each workspace.")
@click.option("--segments", default=10, show_default=True, help="Of each workspace.")
@click.option("--jobs", default=1, show_default=True, help="Of segsql, and connections of the baseline.")
@pairs_option
@dsn_option
def fleet_(workspaces: int, contacts: int, segments: int, jobs: int, pairs: int, dsn: str | None) -> None:
    """Two thousand small workspaces: a recount of all their segments."""
    fleet.main(dsn, workspaces, contacts, segments, jobs, pairs)


@benchmarks.command("compile")
def compile_() -> None:
    """Definitions of five conditions compiled a second of processor time: cold, and of a seen shape."""
    print(*facts(None), sep="\n")
    compiling.main()


@benchmarks.command("memory")
@click.option("--contacts", default=1_000_000, show_default=True)
@click.option("--segments", default=100, show_default=True)
@dsn_option
def memory_(contacts: int, segments: int, dsn: str | None) -> None:
    """The memory of a whale's recount, and of a list of all its members."""
    memory.main(dsn, contacts, segments)


@benchmarks.command("choice")
@click.option("--contacts", default=1_000_000, show_default=True, help="Of the largest workspace.")
@click.option("--draws", type=click.IntRange(1), default=5, show_default=True, help="Random subsets of each size.")
@dsn_option
def choice_(contacts: int, draws: int, dsn: str | None) -> None:
    """What is lost by the rule that decides which segments share a scan."""
    choice.main(dsn, contacts, draws)


@benchmarks.command("indexes")
@click.option("--contacts", default=1_000_000, show_default=True)
@dsn_option
def indexes_(contacts: int, dsn: str | None) -> None:
    """What each index costs in size, and gains for the conditions that it serves."""
    indexes.main(dsn, contacts)


@benchmarks.command("http")
@click.option("--contacts", default=1_000_000, show_default=True)
@click.option("--seconds", default=serving.SECONDS, show_default=True, help="Of each load.")
@dsn_option
def http_(contacts: int, seconds: int, dsn: str | None) -> None:
    """The HTTP API under load (needs wrk), and what a page of members costs."""
    serving.main(dsn, contacts, seconds)


@benchmarks.command("chart")
@click.option("--contacts", default=1_000_000, show_default=True, help="At the most.")
@click.option("--segments", default=1_000, show_default=True, help="At the most.")
@click.option("--redraw", is_flag=True, help="Draw what was measured last; measure nothing.")
@pairs_option
@dsn_option
def chart_(contacts: int, segments: int, *, redraw: bool, pairs: int, dsn: str | None) -> None:
    """Time against segments and against contacts, as docs/recount-time.svg; needs matplotlib (`make chart`)."""
    from benchmarks import chart

    if not redraw:
        chart.measure_points(dsn, contacts, segments, pairs)
    chart.draw()


if __name__ == "__main__":
    benchmarks()
