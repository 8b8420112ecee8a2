"""Which workspaces are looked at, when, and in which order."""

from __future__ import annotations

import math

from segsql.recount import BATCH_WORKSPACES
from segsql.store import DueWork
from segsql.worker.agenda import Agenda, Task


def new(*workspace_ids: int) -> list[DueWork]:
    return [DueWork(workspace_id, is_new=True) for workspace_id in workspace_ids]


def old(*workspace_ids: int) -> list[DueWork]:
    return [DueWork(workspace_id, is_new=False) for workspace_id in workspace_ids]


def test_nothing_is_planned() -> None:
    agenda = Agenda()
    assert agenda.take(0, with_old=True) is None
    assert agenda.next_time == math.inf
    assert agenda.waiting == 0


def test_a_workspace_waits_for_its_time_and_is_looked_at_once() -> None:
    agenda = Agenda()
    for at in (5.0, 3.0, 4.0):
        agenda.plan(1, at)
    assert agenda.waiting == 1
    assert agenda.next_time == 3
    assert agenda.take(2.9, with_old=True) is None
    task = agenda.take(3, with_old=True)
    assert task == Task((1,))
    agenda.done(task, 3)
    assert agenda.take(99, with_old=True) is None
    assert agenda.waiting == 0


def test_what_is_new_goes_before_what_is_old_and_alone_where_old_may_not() -> None:
    agenda = Agenda()
    agenda.found([*old(3, 1), *new(2)])
    assert agenda.take(0, with_old=False) == Task((2,))
    assert agenda.take(0, with_old=False) is None
    assert agenda.take(0, with_old=True) == Task((3, 1), is_old=True)


def test_an_old_workspace_that_is_edited_is_new() -> None:
    agenda = Agenda()
    agenda.found(old(1, 2))
    agenda.plan(2, 0)
    assert agenda.take(0, with_old=True) == Task((2,))
    assert agenda.take(0, with_old=True) == Task((1,), is_old=True)


def test_what_is_heard_of_a_workspace_under_way_is_for_afterwards() -> None:
    agenda = Agenda()
    agenda.plan(1, 0)
    task = agenda.take(0, with_old=True)
    assert task == Task((1,))
    agenda.plan(1, 1)
    agenda.found(old(1))
    assert agenda.take(1, with_old=True) is None
    agenda.done(task, 2)
    assert agenda.take(2, with_old=True) == Task((1,))


def test_a_look_at_everything_takes_the_place_of_the_one_before_and_not_of_what_was_heard() -> None:
    agenda = Agenda()
    agenda.plan(9, 10)
    agenda.found(old(1, 2))
    agenda.found(old(2, 3))
    assert agenda.take(1, with_old=True) == Task((2, 3), is_old=True)
    assert agenda.take(10, with_old=True) == Task((9,))


def test_a_task_is_a_batch() -> None:
    agenda = Agenda()
    agenda.found(new(*range(BATCH_WORKSPACES + 1)))
    sizes = [len(task.workspace_ids) for _ in range(2) if (task := agenda.take(0, with_old=True))]
    assert sizes == [BATCH_WORKSPACES, 1]


def test_what_met_trouble_together_goes_on_one_by_one_before_all_else_of_its_kind() -> None:
    agenda = Agenda()
    agenda.found([*new(1), *old(2)])
    agenda.careful([5, 6], is_old=True)
    agenda.careful([7], is_old=False)
    taken = [agenda.take(0, with_old=True) for _ in range(5)]
    expected = [Task((7,)), Task((1,)), Task((5,), is_old=True), Task((6,), is_old=True), Task((2,), is_old=True)]
    assert taken == expected


def test_what_is_heard_goes_before_all_that_was_found() -> None:
    """However much was edited while nobody heard: who edits now does not wait for it."""
    agenda = Agenda()
    agenda.found(new(*range(1_000)))
    agenda.plan(5_000, 0)
    assert agenda.take(0, with_old=True) == Task((5_000,))
