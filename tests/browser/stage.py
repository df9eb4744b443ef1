"""The stage of the browser tests: one forum in the middle of its life, and somebody for every role.

Made by the product's own services: companies ask and answer, the solver runs, version 1 is published.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from forum_scheduler.accounts.models import StaffRole, User
from forum_scheduler.clock import now
from forum_scheduler.companies.models import Company, CompanyStatus, Delegate
from forum_scheduler.extensions import db
from forum_scheduler.outbox.models import Mail
from forum_scheduler.publishing.services import publish
from forum_scheduler.requests import services as requests
from forum_scheduler.requests.models import Meeting, Priority
from forum_scheduler.requests.wishes import Wish
from forum_scheduler.scheduling import asking, leases
from forum_scheduler.scheduling.asking import Question
from forum_scheduler.scheduling.board.copying import start
from forum_scheduler.scheduling.board.services import apply
from forum_scheduler.scheduling.board.steps import Action, Command
from forum_scheduler.scheduling.ids import Kind, row_id, solver_id
from forum_scheduler.scheduling.models import RunKind, Schedule, WhatIf
from forum_scheduler.scheduling.solving import execute, result_of, run_now
from tests.factories import (
    make_company,
    make_forum,
    make_interpreter,
    make_invitation,
    make_programme_entry,
    make_staff,
    make_user,
    representative_of,
    tables_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What the tests need of the forum: ids for addresses, and who plays each role."""

    slug: str
    ids: dict[str, int]
    users: dict[str, str]  # role -> what Flask-Login keeps of the user in the session


def set_stage() -> Stage:
    """Make the forum in the database of the active app context."""
    moment = now()
    forum = make_forum(
        name="European Ukrainian Industry Days",
        slug="days",
        slots=6,
        requests_open_at=moment - timedelta(days=3),
        requests_close_at=moment + timedelta(days=3),
    )
    interpreter = make_interpreter(forum, name="Ірина Коваль", user=make_user("Ірина Коваль"))
    european = [
        make_company(forum, name, side="eu", country=country, delegates=2)
        for name, country in (("Aerotec Industries", "BE"), ("Lumen Optics", "FR"), ("Nordvik Marine", "SE"))
    ]
    ukrainian = [
        make_company(forum, name, side="ua", country="UA", delegates=1)
        for name in ("Квант Динаміка", "Оріон Аеро", "Завод Промінь")
    ]
    make_company(forum, "Newcomer Systems", side="eu", status=CompanyStatus.APPLIED)
    make_invitation(forum, token="token-of-the-stage", company_name="Guest Works", person_name="Гість")
    opening = make_programme_entry(forum, "Opening", place="Hall A", minutes=40)
    _ask_and_answer(european, ukrainian)
    people = {
        "organiser": make_staff(forum, user=make_user("Olha Organiser")),
        "second-organiser": make_staff(forum, user=make_user("Borys Organiser")),
        "co-organiser": make_staff(forum, StaffRole.CO_ORGANISER, user=make_user("Cora Cluster")),
        "desk": make_staff(forum, StaffRole.DESK, user=make_user("Dana Desk")),
        "operator": make_user("Oleh Operator", operator=True),
        "reader": make_staff(forum, StaffRole.READER, user=make_user("Rea Reader")),
        "representative": representative_of(european[0]),
        "delegate": _signing_delegate(european[1]),
        "interpreter": db.session.get_one(User, interpreter.user_id),
    }
    run = run_now(forum, seconds=5, workers=1)
    schedule = result_of(run)
    assert schedule is not None, run.message
    publication = publish(schedule, by=people["organiser"].id)
    draft = start(schedule, by=people["organiser"].id).schedule
    other = start(schedule, by=people["organiser"].id).schedule
    meeting_id = db.session.scalars(select(Meeting.id).order_by(Meeting.id)).first() or 0
    taken_out = Command(action=Action.REMOVE, meeting=solver_id(Kind.MEETING, meeting_id))
    apply(other, taken_out, seen=0, by=people["organiser"].id)
    tried = _tried(other, meeting_id)
    ids = {
        "tried_id": tried,
        "company_id": european[0].id,
        "delegate_id": _first_delegate(european[0]),
        "run_id": run.id,
        "schedule_id": schedule.id,
        "publication_id": publication.id,
        "board_id": draft.id,
        "meeting_id": meeting_id,
        "other_board_id": other.id,
        "asked_id": ukrainian[2].id,
        "interpreter_id": interpreter.id,
        "programme_id": opening.id,
        "mail_id": db.session.scalars(select(Mail.id).order_by(Mail.id)).first() or 0,
        "table_id": tables_of(forum)[0].id,
    }
    return Stage(
        slug=forum.slug, ids=ids, users={role: str(user.fs_uniquifier) for role, user in people.items()}
    )


def _tried(schedule: Schedule, meeting_id: int) -> int:
    """The worker finds what would place the meeting, and tries the first of it; the run's id."""
    found = asking.ask(schedule, Question(kind=RunKind.REMEDIES, meeting_id=meeting_id), seconds=20, by=None)
    _answer()
    put = db.session.get_one(WhatIf, found.id, populate_existing=True)
    remedy = (put.answer or {})["remedies"][0]
    question = Question(
        kind=RunKind.TRY,
        meeting_id=meeting_id,
        change=remedy["change"],
        subject=remedy["subject"],
        slot_id=row_id(remedy["slot"]),
    )
    tried = asking.ask(schedule, question, seconds=5, by=None)
    _answer()
    return tried.id


def _answer() -> None:
    run_id = leases.claim("stage", lanes=leases.QUESTIONS)
    assert run_id is not None
    execute(run_id, "stage")


def _ask_and_answer(european: list[Company], ukrainian: list[Company]) -> None:
    """Agreed, mutual, declined and open requests, so that every page has something of each."""
    for asker in european:
        for asked in ukrainian[:2]:
            request = requests.ask(
                asker_id=asker.id,
                asked_id=asked.id,
                wish=Wish(priority=Priority.HIGH, message="We would like to talk about engines."),
            )
            requests.accept(request_id=request.id, company_id=asked.id)
    declined = requests.ask(asker_id=ukrainian[2].id, asked_id=european[1].id, wish=Wish())
    requests.decline(request_id=declined.id, company_id=european[1].id, reason="Not our field.")
    requests.ask(
        asker_id=ukrainian[2].id,
        asked_id=european[0].id,
        wish=Wish(priority=Priority.MUST, message="Ми шукаємо партнера для серійного виробництва."),
    )


def _first_delegate(company: Company) -> int:
    return (
        db.session.scalars(
            select(Delegate.id).where(Delegate.company_id == company.id).order_by(Delegate.id)
        ).first()
        or 0
    )


def _signing_delegate(company: Company) -> User:
    user = make_user("Dana Delegate")
    delegate = db.session.get_one(Delegate, _first_delegate(company))
    delegate.user_id = user.id
    db.session.commit()
    return user
