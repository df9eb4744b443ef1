"""A forum with two meetings and somebody who chose invitations by mail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage

from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.agendas import choices
from forum_scheduler.agendas.invitations import KIND, catch_up
from forum_scheduler.agendas.models import Way
from forum_scheduler.clock import frozen_at
from forum_scheduler.companies.models import Company, Delegate
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.outbox.models import Mail
from forum_scheduler.publishing.services import publish
from forum_scheduler.requests.models import Meeting
from forum_scheduler.scheduling.models import Schedule
from tests.agendas.readers import by_icaljs
from tests.factories import (
    make_company,
    make_delegate,
    make_forum,
    make_meeting,
    make_schedule,
    make_user,
    slots_of,
    tables_of,
)

BEFORE = datetime(2027, 5, 1, 8, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Story:
    """Kvant meets Aerotec and Borealis; Olena of Kvant chose invitations."""

    forum: Forum
    kvant: Company
    olena: Delegate
    user: User
    others: tuple[Delegate, Delegate]
    meetings: tuple[Meeting, Meeting]

    def schedule(self, *places: tuple[int, int] | None) -> Schedule:
        """For each of the meetings (slot, table), or None for no place."""
        slots, tables = slots_of(self.forum), tables_of(self.forum)
        placed = [
            (meeting, slots[place[0]], tables[place[1]], [self.olena, other])
            for meeting, other, place in zip(self.meetings, self.others, places, strict=True)
            if place is not None
        ]
        left = {m: "costs-more" for m, place in zip(self.meetings, places, strict=True) if place is None}
        return make_schedule(self.forum, *placed, unplaced=left)

    def publish(self, *places: tuple[int, int] | None) -> None:
        publish(self.schedule(*places), by=None)


def told() -> Iterator[Story]:
    """Make the story; until it is over the clock stands at ``BEFORE``."""
    with frozen_at(BEFORE):
        forum = make_forum(slug="brussels", name="Brussels Industry Forum")
        user = make_user("Олена; Коваленко")
        kvant = make_company(forum, "Kvant", side="ua", delegates=0)
        olena = make_delegate(
            kvant, "Олена; Коваленко", user=user, email="olena@example.org", languages=["en"]
        )
        companies = [make_company(forum, name, side="eu", delegates=0) for name in ("Aerotec", "Borealis")]
        others = [make_delegate(company) for company in companies]
        meetings = [make_meeting(between=[kvant, company]) for company in companies]
        yield Story(
            forum=forum,
            kvant=kvant,
            olena=olena,
            user=user,
            others=(others[0], others[1]),
            meetings=(meetings[0], meetings[1]),
        )


def invitations() -> list[Mail]:
    """Those in the outbox, oldest first."""
    return list(db.session.scalars(select(Mail).where(Mail.kind == KIND).order_by(Mail.id)))


def ask_for_mails(story: Story) -> None:
    choices.choose(delegate_id=story.olena.id, way=Way.MAIL)


def invited(story: Story) -> Mail:
    story.publish((0, 0), None)
    ask_for_mails(story)
    catch_up()
    return invitations()[0]


def answer(mail: Mail, partstat: str, *, stamp: str = "20270502T080000Z", comment: str = "") -> EmailMessage:
    """What a calendar program sends back."""
    event = by_icaljs(mail.calendar or b"")["events"][0]
    lines = [
        *("BEGIN:VCALENDAR", "PRODID:-//Elsewhere//EN", "VERSION:2.0", "METHOD:REPLY", "BEGIN:VEVENT"),
        *(f"UID:{event['uid']}", f"SEQUENCE:{event['sequence']}", f"DTSTAMP:{stamp}"),
        *("DTSTART:20270512T070000Z", "DTEND:20270512T072000Z", "ORGANIZER:mailto:forum@example.org"),
        f"ATTENDEE;PARTSTAT={partstat}:mailto:olena@example.org",
        *([f"COMMENT:{comment}"] if comment else []),
        *("END:VEVENT", "END:VCALENDAR", ""),
    ]
    message = EmailMessage()
    message["From"] = "olena@example.org"
    message["Subject"] = "Accepted"
    message.set_content("Accepted")
    message.add_alternative("\r\n".join(lines), subtype="calendar", params={"method": "REPLY"})
    return message
