"""Whether segments share a scan (spec 7)."""

from __future__ import annotations

import pytest

from segsql.plan import ActivityStrategy, Forced, TagStrategy
from segsql.recount import SHARE_FROM, Way
from segsql.recount.count import choose_way


@pytest.mark.parametrize("tags", [None, *TagStrategy])
@pytest.mark.parametrize("activity", [None, *ActivityStrategy])
def test_what_is_looked_up_is_counted_one_by_one(tags: TagStrategy | None, activity: ActivityStrategy | None) -> None:
    looks_up = tags is TagStrategy.EXISTS or activity is ActivityStrategy.EVENTS_EXISTS
    forced = Forced(tags=tags, activity=activity)
    assert choose_way(SHARE_FROM, forced) is (Way.SINGLE if looks_up else Way.SHARED)
    assert choose_way(SHARE_FROM - 1, forced) is Way.SINGLE
