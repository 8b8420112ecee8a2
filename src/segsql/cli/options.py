"""Options and argument types that commands share."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import click

from segsql.cli.output import Format
from segsql.filters import read_instant
from segsql.plan import Forced, TagStrategy

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


class Duration(click.ParamType[timedelta]):
    """A length of time: 30s, 15m, 6h, 2d, 1h30m."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        found = _DURATION.fullmatch(str(value).strip())
        if not found or not any(found.groups()):
            self.fail(f"{value!r} is not a duration such as 90s, 15m, 6h or 2d", param, ctx)
        days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
        try:
            return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        except OverflowError:
            self.fail(f"{value!r} is too long", param, ctx)


class Instant(click.ParamType[datetime]):
    """An RFC 3339 date-time."""

    name = "rfc3339"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        moment = read_instant(str(value))
        if moment is None:
            self.fail(f"{value!r} is not an RFC 3339 date-time such as 2026-03-01T00:00:00Z", param, ctx)
        return moment


class Strategy(click.ParamType[Forced]):
    """Forced join strategies: tags=exists."""

    name = "strategy"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Forced:
        if isinstance(value, Forced):
            return value
        if value == "auto":
            return Forced()
        what, _, wanted = str(value).partition("=")
        if what != "tags" or wanted not in list(TagStrategy):
            choices = ", ".join(f"tags={strategy}" for strategy in TagStrategy)
            self.fail(f"{value!r} is not auto or one of {choices}", param, ctx)
        return Forced(tags=TagStrategy(wanted))


def option(*names: str, **settings: Any) -> Decorator:
    """A click option that shows its environment variable."""
    return click.option(*names, show_envvar=True, **settings)


workspace_option = option("-w", "--workspace", "workspace_id", type=int, metavar="ID", help="The workspace.")
segment_option = option(
    "-s", "--segment", "segment", metavar="ID", help="A stored segment, by its id or its public id."
)
now_option = option(
    "--now", type=Instant(), metavar="RFC3339", help="Look from this instant instead of the snapshot's own."
)
strategy_option = option(
    "--strategy",
    type=Strategy(),
    default="auto",
    show_default=True,
    metavar="auto|tags=exists|tags=grouped",
    help="How tag conditions reach their rows. Every strategy gives the same counts.",
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
