"""Publishing: versions that never change, calendars that follow, notices to those concerned and only once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from forum_scheduler.accounts.models import AuditEntry
from forum_scheduler.companies.models import Company, Delegate
from forum_scheduler.errors import Conflict
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum, Slot, Table
from forum_scheduler.outbox.models import Mail
from forum_scheduler.publishing.models import CalendarEvent, EventStatus, Publication
from forum_scheduler.publishing.reading import calendar_entries, current_publication, published_entries
from forum_scheduler.publishing.services import Broken, preview, publish
from forum_scheduler.requests.models import Meeting
from forum_scheduler.scheduling.models import Placement, PlacementDelegate, Schedule, TableSlot
from forum_scheduler.scheduling.promises import promised_schedule_id
from forum_scheduler.scheduling.solving import result_of, run_now
from tests.factories import (
    delegates_of,
    make_company,
    make_delegate,
    make_forum,
    make_meeting,
    make_schedule,
    make_unavailable,
    make_user,
    slots_of,
    tables_of,
)
from tests.queries import count_queries


@dataclass
class Stage:
    """A hub company meets two others, whose names tell who they are."""

    forum: Forum
    hub: Company
    first: Company
    second: Company
    with_first: Meeting
    with_second: Meeting

    @property
    def slots(self) -> Sequence[Slot]:
        return slots_of(self.forum)

    @property
    def tables(self) -> Sequence[Table]:
        return tables_of(self.forum)

    def delegate(self, company: Company) -> Delegate:
        return delegates_of(company)[0]

    def schedule(self, first: tuple[int, int] | None, second: tuple[int, int] | None) -> Schedule:
        """With the meetings at (slot, table), or not placed."""
        places = []
        for meeting, other, where in (
            (self.with_first, self.first, first),
            (self.with_second, self.second, second),
        ):
            if where is not None:
                people = [self.delegate(self.hub), self.delegate(other)]
                places.append((meeting, self.slots[where[0]], self.tables[where[1]], people))
        return make_schedule(self.forum, *places)

    def event(self, company: Company, meeting: Meeting) -> CalendarEvent:
        key = (self.delegate(company).id, meeting.id)
        return db.session.get_one(CalendarEvent, key, populate_existing=True)


@pytest.fixture
def stage(app: Flask) -> Stage:
    forum = make_forum(name="Testforum")
    hub, first, second = (make_company(forum, name) for name in ("Hub", "First", "Second"))
    return Stage(
        forum=forum,
        hub=hub,
        first=first,
        second=second,
        with_first=make_meeting(between=[hub, first]),
        with_second=make_meeting(between=[hub, second]),
    )


def _mails() -> dict[str, Mail]:
    """The newest notice by address."""
    return {mail.to_email: mail for mail in db.session.scalars(select(Mail).order_by(Mail.id))}


def _clear_mails() -> None:
    db.session.execute(delete(Mail))
    db.session.commit()


def test_a_solved_schedule_becomes_version_one(app: Flask) -> None:
    forum = make_forum()
    make_meeting(between=[make_company(forum), make_company(forum)])
    schedule = result_of(run_now(forum, seconds=60, workers=1))
    assert schedule is not None
    user = make_user()
    publication = publish(schedule, by=user.id, note=" First! ")
    assert (publication.version, publication.schedule_id) == (1, schedule.id)
    assert (publication.published_by_id, publication.note) == (user.id, "First!")
    current = current_publication(forum)
    assert current is not None
    assert current.id == publication.id
    assert len(published_entries(current)) == 1
    assert promised_schedule_id(forum.id) == schedule.id
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "schedule.published")).one()
    assert entry.details == {"version": 1, "preliminary": False, "notices": 2}


def test_everybody_with_a_meeting_gets_one_notice_of_the_first_version(stage: Stage) -> None:
    publication = publish(stage.schedule((0, 0), (1, 0)), by=None)
    hub = stage.delegate(stage.hub)
    mails = _mails()
    assert len(mails) == 3
    assert {mail.key for mail in mails.values()} == {
        f"agenda:{publication.id}:{stage.delegate(each).id}"
        for each in (stage.hub, stage.first, stage.second)
    }
    mail = mails[str(hub.email)]
    assert mail.subject == "Your meetings at Testforum"
    assert "2 meetings are planned for you" in mail.text
    lines = (
        "Wednesday 12 May",
        "- 09:00–09:20, table 1 (Hall A): First (BE)",
        "- 09:25–09:45, table 1 (Hall A): Second",
    )
    assert "\n".join(lines) in mail.text
    assert "Hub (BE)" not in mail.text
    assert f"/f/{stage.forum.slug}/agenda" in mail.text
    assert mail.unsubscribe_url.endswith("/agenda-published")


def test_only_those_whose_agenda_changed_are_told_what_changed(stage: Stage) -> None:
    publish(stage.schedule((0, 0), (1, 0)), by=None)
    _clear_mails()
    publish(stage.schedule((0, 0), (2, 1)), by=None)
    mails = _mails()
    assert set(mails) == {stage.delegate(each).email for each in (stage.hub, stage.second)}
    text = mails[str(stage.delegate(stage.hub).email)].text
    assert "Moved:" in text
    assert "Second (BE): now" in text
    assert "09:50–10:10, table 2 (Hall A); before: Wed" in text
    assert "09:25–09:45, table 1 (Hall A)\n\nAll other meetings stay as they were." in text
    assert "First" not in text


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ((0, 1), "09:00–09:20, table 2 (Hall A); before: table 1\n"),
        ((0, 2), "09:00–09:20, table 3 (Hall B); before: table 1 (Hall A)\n"),
        ((1, 0), "09:25–09:45, table 1 (Hall A); before: Wed 12 May, 09:00–09:20\n"),
        ((1, 1), "09:25–09:45, table 2 (Hall A); before: Wed 12 May, 09:00–09:20, table 1 (Hall A)\n"),
    ],
)
def test_of_a_moved_meeting_only_what_changed_is_told_as_it_was(
    stage: Stage, place: tuple[int, int], words: str
) -> None:
    publish(stage.schedule((0, 0), None), by=None)
    _clear_mails()
    publish(stage.schedule(place, None), by=None)
    text = _mails()[str(stage.delegate(stage.hub).email)].text
    assert f"- First (BE): now Wed 12 May, {words}" in text


def test_a_notice_is_in_the_language_of_its_reader(stage: Stage) -> None:
    reader = make_delegate(make_company(stage.forum, "Третя", side="ua"), languages=["uk", "en"])
    meeting = make_meeting(between=[stage.hub, db.session.get_one(Company, reader.company_id)])
    hub = stage.delegate(stage.hub)
    people = [hub, *delegates_of(db.session.get_one(Company, reader.company_id))[1:]]
    publish(make_schedule(stage.forum, (meeting, stage.slots[0], stage.tables[0], people)), by=None)
    assert "середа, 12 травня\n- 09:00–09:20, стіл 1" in _mails()[str(reader.email)].text
    assert "12 May" in _mails()[str(hub.email)].text


def test_a_delegate_without_an_address_gets_no_mail_and_is_counted(stage: Stage) -> None:
    stage.delegate(stage.first).email = None
    db.session.commit()
    schedule = stage.schedule((0, 0), (1, 0))
    shown = preview(schedule)
    assert (shown.mails, shown.without_address) == (2, 1)
    publish(schedule, by=None)
    assert len(_mails()) == 2


def test_sequence_rises_with_each_published_change_and_only_then(stage: Stage) -> None:
    publish(stage.schedule((0, 0), (1, 0)), by=None)
    told = stage.event(stage.second, stage.with_second)
    assert (told.sequence, told.status, told.starts_at) == (
        0,
        EventStatus.CONFIRMED,
        stage.slots[1].starts_at,
    )

    moved = publish(stage.schedule((0, 0), (2, 0)), by=None)
    told = stage.event(stage.second, stage.with_second)
    assert (told.sequence, told.starts_at, told.changed_in_id) == (1, stage.slots[2].starts_at, moved.id)

    publish(stage.schedule((0, 0), None), by=None)
    told = stage.event(stage.second, stage.with_second)
    assert (told.sequence, told.status, told.starts_at) == (
        2,
        EventStatus.CANCELLED,
        stage.slots[2].starts_at,
    )

    publish(stage.schedule((0, 1), None), by=None)
    assert stage.event(stage.second, stage.with_second).sequence == 2

    publish(stage.schedule((0, 1), (2, 0)), by=None)
    told = stage.event(stage.second, stage.with_second)
    assert (told.sequence, told.status) == (3, EventStatus.CONFIRMED)
    assert stage.event(stage.first, stage.with_first).sequence == 1


def test_a_new_delegate_in_a_meeting_cancels_the_old_ones_entry(stage: Stage) -> None:
    publish(stage.schedule((0, 0), None), by=None)
    _clear_mails()
    stand_in = make_delegate(stage.first)
    people = [stage.delegate(stage.hub), stand_in]
    publish(make_schedule(stage.forum, (stage.with_first, stage.slots[0], stage.tables[0], people)), by=None)
    assert stage.event(stage.first, stage.with_first).status == EventStatus.CANCELLED
    key = (stand_in.id, stage.with_first.id)
    assert db.session.get_one(CalendarEvent, key).sequence == 0
    assert stage.event(stage.hub, stage.with_first).sequence == 1
    mails = _mails()
    told = mails[str(stage.delegate(stage.first).email)].text
    assert "These take place without you:" in told
    assert "Cancelled:" not in told
    assert "Other people come:" in mails[str(stage.delegate(stage.hub).email)].text
    assert mails[str(stand_in.email)].subject == "Your meetings at Testforum"


def test_a_slot_whose_time_was_changed_is_a_change_though_the_schedule_is_the_same(stage: Stage) -> None:
    schedule = stage.schedule((0, 0), None)
    publish(schedule, by=None)
    slot = stage.slots[0]
    slot.starts_at -= timedelta(minutes=5)
    db.session.commit()
    publish(schedule, by=None)
    told = stage.event(stage.first, stage.with_first)
    assert (told.sequence, told.starts_at) == (1, slot.starts_at)


def test_what_calendars_know_is_read_with_the_version_that_changed_it(stage: Stage) -> None:
    publish(stage.schedule((0, 0), (1, 0)), by=None)
    publish(stage.schedule((0, 0), None), by=None)
    known = calendar_entries(stage.forum, delegate_id=stage.delegate(stage.hub).id)
    assert [(each.meeting_id, each.cancelled, each.version) for each in known] == [
        (stage.with_first.id, False, 1),
        (stage.with_second.id, True, 2),
    ]
    assert [company.name for company in known[1].companies] == ["Hub", "Second"]
    assert len(calendar_entries(stage.forum, company_id=stage.second.id)) == 1


def test_an_earlier_schedule_becomes_a_new_version(stage: Stage) -> None:
    first = stage.schedule((0, 0), (1, 0))
    publish(first, by=None)
    publish(stage.schedule((2, 0), (1, 0)), by=None)
    again = publish(first, by=None)
    assert (again.version, again.schedule_id) == (3, first.id)
    told = stage.event(stage.first, stage.with_first)
    assert (told.sequence, told.starts_at) == (2, stage.slots[0].starts_at)


def test_publishing_what_is_published_already_tells_nobody_anything(stage: Stage) -> None:
    schedule = stage.schedule((0, 0), (1, 0))
    publish(schedule, by=None, preliminary=True)
    with pytest.raises(Conflict):
        publish(schedule, by=None, preliminary=True)
    _clear_mails()
    final = publish(schedule, by=None, preliminary=False)
    assert (final.version, _mails()) == (2, {})


def test_who_looked_at_an_older_version_is_refused(stage: Stage) -> None:
    first, second = stage.schedule((0, 0), None), stage.schedule((1, 0), None)
    seen = preview(second).seen_version
    publish(first, by=None)
    with pytest.raises(Conflict):
        publish(second, by=None, seen_version=seen)
    assert db.session.scalars(select(Publication.version)).all() == [1]


def test_of_two_who_publish_at_once_one_gets_a_conflict(app: Flask, stage: Stage) -> None:
    ids = [stage.schedule((0, 0), None).id, stage.schedule((1, 0), None).id]
    barrier, results = Barrier(2), []

    def organiser(schedule_id: int) -> None:
        with app.app_context():
            schedule = db.session.get_one(Schedule, schedule_id)
            barrier.wait(30)
            try:
                results.append(publish(schedule, by=None, seen_version=0).version)
            except Conflict:
                results.append("conflict")

    threads = [Thread(target=organiser, args=(id_,)) for id_ in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(results, key=str) == [1, "conflict"]
    assert len(db.session.scalars(select(Publication)).all()) == 1
    assert len(_mails()) == 2


def test_a_schedule_that_breaks_rules_by_now_is_refused_with_what_it_breaks(stage: Stage) -> None:
    schedule = stage.schedule((0, 0), (1, 0))
    make_unavailable(stage.delegate(stage.first), stage.slots[0])
    assert [each.rule for each in preview(schedule).violations] == ["available"]
    with pytest.raises(Broken) as caught:
        publish(schedule, by=None)
    assert [each.subjects[0] for each in caught.value.violations] == [f"m{stage.with_first.id}"]
    assert db.session.scalars(select(Publication)).all() == []
    assert _mails() == {}


def test_a_lock_set_since_is_said_but_keeps_nobody_from_going_back(stage: Stage) -> None:
    first = stage.schedule((0, 0), (1, 0))
    publish(first, by=None)
    publish(stage.schedule((2, 0), (1, 0)), by=None)
    stage.with_first.locked_slot_id, stage.with_first.locked_table_id = stage.slots[2].id, stage.tables[1].id
    db.session.commit()
    shown = preview(first)
    assert shown.violations == ()
    assert {each.rule for each in shown.unlocked} == {"locked-slot", "locked-table"}
    assert publish(first, by=None).version == 3


def test_a_change_that_breaks_nothing_does_not_stop_publishing(app: Flask) -> None:
    forum = make_forum()
    one, two = make_company(forum), make_company(forum)
    make_meeting(between=[one, two])
    schedule = result_of(run_now(forum, seconds=60, workers=1))
    assert schedule is not None
    make_meeting(between=[one, make_company(forum)], weight=3)
    assert preview(schedule).changed_since
    assert publish(schedule, by=None).version == 1


def test_the_database_refuses_to_change_a_published_schedule(stage: Stage) -> None:
    schedule = stage.schedule((0, 0), (1, 0))
    publish(schedule, by=None)
    placement = db.session.scalars(select(Placement.id)).first()
    assert placement is not None
    for statement in (
        update(Placement).values(table_id=stage.tables[1].id),
        update(TableSlot).values(table_id=stage.tables[1].id),
        delete(Placement).where(Placement.id == placement),
        insert(PlacementDelegate).values(placement_id=placement, delegate_id=stage.delegate(stage.second).id),
        update(Schedule).where(Schedule.id == schedule.id).values(note="another"),
        update(Publication).values(version=9),
    ):
        with pytest.raises(DBAPIError, match="never changed"):
            db.session.execute(statement)
        db.session.rollback()


def test_a_draft_may_still_be_changed(stage: Stage) -> None:
    schedule = stage.schedule((0, 0), (1, 0))
    db.session.execute(update(Schedule).where(Schedule.id == schedule.id).values(note="another"))
    db.session.commit()


def test_reading_a_version_takes_as_many_queries_at_any_size(stage: Stage) -> None:
    counts = []
    for schedule in (stage.schedule((0, 0), None), stage.schedule((0, 0), (1, 0))):
        publication = publish(schedule, by=None)
        with count_queries() as statements:
            published_entries(publication)
        counts.append(statements.count)
    assert counts[0] == counts[1] <= 8


def test_entries_are_filtered_by_who_reads_them(stage: Stage) -> None:
    publication = publish(stage.schedule((1, 0), (0, 1)), by=None)
    everything = published_entries(publication)
    assert [entry.meeting_id for entry in everything] == [stage.with_second.id, stage.with_first.id]
    entry = published_entries(publication, company_id=stage.first.id)[0]
    assert [party.company.name for party in entry.parties] == ["Hub", "First"]
    assert [party.company.name for party in entry.others(stage.hub.id)] == ["First"]
    assert published_entries(publication, delegate_id=stage.delegate(stage.second).id) == everything[:1]
    assert published_entries(publication, table_id=stage.tables[0].id) == everything[1:]
    assert published_entries(publication, interpreter_id=1) == ()
