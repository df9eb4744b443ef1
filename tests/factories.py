"""Rows for tests, one call each: every function stores what it makes and returns it.

    forum = make_forum(slots=6)
    asker, asked = make_company(forum, side="ua"), make_company(forum, side="eu", delegates=2)
    meeting = make_meeting(make_request(asker, asked, state=RequestState.ACCEPTED))

Names, addresses and codes differ from call to call. Times: the forum is on 12 May 2027 in Brussels, from
09:00, block by block. To be called in an app context, outside of ``transaction()``.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from typing import Any, TypeVar

from flask_security.utils import hash_password
from sqlalchemy import select

from forum_scheduler.accounts.models import Role, Staff, StaffRole, User
from forum_scheduler.clock import now
from forum_scheduler.companies.models import (
    BlockedPair,
    Company,
    CompanyCapability,
    CompanyInvitation,
    CompanyStatus,
    Delegate,
    Representative,
    Seeks,
)
from forum_scheduler.companies.names import name_key, search_text
from forum_scheduler.companies.words import learn
from forum_scheduler.extensions import Base, db
from forum_scheduler.forums.models import (
    AskRule,
    Block,
    Capability,
    Forum,
    Interpreter,
    ProgrammeEntry,
    Side,
    Slot,
    Table,
    Zone,
    ZoneWalk,
)
from forum_scheduler.publishing.models import FeedToken, Publication
from forum_scheduler.requests.models import (
    Meeting,
    MeetingState,
    Party,
    PartyDelegate,
    Priority,
    Request,
    RequestDelegate,
    RequestState,
    Unavailability,
)
from forum_scheduler.scheduling.models import (
    DelegateSlot,
    InterpreterSlot,
    Placement,
    PlacementDelegate,
    Run,
    RunState,
    Schedule,
    TableSlot,
    Unplaced,
)

FIRST_DAY = datetime(2027, 5, 12, 7, tzinfo=UTC)  # 09:00 in Brussels
_numbers = count(1)
Row = TypeVar("Row", bound=Base)


def next_number() -> int:
    """A number that no earlier call gave."""
    return next(_numbers)


def store(row: Row) -> Row:
    """Add and commit."""
    db.session.add(row)
    db.session.commit()
    return row


def store_all(rows: Iterable[Base]) -> None:
    db.session.add_all(rows)
    db.session.commit()


# People


def make_user(
    name: str | None = None,
    *,
    email: str | None = None,
    password: str | None = None,
    operator: bool = False,
    locale: str = "en",
    active: bool = True,
) -> User:
    """Somebody who can sign in; ``operator``: may create forums."""
    number = next_number()
    user = User(
        name=name if name is not None else f"Person {number}",
        email=email or f"person{number}@example.org",
        locale=locale,
        active=active,
        fs_uniquifier=uuid.uuid4().hex,
        password=hash_password(password) if password is not None else None,
        confirmed_at=now(),
    )
    if operator:
        role = db.session.scalar(select(Role).where(Role.name == "operator")) or Role(name="operator")
        user.roles.append(role)
    return store(user)


def make_staff(
    forum: Forum,
    role: StaffRole = StaffRole.ORGANISER,
    *,
    user: User | None = None,
    side: Side | None = None,
) -> User:
    """A user with a role in the forum. Returns the user. A co-organiser gets the forum's first side."""
    user = user or make_user()
    if role == StaffRole.CO_ORGANISER and side is None:
        side = sides_of(forum)[0]
    store(Staff(forum_id=forum.id, user_id=user.id, role=role, side_id=side.id if side else None))
    return user


# The forum


def make_forum(
    *,
    name: str | None = None,
    slug: str | None = None,
    sides: Sequence[str] = ("eu", "ua"),
    ask: Iterable[tuple[str, str]] | None = None,
    blocks: int = 2,
    slots: int = 4,
    zones: int = 2,
    tables: int = 4,
    interpreters: int = 1,
    walk: int | None = None,
    capabilities: Sequence[str] = ("drones", "radar", "steel"),
    starts_at: datetime = FIRST_DAY,
    **fields: Any,
) -> Forum:
    """A forum with requests open.

    ``slots``: in each block; blocks are two hours apart, slots 20 minutes with 5 minutes between them unless
    ``fields`` say otherwise. ``tables``: in all, spread over the zones. ``ask``: pairs of codes (asker,
    asked); by default every side may ask every other. ``walk``: minutes between neighbouring zones.
    ``fields``: of Forum.
    """
    number = next_number()
    forum = store(
        Forum(
            **{
                "name": name or f"Forum {number}",
                "slug": slug or f"forum-{number}",
                "timezone": "Europe/Brussels",
                "contact_email": "office@example.org",
                "requests_open_at": now() - timedelta(days=10),
                "requests_close_at": now() + timedelta(days=10),
                **fields,
            }
        )
    )
    by_code = {code: Side(forum_id=forum.id, code=code, name=code.upper()) for code in sides}
    store_all(by_code.values())
    pairs = [(a, b) for a in sides for b in sides if a != b] if ask is None else list(ask)
    store_all(
        AskRule(forum_id=forum.id, asker_side_id=by_code[asker].id, asked_side_id=by_code[asked].id)
        for asker, asked in pairs
    )
    start = starts_at
    for _ in range(blocks):
        block = make_block(forum, starts_at=start, slots=slots)
        start = block.ends_at + timedelta(hours=2)
    _make_room(forum, zones=zones, tables=tables, walk=walk)
    for _ in range(interpreters):
        make_interpreter(forum)
    store_all(
        Capability(forum_id=forum.id, code=code, names={"en": code.capitalize()}, position=position)
        for position, code in enumerate(capabilities)
    )
    return forum


