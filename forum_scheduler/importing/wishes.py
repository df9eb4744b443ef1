"""The sheets Requests and Availability."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from forum_scheduler.clock import now
from forum_scheduler.companies.models import BlockedPair, Company, CompanyStatus, Delegate
from forum_scheduler.extensions import db
from forum_scheduler.forums.localtime import LocalTimeError, parse_clock, parse_day
from forum_scheduler.forums.models import AskRule, Slot
from forum_scheduler.importing.batch import Batch, assign
from forum_scheduler.importing.cells import Cells, words
from forum_scheduler.importing.columns import Listed
from forum_scheduler.requests.bulk import agree_all
from forum_scheduler.requests.models import Priority, Request, RequestState, Unavailability
from forum_scheduler.spelling import fold

_PRIORITIES = words(
    list(Priority), обовязково="must", обовязкова="must", висока="high", важлива="high", звичайна="normal"
)
_STATES = words([RequestState.PENDING, RequestState.ACCEPTED, RequestState.DECLINED])


Keys = tuple[str, str]


def read_requests(batch: Batch, listed: Listed) -> None:
    """Make requests, one a pair of companies; an accepted one gets its meeting.

    A request that is there already is changed only while it is pending: an answer given stays.
    """
    pairs = Pairs(batch)
    accepted: list[Request] = []
    for row in listed.rows:
        cells = Cells(listed, row, batch.mistakes)
        asker, asked = batch.company(cells, "from"), batch.company(cells, "to")
        values = _request_values(cells)
        if asker is None or asked is None:
            continue
        if pairs.check(cells, asker, asked):
            pairs.once(cells, asker, asked, row.number)
        if not cells.sound:
            continue
        request = pairs.stored.get(pair_of(asker, asked))
        made = request is None
        if request is None:
            low, high = pair_of(asker, asked)
            request = Request(
                forum_id=batch.forum.id,
                asker_id=asker.id,
                asked_id=asked.id,
                low_id=low,
                high_id=high,
                state=RequestState.PENDING,
                **values,
            )
            db.session.add(request)
        elif request.state != RequestState.PENDING:
            batch.count("requests", made=False, changed=False)
            continue
        state = cells.choice("state", _STATES) or RequestState.PENDING
        changed = bool(assign(request, values)) if not made else False
        if state != RequestState.PENDING:
            request.state, request.answered_at, changed = state, now(), True
        if request.state == RequestState.ACCEPTED:
            accepted.append(request)
        if changed and not made:
            request.revision += 1
        batch.count("requests", made=made, changed=changed)
    if batch.mistakes:
        return
    db.session.flush()
    agree_all(db.session(), forum_id=batch.forum.id, requests=accepted)


def _request_values(cells: Cells) -> dict[str, Any]:
    languages = cells.languages("languages")
    if languages and len(languages) != 2:
        cells.wrong("languages", _("two languages are needed, such as uk-en"))
    values = {
        "priority": cells.choice("priority", _PRIORITIES),
        "answer_priority": cells.choice("answer_priority", _PRIORITIES),
        "mutual": cells.yes("mutual") if cells.has("mutual") else None,
        "length_slots": cells.number("length", least=1, most=12),
        "interpret": languages or None,
        "message": cells.text("message", most=500) or None,
    }
    cells.choice("state", _STATES)
    return {name: value for name, value in values.items() if value is not None}


def pair_of(one: Company, other: Company) -> tuple[int, int]:
    return min(one.id, other.id), max(one.id, other.id)


class Pairs:
    """Which pairs may ask, and which have."""

    def __init__(self, batch: Batch) -> None:
        forum_id = batch.forum.id
        self.stored = {
            (request.low_id, request.high_id): request
            for request in db.session.scalars(select(Request).where(Request.forum_id == forum_id))
        }
        self._blocked = {
            (pair.low_id, pair.high_id)
            for pair in db.session.scalars(select(BlockedPair).where(BlockedPair.forum_id == forum_id))
        }
        self._rules = {
            (rule.asker_side_id, rule.asked_side_id)
            for rule in db.session.scalars(select(AskRule).where(AskRule.forum_id == forum_id))
        }
        self._sides = {side.id: side.code for side in batch.sides}
        self._seen: dict[tuple[int, int], int] = {}

    def once(self, cells: Cells, asker: Company, asked: Company, row: int) -> None:
        """Note a pair that has a row already."""
        pair = pair_of(asker, asked)
        if pair in self._seen:
            cells.wrong("to", _("this pair of companies stands in row %(row)s already", row=self._seen[pair]))
        self._seen.setdefault(pair, row)

    def check(self, cells: Cells, asker: Company, asked: Company, *, keys: Keys = ("from", "to")) -> bool:
        """Note what forbids the request; False for a company and itself. ``keys``: the two columns."""
        if asker is asked:
            cells.wrong(keys[1], _("a company can't meet itself"))
            return False
        if pair_of(asker, asked) in self._blocked:
            cells.wrong(keys[1], _("these two companies are kept apart"))
        if (asker.side_id, asked.side_id) not in self._rules:
            sides = {"asker": self._sides[asker.side_id], "asked": self._sides[asked.side_id]}
            cells.wrong(keys[1], _("the side %(asker)s may not ask the side %(asked)s", **sides))
        for key, company in zip(keys, (asker, asked), strict=True):
            if company.status != CompanyStatus.APPROVED:
                cells.wrong(key, _("the company is not approved"))
        return True


def read_availability(batch: Batch, listed: Listed) -> None:
    """Note the slots in which delegates can't meet; what was noted before stays."""
    finder = _Delegates(batch)
    ids = select(Delegate.id).where(Delegate.forum_id == batch.forum.id)
    stored = {
        (row.delegate_id, row.slot_id): row
        for row in db.session.scalars(select(Unavailability).where(Unavailability.delegate_id.in_(ids)))
    }
    for row in listed.rows:
        cells = Cells(listed, row, batch.mistakes)
        delegate = finder.find(cells)
        slots = _slots(batch, cells)
        reason = cells.text("reason", most=120)
        if delegate is None or not cells.sound:
            continue
        # What only followed from a session is said by hand from now on: it stays when the session goes.
        fresh = [slot for slot in slots if not _by_hand(stored.get((delegate.id, slot.id)))]
        for slot in fresh:
            noted = stored.setdefault(
                (delegate.id, slot.id), Unavailability(delegate_id=delegate.id, slot_id=slot.id)
            )
            noted.by_hand, noted.reason = True, reason
            db.session.add(noted)
        batch.count("availability", made=bool(fresh), changed=False)
    db.session.flush()


