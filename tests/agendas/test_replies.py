"""What calendars answer to invitations."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from flask import Flask

from forum_scheduler.agendas import replies
from forum_scheduler.agendas.invitations import catch_up
from forum_scheduler.agendas.models import Answer, Invitation
from forum_scheduler.extensions import db
from tests.agendas.stories import Story, answer, invitations, invited


def the_answer(story: Story) -> str:
    row = db.session.get(Invitation, (story.olena.id, story.meetings[0].id), populate_existing=True)
    assert row is not None
    return row.answer


def test_an_answer_is_noted_and_the_newest_counts(story: Story) -> None:
    mail = invited(story)
    assert replies.note_replies(answer(mail, "ACCEPTED")) == 1
    assert the_answer(story) == Answer.ACCEPTED
    assert replies.note_replies(answer(mail, "DECLINED", stamp="20270501T000000Z")) == 0  # an older one
    assert the_answer(story) == Answer.ACCEPTED
    late = answer(mail, "DECLINED", stamp="20270503T000000Z", comment="Ill\\, sorry")
    assert replies.note_replies(late) == 1
    assert the_answer(story) == Answer.DECLINED
    row = db.session.get_one(Invitation, (story.olena.id, story.meetings[0].id))
    assert row.comment == "Ill, sorry"


def test_an_answer_to_another_time_is_no_answer(story: Story) -> None:
    mail = invited(story)
    replies.note_replies(answer(mail, "ACCEPTED"))
    story.publish((2, 0), None)
    catch_up()
    assert the_answer(story) == Answer.NONE
    assert replies.note_replies(answer(mail, "ACCEPTED", stamp="20270504T000000Z")) == 0
    assert replies.note_replies(answer(invitations()[-1], "TENTATIVE", stamp="20270504T000000Z")) == 1
    assert the_answer(story) == Answer.TENTATIVE


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "BEGIN:VCALENDAR",
        "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nEND:VCALENDAR",
        "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:x\r\nEND:VEVENT\r\nEND:VCALENDAR",
        (
            "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:x-y\r\nSEQUENCE:z\r\nDTSTAMP:20270502\r\n"
            "ATTENDEE;PARTSTAT=ACCEPTED:x\r\nEND:VEVENT\r\nEND:VCALENDAR"
        ),
        (
            "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:x-y\r\nDTSTAMP:20270502T080000Z\r\n"
            "ATTENDEE;PARTSTAT=ACCEPTED:x\r\nEND:VEVENT\r\nEND:VCALENDAR"
        ),
        "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR",
        "\x00\xff;;;:::\r\n" * 20,
    ],
)
def test_what_is_no_answer_of_ours_changes_nothing(app: Flask, text: str) -> None:
    message = EmailMessage()
    message.set_content(text, subtype="calendar")
    assert replies.note_replies(message) == 0
