"""Guessing `[activity]` and `[events]`: counters, a table with a column for the kind, or a table a kind."""

from __future__ import annotations

from segsql.catalog import BUILTINS, EventKind
from segsql.proposal import names
from segsql.proposal.contacts import place_of_value
from segsql.proposal.names import pick, snake
from segsql.proposal.scene import Scene
from segsql.proposal.toml import Part
from segsql.store.reflection import SeenColumn, SeenTable

COUNTS = {
    "delivered_count": (*names.DELIVERED, *names.SENT),
    "opens_count": names.OPENS,
    "clicks_count": names.CLICKS,
}

LASTS = {"last_open_at": names.LAST_OPEN, "last_click_at": names.LAST_CLICK}

STEMS = {
    EventKind.DELIVERED: ("deliver", "sent", "send"),
    EventKind.OPEN: ("open", "view", "read", "impression"),
    EventKind.CLICK: ("click",),
}
"""What words and names of tables have in them, the surest first."""

TIMES = {
    EventKind.DELIVERED: ("delivered_at", "sent_at", "date_sent"),
    EventKind.OPEN: ("opened_at", "viewed_at", "read_at"),
    EventKind.CLICK: ("clicked_at",),
}

WHAT = {
    EventKind.DELIVERED: "what was delivered",
    EventKind.OPEN: "what was opened",
    EventKind.CLICK: "what was clicked",
}

EVENTFUL = ("event", "activity", "log", "track", "history", "action")


def activity_part(scene: Scene) -> tuple[Part, set[str]]:
    """Counts and times of the contact or of a table with a row a contact; and the contacts' columns that were used."""
    part = Part("[activity]")
    if own := _columns(scene.contacts):
        _add_columns(part, own)
        return part, {column.name for column in own.values()}
    for table in scene.tables:
        contact = scene.contact_in(table)
        if contact is None or not scene.is_key(table, contact.name):
            continue
        if (columns := _columns(table)) and set(columns) & set(COUNTS):
            part.add("table", table.written, "a row a contact, with counts")
            part.add("workspace", scene.workspace_in(table))
            part.add("contact", contact.name)
            _add_columns(part, columns)
            return part, set()
    part.notes.append("Not found: counts of what was delivered, opened and clicked, by contact.")
    return part, set()


def _columns(table: SeenTable) -> dict[str, SeenColumn]:
    counts = {name: pick(table, called, names.NUMBERS) for name, called in COUNTS.items()}
    lasts = {name: pick(table, called, names.TIMES) for name, called in LASTS.items()}
    return {name: column for name, column in (counts | lasts).items() if column is not None}


def _add_columns(part: Part, columns: dict[str, SeenColumn]) -> None:
    for name, column in columns.items():
        part.add(name, place_of_value(column, "timestamptz" if name in LASTS else column.type))


def events_parts(scene: Scene, activity: Part) -> list[Part]:
    """One table for all kinds, else a table a kind; and which kinds neither these nor the counts tell."""
    parts, kinds = _found(scene)
    counted = {BUILTINS[line.key].event for line in activity.lines if line.key in COUNTS}
    lacking = [kind for kind in EventKind if kind not in kinds and kind not in counted]
    if not lacking:
        return parts
    if parts or activity.lines:
        notes = [f"Not found: {WHAT[kind]}. A table or a view may tell it: [events.{kind}]." for kind in lacking]
    else:
        notes = ["Not found: events, such as opens and clicks, each with its contact and time."]
    if EventKind.OPEN in lacking and (recipients := _with_a_time_for_each_kind(scene)) is not None:
        told = f"{recipients.written} has a column for each time: it needs a view for each kind"
        notes.append(f"{told}, such as docs/mapping.md shows under [events].")
    return [*parts, Part("[events]", notes=notes)]


