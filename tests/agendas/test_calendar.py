"""What calendars get, judged by three independent readers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from forum_scheduler.agendas.calendar import (
    Mailbox,
    Method,
    calendar_feed,
    calendar_file,
    empty_feed,
    itip,
)
from forum_scheduler.agendas.edition import load_edition
from forum_scheduler.agendas.record import Agenda, AgendaParty, AgendaPerson
from tests.agendas.factories import drop_and_move, make_scene
from tests.agendas.readers import by_calcurse, by_icaljs, by_libical

PAGE = "https://forum.example.org/f/brussels/delegates/1/agenda"
HOSTILE = (
    "BEGIN:VEVENT\r\nSUMMARY:injected\r\nEND:VEVENT",
    "a,b;c\\d\\n\"e\" 'f' :g^h",
    "Ж" * 90,
    "😀👩‍👩‍👧‍👦" * 30,
    "é́́́ combining",
    "שלום עולם مرحبا \u202eturned around\u202c",
    "nul\x00bell\x07escape\x1b next\x85line\u2028sep\u2029par",
    "x" * 200,
)


def person(scene: Any, delegate: Any, publication: Any = None) -> Agenda:
    return load_edition(publication or scene.publication, delegate_id=delegate.id).person(delegate.id)


def write(agenda: Agenda) -> bytes:
    return calendar_file(agenda, locale="en", page_url=PAGE)


def events_of(content: bytes) -> dict[str, bytes]:
    """UID -> the event's lines."""
    parts = content.split(b"BEGIN:VEVENT\r\n")[1:]
    unfolded = (part.split(b"END:VEVENT")[0].replace(b"\r\n ", b"") for part in parts)
    return {
        line.removeprefix(b"UID:").decode(): part
        for part in unfolded
        for line in part.split(b"\r\n")
        if line.startswith(b"UID:")
    }


def hostile(agenda: Agenda, text: str) -> Agenda:
    """The agenda with ``text`` in every place where a stranger can put it."""
    party = AgendaParty(
        company_id=1,
        company_uid="c",
        company=text,
        country="BE",
        side=text,
        people=(AgendaPerson(id=9, uid="p", name=text, role=text),),
    )
    entry = replace(
        agenda.entries[0],
        title=text,
        table=text,
        zone=text,
        others=(party,),
        interpreter=AgendaPerson(id=8, uid="i", name=text),
    )
    forum = replace(agenda.forum, name=text, venue=text)
    return replace(agenda, forum=forum, subject=replace(agenda.subject, name=text), entries=(entry,))


def test_all_readers_find_the_same_meetings(app: Flask, tmp_path: Path) -> None:
    scene = make_scene()
    content = write(person(scene, scene.olena))
    lib, js = by_libical(content), by_icaljs(content)
    assert lib["errors"] == []
    assert [(each["start"], each["end"]) for each in lib["events"]] == [
        ("20270512T070000Z", "20270512T072000Z"),
        ("20270512T072500Z", "20270512T074500Z"),
    ]
    assert [each["location"] for each in lib["events"]] == ["Table 1, Hall A", "Table 3, Hall B"]
    assert [each["summary"] for each in js["events"]] == [
        "Meeting with Aerotec",
        "Meeting with Borealis; Steel, Ltd.",
    ]
    assert by_calcurse(content, tmp_path) == [
        "2027-05-12T07:00|07:20|Meeting with Aerotec",
        "2027-05-12T07:25|07:45|Meeting with Borealis; Steel, Ltd.",
    ]


@pytest.mark.databases("sqlite")
def test_an_event_says_all_that_somebody_needs_to_go_there(app: Flask) -> None:
    scene = make_scene()
    first = by_icaljs(write(person(scene, scene.olena)))["events"][0]
    assert first["description"].splitlines()[:2] == [
        "Wed 12 May 2027, 09:00–09:20, Brussels time",
        "Table 1, Hall A",
    ]
    assert "Aerotec: Jan Peeters (Head of Sales)" in first["description"]
    assert "Offers: Radar. Needs: Drones" in first["description"]
    assert f"Interpreter: {scene.interpreter.name} (English–Ukrainian)" in first["description"]
    assert PAGE in first["description"]
    assert first["url"] == PAGE
    assert first["categories"] == ["B2B meeting", "Brussels Industry Forum"]
    assert (first["status"], first["transparent"]) == ("CONFIRMED", "OPAQUE")
    assert first["alarms"] == ["-PT10M"]
    assert (first["zone"], first["stamp"]) == ("UTC", "2027-05-01T16:00:00Z")