def make_block(forum: Forum, *, starts_at: datetime, slots: int = 4, name: str = "") -> Block:
    """A block with its slots, one after the other with the forum's length and pause."""
    length = timedelta(minutes=forum.slot_minutes)
    step = length + timedelta(minutes=forum.pause_minutes)
    block = Block(
        forum_id=forum.id,
        name=name or f"Block {next_number()}",
        starts_at=starts_at,
        ends_at=starts_at + step * (slots - 1) + length,
    )
    block.slots = [
        Slot(forum_id=forum.id, starts_at=starts_at + step * index, ends_at=starts_at + step * index + length)
        for index in range(slots)
    ]
    return store(block)


def _make_room(forum: Forum, *, zones: int, tables: int, walk: int | None) -> None:
    halls = [
        Zone(forum_id=forum.id, name=f"Hall {chr(65 + index)}", position=index) for index in range(zones)
    ]
    store_all(halls)
    store_all(
        Table(
            forum_id=forum.id,
            zone_id=halls[index * zones // tables].id,
            label=str(index + 1),
            position=index,
        )
        for index in range(tables)
    )
    if walk is not None:
        store_all(ZoneWalk(low_id=low.id, high_id=high.id, minutes=walk) for low, high in pairwise(halls))


def make_table(
    forum: Forum, *, zone: Zone | None = None, host: Company | None = None, **fields: Any
) -> Table:
    """A further table; with ``host`` a booth. ``fields``: of Table."""
    zone = zone or zones_of(forum)[0]
    number = next_number()
    values = {"label": f"T{number}", "position": number, **fields}
    return store(
        Table(forum_id=forum.id, zone_id=zone.id, host_company_id=host.id if host else None, **values)
    )


def make_interpreter(
    forum: Forum,
    *,
    name: str | None = None,
    pairs: Sequence[tuple[str, str]] = (("en", "uk"),),
    user: User | None = None,
    **fields: Any,
) -> Interpreter:
    return store(
        Interpreter(
            forum_id=forum.id,
            name=name or f"Interpreter {next_number()}",
            pairs=[list(pair) for pair in pairs],
            user_id=user.id if user else None,
            **fields,
        )
    )


def make_programme_entry(
    forum: Forum,
    title: str | None = None,
    *,
    starts_at: datetime = FIRST_DAY,
    minutes: int = 60,
    place: str = "",
) -> ProgrammeEntry:
    """By default in the first hour of the forum."""
    return store(
        ProgrammeEntry(
            forum_id=forum.id,
            titles={"en": title or f"Panel {next_number()}"},
            place=place,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=minutes),
        )
    )


def sides_of(forum: Forum) -> list[Side]:
    return list(db.session.scalars(select(Side).where(Side.forum_id == forum.id).order_by(Side.id)))


def side_of(forum: Forum, code: str) -> Side:
    return next(side for side in sides_of(forum) if side.code == code)


def slots_of(forum: Forum) -> list[Slot]:
    """In order of time."""
    return list(db.session.scalars(select(Slot).where(Slot.forum_id == forum.id).order_by(Slot.starts_at)))


def blocks_of(forum: Forum) -> list[Block]:
    return list(db.session.scalars(select(Block).where(Block.forum_id == forum.id).order_by(Block.starts_at)))


def zones_of(forum: Forum) -> list[Zone]:
    return list(db.session.scalars(select(Zone).where(Zone.forum_id == forum.id).order_by(Zone.position)))


def tables_of(forum: Forum) -> list[Table]:
    return list(db.session.scalars(select(Table).where(Table.forum_id == forum.id).order_by(Table.position)))


