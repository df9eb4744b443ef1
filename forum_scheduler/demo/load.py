"""The made-up forum into the database, in one transaction."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from forum_scheduler.accounts.models import Staff, StaffRole, User
from forum_scheduler.clock import now
from forum_scheduler.companies.models import (
    BlockedPair,
    Company,
    CompanyCapability,
    CompanyStatus,
    Delegate,
    Representative,
    Seeks,
)
from forum_scheduler.companies.names import name_key, search_text
from forum_scheduler.companies.words import learn
from forum_scheduler.demo.companies import DemoCompany, DemoDelegate
from forum_scheduler.demo.frame import SLUG
from forum_scheduler.demo.generate import DemoForum, generate
from forum_scheduler.demo.requests import DemoRequest
from forum_scheduler.extensions import db, transaction
from forum_scheduler.forums.models import Capability, Forum, Side, Slot, Table
from forum_scheduler.forums.services import create_forum, find_forum
from forum_scheduler.requests.bulk import agree_all
from forum_scheduler.requests.models import Request, RequestDelegate, RequestState, Unavailability

ORGANISER_EMAIL = "organiser@forum.example"
DESK_EMAIL = "desk@forum.example"


def find_demo() -> Forum | None:
    """The demo forum, if it was made."""
    forum = find_forum(SLUG)
    return forum if forum is not None and forum.demo else None


def make_demo(*, seed: int) -> Forum:
    """Make the demo forum. Raises Invalid when another forum has its name."""
    moment = now()
    made = generate(seed=seed, now=moment)
    with transaction():
        forum = create_forum(made.description, demo=True)
        loader = _Loader(forum, moment)
        loader.add_staff()
        loader.add_companies(made)
        loader.add_requests(made.requests)
    return forum


@dataclass(frozen=True, slots=True)
class _Entered:
    company: Company
    delegates: Sequence[Delegate]


class _Loader:
    """Adds everything beyond the frame; ids come from few flushes."""

    def __init__(self, forum: Forum, moment: datetime) -> None:
        self._forum = forum
        self._moment = moment
        self._entered: list[_Entered] = []
        # An earlier demo forum was deleted, its users were not: they are taken again.
        known = select(User).where(User.email.endswith(".example"))
        self._users = {user.email: user for user in db.session.scalars(known)}
        forum_id = forum.id
        self._sides = {
            side.code: side.id for side in db.session.scalars(select(Side).where(Side.forum_id == forum_id))
        }
        self._slots = list(
            db.session.scalars(select(Slot.id).where(Slot.forum_id == forum_id).order_by(Slot.starts_at))
        )
        self._capabilities: Mapping[str, int] = {
            row.code: row.id
            for row in db.session.scalars(select(Capability).where(Capability.forum_id == forum_id))
        }
        self._tables = {
            row.label: row for row in db.session.scalars(select(Table).where(Table.forum_id == forum_id))
        }

    def add_staff(self) -> None:
        organiser = self._user(ORGANISER_EMAIL, "Olivia Organiser")
        desk = self._user(DESK_EMAIL, "Dana Desk")
        db.session.flush()
        db.session.add(Staff(forum_id=self._forum.id, user_id=organiser.id, role=StaffRole.ORGANISER))
        db.session.add(Staff(forum_id=self._forum.id, user_id=desk.id, role=StaffRole.DESK))

    def _user(self, email: str, name: str, *, locale: str = "en") -> User:
        if email not in self._users:
            self._users[email] = User(
                email=email,
                name=name,
                locale=locale,
                active=True,
                fs_uniquifier=uuid.uuid4().hex,
                confirmed_at=self._moment,
            )
            db.session.add(self._users[email])
        return self._users[email]

    def add_companies(self, made: DemoForum) -> None:
        for each in made.companies:
            locale = "uk" if each.side == "ua" else "en"
            for person in each.delegates:
                self._user(person.email, person.name, locale=locale)
        db.session.flush()
        for number, each in enumerate(made.companies):
            company = self._company(each, number)
            company.delegates = [self._delegate(person) for person in each.delegates]
            self._entered.append(_Entered(company, company.delegates))
        db.session.add_all(entered.company for entered in self._entered)
        db.session.flush()
        learn(
            db.session(),
            forum_id=self._forum.id,
            texts=[entered.company.search_text for entered in self._entered],
        )
        for each, entered in zip(made.companies, self._entered, strict=True):
            self._link(each, entered)
        for one, other in made.kept_apart:
            low, high = sorted((self._entered[one].company.id, self._entered[other].company.id))
            reason = "Export control: no licence for this pair"
            db.session.add(BlockedPair(forum_id=self._forum.id, low_id=low, high_id=high, reason=reason))
        db.session.flush()

    def _company(self, each: DemoCompany, number: int) -> Company:
        return Company(
            forum_id=self._forum.id,
            side_id=self._sides[each.side],
            name=each.name,
            name_key=name_key(each.name),
            search_text=search_text([each.name, *each.description.values(), *each.programmes]),
            country=each.country,
            website=each.website,
            size=each.size,
            description=dict(each.description),
            status=CompanyStatus.APPLIED if each.applied else CompanyStatus.APPROVED,
            programmes=list(each.programmes),
            consortium_roles=_roles(each, number),
            created_at=self._moment - timedelta(days=2 if each.applied else 30, minutes=number),
        )

    def _delegate(self, person: DemoDelegate) -> Delegate:
        return Delegate(
            forum_id=self._forum.id,
            user_id=self._users[person.email].id,
            name=person.name,
            email=person.email,
            role=person.role,
            languages=list(person.languages),
            max_per_day=person.max_per_day,
            fixed_table=person.fixed_table,
        )

    def _link(self, each: DemoCompany, entered: _Entered) -> None:
        company_id = entered.company.id
        db.session.add(Representative(company_id=company_id, user_id=entered.delegates[0].user_id))
        for kind, codes in ((Seeks.OFFER, each.offers), (Seeks.NEED, each.needs)):
            db.session.add_all(
                CompanyCapability(company_id=company_id, capability_id=self._capabilities[code], kind=kind)
                for code in codes
            )
        if each.booth is not None:
            self._tables[each.booth].host_company_id = company_id
        for person, delegate in zip(each.delegates, entered.delegates, strict=True):
            db.session.add_all(
                Unavailability(delegate_id=delegate.id, slot_id=self._slots[slot], reason=person.reason)
                for slot in person.blocked
            )

    def add_requests(self, made: Sequence[DemoRequest]) -> None:
        rows = [self._request(each) for each in made]
        db.session.add_all(rows)
        db.session.flush()
        for each, row in zip(made, rows, strict=True):
            delegates = self._entered[each.asked].delegates
            db.session.add_all(
                RequestDelegate(request_id=row.id, delegate_id=delegates[number].id) for number in each.wished
            )
        db.session.flush()
        accepted = [row for row in rows if row.state == RequestState.ACCEPTED]
        closed = {row.id for each, row in zip(made, rows, strict=True) if each.closed_room}
        for meeting in agree_all(db.session(), forum_id=self._forum.id, requests=accepted):
            if meeting.request_id in closed:
                meeting.features = ["closed-room"]

    def _request(self, each: DemoRequest) -> Request:
        asker, asked = self._entered[each.asker].company, self._entered[each.asked].company
        sent = self._moment - timedelta(days=each.days_ago)
        pending = each.state == RequestState.PENDING
        days = self._forum.request_days or 14
        return Request(
            forum_id=self._forum.id,
            asker_id=asker.id,
            asked_id=asked.id,
            low_id=min(asker.id, asked.id),
            high_id=max(asker.id, asked.id),
            state=each.state,
            priority=each.priority,
            answer_priority=each.answer_priority,
            mutual=each.mutual,
            message=each.message,
            length_slots=each.length,
            decline_reason=each.decline_reason,
            created_at=sent,
            answered_at=None if pending else sent + timedelta(hours=20),
            expires_at=sent + timedelta(days=days) if pending else None,
        )


def _roles(each: DemoCompany, number: int) -> list[str]:
    """What the company would be in a consortium, where it looks at programmes at all."""
    if not each.programmes:
        return []
    if each.side == "ua":
        return ["partner", "subcontractor"] if number % 2 else ["partner"]
    return ["coordinator", "partner"] if number % 3 == 0 else ["partner"]
