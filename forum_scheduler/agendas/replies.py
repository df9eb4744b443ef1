"""What calendars answer to invitations (iTIP METHOD:REPLY, RFC 5546), noted at the invitation.

Mail can be forged, so an answer changes nothing but what is shown: "accepted", "declined". It must name the
UID of an invitation, which nobody else knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

from icalendar import Calendar
from sqlalchemy import select

from forum_scheduler.agendas.models import Answer, Invitation, InvitationStatus
from forum_scheduler.agendas.wording import clean
from forum_scheduler.companies.models import Delegate
from forum_scheduler.extensions import transaction
from forum_scheduler.requests.models import Meeting

MOST_CHARACTERS = 200_000  # of a calendar part
ANSWERS = {
    "ACCEPTED": Answer.ACCEPTED,
    "DECLINED": Answer.DECLINED,
    "TENTATIVE": Answer.TENTATIVE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer. ``sequence`` and ``stamp`` (UTC) order answers; ``uid`` names meeting and person."""

    uid: str
    sequence: int
    stamp: datetime
    answer: Answer
    comment: str


def note_replies(message: EmailMessage) -> int:
    """Note all answers in a mail; how many were of invitations of ours and newer than what was known."""
    return sum(note(reply) for part in _calendar_parts(message) for reply in read_replies(part))


def read_replies(text: str) -> tuple[Reply, ...]:
    """The answers in a calendar part; none where it is something else or can't be read."""
    try:
        calendar = Calendar.from_ical(text)
    except (ValueError, IndexError, KeyError):
        return ()
    if str(calendar.get("METHOD", "")).upper() != "REPLY":
        return ()
    found = (_reply(event) for event in calendar.walk("VEVENT"))
    return tuple(reply for reply in found if reply is not None)


def note(reply: Reply) -> bool:
    """Keep the answer where it is the newest to the newest invitation."""
    meeting_uid, _dash, person_uid = reply.uid.partition("-")
    with transaction() as session:
        row = session.scalar(
            select(Invitation)
            .join(Meeting, Meeting.id == Invitation.meeting_id)
            .join(Delegate, Delegate.id == Invitation.delegate_id)
            .where(Meeting.uid == meeting_uid, Delegate.uid == person_uid)
            .with_for_update(of=Invitation)
        )
        if row is None or row.status != InvitationStatus.REQUESTED or reply.sequence < row.sequence:
            return False
        if row.answered_at is not None and reply.stamp <= row.answered_at:
            return False
        row.answer, row.answered_at, row.comment = reply.answer, reply.stamp, reply.comment
        return True


def _calendar_parts(message: EmailMessage) -> Iterator[str]:
    for part in message.walk():
        if part.get_content_type() in ("text/calendar", "application/ics"):
            content = part.get_payload(decode=True)
            if isinstance(content, bytes) and len(content) <= MOST_CHARACTERS:
                yield content.decode("utf-8", "replace")


def _reply(event: Any) -> Reply | None:
    """What an event of a REPLY says; None where something is missing or makes no sense."""
    try:
        uid, sequence, stamp = str(event["UID"]), int(event.get("SEQUENCE", 0)), event["DTSTAMP"].dt
    except (KeyError, ValueError, TypeError, AttributeError):
        return None
    attendee: Any = event.get("ATTENDEE")
    if isinstance(attendee, list):  # a REPLY has one; some programs send all, the answering one first
        attendee = attendee[0] if attendee else None
    answer = ANSWERS.get(str(getattr(attendee, "params", {}).get("PARTSTAT", "")).upper())
    if answer is None or not isinstance(stamp, datetime):
        return None
    comment = event.get("COMMENT", "")
    words = comment[0] if isinstance(comment, list) and comment else comment
    return Reply(
        uid=uid,
        sequence=sequence,
        stamp=stamp.astimezone(UTC) if stamp.tzinfo else stamp.replace(tzinfo=UTC),
        answer=answer,
        comment=clean(str(words))[:500],
    )
