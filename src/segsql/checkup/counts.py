"""Judging the stored counts, and the time zones that days in definitions are meant in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from importlib import metadata

from segsql.checkup.verdict import Verdict, amount, fine, listed, problem, span, warning
from segsql.plan import find_zone
from segsql.store.inspection import Staleness, Zone

A_ZONE = "Europe/Berlin"
"""A zone that no database of zones is without."""


def ages(found: Staleness, stale_for: timedelta) -> Verdict:
    """Some are always stale: edited, new, or invalid segments. Where no count is younger, the job does not run."""
    if not found.segments:
        return fine("no segments yet")
    of = amount(found.segments, "segment")
    if found.newest is None or found.newest > stale_for:
        last = (
            "no segment was ever counted" if found.newest is None else f"the newest count is {span(found.newest)} old"
        )
        return problem(
            f"{last}, of {of}", f"Run: segsql recount --stale-for {_option(stale_for)}; and see why cron did not"
        )
    oldest = "" if found.oldest is None else f"; the oldest count is {span(found.oldest)} old"
    if found.stale:
        return warning(
            f"{found.stale:,} of {of} stale (older than {span(stale_for)}, edited since, or never counted: "
            f"{found.never:,}){oldest}",
            f"Run: segsql recount --stale-for {_option(stale_for)}; what stays stale is invalid or fails, as it says",
        )
    return fine(f"{of}, none stale{oldest}")


def _option(duration: timedelta) -> str:
    """A duration as --stale-for takes it."""
    return f"{int(duration.total_seconds())}s"


def zones(found: Sequence[Zone]) -> Verdict:
    """The program has time zone data, and every workspace names one of its zones."""
    if find_zone(A_ZONE) is None:
        return problem("this program finds no time zone data", "Install the Python package tzdata beside segsql.")
    unknown = [zone for zone in found if find_zone(zone.name) is None]
    if unknown:
        names = listed([f"{zone.name[:40]!r} (workspace {zone.example})" for zone in unknown])
        return warning(
            f"{amount(sum(zone.workspaces for zone in unknown), 'workspace')} with an unknown time zone: {names}; "
            "all their segments are invalid",
            "Set the time zones of these workspaces to names of the IANA database, such as Europe/Berlin.",
        )
    return fine(f"{amount(len(found), 'zone')} in use, all known; tzdata {metadata.version('tzdata')}")
