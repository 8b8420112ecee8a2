"""Advice in print: as SQL for people, as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator

from segsql.advice.advise import MOST_CANDIDATES, Advice, Advised
from segsql.advice.trial import Gain

MOST_SEGMENTS_SHOWN = 5

SHARED_SCANS = (
    "A recount of many segments reads every contact once and uses none of these: they serve count, members, and "
    "recounts of few segments, such as new ones."
)


def as_sql(advised: Advised) -> Iterator[str]:
    """A script in blocks: what was found in comments, and statements to paste into psql."""
    how = "HypoPG let the planner choose" if advised.has_hypopg else "reasoned, as the extension hypopg is not there"
    yield _comment(
        f"Indexes for {_number(advised.segments, 'segment')} of {_number(advised.contacts, 'contact')} ({how}). Costs "
        "are the planner's, of a segment's own count; read before, and then after.",
        f"Shares are of a sample of {_number(advised.sampled, 'contact')}. {SHARED_SCANS}",
        *([f"The {MOST_CANDIDATES} that most segments could use were looked at."] if advised.passed_over else []),
    )
    for extension in advised.missing_extensions:
        yield f"CREATE EXTENSION IF NOT EXISTS {extension};"
    for each in advised.advice:
        yield f"{_comment(*reasons(each))}\n{each.sql}"
    for view in advised.views:
        yield f"-- {view} is no table: what would serve here are indexes on the tables below it, which are not known."
    if not advised.advice and not advised.views:
        yield "-- No index would make them cheaper."


def reasons(advice: Advice) -> Iterator[str]:
    """Who gains from it and how much, in lines."""
    how = "" if advice.is_tried else ", reasoned"
    gain_how = f"{_number(len(advice.gains), 'segment')} would gain{how}"
    yield f"{gain_how}; a condition leaves {advice.share:.2%} of the contacts:"
    for gain in advice.gains[:MOST_SEGMENTS_SHOWN]:
        yield f"  {_name(gain)}: {gain.before:,.0f} -> {gain.after:,.0f}"
    if (more := len(advice.gains) - MOST_SEGMENTS_SHOWN) > 0:
        yield f"  and {more} more"


def _name(gain: Gain) -> str:
    return "the definition" if gain.segment_id is None else f"segment {gain.segment_id}"


def _comment(*lines: str) -> str:
    return "\n".join(f"-- {line}" for line in lines)


def _number(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def as_json(advised: Advised) -> dict[str, object]:
    """For programs; docs/advice.md describes it."""
    return {
        "contacts": advised.contacts,
        "sampled": advised.sampled,
        "segments": advised.segments,
        "hypopg": advised.has_hypopg,
        "passed_over": advised.passed_over,
        "views": list(advised.views),
        "missing_extensions": list(advised.missing_extensions),
        "advice": [
            {
                "index": each.index.name,
                "table": each.index.table,
                "ddl": each.sql,
                "share": round(each.share, 6),
                "tried": each.is_tried,
                "segments": [
                    {"segment_id": gain.segment_id, "cost_before": gain.before, "cost_after": round(gain.after, 2)}
                    for gain in each.gains
                ],
            }
            for each in advised.advice
        ],
    }
