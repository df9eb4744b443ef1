"""When delegates can't meet: by hand, by session, by arrival and departure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from forum_scheduler.companies.models import Delegate
from forum_scheduler.errors import Conflict, Invalid
from forum_scheduler.extensions import db, transaction
from forum_scheduler.forums import programme
from forum_scheduler.forums.models import Forum, ProgrammeEntry, Slot
from forum_scheduler.requests.models import Unavailability
from forum_scheduler.requests.times import (
    Times,
    Why,
    follows,
    refresh,
    save_times,
    times_of,
    unavailable_slots,
)
from tests.factories import (
    FIRST_DAY,
    delegates_of,
    make_company,
    make_forum,
    make_programme_entry,
    make_unavailable,
    slots_of,
)
from tests.queries import count_queries

MINUTE = timedelta(minutes=1)


def somebody(**fields: int) -> tuple[Forum, Delegate, list[Slot]]:
    forum = make_forum(**fields)
    return forum, delegates_of(make_company(forum))[0], slots_of(forum)


def taken(delegate: Delegate) -> frozenset[int]:
    return unavailable_slots([delegate.id])[delegate.id]


def ids(slots: Sequence[Slot]) -> frozenset[int]:
    return frozenset(slot.id for slot in slots)


def test_a_session_blocks_the_slots_that_it_overlaps_and_no_others(app: Flask) -> None:
    forum, delegate, slots = somebody()
    entry = make_programme_entry(forum, starts_at=slots[1].starts_at + MINUTE, minutes=25)
    save_times(delegate_id=delegate.id, times=Times(attends=frozenset({entry.id})))
    assert taken(delegate) == ids(slots[1:3])


def test_a_session_that_ends_as_a_slot_starts_leaves_it_free(app: Flask) -> None:
    forum, delegate, slots = somebody()
    entry = make_programme_entry(forum, starts_at=slots[0].starts_at, minutes=25)
    assert entry.ends_at == slots[1].starts_at
    save_times(delegate_id=delegate.id, times=Times(attends=frozenset({entry.id})))
    assert taken(delegate) == ids(slots[:1])


def test_arrival_and_departure_block_what_is_not_wholly_between(app: Flask) -> None:
    _forum, delegate, slots = somebody()
    times = Times(arrives_at=slots[1].starts_at + MINUTE, leaves_at=slots[-1].ends_at - MINUTE)
    save_times(delegate_id=delegate.id, times=times)
    assert taken(delegate) == ids([*slots[:2], slots[-1]])
    assert times_of(delegate.id) == times


def test_a_slot_blocked_by_hand_stays_blocked_when_the_session_goes(app: Flask) -> None:
    forum, delegate, slots = somebody()
    entry = make_programme_entry(forum, minutes=60)
    both = Times(blocked=ids(slots[:1]), attends=frozenset({entry.id}))
    save_times(delegate_id=delegate.id, times=both)
    assert len(taken(delegate)) > 1
    save_times(delegate_id=delegate.id, times=Times(blocked=both.blocked))
    assert taken(delegate) == ids(slots[:1])


def test_who_attends_follows_a_session_that_the_organiser_moves_or_removes(app: Flask) -> None:
    forum, delegate, slots = somebody()
    entry = make_programme_entry(forum, starts_at=slots[0].starts_at, minutes=20)
    save_times(delegate_id=delegate.id, times=Times(blocked=ids(slots[-1:]), attends=frozenset({entry.id})))
    moved = programme.EntryDetails(titles={"en": "x"}, starts_at=slots[2].starts_at, ends_at=slots[2].ends_at)
    programme.edit_entry(entry_id=entry.id, details=moved)
    assert taken(delegate) == ids([slots[2], slots[-1]])
    programme.remove_entry(entry_id=entry.id)
    assert taken(delegate) == ids(slots[-1:])


def test_a_note_that_came_with_an_import_stays(app: Flask) -> None:
    _forum, delegate, slots = somebody()
    make_unavailable(delegate, slots[0], reason="Press")
    save_times(delegate_id=delegate.id, times=Times(blocked=ids(slots[:2])))
    notes = db.session.execute(select(Unavailability.slot_id, Unavailability.reason)).all()
    assert {row.slot_id: row.reason for row in notes} == {slots[0].id: "Press", slots[1].id: ""}


def test_what_somebody_else_saved_meanwhile_is_not_overwritten_unseen(app: Flask) -> None:
    _forum, delegate, slots = somebody()
    seen = times_of(delegate.id).digest
    save_times(delegate_id=delegate.id, times=Times(blocked=ids(slots[:1])), seen=seen)
    with pytest.raises(Conflict):
        save_times(delegate_id=delegate.id, times=Times(blocked=ids(slots[1:2])), seen=seen)
    assert taken(delegate) == ids(slots[:1])
    # The second click of the same form is no conflict.
    save_times(delegate_id=delegate.id, times=Times(blocked=ids(slots[:1])), seen=seen)


def test_slots_and_sessions_of_another_forum_are_refused(app: Flask) -> None:
    _forum, delegate, _slots = somebody()
    other = make_forum()
    for foreign in (
        Times(blocked=ids(slots_of(other)[:1])),
        Times(attends=frozenset({make_programme_entry(other).id})),
        Times(arrives_at=FIRST_DAY, leaves_at=FIRST_DAY),
    ):
        with pytest.raises(Invalid):
            save_times(delegate_id=delegate.id, times=foreign)
    assert taken(delegate) == frozenset()


SLOTS = [
    Slot(
        id=number, starts_at=FIRST_DAY + 25 * number * MINUTE, ends_at=FIRST_DAY + (25 * number + 20) * MINUTE
    )
    for number in range(8)
]
minutes = st.integers(-30, 230)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(spans=st.lists(st.tuples(minutes, st.integers(1, 90)), max_size=3), stay=st.tuples(minutes, minutes))
def test_a_slot_is_free_exactly_where_one_can_be_there_from_start_to_end(
    spans: list[tuple[int, int]], stay: tuple[int, int]
) -> None:
    entries = [
        ProgrammeEntry(
            id=index, titles={}, starts_at=FIRST_DAY + at * MINUTE, ends_at=FIRST_DAY + (at + length) * MINUTE
        )
        for index, (at, length) in enumerate(spans)
    ]
    arrives_at, leaves_at = (FIRST_DAY + minute * MINUTE for minute in sorted(stay))
    times = Times(attends=frozenset(range(len(spans))), arrives_at=arrives_at, leaves_at=leaves_at)
    found = follows(times, slots=SLOTS, programme=entries)
    for slot in SLOTS:
        moments = [slot.starts_at + minute * MINUTE for minute in range(20)]
        busy = any(entry.starts_at <= moment < entry.ends_at for moment in moments for entry in entries)
        away = any(not arrives_at <= moment < leaves_at for moment in moments)
        assert (slot.id in found) == (busy or away)
        if slot.id in found and found[slot.id].why is not Why.SESSION:
            assert away


def test_a_session_that_moves_asks_the_database_as_often_for_many_as_for_one(app: Flask) -> None:
    forum = make_forum()
    entry = make_programme_entry(forum)

    def attend() -> None:
        delegate = delegates_of(make_company(forum))[0]
        save_times(delegate_id=delegate.id, times=Times(attends=frozenset({entry.id})))

    def reads() -> int:
        with count_queries() as counted, transaction():
            refresh(forum.id)
        return counted.count

    attend()
    one = reads()
    for _ in range(4):
        attend()
    assert reads() == one
