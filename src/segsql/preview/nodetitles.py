"""A plan's nodes as EXPLAIN's text names them: `Parallel Index Scan using i on contacts c`."""

from __future__ import annotations

from collections.abc import Mapping

_AGGREGATES = {"Sorted": "GroupAggregate", "Hashed": "HashAggregate", "Mixed": "MixedAggregate"}

_IN_THE_TITLE = frozenset(
    {
        *("Node Type", "Parent Relationship", "Parallel Aware", "Join Type", "Scan Direction", "Index Name"),
        *("Relation Name", "Schema", "Alias", "Function Name", "CTE Name", "Subplan Name", "Strategy", "Partial Mode"),
        *("Async Capable", "Inner Unique", "Single Copy", "Output", "Plans", "Workers"),
        *("Startup Cost", "Total Cost", "Plan Rows", "Plan Width"),
    }
)
"""What a title, a bar or the tree itself tells, and what is of no use to who reads a plan."""

_KILOBYTES = frozenset({"Sort Space Used", "Peak Memory Usage", "Disk Usage", "Maximum Storage"})


def title(raw: Mapping[str, object]) -> str:
    """The node's kind, and what it is about."""
    kind = str(raw.get("Node Type", "?"))
    if kind == "Aggregate":
        kind = _AGGREGATES.get(str(raw.get("Strategy")), kind)
    join = raw.get("Join Type")
    if isinstance(join, str) and join != "Inner":
        kind = f"{kind.removesuffix(' Join')} {join} Join"
    if raw.get("Scan Direction") == "Backward":
        kind += " Backward"
    if raw.get("Partial Mode") in ("Partial", "Finalize"):
        kind = f"{raw['Partial Mode']} {kind}"
    if raw.get("Parallel Aware") is True:
        kind = f"Parallel {kind}"
    words = [kind]
    if kind.endswith("Bitmap Index Scan"):
        words.append(f"on {raw.get('Index Name')}")
    elif "Index Name" in raw:
        words.append(f"using {raw['Index Name']}")
    named = next((raw[key] for key in ("Relation Name", "Function Name", "CTE Name") if key in raw), None)
    alias = raw.get("Alias")
    about = [str(each) for each in dict.fromkeys((named, alias)) if each]
    if about:
        words.append(f"on {' '.join(about)}")
    if subplan := raw.get("Subplan Name"):
        words.append(f"({subplan})")
    return " ".join(words)


def details(raw: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """All else that EXPLAIN says about a node in words and numbers, but for times and buffers; nothing that is 0."""
    shown = ((key, _shown(value)) for key, value in raw.items() if not _is_told_elsewhere(key, value, raw))
    return tuple((key, f"{text} kB" if key in _KILOBYTES else text) for key, text in shown if text)


def _is_told_elsewhere(key: str, value: object, raw: Mapping[str, object]) -> bool:
    is_counted = key.endswith((" Blocks", " Time")) and not key.endswith("Heap Blocks")
    is_unchanged = key.startswith("Original ") and raw.get(key.removeprefix("Original ")) == value
    return key in _IN_THE_TITLE or key.startswith("Actual ") or is_counted or is_unchanged


def _shown(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else ""
        case int() | float():
            return f"{value:,}" if value else ""
        case list():
            return ", ".join(str(each) for each in value if not isinstance(each, list | dict))
        case str():
            return value
        case _:
            return ""
