"""What people type and upload, in everything that leaves the house: readable, valid, nothing fetched."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest
from flask import Flask

from forum_scheduler.agendas import handouts, pdf
from forum_scheduler.agendas.calendar import Mailbox, Method, calendar_feed, calendar_file, itip
from forum_scheduler.agendas.edition import load_edition
from forum_scheduler.agendas.pack import agenda_documents
from forum_scheduler.agendas.pdf import Document, Paper, make_pdf
from forum_scheduler.agendas.pictures import pictures_of
from forum_scheduler.agendas.record import (
    Agenda,
    AgendaEntry,
    AgendaParty,
    AgendaPerson,
    AgendaSession,
    CapabilityName,
    SubjectKind,
)
from forum_scheduler.agendas.renderer import Renderer
from forum_scheduler.extensions import db
from tests.agendas.factories import Scene, make_scene
from tests.agendas.papers import alternatives_of, facts_of, picture, text_of
from tests.agendas.readers import by_calcurse, by_icaljs, by_libical

PAGE = "https://forum.example.org/f/brussels/delegates/1/agenda"
HOSTILE = {
    "injected": "Evil\r\nBEGIN:VEVENT\r\nUID:injected\r\nSUMMARY:injected\r\nEND:VEVENT",
    "separators": "a,b;c\\d\\n\"e\" 'f' :g^h =cmd|x <b>i</b> {{ 7 * 7 }}",
    "two-hundred": "Ж" * 200,
    "one-word": "x" * 200,
    "emoji": "😀👩‍👩‍👧‍👦🇺🇦" * 15,
    "combining": "e\u0301\u0301\u0301 a" + "\u0308" * 40 + " combining",
    "right-to-left": "שלום עולם مرحبا \u202eturned around\u202c",
    "controls": "nul\x00bell\x07escape\x1b next\x85line\u2028sep\u2029par",
    "nothing": "\u202e",  # of which nothing is left to show
}
pytestmark = pytest.mark.databases("sqlite")


def hostile(agenda: Agenda, text: str) -> Agenda:
    """The agenda with ``text`` in every place that somebody types."""
    names = CapabilityName(names=(("en", text), ("uk", text)))
    who = AgendaPerson(id=9, uid="p", name=text, role=text)
    first = agenda.entries[0]
    party = AgendaParty(
        company_id=1, company_uid="c", company=text, country="BE", side=text, people=(who, who),
        offers=(names,), needs=(names,),
    )  # fmt: skip
    own = tuple(replace(each, company=text, people=(who,)) for each in first.own)
    entry = replace(
        first, title=text, table=text, zone=text, block=text, own=own, others=(party,), interpreter=who
    )
    session = AgendaSession(
        uid="session", titles=names, place=text, starts_at=first.ends_at, ends_at=first.ends_at + HOUR
    )
    return replace(
        agenda,
        forum=replace(agenda.forum, name=text, venue=text),
        subject=replace(agenda.subject, name=text, detail=text, role=text),
        entries=(entry,),
        sessions=(session,),
        halls=tuple(replace(hall, name=text) for hall in agenda.halls),
    )


HOUR = timedelta(hours=1)


def olenas(scene: Scene) -> Agenda:
    return load_edition(scene.publication, delegate_id=scene.olena.id).person(scene.olena.id)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_calendars_hold_it_as_text(app: Flask, text: str, tmp_path: Path) -> None:
    agenda = hostile(olenas(make_scene()), text)
    files = [
        make(agenda, locale=locale, page_url=PAGE)
        for make in (calendar_file, calendar_feed)
        for locale in ("en", "uk")
    ]
    for content in files:
        lines = content.split(b"\r\n")
        assert all(len(line) <= 75 for line in lines)
        assert [line.decode() for line in lines]  # no character is cut in two
        assert b"\n" not in content.replace(b"\r\n", b"")
        assert lines.count(b"BEGIN:VEVENT") == 2  # the meeting and the session
        lib, js = by_libical(content), by_icaljs(content)
        assert lib["errors"] == []
        assert [each["uid"] for each in js["events"]] == [agenda.entries[0].uid, "session"]
        assert [each["location"] for each in lib["events"]] == [each["location"] for each in js["events"]]
    assert len(by_calcurse(files[0], tmp_path)) == 2


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_invitations_hold_it_as_text(app: Flask, text: str) -> None:
    agenda = hostile(olenas(make_scene()), text)
    for method in Method:
        content = itip(
            agenda,
            agenda.entries[0],
            method=method,
            organiser=Mailbox(name=text, email="office@example.org"),
            attendee=Mailbox(name=text, email="olena@example.org"),
            locale="en",
            page_url=PAGE,
        )
        lib, js = by_libical(content), by_icaljs(content)
        assert lib["errors"] == []
        assert (len(lib["events"]), len(js["events"]), js["method"]) == (1, 1, method.value)
        assert lib["events"][0]["organizer"] == "mailto:office@example.org"
        assert js["events"][0]["attendee"][0] == "attendee"
        assert lib["events"][0]["attendee"] == "mailto:olena@example.org"


def every_paper(agenda: Agenda) -> dict[str, Document]:
    """One of each kind that the pack has, of this agenda's meeting."""
    company = replace(agenda, subject=replace(agenda.subject, kind=SubjectKind.COMPANY))
    roster = replace(agenda, subject=replace(agenda.subject, kind=SubjectKind.INTERPRETER))
    table = replace(agenda, subject=replace(agenda.subject, kind=SubjectKind.TABLE), sessions=())
    (times,) = pdf.times_documents(table, locale="en")
    (companies,) = pdf.companies_documents([company], locale="en")
    (badges,) = handouts.badge_documents([agenda] * 8, address=lambda _agenda: PAGE, locale="en")
    (cards,) = handouts.card_documents([table], locale="en")
    (desk,) = handouts.desk_documents([agenda, roster], locale="en")
    return {
        "person": pdf.agenda_document(agenda, locale="en", page_url=PAGE),
        "company": pdf.agenda_document(company, locale="uk", page_url=PAGE),
        "roster": pdf.agenda_document(roster, locale="en", page_url=PAGE),
        "table": pdf.table_document(table, locale="en"),
        "times": times,
        "companies": companies,
        "badges": badges,
        "cards": cards,
        "desk": desk,
    }


