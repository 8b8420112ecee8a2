"""The sample segments: those of the two public documents, word for word, and what a marketing team would add.

`segments.json` holds them as a user would write them, with the ids of `contacts.sql`. A date written
`today-120` is told from today, so that a segment means the same next year.
"""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from importlib import resources

from segsql.store.demo_data import DemoSegment

_DAYS_AGO = re.compile(r"\"today-(\d+)\"")


def sample_segments(today: date) -> tuple[DemoSegment, ...]:
    """All sample segments, as they would have been written today."""
    text = (resources.files("segsql.demo") / "segments.json").read_text("utf-8")
    dated = _DAYS_AGO.sub(lambda days: json.dumps((today - timedelta(days=int(days[1]))).isoformat()), text)
    return tuple(DemoSegment(**segment) for segment in json.loads(dated))