def interpreters_of(forum: Forum) -> list[Interpreter]:
    return list(
        db.session.scalars(
            select(Interpreter).where(Interpreter.forum_id == forum.id).order_by(Interpreter.id)
        )
    )


def capability_of(forum: Forum, code: str) -> Capability:
    return db.session.scalars(
        select(Capability).where(Capability.forum_id == forum.id, Capability.code == code)
    ).one()


# Companies


def make_company(
    forum: Forum,
    name: str | None = None,
    *,
    side: str | None = None,
    country: str | None = None,
    status: CompanyStatus = CompanyStatus.APPROVED,
    delegates: int = 1,
    representative: User | bool = True,
    offers: Sequence[str] = (),
    needs: Sequence[str] = (),
    **fields: Any,
) -> Company:
    """A company, by default approved, of the forum's first side, with a representative and one delegate.

    ``representative``: a user, or True for a new one (see :func:`representative_of`), or False for none.
    ``offers`` and ``needs``: codes of capabilities. ``fields``: of Company.
    """
    name = name or f"Company {next_number()}"
    code = side or sides_of(forum)[0].code
    company = store(
        Company(
            **{
                "forum_id": forum.id,
                "side_id": side_of(forum, code).id,
                "name": name,
                "name_key": name_key(name),
                "search_text": search_text([name]),
                "country": country or ("UA" if code == "ua" else "BE"),
                "status": status,
                **fields,
            }
        )
    )
    learn(db.session(), forum_id=forum.id, texts=[company.search_text])
    db.session.commit()
    if representative:
        user = representative if isinstance(representative, User) else make_user()
        make_representative(company, user)
    for _ in range(delegates):
        make_delegate(company)
    store_all(
        CompanyCapability(company_id=company.id, capability_id=capability_of(forum, code).id, kind=kind)
        for kind, codes in ((Seeks.OFFER, offers), (Seeks.NEED, needs))
        for code in codes
    )
    return company


def make_representative(company: Company, user: User | None = None) -> User:
    """Lets a user act for the company. Returns the user."""
    user = user or make_user()
    store(Representative(company_id=company.id, user_id=user.id))
    return user


def representative_of(company: Company) -> User:
    """The first who acts for the company."""
    return db.session.scalars(
        select(User)
        .join(Representative, Representative.user_id == User.id)
        .where(Representative.company_id == company.id)
        .order_by(User.id)
    ).first() or make_representative(company)


def make_delegate(
    company: Company, name: str | None = None, *, user: User | bool = False, **fields: Any
) -> Delegate:
    """``user``: who signs in as the delegate, True for a new one. ``fields``: of Delegate."""
    number = next_number()
    if user is True:
        user = make_user(name)
    values = {"name": name or f"Delegate {number}", "email": f"delegate{number}@example.org", **fields}
    return store(
        Delegate(
            forum_id=company.forum_id,
            company_id=company.id,
            user_id=user.id if isinstance(user, User) else None,
            **values,
        )
    )


def delegates_of(company: Company) -> list[Delegate]:
    return list(
        db.session.scalars(select(Delegate).where(Delegate.company_id == company.id).order_by(Delegate.id))
    )


def make_invitation(forum: Forum, *, token: str = "", **fields: Any) -> CompanyInvitation:
    """Sent now, for a month; ``token``: in its link. ``fields``: of CompanyInvitation."""
    number = next_number()
    name = str(fields.pop("company_name", f"Guest {number}"))
    values = {
        "email": f"guest{number}@example.org",
        "digest": hashlib.sha256((token or f"token-{number}").encode()).hexdigest(),
        "expires_at": now() + timedelta(days=30),
        **fields,
    }
    return store(CompanyInvitation(forum_id=forum.id, company_name=name, name_key=name_key(name), **values))


def make_blocked_pair(one: Company, other: Company, *, reason: str = "Export control") -> BlockedPair:
    low, high = sorted((one.id, other.id))
    return store(BlockedPair(forum_id=one.forum_id, low_id=low, high_id=high, reason=reason))


# Requests and meetings


def make_request(
    asker: Company,
    asked: Company,
    *,
    state: RequestState = RequestState.PENDING,
    priority: Priority = Priority.NORMAL,
    wished: Sequence[Delegate] = (),
    **fields: Any,
) -> Request:
    """``asker`` asks ``asked``. An answered state gets its time. ``fields``: of Request."""
    low, high = sorted((asker.id, asked.id))
    values: dict[str, Any] = {"state": state, "priority": priority, **fields}
    if state in (RequestState.ACCEPTED, RequestState.DECLINED):
        values.setdefault("answered_at", now())
    request = Request(
        forum_id=asker.forum_id, asker_id=asker.id, asked_id=asked.id, low_id=low, high_id=high, **values
    )
    request.wished = [RequestDelegate(delegate_id=delegate.id) for delegate in wished]
    return store(request)


