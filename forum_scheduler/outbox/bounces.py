"""Mails that came back: reports of other servers (RFC 3464), noted at the mail that they are about."""

from __future__ import annotations

import re
from email.message import EmailMessage, Message

from sqlalchemy import update

from forum_scheduler.extensions import transaction
from forum_scheduler.outbox.models import Mail, MailState

_REFERENCE = re.compile(r"<([0-9a-f]{32})@")


def is_report(message: EmailMessage) -> bool:
    """Whether a server tells what became of a mail."""
    return (
        message.get_content_type() == "multipart/report"
        and str(message.get_param("report-type", "")).casefold() == "delivery-status"
    )


def note_bounce(message: EmailMessage) -> bool:
    """Mark the mail that a report is about as come back. False for delays and for mails of others."""
    failures = [block for block in _blocks(message) if _field(block, "Action").casefold() == "failed"]
    reference = _reference(message)
    if not failures or reference is None:
        return False
    why = _field(failures[0], "Diagnostic-Code") or _field(failures[0], "Status") or "no reason given"
    with transaction() as session:
        marked = session.execute(
            update(Mail)
            .where(Mail.reference == reference, Mail.state.in_((MailState.SENT, MailState.FAILED)))
            .values(state=MailState.BOUNCED, error=f"It came back: {why}"[:500])
            .returning(Mail.id)
        ).scalar()
    return marked is not None


def _blocks(message: EmailMessage) -> list[Message]:
    """The fields of the report, a block for each recipient."""
    found: list[Message] = []
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            payload = part.get_payload()
            found += [block for block in payload if isinstance(block, Message)] if payload else []
    return found


def _field(block: Message, name: str) -> str:
    return " ".join(str(block.get(name, "")).split())


def _reference(message: EmailMessage) -> str | None:
    """From the headers of the returned mail, which end the report as a message or as text."""
    for part in message.walk():
        if part.get_content_type() == "text/rfc822-headers":
            content = part.get_payload(decode=True)
            headers = content.decode("utf-8", "replace") if isinstance(content, bytes) else ""
            match = _REFERENCE.search(_message_id(headers))
        elif part is not message and part["Message-ID"]:
            match = _REFERENCE.search(str(part["Message-ID"]))
        else:
            continue
        if match is not None:
            return match[1]
    return None


def _message_id(headers: str) -> str:
    match = re.search(r"^message-id:\s*(.*(?:\n[ \t].*)*)", headers, re.IGNORECASE | re.MULTILINE)
    return match[1] if match else ""