@pytest.mark.parametrize(("name", "text"), HOSTILE.items(), ids=HOSTILE)
def test_papers_hold_it_as_text(app: Flask, name: str, text: str, tmp_path: Path) -> None:
    agenda = hostile(olenas(make_scene()), text)
    with Renderer() as renderer:
        for kind, document in every_paper(agenda).items():
            content = renderer.pdf(document.whole, paper="A4")
            picture(content, f"hostile-{name}-{kind}", tmp_path)
            facts = facts_of(content, tmp_path)
            assert facts["Tagged"] == "yes", kind
            assert int(facts["Pages"]) <= 4, kind
            assert all(alternatives_of(content, tmp_path)), kind  # no picture without words
            words = text_of(content, tmp_path)
            if name == "separators":
                assert "{{ 7 * 7 }}" in words, kind
            if name == "injected":
                assert "BEGIN:VEVENT" in words, kind


def many(agenda: Agenda, *, start: datetime, count: int = 80) -> tuple[AgendaEntry, ...]:
    """That many meetings, one every ten minutes."""
    return tuple(
        replace(
            agenda.entries[0],
            uid=f"uid-{number}",
            starts_at=start + timedelta(minutes=10 * number),
            ends_at=start + timedelta(minutes=10 * number + 8),
        )
        for number in range(count)
    )


def test_a_night_in_which_the_clocks_go_back_has_each_meeting_once_and_in_order(
    app: Flask, tmp_path: Path
) -> None:
    agenda = olenas(make_scene())
    start = datetime(2027, 10, 30, 21, tzinfo=UTC)  # Brussels goes back at 01:00 UTC
    agenda = replace(agenda, entries=many(agenda, start=start))
    content = calendar_file(agenda, locale="en", page_url=PAGE)
    lib, js = by_libical(content), by_icaljs(content)
    assert lib["errors"] == []
    starts = [each["start"] for each in js["events"]]
    assert starts == sorted(set(starts))
    assert len(starts) == 80
    assert starts[0] == "2027-10-30T21:00:00Z"
    words = [each["description"].splitlines()[0] for each in js["events"]]
    assert len(set(words)) == 80  # the hour that comes twice is told apart
    assert any("02:20 (UTC+2)" in each for each in words)
    assert any("02:20 (UTC+1)" in each for each in words)
    assert len(by_calcurse(content, tmp_path)) == 80


