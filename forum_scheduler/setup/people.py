"""Interpreters with their rosters, and sides with who may ask whom, changed later."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from forum_scheduler.accounts.users import ensure_user, normal_email
from forum_scheduler.clock import now
from forum_scheduler.companies.models import Company
from forum_scheduler.errors import Invalid
from forum_scheduler.extensions import db
from forum_scheduler.forums.describing import sides_of
from forum_scheduler.forums.frame import given
from forum_scheduler.forums.models import AskRule, Forum, Interpreter, InterpreterAbsence, Side, Slot
from forum_scheduler.requests.meetings import refresh
from forum_scheduler.requests.models import Request, RequestState
from forum_scheduler.scheduling.models import InterpreterSlot, Placement
from forum_scheduler.scheduling.words import Names
from forum_scheduler.setup import touched
from forum_scheduler.setup.saving import Section, Touch, ask_first, check_names, saving, touch

_PAIR = re.compile(r"([a-z]{2,3})-([a-z]{2,3})")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


@dataclass(frozen=True, slots=True, kw_only=True)
class InterpreterRow:
    """An interpreter as typed: ``pairs`` such as "uk-en, uk-fr"; ``absent``: slots, None: as they are."""

    id: int | None
    name: str
    email: str = ""
    pairs: str
    max_in_row: int | None = 4
    max_per_day: int | None = None
    absent: frozenset[int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SideRow:
    id: int | None
    code: str
    name: str
    asks: frozenset[int] = field(default_factory=frozenset)  # ids of sides


def interpreters_of(forum_id: int) -> list[Interpreter]:
    """Those in use, by id."""
    query = select(Interpreter).where(Interpreter.forum_id == forum_id, Interpreter.live())
    return list(db.session.scalars(query.order_by(Interpreter.id)))


def asks_of(forum_id: int) -> set[tuple[int, int]]:
    """(asker, asked) for all that may."""
    query = select(AskRule.asker_side_id, AskRule.asked_side_id).where(AskRule.forum_id == forum_id)
    return {(asker, asked) for asker, asked in db.session.execute(query)}


def change_interpreters(
    forum_id: int, rows: Sequence[InterpreterRow], *, seen: str, agreed: str = ""
) -> None:
    """Store all interpreters. Raises Invalid (``rows[2].pairs``), Overtaken, Asks."""
    with saving(forum_id, Section.INTERPRETERS, seen=seen) as (session, forum):
        live = {each.id: each for each in interpreters_of(forum_id)}
        pairs = [_pairs(row.pairs, f"rows[{index}].pairs") for index, row in enumerate(rows)]
        check_names(
            [(row.id, row.name) for row in rows],
            live,
            longest=200,
            gone=_("This interpreter is no longer there."),
        )
        kept = {row.id for row in rows}
        gone = [id_ for id_ in live if id_ not in kept]
        ask_first(tuple(_interpreter_touches(forum, gone)), agreed=agreed)
        _retire_interpreters(session, gone)
        offered = {tuple(sorted(pair)) for each in live.values() for pair in each.pairs}
        for index, (row, spoken) in enumerate(zip(rows, pairs, strict=True)):
            one = live[row.id] if row.id is not None else _revived(forum_id, row.name)
            _apply(one, row, spoken, where=f"rows[{index}]")
            session.add(one)
        session.flush()
        now_offered = {tuple(sorted(pair)) for each in interpreters_of(forum_id) for pair in each.pairs}
        if offered != now_offered:
            _derive_again(session, forum_id)


def change_roster(
    forum_id: int, interpreter_id: int, row: InterpreterRow, *, seen: str, agreed: str = ""
) -> None:
    """Change one interpreter and when they are absent. Raises Invalid, Overtaken, Asks."""
    with saving(forum_id, Section.INTERPRETERS, seen=seen) as (session, forum):
        one = session.get_one(Interpreter, interpreter_id)
        spoken = _pairs(row.pairs, "pairs")
        if any(each.name == row.name and each.id != one.id for each in interpreters_of(forum_id)):
            raise Invalid(_("%(name)s is given twice", name=repr(row.name)), field="name")
        query = select(InterpreterAbsence.slot_id).join(Slot, Slot.id == InterpreterAbsence.slot_id)
        before = set(session.scalars(query.where(InterpreterAbsence.interpreter_id == one.id, Slot.live())))
        absent = row.absent if row.absent is not None else frozenset(before)
        slots = set(session.scalars(select(Slot.id).where(Slot.forum_id == forum_id, Slot.live())))
        if not absent <= slots:
            raise Invalid(
                _("The forum's times have changed meanwhile. Look again, then save."), field="absent"
            )
        ask_first(tuple(_absence_touches(forum, one.id, absent - before)), agreed=agreed)
        changed = [sorted(pair) for pair in one.pairs] != [sorted(pair) for pair in spoken]
        _apply(one, row, spoken)
        session.execute(
            delete(InterpreterAbsence).where(
                InterpreterAbsence.interpreter_id == one.id, InterpreterAbsence.slot_id.in_(before - absent)
            )
        )
        session.add_all(
            InterpreterAbsence(interpreter_id=one.id, slot_id=slot) for slot in sorted(absent - before)
        )
        session.flush()
        if changed:
            _derive_again(session, forum_id)


def _pairs(text: str, where: str) -> list[list[str]]:
    found = []
    for part in (each.strip().lower() for each in re.split(r"[,;]", text) if each.strip()):
        match = _PAIR.fullmatch(part)
        if match is None or match[1] == match[2]:
            raise Invalid(_("two different languages are needed, such as uk-en"), field=where)
        found.append([match[1], match[2]])
    if not found:
        raise Invalid(_("two different languages are needed, such as uk-en"), field=where)
    return found


def _apply(one: Interpreter, row: InterpreterRow, pairs: list[list[str]], *, where: str = "") -> None:
    """With an address they sign in with it, and read their roster."""
    prefix = f"{where}." if where else ""
    for name, value in (("max_in_row", row.max_in_row), ("max_per_day", row.max_per_day)):
        if value is not None and not 1 <= value <= 1000:
            raise Invalid(_("A number from 1 to 1000, or nothing."), field=f"{prefix}{name}")
    email = normal_email(row.email, field=f"{prefix}email") if row.email else ""
    if not email:
        one.user_id = None
    elif email != one.email or one.user_id is None:
        one.user_id = ensure_user(email=email, name=row.name).id
    one.name, one.email, one.pairs = row.name, email, pairs
    one.max_in_row, one.max_per_day = given(row.max_in_row), row.max_per_day


def _interpreter_touches(forum: Forum, gone: Sequence[int]) -> Iterator[Touch]:
    if gone:
        yield from touched.placements(forum, Placement.interpreter_id.in_(gone), Names(forum))


def _absence_touches(forum: Forum, interpreter_id: int, slots: Collection[int]) -> Iterator[Touch]:
    if slots:
        at_work = select(InterpreterSlot.placement_id).where(
            InterpreterSlot.interpreter_id == interpreter_id, InterpreterSlot.slot_id.in_(slots)
        )
        yield from touched.placements(forum, Placement.id.in_(at_work), Names(forum))


def _retire_interpreters(session: Session, gone: Sequence[int]) -> None:
    used = set(session.scalars(select(Placement.interpreter_id).where(Placement.interpreter_id.in_(gone))))
    session.execute(update(Interpreter).where(Interpreter.id.in_(used)).values(retired_at=now()))
    session.execute(delete(Interpreter).where(Interpreter.id.in_([id_ for id_ in gone if id_ not in used])))


def _revived(forum_id: int, name: str) -> Interpreter:
    query = select(Interpreter).where(
        Interpreter.forum_id == forum_id, Interpreter.name == name, ~Interpreter.live()
    )
    one = db.session.scalar(query.limit(1)) or Interpreter(forum_id=forum_id)
    one.retired_at = None
    return one


def _derive_again(session: Session, forum_id: int) -> None:
    """Which agreed meetings need an interpreter depends on the pairs that there are."""
    companies = session.scalars(select(Company.id).where(Company.forum_id == forum_id)).all()
    refresh(session, forum_id=forum_id, company_ids=companies)


# Sides


def change_sides(forum_id: int, rows: Sequence[SideRow], *, seen: str, agreed: str = "") -> None:
    """Store all sides; a new one may ask, and be asked by, all others. Raises Invalid, Overtaken, Asks."""
    with saving(forum_id, Section.SIDES, seen=seen) as (session, forum):
        live = {side.id: side for side in sides_of(forum_id)}
        _check_sides(session, rows, live)
        wanted = {(row.id, asked) for row in rows if row.id is not None for asked in row.asks}
        ask_first(tuple(_side_touches(forum, wanted)), agreed=agreed)
        kept = [row.id for row in rows if row.id is not None]
        session.execute(delete(Side).where(Side.forum_id == forum_id, Side.id.not_in(kept)))
        new: list[Side] = []
        for row in rows:
            side = live[row.id] if row.id is not None else Side(forum_id=forum_id)
            side.code, side.name = row.code, row.name
            if row.id is None:
                session.add(side)
                new.append(side)
        session.flush()
        everyone = [*kept, *(side.id for side in new)]
        wanted |= {
            pair
            for side in new
            for other in everyone
            for pair in ((side.id, other), (other, side.id))
            if other != side.id or len(everyone) == 1
        }
        session.execute(delete(AskRule).where(AskRule.forum_id == forum_id))
        session.add_all(
            AskRule(forum_id=forum_id, asker_side_id=asker, asked_side_id=asked)
            for asker, asked in sorted((a, b) for a, b in wanted if a in everyone and b in everyone)
        )


def _check_sides(session: Session, rows: Sequence[SideRow], live: dict[int, Side]) -> None:
    if not rows:
        raise Invalid(_("A forum needs a side at least."), field="rows")
    codes = [row.code for row in rows]
    for index, row in enumerate(rows):
        if row.id is not None and row.id not in live:
            raise Invalid(_("This side is no longer there."), field=f"rows[{index}].name")
        if not _CODE.fullmatch(row.code):
            raise Invalid(
                _("Letters, digits, dots and dashes, at most 40, such as “ua”."), field=f"rows[{index}].code"
            )
        if codes.index(row.code) < index:
            raise Invalid(_("%(name)s is given twice", name=repr(row.code)), field=f"rows[{index}].code")
        if not 1 <= len(row.name) <= 120:
            raise Invalid(_("A name of 1 to 120 characters is needed."), field=f"rows[{index}].name")
    kept = {row.id for row in rows}
    for id_, side in live.items():
        count = session.scalar(select(func.count()).select_from(Company).where(Company.side_id == id_))
        if id_ not in kept and count:
            raise Invalid(
                ngettext(
                    "%(side)s has %(num)s company: give it another side first.",
                    "%(side)s has %(num)s companies: give them another side first.",
                    count,
                    side=side.name,
                ),
                field="rows",
            )


def _side_touches(forum: Forum, wanted: set[tuple[int, int]]) -> Iterator[Touch]:
    """Requests of a kind that is no longer allowed."""
    sides = dict(
        db.session.execute(select(Company.id, Company.side_id).where(Company.forum_id == forum.id)).all()
    )
    names = dict(
        db.session.execute(select(Company.id, Company.name).where(Company.forum_id == forum.id)).all()
    )
    query = (
        select(Request.asker_id, Request.asked_id)
        .where(
            Request.forum_id == forum.id,
            Request.state.in_((RequestState.PENDING, RequestState.ACCEPTED)),
        )
        .order_by(Request.id)
    )
    before = asks_of(forum.id)
    hit = [
        f"{names[asker]} → {names[asked]}"
        for asker, asked in db.session.execute(query)
        if (sides[asker], sides[asked]) in before - wanted
    ]
    if hit:
        yield touch(
            ngettext(
                "%(num)s request between sides that may no longer ask each other: it stays, and so does its "
                "meeting. New ones can't be sent.",
                "%(num)s requests between sides that may no longer ask each other: they stay, and so do "
                "their meetings. New ones can't be sent.",
                len(hit),
            ),
            hit,
        )
