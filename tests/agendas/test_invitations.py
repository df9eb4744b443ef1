"""Invitations by mail: one for each meeting, that move and cancel in place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from threading import Barrier, Thread
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from flask import Flask
from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.agendas import calendar, choices, feeds, replies
from forum_scheduler.agendas import invitations as module
from forum_scheduler.agendas.invitations import catch_up
from forum_scheduler.agendas.models import CalendarChoice, Way
from forum_scheduler.agendas.record import Agenda
from forum_scheduler.clock import frozen_at
from forum_scheduler.errors import Invalid
from forum_scheduler.extensions import db
from forum_scheduler.outbox.models import Mail
from forum_scheduler.outbox.services import deliver_due
from forum_scheduler.outbox.transport import Smtp, parse
from forum_scheduler.publishing.services import publish
from tests.agendas.readers import by_icaljs, by_libical
from tests.agendas.stories import BEFORE, Story, answer, ask_for_mails, invitations, invited
from tests.factories import (
    make_delegate,
    make_staff,
)
from tests.outbox.test_delivery import Post
from tests.pages import Visitor
from tests.servers import free_port

SignIn = Callable[[User], Visitor]


def new_ones(known: Sequence[Mail] = ()) -> list[tuple[str, str, int, str]]:
    """(method, summary, sequence, start) of the invitations that came since, after catching up."""
    catch_up()
    found = []
    for mail in invitations()[len(known) :]:
        assert mail.calendar is not None
        assert by_libical(mail.calendar)["errors"] == []  # libical checks the rules of RFC 5546
        read = by_icaljs(mail.calendar)
        (event,) = read["events"]
        assert read["method"] == mail.calendar_method
        found.append((read["method"], event["summary"], event["sequence"], event["start"]))
    return found


def test_nobody_is_invited_who_did_not_ask_for_it(story: Story) -> None:
    story.publish((0, 0), (1, 0))
    assert new_ones() == []


def test_each_meeting_is_an_invitation_of_its_own(story: Story) -> None:
    story.publish((0, 0), (1, 0))
    ask_for_mails(story)
    assert new_ones() == [
        ("REQUEST", "Meeting with Aerotec", 0, "2027-05-12T07:00:00Z"),
        ("REQUEST", "Meeting with Borealis", 0, "2027-05-12T07:25:00Z"),
    ]
    first = invitations()[0]
    assert first.subject == "Meeting: Aerotec, Wed 12 May, 09:00"
    assert "Table 1" in first.text
    assert first.to_email == "olena@example.org"
    assert new_ones(invitations()) == []


def test_who_chose_before_the_first_version_is_invited_with_it(story: Story) -> None:
    ask_for_mails(story)
    assert new_ones() == []
    story.publish((0, 0), None)
    assert [each[1] for each in new_ones()] == ["Meeting with Aerotec"]


def test_a_new_version_moves_and_cancels_and_touches_nothing_else(story: Story) -> None:
    first = story.schedule((0, 0), (1, 0))
    publish(first, by=None)
    ask_for_mails(story)
    new_ones()
    known = invitations()
    story.publish((2, 1), (1, 0))
    assert new_ones(known) == [("REQUEST", "Meeting with Aerotec", 1, "2027-05-12T07:50:00Z")]
    assert invitations()[-1].subject == "Changed: Aerotec, Wed 12 May, 09:50"
    known = invitations()
    story.publish(None, (1, 0))
    assert new_ones(known) == [("CANCEL", "Cancelled: Meeting with Aerotec", 2, "2027-05-12T07:50:00Z")]
    assert by_libical(invitations()[-1].calendar or b"")["events"][0]["alarms"] == 0
    notice = db.session.scalars(select(Mail).where(Mail.kind == "agenda").order_by(Mail.id.desc())).first()
    assert notice is not None
    assert "Cancelled:" in notice.text
    told = [mail.text.rpartition("Your calendar ")[2].partition(".")[0] for mail in invitations()[-2:]]
    assert told == ["shows this meeting by itself", "takes this meeting out by itself"]
    known = invitations()
    publish(first, by=None)  # back to the first version
    assert new_ones(known) == [("REQUEST", "Meeting with Aerotec", 3, "2027-05-12T07:00:00Z")]
    uids = {by_icaljs(mail.calendar or b"")["events"][0]["uid"] for mail in invitations()}
    assert len(uids) == 2


def test_who_missed_a_version_is_told_of_the_newest_only(story: Story) -> None:
    story.publish((0, 0), (1, 0))
    ask_for_mails(story)
    new_ones()
    known = invitations()
    story.publish((2, 0), (1, 0))
    story.publish((3, 0), (1, 0))
    assert [each[2:] for each in new_ones(known)] == [(2, "2027-05-12T08:15:00Z")]


def test_leaving_takes_the_meetings_out_and_coming_back_brings_them_again(story: Story) -> None:
    story.publish((0, 0), None)
    ask_for_mails(story)
    new_ones()
    known = invitations()
    choices.choose(delegate_id=story.olena.id, way=Way.FEED)
    assert [each[::2] for each in new_ones(known)] == [("CANCEL", 1)]
    assert "The meeting itself takes place." in invitations()[-1].text
    assert feeds.current_feed(delegate_id=story.olena.id) is not None
    known = invitations()
    ask_for_mails(story)
    assert [each[::2] for each in new_ones(known)] == [("REQUEST", 2)]
    assert feeds.current_feed(delegate_id=story.olena.id) is None
    known = invitations()
    story.publish((2, 0), None)
    assert [each[::2] for each in new_ones(known)] == [("REQUEST", 3)]


def test_what_is_over_is_neither_invited_to_nor_cancelled(story: Story) -> None:
    story.publish((0, 0), (1, 0))
    with frozen_at(datetime(2027, 5, 12, 7, 21, tzinfo=UTC)):
        ask_for_mails(story)
        assert [each[1] for each in new_ones()] == ["Meeting with Borealis"]


def test_without_an_address_there_are_no_invitations(story: Story) -> None:
    who = make_delegate(story.kvant, email=None)
    with pytest.raises(Invalid):
        choices.choose(delegate_id=who.id, way=Way.MAIL)


def test_two_workers_write_each_invitation_once(app: Flask, story: Story) -> None:
    story.publish((0, 0), (1, 0))
    ask_for_mails(story)
    barrier = Barrier(2)

    def worker() -> None:
        with app.app_context():
            barrier.wait(30)
            catch_up()

    threads = [Thread(target=worker) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(invitations()) == 2


def test_trouble_with_one_person_keeps_nobody_else(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    story.publish((0, 0), (1, 0))
    ask_for_mails(story)
    choices.choose(delegate_id=story.others[0].id, way=Way.MAIL)
    monkeypatch.setattr(module, "_troubled", {})
    real = calendar.itip

    def broken(agenda: Agenda, *rest: Any, **named: Any) -> bytes:
        if agenda.subject.id == story.olena.id:
            raise RuntimeError("nobody expected this")
        return real(agenda, *rest, **named)

    with monkeypatch.context() as trouble:
        trouble.setattr(calendar, "itip", broken)
        assert (catch_up(), catch_up()) == (1, 0)
    assert catch_up() == 0  # not at once
    module._troubled.clear()
    assert catch_up() == 2


# Over the wire


@pytest.fixture
def post() -> Iterator[tuple[Post, Smtp]]:
    """A post office, and the way to it."""
    office, port = Post(), free_port()
    controller = Controller(office, hostname="127.0.0.1", port=port)
    controller.start()
    yield office, Smtp(parse(f"smtp://127.0.0.1:{port}"))
    controller.stop()


def test_the_mail_that_arrives_is_what_calendars_look_for(story: Story, post: tuple[Post, Smtp]) -> None:
    story.publish((0, 0), None)
    ask_for_mails(story)
    catch_up()
    with frozen_at(BEFORE + timedelta(minutes=1)):
        deliver_due(transport=post[1])
    message = next(each for each in post[0].messages() if "calendar-mails" in each["List-Unsubscribe"])
    assert message.get_content_type() == "multipart/alternative"
    text, html, part = message.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert part["Content-Type"].params == {"charset": "utf-8", "method": "REQUEST"}
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    assert by_libical(content)["errors"] == []
    assert by_libical(content)["events"][0]["organizer"] == "mailto:forum@example.org"
    secret = db.session.scalars(select(CalendarChoice.secret)).one()
    assert message["List-Unsubscribe"] == f"<http://localhost/calendar-mails/{secret}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def calendar_part(message: EmailMessage) -> bytes:
    """What stands in a mail for calendars; the mail names the method that stands in it."""
    (part,) = (each for each in message.walk() if each.get_content_type() == "text/calendar")
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    assert part["Content-Type"].params["method"] == by_icaljs(content)["method"]
    return content


def test_what_arrives_keeps_the_rules_of_itip_from_request_to_cancel(
    story: Story, post: tuple[Post, Smtp]
) -> None:
    ask_for_mails(story)
    for minute, place in enumerate(((0, 0), (2, 3), None)):
        story.publish(place, None)
        catch_up()
        with frozen_at(BEFORE + timedelta(minutes=1 + minute)):
            deliver_due(transport=post[1])
    arrived = [
        calendar_part(each) for each in post[0].messages() if "calendar-mails" in each["List-Unsubscribe"]
    ]
    assert [by_icaljs(content)["method"] for content in arrived] == ["REQUEST", "REQUEST", "CANCEL"]
    events = []
    for content in arrived:
        found = by_libical(content)  # which knows RFC 5546: what each method must and must not have
        assert found["errors"] == []
        (event,) = found["events"]
        assert event["organizer"] == "mailto:forum@example.org"
        assert event["attendee"] == "mailto:olena@example.org"
        events.append(by_icaljs(content)["events"][0])
    assert len({event["uid"] for event in events}) == 1
    assert [event["sequence"] for event in events] == [0, 1, 2]
    assert [event["start"] for event in events] == [
        "2027-05-12T07:00:00Z",
        "2027-05-12T07:50:00Z",
        "2027-05-12T07:50:00Z",
    ]
    assert [event["status"] for event in events] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]


# Pages


def test_a_person_chooses_one_way_and_sees_their_answers(story: Story, client_for: SignIn) -> None:
    mail = invited(story)
    replies.note_replies(answer(mail, "ACCEPTED"))
    client = client_for(story.user)
    url = f"/f/brussels/delegates/{story.olena.id}"
    page = client.page(f"{url}/take-along")
    assert "Your way: invitations by mail to olena@example.org." in page.main
    assert "Accepted in your calendar" in client.page(f"{url}/agenda").main
    page = client.press(page, "Make my calendar address")
    assert "Your way: a calendar that updates itself." in page.main
    page = client.press(page, "Send invitations to olena@example.org")
    assert "Your way: invitations" in page.main
    page = client.press(page, "No more invitations")
    assert "Choose one calendar way." in page.main


def test_the_organiser_sees_what_was_declined(app: Flask, story: Story, client_for: SignIn) -> None:
    organiser = make_staff(story.forum)
    client = client_for(organiser)
    page = client.page("/f/brussels/calendars")
    assert "No mailbox is read" in page.main  # then "0 declined" would be no truth
    assert "Nothing declined" not in page.main
    config = app.extensions["forum_config"]
    app.extensions["forum_config"] = replace(config, imap_url="imap://box:secret@127.0.0.1/INBOX")
    page = client.page("/f/brussels/calendars")
    assert "Nothing declined" in page.main
    assert "No mailbox is read" not in page.main
    mail = invited(story)
    replies.note_replies(answer(mail, "DECLINED", comment="<b>Ill</b>"))
    page = client.page("/f/brussels/calendars")
    assert "Wed 12 May, 09:00 · Table 1" in page.main
    assert "<b>Ill</b>" in page.main
    assert "Declined: Олена; Коваленко" in client.page(f"/f/brussels/companies/{story.kvant.id}/agenda").main


def test_mails_are_stopped_from_the_mail_without_signing_in(story: Story, client: Visitor) -> None:
    address = invited(story).unsubscribe_url.removeprefix("http://localhost")
    assert choices.chosen_way(story.olena.id) is Way.MAIL
    page = client.page(address)
    assert choices.chosen_way(story.olena.id) is Way.MAIL  # looking stops nothing
    assert "Stop these mails" in page.main
    response = client.open(address, method="POST", data={"List-Unsubscribe": "One-Click"}, csrf=False)
    assert response.status_code == 200
    assert choices.chosen_way(story.olena.id) is Way.NONE
    assert client.get("/calendar-mails/0123456789").status_code == 404
    assert client.post("/calendar-mails/0123456789").status_code == 404