@pytest.mark.databases("sqlite")
def test_colleagues_who_come_along_are_named(app: Flask) -> None:
    scene = make_scene()
    second = by_icaljs(write(person(scene, scene.olena)))["events"][1]
    assert "With you: Taras Shevchuk" in second["description"]
    assert "Олена" not in second["description"]


def test_the_same_version_gives_the_same_bytes(app: Flask) -> None:
    scene = make_scene()
    assert write(person(scene, scene.olena)) == write(person(scene, scene.olena))


@pytest.mark.databases("sqlite")
def test_times_are_never_floating_and_no_zone_is_left_undeclared(app: Flask) -> None:
    scene = make_scene()
    content = write(person(scene, scene.olena))
    starts = [line for line in content.split(b"\r\n") if line.startswith((b"DTSTART", b"DTEND", b"DTSTAMP"))]
    assert len(starts) == 6
    assert all(line.endswith(b"Z") for line in starts)
    assert b"TZID" not in content


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(app: Flask, text: str, tmp_path: Path) -> None:
    scene = make_scene()
    content = calendar_feed(hostile(person(scene, scene.olena), text), locale="en", page_url=PAGE)
    lines = content.split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert [line.decode() for line in lines]  # no character is cut in two
    assert lines.count(b"BEGIN:VEVENT") == lines.count(b"END:VEVENT") == 1
    lib, js = by_libical(content), by_icaljs(content)
    assert lib["errors"] == []
    assert len(lib["events"]) == len(js["events"]) == 1
    assert js["events"][0]["location"] == lib["events"][0]["location"]
    assert len(by_calcurse(content, tmp_path)) == 1


@pytest.mark.databases("sqlite")
def test_commas_semicolons_and_backslashes_come_back_as_they_were(app: Flask) -> None:
    scene = make_scene()
    text = "Alpha, Beta; Gamma\\Delta \\n 😀 Ж"
    for read in (by_libical, by_icaljs):
        event = read(write(hostile(person(scene, scene.olena), text)))["events"][0]
        assert event["location"] == f"Table {text}, {text}"


def test_a_republished_schedule_moves_and_cancels_in_place_and_touches_nothing_else(
    app: Flask, tmp_path: Path
) -> None:
    scene = make_scene()
    before = {who: events_of(write(person(scene, who))) for who in (scene.olena, scene.eva)}
    second = drop_and_move(scene)
    content = write(person(scene, scene.olena, second))
    after = by_icaljs(content)["events"]
    assert {event["uid"] for event in after} == set(before[scene.olena])
    cancelled, moved = after
    assert (cancelled["status"], cancelled["transparent"], cancelled["sequence"]) == (
        "CANCELLED",
        "TRANSPARENT",
        1,
    )
    assert cancelled["summary"] == "Cancelled: Meeting with Aerotec"
    assert cancelled["alarms"] == []
    assert (moved["start"], moved["sequence"], moved["location"]) == (
        "2027-05-12T08:15:00Z",
        1,
        "Table 4, Hall B",
    )
    assert moved["stamp"] == "2027-05-03T09:30:00Z"
    assert by_libical(content)["errors"] == []
    evas = events_of(write(person(scene, scene.eva, second)))
    unchanged = f"{scene.meetings[2].uid}-{scene.eva.uid}"
    assert evas[unchanged] == before[scene.eva][unchanged]


def test_each_person_and_each_company_has_an_event_of_its_own(app: Flask) -> None:
    scene = make_scene()
    edition = load_edition(scene.publication)
    agendas = [*edition.people(), *edition.companies(), *edition.tables(), *edition.interpreters()]
    uids = [entry.uid for agenda in agendas for entry in agenda.entries]
    assert len(uids) == len(set(uids))


