"""The organiser's pages of meetings, comparing, publishing, versions and mails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from babel.dates import format_date
from flask import Flask
from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.companies.models import Company
from forum_scheduler.extensions import db, transaction
from forum_scheduler.forums.models import Forum
from forum_scheduler.outbox.models import Mail, MailState
from forum_scheduler.outbox.services import enqueue
from forum_scheduler.publishing.models import Publication
from forum_scheduler.publishing.services import publish
from forum_scheduler.requests.models import Meeting
from forum_scheduler.scheduling.models import Schedule
from tests.factories import (
    delegates_of,
    make_company,
    make_forum,
    make_interpreter,
    make_meeting,
    make_run,
    make_schedule,
    make_staff,
    make_unavailable,
    make_user,
    slots_of,
    tables_of,
)
from tests.pages import Visitor, text_of

ClientFor = Callable[[User], Visitor]


@dataclass
class Stage:
    forum: Forum
    meeting: Meeting
    organiser: Visitor

    def schedule(self, slot: int) -> Schedule:
        people = [each for company in self.companies() for each in delegates_of(company)]
        return make_schedule(
            self.forum, (self.meeting, slots_of(self.forum)[slot], tables_of(self.forum)[0], people)
        )

    def companies(self) -> list[Company]:
        return list(db.session.scalars(select(Company).where(Company.forum_id == self.forum.id)))

    def url(self, rest: str) -> str:
        return f"/f/{self.forum.slug}/{rest}"


@pytest.fixture
def stage(app: Flask, client_for: ClientFor) -> Stage:
    forum = make_forum(demo=True)
    kvant, aerotec = make_company(forum, "Kvant"), make_company(forum, "Aerotec")
    meeting = make_meeting(between=[kvant, aerotec])
    return Stage(forum=forum, meeting=meeting, organiser=client_for(make_staff(forum)))


def test_publishing_shows_whom_it_reaches_and_then_does(stage: Stage) -> None:
    schedule = stage.schedule(0)
    page = stage.organiser.page(stage.url(f"schedules/{schedule.id}/publish"))
    assert page.h1 == "Publish version 1"
    assert "2 people's agendas change; meetings: 1 new." in page.text
    gets = stage.organiser.page(page.links["2 people get a notice, nobody else"])
    assert gets.h1 == "What one person gets"
    done = stage.organiser.press(page, "Publish version 1", note="Welcome!", preliminary="y")
    assert done.flashes == ["Version 1 is published. 2 people get a notice, nobody else."]
    assert "Preliminary" in done.main
    publication = db.session.scalars(select(Publication)).one()
    assert (publication.version, publication.note, publication.preliminary) == (1, "Welcome!", True)


def test_who_comes_second_sees_the_new_changes_and_keeps_the_note(stage: Stage) -> None:
    first, second = stage.schedule(0), stage.schedule(1)
    page = stage.organiser.page(stage.url(f"schedules/{second.id}/publish"))
    publish(first, by=None)
    refused = stage.organiser.press(page, "Publish version 1", status=409, note="Mine")
    assert "Another version was published meanwhile" in refused.text
    assert refused.h1 == "Publish version 2"
    assert "Mine" in refused.text
    assert "meetings: 1 moved" in refused.text
    done = stage.organiser.press(refused, "Publish version 2")
    assert done.flashes == ["Version 2 is published. 2 people get a notice, nobody else."]


def test_a_broken_schedule_says_which_rule_and_offers_no_button(stage: Stage) -> None:
    schedule = stage.schedule(0)
    person = delegates_of(stage.companies()[0])[0]
    make_unavailable(person, slots_of(stage.forum)[0])
    page = stage.organiser.page(stage.url(f"schedules/{schedule.id}/publish"))
    assert "Somebody is not available: Kvant × Aerotec" in page.text
    assert f"{person.name} (Kvant)" in page.text
    assert not page.elements("textarea")


def test_versions_can_be_published_again(stage: Stage) -> None:
    first = stage.schedule(0)
    publish(first, by=None)
    publish(stage.schedule(1), by=None, note="Moved")
    page = stage.organiser.page(stage.url("versions"))
    assert "Moved" in page.main
    assert "Publish again: version 2" not in page.links  # it is what everybody has
    again = stage.organiser.page(page.links["Publish again: version 1"])
    done = stage.organiser.press(again, "Publish version 3")
    assert done.flashes == ["Version 3 is published. 2 people get a notice, nobody else."]


def test_after_publishing_the_page_says_who_could_not_be_told(stage: Stage) -> None:
    for company in stage.companies():
        delegates_of(company)[0].email = None
    db.session.commit()
    page = stage.organiser.page(stage.url(f"schedules/{stage.schedule(0).id}/publish"))
    done = stage.organiser.press(page, "Publish version 1")
    words = "Version 1 is published. Nobody gets a notice. 2 have no address: tell them yourself."
    assert done.flashes == [words]


def test_one_without_an_address_is_counted_in_the_singular(stage: Stage) -> None:
    delegates_of(stage.companies()[0])[0].email = None
    db.session.commit()
    page = stage.organiser.page(stage.url(f"schedules/{stage.schedule(0).id}/publish"))
    silent = "1 has no address: tell them yourself."
    assert silent in page.main
    done = stage.organiser.press(page, "Publish version 1")
    assert done.flashes == [f"Version 1 is published. 1 person gets a notice, nobody else. {silent}"]


def test_interpreters_count_among_those_who_are_told(stage: Stage) -> None:
    helper = make_interpreter(stage.forum, email="iryna@interpreters.example")
    stage.meeting.interpret = ["en", "uk"]
    db.session.commit()
    people = [delegates_of(company)[0] for company in stage.companies()]
    place = (stage.meeting, slots_of(stage.forum)[0], tables_of(stage.forum)[0], people)
    schedule = make_schedule(stage.forum, place, interpreters={stage.meeting: helper})
    page = stage.organiser.page(stage.url(f"schedules/{schedule.id}/publish"))
    assert "3 people get a notice, nobody else 1 of them is an interpreter." in page.text
    done = stage.organiser.press(page, "Publish version 1")
    assert done.flashes == ["Version 1 is published. 3 people get a notice, nobody else."]


def test_a_schedule_that_was_published_before_is_no_draft(stage: Stage) -> None:
    first = stage.schedule(0)
    publish(first, by=None)
    publish(stage.schedule(1), by=None)
    page = stage.organiser.page(stage.url(f"schedules/{first.id}"))
    assert "Published before" in page.h1
    assert "Publish again" in page.links


def test_publishing_what_everybody_has_reaches_nobody(stage: Stage) -> None:
    schedule = stage.schedule(0)
    publish(schedule, by=None)
    page = stage.organiser.page(stage.url(f"schedules/{schedule.id}/publish"))
    assert "Nobody gets a notice" in page.main


def test_meetings_are_listed_by_time_and_found_by_words(stage: Stage) -> None:
    schedule = stage.schedule(1)
    page = stage.organiser.page(stage.url(f"schedules/{schedule.id}/meetings"))
    assert "Wed 12 May, 09:25" in page.main
    assert "Kvant × Aerotec" in page.main
    found = stage.organiser.press(page, "Show", q="aero hall")
    assert "Kvant × Aerotec" in found.main
    nothing = stage.organiser.press(page, "Show", q="nobody")
    assert "No meeting fits" in nothing.main


def test_two_schedules_are_compared(stage: Stage) -> None:
    before, after = stage.schedule(0), stage.schedule(1)
    page = stage.organiser.page(stage.url(f"schedules/{after.id}/compare?other={before.id}"))
    assert "2 people's agendas change; meetings: 1 moved." in page.text
    assert "09:00, table 1" in page.text
    assert "09:25, table 1" in page.text


def test_a_single_schedule_has_nothing_to_compare_with(stage: Stage) -> None:
    schedule = stage.schedule(0)
    page = stage.organiser.page(stage.url(f"schedules/{schedule.id}/compare"))
    assert "Nothing to compare with yet" in page.text


def test_the_organiser_reads_notices_but_no_sign_in_mails(stage: Stage) -> None:
    publish(stage.schedule(0), by=None)
    _sign_in_mail(stage.forum)
    page = stage.organiser.page(stage.url("mails"))
    assert len(page.elements("th", scope="row")) == 2
    assert "Sign in here" not in page.text
    mail = stage.organiser.page(page.links[f"Your meetings at {stage.forum.name}"])
    assert "meeting is planned for you" in mail.main
    secret = db.session.scalars(select(Mail.id).where(Mail.kind == "sign-in")).one()
    assert stage.organiser.get(stage.url(f"mails/{secret}")).status_code == 404


def test_a_mail_that_came_back_says_why_and_can_be_sent_again(stage: Stage) -> None:
    publish(stage.schedule(0), by=None)
    mail = db.session.scalars(select(Mail).order_by(Mail.id).limit(1)).one()
    page = stage.organiser.page(stage.url(f"mails/{mail.id}"))
    assert "Send it again" not in page.main
    mail.state, mail.error = MailState.BOUNCED, "It came back: 550 no such user"
    db.session.commit()
    page = stage.organiser.page(stage.url(f"mails/{mail.id}"))
    assert "Came back" in page.main
    assert "550 no such user" in page.main
    page = stage.organiser.press(page, "Send it again")
    assert "Waiting" in page.main


@pytest.mark.settings(demo=True)
def test_in_the_demo_everybody_reads_all_mails(stage: Stage, client: Visitor) -> None:
    _sign_in_mail(None)
    page = client.page(stage.url("mails"))
    assert "Sign in here" in page.text
    assert "Your key: 123" in page.text


def test_outside_of_the_demo_visitors_do_not_see_the_mails(stage: Stage, client: Visitor) -> None:
    assert client.get(stage.url("mails")).status_code == 303


def _sign_in_mail(forum: Forum | None) -> None:
    with transaction():
        enqueue(
            key="sign-in:1",
            kind="sign-in",
            to_email="a@example.org",
            to_name="A",
            subject="Sign in here",
            text="Your key: 123",
            forum_id=forum.id if forum else None,
        )


def test_comparing_names_the_companies_that_gain_and_lose(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum(blocks=1, slots=2, tables=1)
    kvant, one, other = (
        make_company(forum, "Kvant", side="ua"),
        make_company(forum, "One"),
        make_company(forum, "Other"),
    )
    slot, table = slots_of(forum)[0], tables_of(forum)[0]
    meetings = [make_meeting(between=[kvant, each]) for each in (one, other)]
    people = [[delegates_of(kvant)[0], delegates_of(each)[0]] for each in (one, other)]
    first = make_schedule(forum, (meetings[0], slot, table, people[0]))
    second = make_schedule(forum, (meetings[1], slot, table, people[1]))
    page = client_for(make_staff(forum)).page(
        f"/f/{forum.slug}/schedules/{second.id}/compare?other={first.id}"
    )
    assert "Who gains, who loses" in page.main
    assert "One 0 1" in page.main
    assert "Other 1 0" in page.main
    assert "Kvant 1 1" not in page.main, "it has as many as before"


def test_what_one_person_gets_is_shown_before_it_is_sent(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum(blocks=1, slots=2, tables=1)
    one, other = make_company(forum, "One"), make_company(forum, "Other", side="ua")
    people = [delegates_of(one)[0], delegates_of(other)[0]]
    schedule = make_schedule(
        forum, (make_meeting(between=[one, other]), slots_of(forum)[0], tables_of(forum)[0], people)
    )
    client = client_for(make_staff(forum))
    url = f"/f/{forum.slug}/schedules/{schedule.id}/publish/notice"
    page = client.page(f"{url}?person={people[1].id}")
    assert f"Your meetings at {forum.name}" in page.main
    assert f"Dear {people[1].name}," in page.main
    choice = [text_of(each) for each in page.elements("option")]
    assert f"{people[1].name}, Other" in choice, "people of one name are told apart"
    assert choice == sorted(choice)
    assert "One (BE)" in page.main
    assert db.session.scalars(select(Mail)).all() == []
    assert db.session.scalars(select(Publication)).all() == []


def test_what_an_interpreter_gets_is_shown_too(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum(blocks=1, slots=2, tables=1, interpreters=0)
    helper = make_interpreter(forum, name="Iryna", email="iryna@example.org")
    one, other = make_company(forum, "One"), make_company(forum, "Other", side="ua")
    people = [delegates_of(one)[0], delegates_of(other)[0]]
    meeting = make_meeting(between=[one, other], interpret=["en", "uk"])
    place = (meeting, slots_of(forum)[0], tables_of(forum)[0], people)
    schedule = make_schedule(forum, place, interpreters={meeting: helper})
    url = f"/f/{forum.slug}/schedules/{schedule.id}/publish/notice"
    page = client_for(make_staff(forum)).page(f"{url}?person=i{helper.id}")
    assert "Iryna (interpreter)" in page.main
    assert f"Your roster at {forum.name}" in page.main
    assert "One (BE), Other" in page.main
    assert db.session.scalars(select(Mail)).all() == []


def test_a_moved_meeting_with_somebody_else_is_one_row_that_names_who_comes(
    app: Flask, client_for: ClientFor
) -> None:
    forum = make_forum()
    kvant, aerotec = make_company(forum, "Kvant", delegates=2), make_company(forum, "Aerotec")
    meeting = make_meeting(between=[kvant, aerotec])
    (before, after), other = delegates_of(kvant), delegates_of(aerotec)[0]
    slots, table = slots_of(forum), tables_of(forum)[0]
    make_schedule(forum, (meeting, slots[0], table, [before, other]))
    second = make_schedule(forum, (meeting, slots[1], table, [after, other]))
    page = client_for(make_staff(forum)).page(f"/f/{forum.slug}/schedules/{second.id}/compare")
    rows = [text_of(each) for each in page.by_id("changes").iter("tr")][1:]
    assert len(rows) == 1
    assert "Moved" in rows[0]
    assert f"Now comes: {after.name}" in rows[0]
    assert f"No longer comes: {before.name}" in rows[0]


def test_a_schedule_that_moves_people_for_no_meeting_more_is_to_be_looked_at(stage: Stage) -> None:
    publish(stage.schedule(0), by=None)
    moved = stage.schedule(1)
    words = "The published version has as many meetings, or more (1)."
    page = stage.organiser.page(stage.url(f"schedules/{moved.id}/publish"))
    assert words not in page.text, "it was moved by hand"
    moved.run_id = make_run(stage.forum).id
    db.session.commit()
    page = stage.organiser.page(stage.url(f"schedules/{moved.id}/publish"))
    assert words in page.text
    first = stage.organiser.page(stage.url(f"schedules/{moved.id}/compare"))
    assert "Meetings placed 1 1 ·the same" in first.main


def test_days_of_changes_stand_in_the_readers_language(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    meeting = make_meeting(between=[make_company(forum, "Kvant"), make_company(forum, "Aerotec")])
    slot = slots_of(forum)[0]
    schedule = make_schedule(forum, (meeting, slot, tables_of(forum)[0], []))
    reader = client_for(make_staff(forum, user=make_user(locale="uk")))
    page = reader.page(f"/f/{forum.slug}/schedules/{schedule.id}/meetings")
    local = slot.starts_at.astimezone(forum.zone)
    assert format_date(local.date(), "EEE, d MMM", locale="uk") in page.main
