"""Options and argument types that commands share."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import click

from segsql.cli.mapped import Workspace
from segsql.cli.output import Format
from segsql.filters import read_instant
from segsql.plan import ActivityStrategy, EavStrategy, Forced, TagStrategy
from segsql.store import Shard

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

_DURATION = re.compile(r"(?:([0-9]{1,9})d)?(?:([0-9]{1,9})h)?(?:([0-9]{1,9})m)?(?:([0-9]{1,9})s)?")

_PERCENT = re.compile(r"[0-9]{1,30}(?:\.[0-9]{1,30})?")

_SHARD = re.compile(r"([0-9]{1,9})(\+1)?/([0-9]{1,9})")

MAX_SHARDS = 10_000

MAX_PORT = 65_535

_SIZE = re.compile(r"([0-9]{1,10})(kB|MB|GB)")

KILOBYTES = {"kB": 1, "MB": 1024, "GB": 1024 * 1024}

MIN_KILOBYTES, MAX_KILOBYTES = 64, 2**31 - 1
"""What PostgreSQL takes as work_mem."""


class Duration(click.ParamType[timedelta]):
    """A length of time: 30s, 15m, 6h, 2d, 1h30m; not nothing, and no longer than `longest`."""

    name = "duration"
    examples = "90s, 15m, 6h or 2d"

    def __init__(self, longest: timedelta = timedelta.max) -> None:
        self._longest = longest

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        found = _DURATION.fullmatch(str(value).strip())
        if not found or not any(found.groups()):
            self.fail(f"{value!r} is not a duration such as {self.examples}", param, ctx)
        days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
        try:
            duration = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        except OverflowError:
            duration = timedelta.max
        if not timedelta() < duration <= self._longest:
            self.fail(f"{value!r} is not between 1s and {self._longest.days}d", param, ctx)
        return duration


class Keep(Duration):
    """How long something is kept: a length of time, or none, which is nothing at all."""

    examples = "12h, 90d or 365d, nor none"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        return timedelta() if value in ("none", timedelta()) else super().convert(value, param, ctx)


class Percent(click.ParamType[Decimal]):
    """A percentage above 0: 10, 2.5, 150."""

    name = "percent"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        text = str(value).strip()
        if not _PERCENT.fullmatch(text) or not Decimal(text):
            self.fail(f"{value!r} is not a percentage above 0 such as 10 or 2.5", param, ctx)
        return Decimal(text)


class Size(click.ParamType[str]):
    """An amount of memory as PostgreSQL writes it: 32MB."""

    name = "size"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        found = _SIZE.fullmatch(str(value).strip())
        if not found or not MIN_KILOBYTES <= int(found[1]) * KILOBYTES[found[2]] <= MAX_KILOBYTES:
            self.fail(f"{value!r} is not an amount of memory such as 32MB, from 64kB to 2047GB", param, ctx)
        return found[0]


def kilobytes(size: str) -> int:
    """What an option of type Size amounts to."""
    found = _SIZE.fullmatch(size)
    assert found is not None, "the option has checked it"
    return int(found[1]) * KILOBYTES[found[2]]


class Part(click.ParamType[Shard]):
    """A part of the workspaces: 1/8 is the first of eight, and so is 0+1/8.

    The sum is for platforms that number a job's processes from 0 and put the number into a text (`$(INDEX)+1/8`).
    A bare 0 stays an error, so that counting from the wrong end is noticed.
    """

    name = "shard"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Shard:
        if isinstance(value, Shard):
            return value
        found = _SHARD.fullmatch(str(value).strip())
        number, of = (int(found[1]) + bool(found[2]), int(found[3])) if found else (0, 0)
        if not 1 <= number <= of <= MAX_SHARDS:
            self.fail(
                f"{value!r} is not i/N with i from 1 to N (or index+1/N, for an index from 0), "
                f"and N at most {MAX_SHARDS:,}",
                param,
                ctx,
            )
        return Shard(number, of=of)


class Address(click.ParamType[tuple[str, int]]):
    """Where to listen: HOST:PORT; an IPv6 address stands in brackets."""

    name = "address"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        if isinstance(value, tuple):
            return value
        host, _, port = str(value).rpartition(":")
        host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
        if not host or not re.fullmatch("[0-9]{1,5}", port) or int(port) > MAX_PORT:
            self.fail(f"{value!r} is not HOST:PORT such as 127.0.0.1:9187 or [::1]:9187", param, ctx)
        return host, int(port)


class Instant(click.ParamType[datetime]):
    """An RFC 3339 date-time."""

    name = "rfc3339"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        moment = read_instant(str(value))
        if moment is None:
            self.fail(f"{value!r} is not an RFC 3339 date-time such as 2026-03-01T00:00:00Z", param, ctx)
        try:
            return moment.astimezone(UTC)
        except OverflowError:
            self.fail(f"{value!r} is not within the years 1 to 9999 in UTC", param, ctx)


STRATEGIES: Mapping[str, type[TagStrategy | ActivityStrategy | EavStrategy]] = {
    "tags": TagStrategy,
    "activity": ActivityStrategy,
    "eav": EavStrategy,
}


class Strategy(click.ParamType[Forced]):
    """Forced join strategies: auto, or one each of what there is to force, as tags=exists,activity=rollup."""

    name = "strategy"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Forced:
        if isinstance(value, Forced):
            return value
        forced: dict[str, TagStrategy | ActivityStrategy | EavStrategy] = {}
        for part in [] if value == "auto" else str(value).split(","):
            what, _, wanted = part.strip().partition("=")
            kind = STRATEGIES.get(what)
            if kind is None or wanted not in list(kind):
                choices = ", ".join(f"{each}={strategy}" for each, kind in STRATEGIES.items() for strategy in kind)
                self.fail(f"{part.strip()!r} is neither auto alone nor one of {choices}", param, ctx)
            if what in forced:
                self.fail(f"{str(value)!r} names {what} twice; it takes one of {', '.join(kind)}", param, ctx)
            forced[what] = kind(wanted)
        return Forced(**forced)  # type: ignore[arg-type]  # each name's own kind


class VariableOption(click.Option):
    """An option that is a variable too, named after its command and its long name: SEGSQL_COUNT_FORMAT."""

    def get_help_extra(self, ctx: click.Context) -> Any:
        self._name_variable(ctx)
        return super().get_help_extra(ctx)

    def resolve_envvar_value(self, ctx: click.Context) -> str | None:
        self._name_variable(ctx)
        return super().resolve_envvar_value(ctx)

    def _name_variable(self, ctx: click.Context) -> None:
        """Click would take the parameter's name in Python, which nobody sees."""
        long_name = max(self.opts, key=len).removeprefix("--").replace("-", "_")
        self.envvar = f"{ctx.auto_envvar_prefix}_{long_name}".upper()