def _found(scene: Scene) -> tuple[list[Part], set[str]]:
    """The parts, and the kinds that they tell."""
    for table in sorted(scene.tables, key=_eventfulness):
        if common := _common(scene, table):
            part, kinds = common
            return [part], kinds
    by_kind = {kind.value: of_kind for kind in EventKind if (of_kind := _of_kind(scene, kind))}
    return list(by_kind.values()), set(by_kind)


def _with_a_time_for_each_kind(scene: Scene) -> SeenTable | None:
    """A table with a row a message, and when it was opened and clicked."""
    opened, clicked = TIMES[EventKind.OPEN], TIMES[EventKind.CLICK]
    for table in scene.tables:
        if scene.contact_in(table) and pick(table, opened, names.TIMES) and pick(table, clicked, names.TIMES):
            return table
    return None


def _eventfulness(table: SeenTable) -> tuple[bool, str]:
    return not any(word in snake(table.name) for word in EVENTFUL), table.name


def _common(scene: Scene, table: SeenTable) -> tuple[Part, set[str]] | None:
    contact, at = scene.contact_in(table), pick(table, names.AT, names.TIMES)
    message = pick(table, names.MESSAGE)
    if contact is None or at is None or message is None:
        return None
    for name in names.KIND:
        kind = pick(table, (name,))
        if kind is None or not (kind.type == "text" or kind.words):
            continue
        seen = kind.words or scene.samples.words(table, kind.name)
        words = _words(seen)
        if EventKind.OPEN not in words and (seen or _eventfulness(table)[0]):
            continue
        part = Part("[events]")
        part.add("table", table.written, "a row an event, with its contact and time")
        part.add("workspace", scene.workspace_in(table))
        part.add("contact", contact.name)
        part.add("message", message.name, "tells messages apart")
        part.add("kind", kind.name)
        part.add("at", place_of_value(at, "timestamptz"))
        told = words or {kind.value: [kind.value] for kind in EventKind}
        part.add("words", told, _about(seen, words))
        return part, set(told)
    return None


def _words(seen: tuple[str, ...]) -> dict[str, list[str]]:
    """The words of each kind: those with its surest stem, of which others may have none."""
    found: dict[str, list[str]] = {}
    for kind, stems in STEMS.items():
        of_stem = ([word for word in seen if stem in word.lower()] for stem in stems)
        if words := next((words for words in of_stem if words), None):
            found[kind.value] = words
    return found


def _about(seen: tuple[str, ...], words: dict[str, list[str]]) -> str:
    if not seen:
        return "no word was seen: these are guesses"
    others = [word for word in seen if not any(word in of_kind for of_kind in words.values())]
    return f"beside {', '.join(others[:5])}" if others else ""


def _of_kind(scene: Scene, kind: EventKind) -> Part | None:
    """A table that is called after the kind; what was delivered is also told by a time of sending."""
    called = [table for stem in STEMS[kind] for table in scene.tables if stem in snake(table.name)]
    for table in called:
        if part := _alone(scene, kind, table, (*TIMES[kind], *names.AT)):
            return part
    if kind is EventKind.DELIVERED:
        return next((part for table in scene.tables if (part := _alone(scene, kind, table, TIMES[kind]))), None)
    return None


def _alone(scene: Scene, kind: EventKind, table: SeenTable, times: tuple[str, ...]) -> Part | None:
    """A table of one kind, with its time called by one of the names."""
    contact, at = scene.contact_in(table), pick(table, times, names.TIMES)
    message = pick(table, names.MESSAGE)
    if contact is None or at is None or message is None:
        return None
    part = Part(f"[events.{kind}]")
    of_kind = snake(at.name) in TIMES[kind]
    if of_kind and at.is_nullable:
        part.notes.append(f"Rows without {at.name} count too: if there are such, name a view that leaves them out.")
    what = f"its {at.name}" if of_kind else "its name"
    part.add("table", table.written, f"{what}, with a contact and a message in each row")
    part.add("workspace", scene.workspace_in(table))
    part.add("contact", contact.name)
    part.add("message", message.name, "tells messages apart")
    part.add("at", place_of_value(at, "timestamptz"))
    return part
