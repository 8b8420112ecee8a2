"""What the guesses are made from: the tables, some of their values, and who the contacts and workspaces are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from segsql.proposal import names
from segsql.proposal.names import is_called, pick, singular, snake, suffixes
from segsql.store.reflection import SeenColumn, SeenTable


class Sampled(Protocol):
    """A few values of the database; `segsql.store.reflection.Samples`."""

    def words(self, table: SeenTable, column: str) -> tuple[str, ...]:
        """What stands in a column of texts."""
        ...

    def documents(self, table: SeenTable, column: str) -> tuple[object, ...]:
        """The JSON in a column."""
        ...


@dataclass(frozen=True, slots=True)
class Scene:
    """The database, with what everything else hangs on.

    `workspace` is the contacts' column that names the tenant, `workspaces` the table of tenants; `id` the contacts'.
    """

    tables: Sequence[SeenTable]
    samples: Sampled
    contacts: SeenTable
    id: SeenColumn
    workspace: SeenColumn | None
    workspaces: SeenTable | None

    def contact_in(self, table: SeenTable) -> SeenColumn | None:
        """The table's column that says whose row it is, by a foreign key or by its name; not its own id."""
        if table == self.contacts:
            return None
        return link(table, self.contacts)

    def workspace_in(self, table: SeenTable | None) -> str | None:
        """The table's column that names the tenant: that of contacts by name, or a foreign key to the tenants."""
        if table is None or self.workspace is None or table == self.workspaces:
            return None
        same = next((column.name for column in table.columns if column.name == self.workspace.name), None)
        if same is not None or self.workspaces is None:
            return same
        found = link(table, self.workspaces)
        return found.name if found else None

    def id_of(self, table: SeenTable) -> SeenColumn | None:
        """The column that tells the table's rows apart, within a workspace where its key begins with that."""
        own = [name for name in table.primary_key if name != self.workspace_in(table)]
        by_name = {column.name: column for column in table.columns}
        if len(own) == 1:
            return by_name[own[0]]
        return pick(table, (*names.ID, f"{singular(table.name)}_id"), names.KEYS)

    def is_key(self, table: SeenTable, *columns: str) -> bool:
        """Whether the columns, within a workspace, tell the table's rows apart."""
        key = {*columns, self.workspace_in(table)}
        return any(unique <= key for unique in (frozenset(table.primary_key), *table.uniques) if unique)

    def called(self, words: Sequence[str]) -> list[SeenTable]:
        """The tables that are called by one of the words, the earlier word first."""
        found = [
            (number, table)
            for table in self.tables
            for number, word in enumerate(words)
            if is_called(table.name, (word,))
        ]
        return [table for _, table in sorted(found, key=lambda each: (each[0], len(each[1].name), each[1].name))]


def link(table: SeenTable, to: SeenTable) -> SeenColumn | None:
    """The column of one table that names rows of another: a foreign key, else a name such as contact_id."""
    by_name = {column.name: column for column in table.columns}
    for column, target in table.references:
        if target == to.name and column in by_name:
            return by_name[column]
    ends = suffixes(to.name)
    return pick(table, [f"{end}{key}" for key in ("_id", "_uuid", "") for end in ends], names.KEYS)


def find_contacts(tables: Sequence[SeenTable]) -> tuple[SeenTable, str] | None:
    """The table of contacts, and why; None where none is like one."""
    scored = sorted(((_score(table, tables), table) for table in tables), key=lambda each: (-each[0], each[1].name))
    if not scored or scored[0][0] < ENOUGH:
        return None
    table = scored[0][1]
    why = [] if not is_called(table.name, names.CONTACT) else ["its name"]
    if pick(table, names.EMAIL, names.TEXTS):
        why.append("it has an e-mail address")
    if count := _referring(table, tables):
        why.append(f"{count} foreign key{'s' if count > 1 else ''} to it")
    return table, ", ".join(why)


ENOUGH = 40


def _score(table: SeenTable, tables: Sequence[SeenTable]) -> int:
    """Its name says most, the earlier in the list the more; a table with passwords holds those who log in."""
    one = singular(table.name)
    score = next((60 - 4 * number for number, word in enumerate(names.CONTACT) if one == word), 0)
    score = score or next((50 - 4 * number for number, word in enumerate(names.CONTACT) if one.endswith(f"_{word}")), 0)
    score += 40 if pick(table, names.EMAIL, names.TEXTS) else 0
    score += min(20, 4 * _referring(table, tables))
    score -= 60 if pick(table, names.LOGIN) else 0
    return score - (30 if len(table.primary_key) > 1 and not table.references else 0)


def _referring(table: SeenTable, tables: Sequence[SeenTable]) -> int:
    return sum(target == table.name for each in tables for _, target in each.references)


def find_workspace(contacts: SeenTable, tables: Sequence[SeenTable]) -> tuple[SeenColumn, SeenTable | None, str] | None:
    """The contacts' column of the tenant, the tenants' table if there is one, and why."""
    by_name = {table.name: table for table in tables}
    columns = {column.name: column for column in contacts.columns}
    for column, target in contacts.references:
        if is_called(target, names.WORKSPACE) and target in by_name:
            return columns[column], by_name[target], f"a foreign key to {target}"
    for word in names.WORKSPACE:
        found = pick(contacts, (f"{word}_id", f"{word}_uuid"), names.KEYS)
        if found is not None:
            table = next((each for each in tables if snake(singular(each.name)) == word), None)
            return found, table, "its name"
    return None