def _by_hand(row: Unavailability | None) -> bool:
    return row is not None and row.by_hand


def _slots(batch: Batch, cells: Cells) -> list[Slot]:
    """The slots that the row's time overlaps; a day or time without any is a mistake."""
    zone = batch.forum.zone
    text = cells.day("date")
    try:
        day = parse_day(text) if text else None
    except LocalTimeError as error:
        cells.wrong("date", str(error))
        return []
    times = []
    for key in ("from", "to"):
        clock = cells.clock(key)
        if not clock or day is None:
            continue
        try:
            times.append(parse_clock(day, clock, zone))
        except LocalTimeError as error:
            cells.wrong(key, str(error))
    if day is None or len(times) < 2:
        return []
    start, end = times
    of_day = [slot for slot in batch.slots if slot.starts_at.astimezone(zone).date() == day]
    if not of_day:
        days = sorted({str(slot.starts_at.astimezone(zone).date()) for slot in batch.slots})
        cells.wrong("date", _("the forum is not on this day, but on %(days)s", days=", ".join(days)))
        return []
    if end <= start:
        cells.wrong("to", _("the time ends before it starts"))
        return []
    slots = [slot for slot in of_day if slot.starts_at < end and start < slot.ends_at]
    if not slots:
        first, last = of_day[0].starts_at.astimezone(zone), of_day[-1].ends_at.astimezone(zone)
        cells.wrong(
            "from", _("no slot lies in this time: that day's are between %(first)s and %(last)s",
                      first=f"{first:%H:%M}", last=f"{last:%H:%M}")
        )  # fmt: skip
    return slots


class _Delegates:
    """Finds delegates by address, or by name within a company."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._people = batch.people()
        self._by_email: dict[str, list[Delegate]] = {}
        for delegate in (each for group in self._people.values() for each in group):
            if delegate.email:
                self._by_email.setdefault(delegate.email, []).append(delegate)

    def find(self, cells: Cells) -> Delegate | None:
        text = cells.text("delegate", required=True)
        company = self._batch.company(cells, "company") if cells.has("company") else None
        if not text or (company is None and cells.has("company")):
            return None
        if "@" in text:
            email = cells.email("delegate")
            found = self._by_email.get(email or "", [])
        elif company is None:
            cells.wrong("company", _("a name alone may mean several people: write the company too"))
            return None
        else:
            found = [each for each in self._people[company.id] if fold(each.name) == fold(text)]
        if company is not None:
            found = [each for each in found if each.company_id == company.id]
        if len(found) != 1 and cells.sound:
            said = repr(text)
            cells.wrong(
                "delegate",
                _("more than one delegate is meant by %(text)s", text=said)
                if found
                else _("nobody is meant by %(text)s", text=said),
            )
        return found[0] if len(found) == 1 else None