def test_a_company_s_calendar_names_who_comes_and_what_was_dropped(app: Flask) -> None:
    scene = make_scene()
    second = drop_and_move(scene)
    agenda = load_edition(second, company_id=scene.kvant.id).company(scene.kvant.id)
    content = write(agenda)
    found = by_icaljs(content)
    assert found["name"] == "Brussels Industry Forum: Квант Динамікс"
    assert [event["status"] for event in found["events"]] == ["CANCELLED", "CONFIRMED"]
    assert [event["sequence"] for event in found["events"]] == [1, 1]
    assert "Квант Динамікс: Олена Коваленко (CTO), Taras Shevchuk" in found["events"][1]["description"]
    assert by_libical(content)["errors"] == []


@pytest.mark.databases("sqlite")
def test_a_feed_says_how_often_to_look_and_which_version_it_is(app: Flask) -> None:
    scene = make_scene()
    content = calendar_feed(person(scene, scene.olena), locale="en", page_url=PAGE)
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n" in content
    assert b"X-PUBLISHED-TTL:PT1H\r\n" in content
    found = by_icaljs(content)
    assert (found["refresh"], found["refreshType"]) == ("PT1H", "duration")
    assert found["description"].startswith("Version 1")
    assert b"METHOD" not in content


@pytest.mark.databases("sqlite")
def test_a_feed_before_the_first_version_is_empty_and_valid(app: Flask) -> None:
    found = by_libical(empty_feed("Forum; one, two"))
    assert found == {"errors": [], "events": []}


@pytest.mark.databases("sqlite")
def test_words_follow_the_reader_s_language(app: Flask) -> None:
    scene = make_scene()
    content = calendar_file(person(scene, scene.olena), locale="uk", page_url=PAGE)
    description = by_icaljs(content)["events"][0]["description"]
    assert "ср, 12 трав. 2027, 09:00–09:20" in description


class TestInvitations:
    ORGANISER = Mailbox(name='Forum "office", Brussels', email="office@example.org")
    GUEST = Mailbox(name="Олена; Коваленко", email="olena@example.org")

    def part(self, scene: Any, *, method: Method, publication: Any = None) -> bytes:
        agenda = person(scene, scene.olena, publication)
        return itip(
            agenda,
            agenda.entries[0],
            method=method,
            organiser=self.ORGANISER,
            attendee=self.GUEST,
            locale="en",
            page_url=PAGE,
        )

    def test_a_request_invites_one_person_to_one_meeting(self, app: Flask) -> None:
        content = self.part(make_scene(), method=Method.REQUEST)
        found = by_libical(content)
        assert found["errors"] == []
        assert len(found["events"]) == 1
        assert found["events"][0]["organizer"] == "mailto:office@example.org"
        assert found["events"][0]["attendee"] == "mailto:olena@example.org"
        js = by_icaljs(content)
        assert js["method"] == "REQUEST"
        assert js["events"][0]["attendee"][1] == {
            "cn": "Олена; Коваленко",
            "cutype": "INDIVIDUAL",
            "role": "REQ-PARTICIPANT",
            "partstat": "NEEDS-ACTION",
            "rsvp": "TRUE",
        }

    def test_a_cancel_keeps_the_uid_and_raises_the_sequence(self, app: Flask) -> None:
        scene = make_scene()
        asked = by_icaljs(self.part(scene, method=Method.REQUEST))["events"][0]
        content = self.part(scene, method=Method.CANCEL, publication=drop_and_move(scene))
        found = by_icaljs(content)
        cancelled = found["events"][0]
        assert found["method"] == "CANCEL"
        assert cancelled["uid"] == asked["uid"]
        assert cancelled["sequence"] > asked["sequence"]
        assert cancelled["status"] == "CANCELLED"
        assert by_libical(content)["errors"] == []


@pytest.mark.databases("sqlite")
def test_eighty_meetings_in_a_day_are_all_there(app: Flask, tmp_path: Path) -> None:
    scene = make_scene()
    agenda = person(scene, scene.olena)
    start = datetime(2027, 5, 12, 6, tzinfo=UTC)
    many = tuple(
        replace(
            agenda.entries[0],
            uid=f"uid-{number}",
            starts_at=start + timedelta(minutes=10 * number),
            ends_at=start + timedelta(minutes=10 * number + 8),
        )
        for number in range(80)
    )
    content = write(replace(agenda, entries=many))
    assert len(by_libical(content)["events"]) == 80
    assert len(by_calcurse(content, tmp_path)) == 80
