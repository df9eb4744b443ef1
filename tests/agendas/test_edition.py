"""One record for all: who stands in it, and how it is loaded."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select

from forum_scheduler.agendas.calendar import calendar_file
from forum_scheduler.agendas.edition import load_edition
from forum_scheduler.agendas.record import EntryStatus, OwnRole, SubjectKind
from forum_scheduler.agendas.screen import screen_of
from forum_scheduler.errors import NotFound
from forum_scheduler.extensions import db
from forum_scheduler.outbox.models import Mail
from forum_scheduler.publishing.services import publish
from tests.agendas.factories import drop_and_move, make_scene
from tests.agendas.readers import by_icaljs
from tests.factories import (
    make_company,
    make_delegate,
    make_meeting,
    make_publication,
    make_schedule,
    make_user,
    slots_of,
    tables_of,
)
from tests.queries import count_queries


def test_a_person_s_agenda_holds_own_meetings_by_time_and_both_sides(app: Flask) -> None:
    scene = make_scene()
    agenda = load_edition(scene.publication, delegate_id=scene.olena.id).person(scene.olena.id)
    assert (agenda.version, agenda.subject.kind, agenda.subject.detail) == (
        1,
        SubjectKind.PERSON,
        "Квант Динамікс",
    )
    first, second = agenda.entries
    assert [party.company for party in first.own] == ["Квант Динамікс"]
    assert [party.company for party in first.others] == ["Aerotec"]
    assert [who.name for party in second.own for who in party.people] == [scene.olena.name, "Taras Shevchuk"]
    assert first.interpreter is not None
    assert first.interpreter.name == scene.interpreter.name
    assert first.languages == ("en", "uk")
    assert [name.in_locale("en") for name in first.others[0].offers] == ["Radar"]
    assert (first.own_role, first.sequence, first.version) == (OwnRole.GUEST, 0, 1)


def test_one_loaded_for_all_equals_one_loaded_alone(app: Flask) -> None:
    scene = make_scene()
    second = drop_and_move(scene)
    everybody = load_edition(second)
    for agenda in everybody.people():
        assert agenda == load_edition(second, delegate_id=agenda.subject.id).person(agenda.subject.id)
    for agenda in everybody.companies():
        assert agenda == load_edition(second, company_id=agenda.subject.id).company(agenda.subject.id)
    # What these had in earlier versions is for calendars and pages: loaded of one alone.
    for agenda in everybody.tables():
        alone = load_edition(second, table_id=agenda.subject.id).table(agenda.subject.id)
        assert agenda == replace(alone, entries=alone.meetings)
    for agenda in everybody.interpreters():
        alone = load_edition(second, interpreter_id=agenda.subject.id).interpreter(agenda.subject.id)
        assert agenda == replace(alone, entries=alone.meetings)


def test_agendas_come_in_order_of_name_whatever_the_case(app: Flask) -> None:
    scene = make_scene(name="anna Zhuk")
    names = [agenda.subject.name for agenda in load_edition(scene.publication).people()]
    assert names == ["anna Zhuk", "Eva Lindqvist", "Jan Peeters", "Taras Shevchuk"]


def test_who_never_had_a_meeting_is_not_listed_but_has_an_agenda(app: Flask) -> None:
    scene = make_scene()
    idle = make_delegate(scene.kvant, "Idle")
    assert idle.id not in [agenda.subject.id for agenda in load_edition(scene.publication).people()]
    agenda = load_edition(scene.publication, delegate_id=idle.id).person(idle.id)
    assert (agenda.subject.name, agenda.entries) == ("Idle", ())


def test_somebody_of_no_forum_has_no_agenda(app: Flask) -> None:
    scene = make_scene()
    with pytest.raises(NotFound):
        load_edition(scene.publication).person(987654)


def test_a_dropped_meeting_stays_as_cancelled(app: Flask) -> None:
    scene = make_scene()
    second = drop_and_move(scene)
    agenda = load_edition(second, delegate_id=scene.jan.id).person(scene.jan.id)
    assert [entry.status for entry in agenda.entries] == [EntryStatus.CANCELLED, EntryStatus.CONFIRMED]
    assert [entry.own[0].company for entry in agenda.entries] == ["Aerotec", "Aerotec"]
    assert len(agenda.meetings) == len(agenda.cancelled) == 1


def test_who_is_replaced_hears_that_the_meeting_takes_place_without_them(app: Flask) -> None:
    scene = make_scene(olena=make_user("Olena"), both=False)
    slots, tables = slots_of(scene.forum), tables_of(scene.forum)
    places = (
        (scene.meetings[0], slots[0], tables[0], [scene.olena, scene.jan]),
        (scene.meetings[1], slots[1], tables[2], [scene.taras, scene.eva]),  # Olena is not in it any more
        (scene.meetings[2], slots[4], tables[1], [scene.jan, scene.eva]),
    )
    schedule = make_schedule(scene.forum, *places, interpreters={scene.meetings[0]: scene.interpreter})
    second = publish(schedule, by=None)
    alone = load_edition(second, delegate_id=scene.olena.id).person(scene.olena.id)
    assert alone == load_edition(second).person(scene.olena.id)
    assert [entry.status for entry in alone.entries] == [EntryStatus.CONFIRMED, EntryStatus.WITHOUT]
    event = by_icaljs(calendar_file(alone, locale="en", page_url="https://x.org"))["events"][1]
    assert event["status"] == "CANCELLED"  # out of her calendar, with the right words
    assert event["summary"] == "Without you: Meeting with Borealis; Steel, Ltd."
    assert "This meeting takes place without you." in event["description"]
    screen = screen_of(alone, moment=second.published_at, company_links=False)
    assert [entry.state for entry in screen.cancelled] == ["Takes place without you"]
    company = load_edition(second, company_id=scene.kvant.id).company(scene.kvant.id)
    assert all(entry.confirmed for entry in company.entries)
    mail = db.session.scalars(select(Mail).where(Mail.to_name == scene.olena.name)).one()
    assert "These take place without you:" in mail.text
    assert "Cancelled:" not in mail.text


def test_what_an_interpreter_or_table_had_before_stays_as_taken_away(app: Flask) -> None:
    scene = make_scene()
    first, _second, third, _fourth = tables_of(scene.forum)[:4]
    version = drop_and_move(scene)  # the interpreted meeting is dropped, another goes to the fourth table
    roster = load_edition(version, interpreter_id=scene.interpreter.id).interpreter(scene.interpreter.id)
    assert [(entry.status, entry.sequence) for entry in roster.entries] == [(EntryStatus.CANCELLED, 1)]
    event = by_icaljs(calendar_file(roster, locale="en", page_url="https://x.org"))["events"][0]
    assert (event["status"], event["sequence"]) == ("CANCELLED", 1)
    assert event["summary"] == "Cancelled: Квант Динамікс / Kvant Dynamiks × Aerotec"
    for table, status in ((first, EntryStatus.CANCELLED), (third, EntryStatus.WITHOUT)):
        agenda = load_edition(version, table_id=table.id).table(table.id)
        assert [entry.status for entry in agenda.entries] == [status]
    event = by_icaljs(calendar_file(agenda, locale="en", page_url="https://x.org"))["events"][0]
    assert event["summary"] == "At another table: Квант Динамікс / Kvant Dynamiks × Borealis; Steel, Ltd."
    assert load_edition(scene.publication, table_id=third.id).table(third.id).cancelled == ()


def test_at_its_own_booth_a_company_is_the_host(app: Flask) -> None:
    scene = make_scene()
    booth = tables_of(scene.forum)[0]
    booth.host_company_id = scene.aerotec.id
    db.session.commit()
    edition = load_edition(scene.publication)
    assert edition.person(scene.jan.id).entries[0].own_role == OwnRole.HOST
    assert edition.person(scene.olena.id).entries[0].own_role == OwnRole.GUEST
    assert edition.table(booth.id).entries[0].own_role == OwnRole.PLACE


def test_a_person_who_comes_for_another_company_meets_their_own_side_s_counterpart(app: Flask) -> None:
    scene = make_scene()
    guest = make_delegate(scene.borealis, "Both")
    meeting = make_meeting(between=[scene.kvant, scene.aerotec], delegates={scene.kvant: [guest]})
    slot, table = slots_of(scene.forum)[5], tables_of(scene.forum)[0]
    publication = make_publication(make_schedule(scene.forum, (meeting, slot, table, [guest, scene.jan])))
    entry = load_edition(publication, delegate_id=guest.id).person(guest.id).entries[0]
    assert [party.company for party in entry.own] == ["Квант Динамікс"]
    assert [party.company for party in entry.others] == ["Aerotec"]


def test_the_language_is_that_of_the_account_else_the_first_spoken_one_that_is_written(app: Flask) -> None:
    scene = make_scene(olena=make_user(locale="en"))
    edition = load_edition(scene.publication)
    assert edition.person(scene.olena.id).subject.locale == "en"
    solo = make_delegate(scene.kvant, "Solo", languages=["fr", "uk"])
    assert load_edition(scene.publication, delegate_id=solo.id).person(solo.id).subject.locale == "uk"


def test_the_number_of_queries_does_not_grow_with_the_meetings(app: Flask) -> None:
    scene = make_scene()
    with count_queries() as few:
        load_edition(scene.publication)
    places = []
    slots, tables = slots_of(scene.forum), tables_of(scene.forum)
    for number in range(6):
        other = make_company(scene.forum, f"More {number}", side="eu", offers=["radar"])
        person = make_delegate(other)
        meeting = make_meeting(between=[scene.kvant, other])
        places.append((meeting, slots[number], tables[0], [scene.olena, person]))
    publication = make_publication(make_schedule(scene.forum, *places))
    db.session.expire_all()
    assert publication.id
    with count_queries() as many:
        edition = load_edition(publication)
        assert len(edition.people()) >= 7
        assert len(edition.companies()) >= 7
    assert many.count <= few.count + 1
    assert few.count <= 20
