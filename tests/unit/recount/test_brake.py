"""When counting pauses."""

from __future__ import annotations

from datetime import timedelta

import pytest

from segsql.recount import Limits
from segsql.store import Pressure

CALM = Pressure(None, 0)
HARD = Pressure(timedelta(seconds=90), 2_000_000)


@pytest.mark.parametrize(
    ("limits", "seen", "words"),
    [
        (Limits(), HARD, ""),
        (Limits(timedelta(seconds=30), 1_000_000), CALM, ""),
        (Limits(replica_lag=timedelta(seconds=30)), HARD, "a standby is 90 s behind"),
        (Limits(replica_lag=timedelta(seconds=90)), HARD, ""),
        (Limits(xmin_age=1_999_999), HARD, "the oldest xmin is 2,000,000 transactions old"),
        (Limits(xmin_age=2_000_000), HARD, ""),
    ],
)
def test_limits(limits: Limits, seen: Pressure, words: str) -> None:
    assert limits.exceeded(seen) == words
