"""Values worth storing: for each field type good ones, near misses, and everything that is no value of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any


class Missing:
    """Stands for a key that is not there, which a JSON null is not."""


MISSING = Missing()

TEXTS: tuple[str, ...] = (
    "", " ", "a", "A", "abc", "ABC", "abc ", "aBc", "null", "true", "1", "1.0",
    "100%", "100", "100\\%", "50_50", "50x50", "%", "_", "\\", "back\\slash", "trailing\\",
    "it's", 'say "hi"',
    "Ärger", "ärger", "A\u0308rger", "straße", "STRASSE", "STRAẞE", "café", "cafe\u0301", "CAFÉ",
    "İstanbul", "istanbul", "ISTANBUL", "\u0131stanbul", "ΟΔΥΣΣΕΥΣ", "οδυσσευς", "οδυσσευσ", "ǅ", "ǆ", "ﬁn",
    "FIN",
    "\u212a", "k", "\u212b", "å", "\U00010400", "\U00010428", "🎉 party", "🎉", "👩\u200d👩\u200d👧",
    "line\nbreak", "tab\tstop", "%(p1)s", "$1", "'; drop table contacts; --", "{a,b}", "2026-03-29",
    "x" * 1023 + "Y",
)  # fmt: skip

NUMBERS: tuple[int | Decimal, ...] = (
    0, Decimal("-0"), Decimal("-0.0"), Decimal("0.00"), 1, Decimal("1.0"), Decimal("1.00"), -1, 41, 42, 43,
    Decimal("1E+5"), 100000, Decimal("1E-7"), Decimal("0.1"), Decimal("0.3"), Decimal("0.30"),
    Decimal("0.30000000000000004"), Decimal("33.333333333333333333333333333333"), 2**53, 2**53 + 1, 2**63,
    10**29, 10**30 - 1, Decimal("1E-30"), Decimal("-99999.5"), Decimal("1E+400"), Decimal("1E-400"),
    Decimal("123456789012345678901234567890.123456789012345678901234567890"),
)  # fmt: skip

DATES: tuple[str, ...] = (
    "2026-03-29", "2026-03-28", "2026-03-30", "2026-03-27", "2026-03-22", "2026-03-21", "2026-02-27",
    "2026-02-26", "2025-03-29", "2025-03-28", "1900-01-01", "2011-12-29", "2011-12-30", "2011-12-31",
    "2010-11-06", "2010-11-07", "2010-11-08", "2026-03-08", "2025-11-02", "2025-10-26", "2024-02-29",
    "2026-02-29", "2026-02-30", "2026-02-31", "2025-04-31", "0001-01-01", "0000-01-01", "9999-12-31",
)  # fmt: skip

NOT_DATES: tuple[str, ...] = (
    "0000-00-00", "2026-13-01", "2026-00-10", "2026-01-00", "2026-01-32", "2026-03-29T00:00:00Z",
    "2026-03-29 ", " 2026-03-29", "2026-03-29\n", "2026-3-29", "20260329", "+2026-03-29", "12026-03-29",
    "\uff12\uff10\uff12\uff16-\uff10\uff13-\uff12\uff19", "\u0662026-03-29",
    "infinity", "now", "today", "2026-03-28T23:59:59+02:00",
)  # fmt: skip

LISTS: tuple[list[Any], ...] = (
    [], [""], ["a"], ["a", "a"], ["a", "b"], ["b", "a"], ["a", "b", "c"], ["c"], ["A"], ["ä"], ["Ä"],
    ["a\u0308"], ["it's"], ['"'], ["{a}"], ["a,b"], ["NULL"], ["%"], ["\\"], ["outside", "a"], ["🎉"],
)  # fmt: skip

COUNTRIES: tuple[str, ...] = ("DE", "US", "XK", "GB", "CL", "CU", "de", "UK", "Germany", "", "DE ")

CHOICES: tuple[str, ...] = ("free", "pro", "Größe L", "100%_\\", "", "Free", "retired", "pro ")

OTHER_TYPES: tuple[Any, ...] = (
    None, MISSING, True, False, 0, 1, Decimal("1.0"), "1", "true", "", "[]", {}, {"a": 1}, {"a": "a"}, [],
    ["a"], [["a"]], ["a", 1], ["a", None], [None], [1], [{"a": "a"}], [["a"], "a"], [True],
)  # fmt: skip
"""What is the wrong thing for most types, and the right one for some."""

METADATA_KEYS: tuple[str, ...] = (
    "a.b", "it's", '"q"', "100%", "%(p1)s", "$1", "naïve", "ключ", "🎉", "back\\slash", "0", "-1", "{a,b}",
    "with space", "email", "status", "tags", "k" * 128,
)  # fmt: skip
"""Keys of `contacts.fields` that no workspace declares: hostile to quoting, or like something else."""

SEEN_KEY = "seen.at"
"""An undeclared key under which contacts have times as text, of which the first ten characters count."""

SEEN: tuple[Any, ...] = (*DATES, *(f"{day}T23:59:59+13:45" for day in DATES), *NOT_DATES, None, MISSING)

METADATA: tuple[Any, ...] = (
    *TEXTS[:24], "ÄRGER", "2026-03-28T23:59:59+02:00", "2026-03-29", "2026-03-29garbage", "2026-02-30",
    "2026-13-01T", "2026-03-2", 0, 1, Decimal("1.0"), 42, Decimal("0.1"), True, False, None, MISSING, [], {},
    [["a"]],
)  # fmt: skip

NAMES: tuple[str | None, ...] = (
    None,
    "",
    "Ada",
    "ADA",
    "ada",
    "O'Hara",
    "Zoë",
    "Zoe\u0308",
    "100%",
    "_",
    "\\",
    "Σίσυφος",
)

STATUSES: tuple[str, ...] = ("subscribed", "unsubscribed", "bounced", "Subscribed", "", "cleaned")

EMAILS: tuple[str | None, ...] = (
    None, "Ada@Example.com", "ÄRGER@Example.com", "a\u0308rger@example.com", "straße@example.com",
    "STRASSE@example.com", "İda@example.com", "\u0131da@example.com", "ΟΔΟΣ@example.com", "οδος@example.com",
    "100%@example.com", "100@example.com", "a_b@example.com", "axb@example.com", "o'hara@example.com",
    "back\\slash@example.com", "🎉@example.com", "\u212aelvin@example.com", "", "no at sign", None,
    "MIXED.Case+Tag@EXAMPLE.ORG", '"quoted"@example.com', "%(p1)s@example.com",
)  # fmt: skip
"""No two of them are one address under `lower()`: the living have each only once."""
