"""Whether due segments share a scan: the rule, at its edges."""

from __future__ import annotations

import pytest

from segsql.plan import AUTO, ActivityStrategy, Forced, TagStrategy
from segsql.recount import SMALL, Way, choose
from segsql.recount.choice import SHARE_FROM

EXISTS = Forced(tags=TagStrategy.EXISTS)
LOOKED_UP = Forced(activity=ActivityStrategy.EVENTS_EXISTS)
GROUPED = Forced(tags=TagStrategy.GROUPED)


@pytest.mark.parametrize(
    ("contacts", "due", "strategy", "demanded", "way", "words"),
    [
        (0, 0, AUTO, None, Way.SHARED, "fewer than 20,000 contacts"),
        (500, 1, AUTO, None, Way.SINGLE, "one due segment"),
        (500, 2, AUTO, None, Way.SHARED, "fewer than 20,000 contacts"),
        (SMALL - 1, SHARE_FROM - 1, AUTO, None, Way.SHARED, "fewer than 20,000 contacts"),
        (SMALL, SHARE_FROM - 1, AUTO, None, Way.SINGLE, "fewer than 7 due segments"),
        (SMALL, SHARE_FROM, AUTO, None, Way.SHARED, "7 due segments or more"),
        (500, 10, EXISTS, None, Way.SINGLE, "contact by contact"),
        (SMALL, 100, EXISTS, None, Way.SINGLE, "contact by contact"),
        (SMALL, 100, LOOKED_UP, None, Way.SINGLE, "contact by contact"),
        (SMALL, 100, GROUPED, None, Way.SHARED, "7 due segments or more"),
        (500, 10, AUTO, Way.SINGLE, Way.SINGLE, "demanded"),
        (SMALL, 1, EXISTS, Way.SHARED, Way.SHARED, "demanded"),
    ],
)
def test_the_rule(contacts: int, due: int, strategy: Forced, demanded: Way | None, way: Way, words: str) -> None:
    choice = choose(contacts, due, strategy, demanded)
    assert choice.way is way
    assert words in choice.reason