def make_meeting(
    request: Request | None = None,
    *,
    between: Sequence[Company] = (),
    delegates: Mapping[Company, Sequence[Delegate]] | None = None,
    state: MeetingState = MeetingState.AGREED,
    **fields: Any,
) -> Meeting:
    """The meeting of an accepted request, or one of the companies ``between`` that the organiser set.

    ``delegates``: candidates by company where not all of its delegates are. ``fields``: of Meeting.
    """
    if request is not None:
        forum_id, company_ids = request.forum_id, [request.asker_id, request.asked_id]
    else:
        forum_id, company_ids = between[0].forum_id, [company.id for company in between]
    chosen = {company.id: people for company, people in (delegates or {}).items()}
    meeting = Meeting(forum_id=forum_id, request_id=request.id if request else None, state=state, **fields)
    for position, company_id in enumerate(company_ids):
        party = Party(company_id=company_id, position=position)
        party.delegates = [PartyDelegate(delegate_id=one.id) for one in chosen.get(company_id, ())]
        meeting.parties.append(party)
    return store(meeting)


def make_unavailable(delegate: Delegate, *slots: Slot, reason: str = "") -> None:
    store_all(Unavailability(delegate_id=delegate.id, slot_id=slot.id, reason=reason) for slot in slots)


# Runs, schedules, publications


def make_run(forum: Forum, *, state: RunState = RunState.QUEUED, **fields: Any) -> Run:
    values: dict[str, Any] = {"seconds": 2, "workers": 1, **fields}
    return store(Run(forum_id=forum.id, state=state, **values))


def make_schedule(
    forum: Forum,
    *places: tuple[Meeting, Slot, Table, Sequence[Delegate]],
    unplaced: Mapping[Meeting, str] | None = None,
    interpreters: Mapping[Meeting, Interpreter] | None = None,
    **fields: Any,
) -> Schedule:
    """The forum's next schedule with these placements (meetings of one slot), written as rows.

    It holds no Problem: where that matters, let the solver make one. ``unplaced``: meeting -> reason.
    """
    last = db.session.scalar(
        select(Schedule.number).where(Schedule.forum_id == forum.id).order_by(Schedule.number.desc())
    )
    schedule = store(
        Schedule(
            **{
                "forum_id": forum.id,
                "number": (last or 0) + 1,
                "status": "feasible",
                "solver_version": "test",
                "problem": b"",
                "problem_digest": "",
                "goals": [],
                "placed_count": len(places),
                "unplaced_count": len(unplaced or {}),
                **fields,
            }
        )
    )
    helpers = interpreters or {}
    for meeting, slot, table, people in places:
        _place(schedule, meeting, slot, table, people, interpreter=helpers.get(meeting))
    store_all(
        Unplaced(schedule_id=schedule.id, meeting_id=meeting.id, reason=reason)
        for meeting, reason in (unplaced or {}).items()
    )
    return schedule


def _place(
    schedule: Schedule,
    meeting: Meeting,
    slot: Slot,
    table: Table,
    people: Sequence[Delegate],
    *,
    interpreter: Interpreter | None,
) -> None:
    placement = Placement(
        schedule_id=schedule.id,
        meeting_id=meeting.id,
        slot_id=slot.id,
        table_id=table.id,
        interpreter_id=interpreter.id if interpreter else None,
        delegates=[PlacementDelegate(delegate_id=delegate.id) for delegate in people],
    )
    store(placement)
    where = {"schedule_id": schedule.id, "slot_id": slot.id, "placement_id": placement.id}
    rows: list[Base] = [TableSlot(table_id=table.id, **where)]
    rows += [DelegateSlot(delegate_id=delegate.id, **where) for delegate in people]
    if interpreter is not None:
        rows.append(InterpreterSlot(interpreter_id=interpreter.id, **where))
    store_all(rows)


def make_publication(schedule: Schedule, *, by: User | None = None, **fields: Any) -> Publication:
    """Publishes a schedule as the forum's next version, without telling anybody."""
    last = db.session.scalar(
        select(Publication.version)
        .where(Publication.forum_id == schedule.forum_id)
        .order_by(Publication.version.desc())
    )
    return store(
        Publication(
            forum_id=schedule.forum_id,
            version=(last or 0) + 1,
            schedule_id=schedule.id,
            published_by_id=by.id if by else None,
            **fields,
        )
    )


def make_feed_token(delegate: Delegate, **fields: Any) -> FeedToken:
    return store(FeedToken(token=uuid.uuid4().hex, delegate_id=delegate.id, **fields))
