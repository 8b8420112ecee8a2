"""Request bodies, without a request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from segsql.catalog import Ids
from segsql.filters import MAX_LIST
from segsql.http.bodies import read_changes, read_new, read_unsaved
from segsql.http.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from segsql.http.bodies import SegmentBody


@pytest.mark.parametrize("read", [read_new, read_changes, read_unsaved])
def test_keys_without_number_are_one_problem(read: Callable[[bytes, Ids], SegmentBody]) -> None:
    """Each of them would be one, and the answer eight times as long as the body."""
    with pytest.raises(Refused) as refused:
        read(json.dumps(dict.fromkeys(map(str, range(MAX_LIST + 1)))).encode(), Ids())
    assert (refused.value.status, refused.value.message) == (400, "An object has 1001 keys; 1000 are allowed")
    assert [(each.code, each.path) for each in refused.value.diagnostics] == [("SEG303", "$")]
