"""What a person attends of the programme, in their agenda if they want it: page, file, feed and paper."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from flask import Flask
from icalendar import Calendar

from forum_scheduler.accounts.models import User
from forum_scheduler.agendas import choices, pdf
from forum_scheduler.agendas.edition import load_edition
from forum_scheduler.agendas.feeds import create_feed
from forum_scheduler.forums import programme
from forum_scheduler.forums.models import ProgrammeEntry
from forum_scheduler.requests.times import Times, save_times
from tests.agendas.factories import Scene, make_scene
from tests.agendas.papers import text_of
from tests.factories import FIRST_DAY, make_programme_entry, make_user, slots_of
from tests.pages import Visitor

ClientFor = Callable[[User], Visitor]


def scene_with_sessions(user: User | None = None) -> tuple[Scene, ProgrammeEntry]:
    """Olena attends a dinner on the next day; a panel is there that she does not attend."""
    scene = make_scene(olena=user)
    dinner = make_programme_entry(
        scene.forum, "Dinner; with, signs", starts_at=FIRST_DAY + timedelta(days=1, hours=10), place="Foyer"
    )
    make_programme_entry(scene.forum, "Panel", starts_at=slots_of(scene.forum)[-1].ends_at)
    save_times(delegate_id=scene.olena.id, times=Times(attends=frozenset({dinner.id})))
    return scene, dinner


def test_sessions_are_in_the_agenda_of_those_who_want_them_and_of_nobody_else(app: Flask) -> None:
    scene, dinner = scene_with_sessions()
    assert load_edition(scene.publication).person(scene.olena.id).sessions == ()
    choices.choose_programme(delegate_id=scene.olena.id, wanted=True)
    for edition in (
        load_edition(scene.publication),
        load_edition(scene.publication, delegate_id=scene.olena.id),
    ):
        agenda = edition.person(scene.olena.id)
        assert [each.starts_at for each in agenda.sessions] == [dinner.starts_at]
        assert len(agenda.days) == 2
        assert [len(day.entries) for day in agenda.days] == [len(agenda.meetings), 0]
    whole = load_edition(scene.publication)
    assert all(
        not each.sessions
        for each in (*whole.people(), *whole.companies())
        if each.subject.id != scene.olena.id
    )
    choices.choose_programme(delegate_id=scene.olena.id, wanted=False)
    assert load_edition(scene.publication).person(scene.olena.id).sessions == ()


def test_the_way_into_the_calendar_stays_as_it_was(app: Flask) -> None:
    scene, _dinner = scene_with_sessions()
    create_feed(delegate_id=scene.olena.id)
    before = choices.chosen_way(scene.olena.id)
    choices.choose_programme(delegate_id=scene.olena.id, wanted=True)
    assert choices.chosen_way(scene.olena.id) == before


def test_page_file_and_feed_show_them_and_follow_a_session_that_moves(
    app: Flask, client_for: ClientFor
) -> None:
    user = make_user()
    scene, dinner = scene_with_sessions(user)
    client = client_for(user)
    base = f"/f/{scene.forum.slug}/delegates/{scene.olena.id}"
    page = client.press(client.page(f"{base}/take-along"), "Show them too")
    assert "Leave them out" in page.text
    assert "Dinner; with, signs" in client.page(f"{base}/agenda").main

    def events(data: bytes) -> dict[str, object]:
        calendar = Calendar.from_ical(data)
        return {str(event["SUMMARY"]): event["DTSTART"].dt for event in calendar.walk("VEVENT")}

    file = client.get(f"{base}/agenda.ics").data
    assert events(file)["Dinner; with, signs"] == dinner.starts_at
    later = dinner.starts_at + timedelta(hours=1)
    details = programme.EntryDetails(
        titles={"en": "Dinner"}, starts_at=later, ends_at=later + timedelta(hours=2)
    )
    programme.edit_entry(entry_id=dinner.id, details=details)
    assert events(client.get(f"{base}/agenda.ics").data)["Dinner"] == later
    feed = create_feed(delegate_id=scene.olena.id)
    assert events(client.get(f"/feed/{feed.token}.ics").data)["Dinner"] == later


def test_paper_shows_them(app: Flask, tmp_path: Path) -> None:
    scene, _dinner = scene_with_sessions()
    choices.choose_programme(delegate_id=scene.olena.id, wanted=True)
    agenda = load_edition(scene.publication, delegate_id=scene.olena.id).person(scene.olena.id)
    document = pdf.agenda_document(agenda, locale="en", page_url="http://localhost/")
    content = pdf.make_pdf(document, forum_id=scene.forum.id)
    assert "Dinner; with, signs" in text_of(content, tmp_path)