def option(*names: str, **settings: Any) -> Decorator:
    """A click option that shows its environment variable."""
    return click.option(*names, cls=VariableOption, show_envvar=True, **settings)


workspace_option = option(
    "-w", "--workspace", "workspace_id", type=Workspace(), metavar="ID", help="The workspace; not for a single tenant."
)
segment_option = option(
    "-s", "--segment", "segment", metavar="ID", help="A stored segment, by its id or its public id."
)
where_option = option(
    "--where",
    "where",
    metavar="TEXT",
    help="The filter as text, in place of a FILE: \"open_rate >= 50 and country in ('DE', 'AT')\" (docs/filters.md).",
)
now_option = option(
    "--now", type=Instant(), metavar="RFC3339", help="Look from this instant instead of the snapshot's own."
)
strategy_option = option(
    "--strategy",
    type=Strategy(),
    default="auto",
    show_default=True,
    metavar="auto|tags=KIND,activity=KIND,eav=KIND",
    help="How conditions reach tags (exists, grouped, array), activity (rollup, events_exists, events_grouped) and "
    "custom values that are rows of their own (exists, pivoted). tags=exists, activity=events_exists and eav=exists "
    "also count segments one by one; beyond 24 look-ups in a statement they are grouped all the same. All give the "
    "same counts.",
)


jobs_option = option(
    "--jobs", type=click.IntRange(1, 64), default=2, show_default=True, help="Workspaces counted at a time."
)
parallel_workers_option = option(
    "--parallel-workers",
    type=click.IntRange(0, 1024),
    default=2,
    show_default=True,
    help="PostgreSQL's max_parallel_workers_per_gather for each statement.",
)
work_mem_option = option(
    "--work-mem",
    type=Size(),
    default="32MB",
    show_default=True,
    metavar="SIZE",
    help="PostgreSQL's work_mem for each statement.",
)


def format_option(*formats: Format, default: Format = Format.TABLE) -> Decorator:
    """`--format`, with the formats that a command has."""
    return option(
        "--format",
        "format_",
        type=click.Choice([each.value for each in formats or Format]),
        default=default.value,
        show_default=True,
        callback=lambda ctx, param, value: Format(value),  # noqa: ARG005 - click passes both
        help="How the result is printed.",
    )
