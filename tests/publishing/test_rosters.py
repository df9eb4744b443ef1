"""Interpreters hear of their rosters when a version changes them, in their language, and only then."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from forum_scheduler.companies.models import Company
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum, Interpreter, Slot
from forum_scheduler.notices.models import Notice, NoticeKind
from forum_scheduler.outbox.models import Mail
from forum_scheduler.publishing.services import preview, publish
from forum_scheduler.requests.models import Meeting
from forum_scheduler.scheduling.models import Schedule
from tests.factories import (
    delegates_of,
    make_company,
    make_forum,
    make_interpreter,
    make_meeting,
    make_schedule,
    make_user,
    slots_of,
    tables_of,
)

Place = tuple[int, Interpreter]


@dataclass
class Stage:
    """Two meetings that need an interpreter, and two interpreters: one with an account, one without."""

    forum: Forum
    hub: Company
    others: tuple[Company, Company]
    meetings: tuple[Meeting, Meeting]
    iryna: Interpreter
    pavlo: Interpreter

    def publish(self, *places: Place | None) -> None:
        """The meetings in slot ..., with interpreter ...; None: not placed."""
        publish(self.schedule(*places), by=None)

    def schedule(self, *places: Place | None) -> Schedule:
        rows, interpreters = [], {}
        for meeting, other, place in zip(self.meetings, self.others, places, strict=True):
            if place is not None:
                people = [delegates_of(company)[0] for company in (self.hub, other)]
                rows.append((meeting, slots_of(self.forum)[place[0]], tables_of(self.forum)[0], people))
                interpreters[meeting] = place[1]
        return make_schedule(self.forum, *rows, interpreters=interpreters)

    def mails(self) -> dict[str, Mail]:
        """To interpreters, by address; each is looked at once."""
        found = {
            mail.to_email: mail
            for mail in db.session.scalars(select(Mail))
            if mail.to_email in (self.iryna.email, self.pavlo.email)
        }
        for mail in found.values():
            db.session.expunge(mail)
        db.session.execute(delete(Mail))
        db.session.commit()
        return found


@pytest.fixture
def stage(app: Flask) -> Stage:
    forum = make_forum(name="Testforum", interpreters=0)
    hub = make_company(forum, "Hub")
    first, second = make_company(forum, "First"), make_company(forum, "Second")
    user = make_user("iryna@interpreters.example", locale="uk")
    return Stage(
        forum=forum,
        hub=hub,
        others=(first, second),
        meetings=(
            make_meeting(between=[hub, first], interpret=["en", "uk"]),
            make_meeting(between=[hub, second], interpret=["en", "uk"]),
        ),
        iryna=make_interpreter(forum, name="Iryna", user=user, email=user.email),
        pavlo=make_interpreter(forum, name="Pavlo", email="pavlo@interpreters.example"),
    )


def test_the_first_version_brings_each_interpreter_at_work_the_roster(stage: Stage) -> None:
    stage.publish((0, stage.pavlo), (1, stage.pavlo))
    mails = stage.mails()
    assert list(mails) == [stage.pavlo.email]
    mail = mails[stage.pavlo.email]
    assert mail.subject == "Your roster at Testforum"
    assert "You interpret at 2 meetings at Testforum." in mail.text
    assert "Hub (BE), First (BE)" in mail.text
    assert f"/f/{stage.forum.slug}/agenda" in mail.text


def test_only_those_whose_roster_changed_are_told_and_what(stage: Stage) -> None:
    stage.publish((0, stage.pavlo), (1, stage.iryna))
    stage.mails()
    stage.publish((0, stage.pavlo), (2, stage.iryna))
    mails = stage.mails()
    assert list(mails) == [stage.iryna.email]
    assert "Testforum" in mails[stage.iryna.email].subject
    kinds = select(Notice.kind).where(Notice.user_id == stage.iryna.user_id).order_by(Notice.id)
    assert list(db.session.scalars(kinds)) == [NoticeKind.PUBLISHED, NoticeKind.CHANGED]


def test_who_is_replaced_hears_that_the_meeting_takes_place_without_them(stage: Stage) -> None:
    stage.publish((0, stage.pavlo), None)
    stage.mails()
    stage.publish((0, stage.iryna), None)
    mails = stage.mails()
    assert "These take place without you:" in mails[stage.pavlo.email].text
    assert mails[stage.pavlo.email].subject == "Changes in your roster at Testforum"
    assert stage.iryna.email in mails


def test_other_delegates_are_not_the_interpreters_affair(stage: Stage) -> None:
    stage.publish((0, stage.pavlo), None)
    stage.mails()
    stage.publish((0, stage.pavlo), (1, stage.iryna))
    assert list(stage.mails()) == [stage.iryna.email]


def test_a_slot_that_begins_later_is_told_though_the_schedule_is_the_same(stage: Stage) -> None:
    schedule = stage.schedule((0, stage.pavlo), None)
    publish(schedule, by=None)
    stage.mails()
    last = slots_of(stage.forum)[-1]
    slot = slots_of(stage.forum)[0]
    moved = {"starts_at": slot.starts_at + (last.ends_at - last.starts_at) / 4}
    db.session.execute(update(Slot).where(Slot.id == slot.id).values(**moved))
    db.session.commit()
    publish(schedule, by=None)
    assert "Moved:" in stage.mails()[stage.pavlo.email].text


def test_the_preview_counts_interpreters_and_those_without_an_address(stage: Stage) -> None:
    schedule = stage.schedule((0, stage.pavlo), (1, stage.iryna))
    assert (preview(schedule).mails, preview(schedule).without_address) == (3 + 2, 0)
    stage.pavlo.email = ""
    db.session.commit()
    assert (preview(schedule).mails, preview(schedule).without_address) == (3 + 1, 1)
