"""Query parameters: each read strictly, all problems of them at once."""

from __future__ import annotations

import re
from collections.abc import Iterable

from segsql.errors import Code, Diagnostic
from segsql.http.refusals import invalid

MAX_PAGE = 2**31 - 1
MAX_LIMIT = 100
DEFAULT_LIMIT = 50

_WHOLE = re.compile(r"[0-9]{1,10}")


class Parameters:
    """The query of a request. A parameter that an endpoint does not know is passed over."""

    def __init__(self, items: Iterable[tuple[str, str]]) -> None:
        self._items = list(items)

    def page_and_limit(self) -> tuple[int, int]:
        """`page` (from 1; default 1) and `limit` (1 to 100; default 50). Raises Refused."""
        problems: list[Diagnostic] = []
        page = self._whole("page", 1, MAX_PAGE, problems)
        limit = self._whole("limit", DEFAULT_LIMIT, MAX_LIMIT, problems)
        if problems:
            raise invalid(tuple(problems))
        return page, limit

    def text(self, name: str) -> str | None:
        """A parameter's text; None where it is not given. Raises Refused where it is given twice."""
        problems: list[Diagnostic] = []
        value = self._one(name, problems)
        if problems:
            raise invalid(tuple(problems))
        return value

    def _whole(self, name: str, default: int, most: int, problems: list[Diagnostic]) -> int:
        written = self._one(name, problems)
        if written is None:
            return default
        if not _WHOLE.fullmatch(written) or not 1 <= int(written) <= most:
            problems.append(_problem(name, f"{name} must be an integer from 1 to {most}"))
            return default
        return int(written)

    def _one(self, name: str, problems: list[Diagnostic]) -> str | None:
        found = [value for key, value in self._items if key == name]
        if len(found) > 1:
            problems.append(_problem(name, f"{name} is given {len(found)} times"))
        return found[0] if len(found) == 1 else None


def _problem(name: str, message: str) -> Diagnostic:
    return Diagnostic(Code.PARAMETER, f"query.{name}", message)
