"""A published forum for the tests of agendas, with everything that an agenda can show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from forum_scheduler.accounts.models import User
from forum_scheduler.clock import frozen_at
from forum_scheduler.companies.models import Company, Delegate
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum, Interpreter
from forum_scheduler.publishing.changes import entry_digest
from forum_scheduler.publishing.models import CalendarEvent, EventStatus, Publication
from forum_scheduler.publishing.reading import schedule_entries
from forum_scheduler.publishing.services import publish
from forum_scheduler.requests.models import Meeting
from forum_scheduler.scheduling.models import Schedule
from tests.factories import (
    interpreters_of,
    make_company,
    make_delegate,
    make_forum,
    make_meeting,
    make_publication,
    make_schedule,
    slots_of,
    store_all,
    tables_of,
)

PUBLISHED = datetime(2027, 5, 1, 16, 0, tzinfo=UTC)
AGAIN = datetime(2027, 5, 3, 9, 30, tzinfo=UTC)
BACK = datetime(2027, 5, 4, 9, 30, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Kvant meets Aerotec at 09:00 (interpreted) and Borealis at 09:25; Aerotec meets Borealis at 11:35."""

    forum: Forum
    kvant: Company
    aerotec: Company
    borealis: Company
    olena: Delegate  # of Kvant, in both of its meetings
    taras: Delegate  # of Kvant, in the second one
    jan: Delegate  # of Aerotec
    eva: Delegate  # of Borealis
    interpreter: Interpreter
    meetings: tuple[Meeting, Meeting, Meeting]
    publication: Publication


def make_scene(*, olena: User | None = None, name: str = "Олена Коваленко", both: bool = True) -> Scene:
    """A forum in version 1. ``both``: Kvant needs both of its people in its second meeting, not any one."""
    forum = make_forum(name="Brussels Industry Forum", venue="Square, Brussels", slug="brussels")
    kvant = make_company(forum, "Квант Динамікс", side="ua", delegates=0, offers=["drones"], needs=["steel"])
    aerotec = make_company(forum, "Aerotec", side="eu", delegates=0, offers=["radar"], needs=["drones"])
    borealis = make_company(forum, "Borealis; Steel, Ltd.", side="eu", delegates=0)
    first = make_delegate(kvant, name, user=olena or False, role="CTO", languages=["uk"])
    second = make_delegate(kvant, "Taras Shevchuk", languages=["en"])
    jan = make_delegate(aerotec, "Jan Peeters", role="Head of Sales", languages=["en"])
    eva = make_delegate(borealis, "Eva Lindqvist", languages=["en"])
    meetings = (
        make_meeting(between=[kvant, aerotec], interpret=["en", "uk"]),
        make_meeting(between=[kvant, borealis], whole=[kvant] if both else ()),
        make_meeting(between=[aerotec, borealis], title="Steel for radar masts"),
    )
    slots, tables = slots_of(forum), tables_of(forum)
    helper = interpreters_of(forum)[0]
    schedule = make_schedule(
        forum,
        (meetings[0], slots[0], tables[0], [first, jan]),
        (meetings[1], slots[1], tables[2], [first, second, eva]),
        (meetings[2], slots[4], tables[1], [jan, eva]),
        interpreters={meetings[0]: helper},
    )
    publication = make_publication(schedule, published_at=PUBLISHED)
    tell_calendars(publication)
    return Scene(
        forum=forum,
        kvant=kvant,
        aerotec=aerotec,
        borealis=borealis,
        olena=first,
        taras=second,
        jan=jan,
        eva=eva,
        interpreter=helper,
        meetings=meetings,
        publication=publication,
    )


def tell_calendars(publication: Publication) -> None:
    """What publishing writes for calendars, for the first version of a forum."""
    store_all(
        CalendarEvent(
            delegate_id=person.id,
            meeting_id=entry.meeting_id,
            forum_id=publication.forum_id,
            starts_at=entry.starts_at,
            ends_at=entry.ends_at,
            table_id=entry.table_id,
            digest=entry_digest(entry),
            changed_in_id=publication.id,
        )
        for entry in schedule_entries(publication.schedule_id)
        for person in entry.people
    )


def _digests(publication: Publication) -> dict[int, str]:
    """Meeting -> what publishing would note of it, so that the next version sees what is new."""
    return {entry.meeting_id: entry_digest(entry) for entry in schedule_entries(publication.schedule_id)}


def drop_and_move(scene: Scene) -> Publication:
    """Version 2: Kvant's first meeting is dropped, its second one an hour later at another table."""
    slots, tables = slots_of(scene.forum), tables_of(scene.forum)
    schedule = make_schedule(
        scene.forum,
        (scene.meetings[1], slots[3], tables[3], [scene.olena, scene.taras, scene.eva]),
        (scene.meetings[2], slots[4], tables[1], [scene.jan, scene.eva]),
        unplaced={scene.meetings[0]: "no-fitting-table"},
    )
    publication = make_publication(schedule, published_at=AGAIN)
    digests = _digests(publication)
    for event in db.session.query(CalendarEvent).filter_by(forum_id=scene.forum.id):
        if event.meeting_id == scene.meetings[2].id:
            continue
        event.sequence += 1
        event.changed_in_id = publication.id
        if event.meeting_id == scene.meetings[0].id:
            event.status = EventStatus.CANCELLED
        else:
            event.starts_at, event.ends_at = slots[3].starts_at, slots[3].ends_at
            event.table_id = tables[3].id
            event.digest = digests[event.meeting_id]
    db.session.commit()
    return publication


def move_one(scene: Scene) -> Publication:
    """Version 2: the meeting of Aerotec and Borealis alone moves to another table."""
    slots, tables = slots_of(scene.forum), tables_of(scene.forum)
    schedule = make_schedule(
        scene.forum,
        (scene.meetings[0], slots[0], tables[0], [scene.olena, scene.jan]),
        (scene.meetings[1], slots[1], tables[2], [scene.olena, scene.taras, scene.eva]),
        (scene.meetings[2], slots[4], tables[0], [scene.jan, scene.eva]),
        interpreters={scene.meetings[0]: scene.interpreter},
    )
    publication = make_publication(schedule, published_at=AGAIN)
    digests = _digests(publication)
    for event in db.session.query(CalendarEvent).filter_by(meeting_id=scene.meetings[2].id):
        event.sequence += 1
        event.changed_in_id = publication.id
        event.table_id = tables[0].id
        event.digest = digests[event.meeting_id]
    db.session.commit()
    return publication


def go_back(scene: Scene) -> Publication:
    """The next version: the schedule of version 1 again, published as an organiser would."""
    schedule = db.session.get_one(Schedule, scene.publication.schedule_id)
    with frozen_at(BACK):
        return publish(schedule, by=None)