def test_a_night_in_which_the_clocks_go_forward_skips_no_meeting(app: Flask, tmp_path: Path) -> None:
    agenda = olenas(make_scene())
    start = datetime(2027, 3, 28, 0, tzinfo=UTC)  # Brussels: 01:00, and 02:00 does not exist
    agenda = replace(agenda, entries=many(agenda, start=start, count=12))
    content = calendar_file(agenda, locale="en", page_url=PAGE)
    words = [each["description"].splitlines()[0] for each in by_icaljs(content)["events"]]
    assert any("01:50–01:58" in each for each in words)
    assert any("03:00–03:08" in each for each in words)
    assert not any(" 02:" in each for each in words)
    (document,) = agenda_documents([agenda], paper=Paper.A4)
    with Renderer() as renderer:
        paper = text_of(renderer.pdf(document.whole, paper="A4"), tmp_path)
    assert "03:00" in paper
    assert "02:00" not in paper


def test_an_agenda_with_no_meeting_is_an_empty_calendar_without_errors(app: Flask, tmp_path: Path) -> None:
    agenda = replace(olenas(make_scene()), entries=())
    for make in (calendar_file, calendar_feed):
        assert by_libical(make(agenda, locale="en", page_url=PAGE)) == {"errors": [], "events": []}


# Pictures


class _Listener(BaseHTTPRequestHandler):
    """Answers everything and remembers what was asked for."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        pass


@contextmanager
def listening() -> Iterator[tuple[str, list[str]]]:
    """An address, and what was asked for there."""
    server = HTTPServer(("127.0.0.1", 0), _Listener)
    _Listener.asked.clear()
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", _Listener.asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# Every way in which an SVG reaches out or runs something; ADDRESS is where somebody listens.
REACHING = {
    "script": "<script>fetch('ADDRESS/script')</script>",
    "script file": '<script href="ADDRESS/script.js"/>',
    "import": "<style>@import url(ADDRESS/style.css);</style>",
    "paint": "<style>text { fill: url(ADDRESS/paint.svg#a) }</style>",
    "font": "<style>@font-face { font-family: x; src: url(ADDRESS/x.woff) } * { font-family: x }</style>",
    "image": '<image href="ADDRESS/image.png" width="9" height="9"/>',
    "old image": '<image xlink:href="ADDRESS/image.png" width="9" height="9"/>',
    "use": '<use href="ADDRESS/use.svg#a"/>',
    "foreign": "<foreignObject><img xmlns='http://www.w3.org/1999/xhtml' src='ADDRESS/img'/></foreignObject>",
    "file": '<image xlink:href="file:///etc/passwd" width="9" height="9"/>',
}


def drawing(address: str, part: str) -> str:
    """An SVG with ``part`` in it, and the word DRAWN."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="200"'
        f' height="40" onload="fetch(\'{address}/onload\')">{part.replace("ADDRESS", address)}'
        '<text y="20">DRAWN</text></svg>'
    )


def test_a_drawing_on_paper_reaches_nothing_outside(app: Flask, tmp_path: Path) -> None:
    with listening() as (address, asked), Renderer() as renderer:
        for name, part in REACHING.items():
            svg = drawing(address, part)
            inside = base64.b64encode(svg.encode()).decode()
            image = f'<img alt="left out" src="data:image/svg+xml;base64,{inside}">'
            for page in (f"{image}<p>seen", f"<p>seen{svg}"):
                words = text_of(renderer.pdf(f"<html><body>{page}", paper="A4"), tmp_path)
                assert "seen" in words, name
                assert "root:" not in words, name
            assert asked == [], name


def test_a_page_reaches_nothing_outside(app: Flask, tmp_path: Path) -> None:
    with listening() as (address, asked), Renderer() as renderer:
        page = (
            f'<html><head><link rel="stylesheet" href="{address}/link.css"><base href="{address}/">'
            f"<style>@import url({address}/a.css); body {{ background: url({address}/b.png) }}</style></head>"
            f'<body>seen<img alt="b" src="img.png"><object data="object.svg"></object><embed src="e.svg">'
        )
        assert "seen" in text_of(renderer.pdf(page, paper="A4"), tmp_path)
        assert asked == []


def test_a_stored_logo_that_is_no_picture_of_ours_is_left_out(app: Flask, tmp_path: Path) -> None:
    scene = make_scene()
    with listening() as (address, asked):
        scene.aerotec.logo, scene.aerotec.logo_type = (
            drawing(address, REACHING["image"]).encode(),
            "image/svg+xml",
        )
        scene.jan.photo, scene.jan.has_photo = b"\x89PNG\r\n\x1a\n damaged", True
        db.session.commit()
        agenda = olenas(scene)
        assert pictures_of([agenda]).images == {}
        (document,) = agenda_documents([agenda], paper=Paper.A4)
        words = text_of(make_pdf(document, forum_id=scene.forum.id), tmp_path)
        assert asked == []
    assert "Aerotec" in words
    assert "DRAWN" not in words
