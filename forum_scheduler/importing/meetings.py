"""Lists of meetings, a row a meeting of two people with their organisations, as b2match exports them.

b2match publishes no list of the columns. What its help says ("Meetings Overview", "Edit Meeting") is kept to:
the host sent the request and the guest received it; a meeting is pending, accepted or canceled (called back,
or refused), and scheduled or not. So a column is told by the words of its header: whose it is (Host, Guest;
Requester, Receiver ...) and what (organization, name, e-mail), in either order; all others are passed over.

Two people's meeting becomes a request of one company to the other, wished with just these people. What is
asked twice between the same companies is one request with all of them. Times and tables are not taken over:
they are given here, by the solver or on the board, and the report says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from forum_scheduler.clock import now
from forum_scheduler.companies.models import Company, Delegate
from forum_scheduler.extensions import db
from forum_scheduler.importing.batch import Batch, assign
from forum_scheduler.importing.cells import Cells
from forum_scheduler.importing.columns import Listed
from forum_scheduler.importing.wishes import Pairs, pair_of
from forum_scheduler.requests.bulk import agree_all
from forum_scheduler.requests.models import Request, RequestDelegate, RequestState
from forum_scheduler.spelling import fold

_PASSED_OVER = "canceled"
_STATES = {
    **dict.fromkeys(("accepted", "confirmed", "scheduled", "unscheduled", "approved"), RequestState.ACCEPTED),
    **dict.fromkeys(("pending", "waiting", "requested", "open", "new"), RequestState.PENDING),
    **dict.fromkeys(("declined", "rejected", "refused"), RequestState.DECLINED),
    **dict.fromkeys(("canceled", "cancelled", "withdrawn", "expired"), _PASSED_OVER),
}
# The more is said of a pair of companies, the more counts.
_RANK = (RequestState.DECLINED, RequestState.PENDING, RequestState.ACCEPTED)


@dataclass(slots=True)
class _Wish:
    """What the rows of one pair of companies come to."""

    asker: Company
    asked: Company
    state: RequestState
    message: str = ""
    mutual: bool = False
    people: set[int] = field(default_factory=set)

    def add(self, asker: Company, state: RequestState, message: str, people: Iterable[int]) -> None:
        """One more row: people of a refused meeting count only where there is no better one."""
        if _RANK.index(state) > _RANK.index(self.state):
            if self.state == RequestState.DECLINED:
                self.people.clear()
            self.state = state
        if state != RequestState.DECLINED or self.state == RequestState.DECLINED:
            self.people.update(people)
            self.mutual = self.mutual or asker is not self.asker
        self.message = self.message or message


def read_meetings(batch: Batch, listed: Listed) -> None:
    """Make requests of a list of meetings; an answer that is there already stays."""
    if "state" not in listed.columns:
        return  # that is a mistake already, for the whole sheet
    pairs = Pairs(batch)
    people = _People(batch)
    wishes: dict[tuple[int, int], _Wish] = {}
    canceled = timed = 0
    for row in listed.rows:
        cells = Cells(listed, row, batch.mistakes)
        text = cells.choice("state", _STATES) if cells.has("state") else cells.text("state", required=True)
        if text == _PASSED_OVER:
            canceled += 1  # whoever is in it may be gone: nothing else of the row is judged
            continue
        timed += any(map(cells.has, ("date", "time", "table")))
        asker, asked = batch.company(cells, "asker"), batch.company(cells, "asked")
        message = cells.text("message", most=500)
        if asker is None or asked is None:
            continue
        pairs.check(cells, asker, asked, keys=("asker", "asked"))
        meant = [*people.find(cells, "asker", asker), *people.find(cells, "asked", asked)]
        if not cells.sound or text is None:
            continue
        state = RequestState(text)
        wish = wishes.setdefault(pair_of(asker, asked), _Wish(asker=asker, asked=asked, state=state))
        wish.add(asker, state, message, meant)
    _tell(batch, canceled=canceled, timed=timed)
    if not batch.mistakes:
        _store(batch, pairs, wishes)


def _tell(batch: Batch, *, canceled: int, timed: int) -> None:
    if canceled:
        batch.notes.append(
            ngettext(
                "%(num)s canceled meeting is passed over.",
                "%(num)s canceled meetings are passed over.",
                canceled,
            )
        )
    if timed:
        batch.notes.append(
            ngettext(
                "%(num)s meeting has a time or a table in the file. These are not taken over: meetings get "
                "theirs here, by a run or on the board.",
                "%(num)s meetings have a time or a table in the file. These are not taken over: meetings get "
                "theirs here, by a run or on the board.",
                timed,
            )
        )


def _store(batch: Batch, pairs: Pairs, wishes: dict[tuple[int, int], _Wish]) -> None:
    wished = _wished(batch)
    made: list[tuple[Request, _Wish]] = []
    accepted: list[Request] = []
    for pair, wish in wishes.items():
        request = pairs.stored.get(pair)
        values: dict[str, object] = {"mutual": True} if wish.mutual else {}
        if wish.message:
            values |= {"message": wish.message}
        if request is None:
            request = Request(
                forum_id=batch.forum.id,
                asker_id=wish.asker.id,
                asked_id=wish.asked.id,
                low_id=pair[0],
                high_id=pair[1],
                state=wish.state,
                answered_at=None if wish.state == RequestState.PENDING else now(),
                **values,
            )
            db.session.add(request)
            made.append((request, wish))
            batch.count("requests", made=True, changed=False)
        elif request.state == RequestState.PENDING:
            if request.asker_id != wish.asker.id:
                values |= {"mutual": True}  # the other one has asked before
            changed = bool(assign(request, values))
            missing = wish.people - wished[request.id]
            db.session.add_all(
                RequestDelegate(request_id=request.id, delegate_id=id_) for id_ in sorted(missing)
            )
            if wish.state != RequestState.PENDING:
                request.state, request.answered_at, changed = wish.state, now(), True
            if changed or missing:
                request.revision += 1
            batch.count("requests", made=False, changed=bool(changed or missing))
        else:
            batch.count("requests", made=False, changed=False)
            continue
        if wish.state == RequestState.ACCEPTED:
            accepted.append(request)
    db.session.flush()  # new requests have their ids now
    db.session.add_all(
        RequestDelegate(request_id=request.id, delegate_id=id_)
        for request, wish in made
        for id_ in sorted(wish.people)
    )
    db.session.flush()
    agree_all(db.session(), forum_id=batch.forum.id, requests=accepted)


def _wished(batch: Batch) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    rows = select(RequestDelegate).join(Request).where(Request.forum_id == batch.forum.id)
    for row in db.session.scalars(rows):
        found[row.request_id].add(row.delegate_id)
    return found


class _People:
    """Finds who meets, by address or by name within their company."""

    def __init__(self, batch: Batch) -> None:
        self._people = batch.people()

    def find(self, cells: Cells, role: str, company: Company) -> list[int]:
        """The delegate's id, or nothing where nobody is named; somebody unknown is a mistake of the cell."""
        everyone = self._people.get(company.id, [])
        email = cells.email(f"{role}_email")
        parts = [cells.text(f"{role}{part}") for part in ("_name", "_first", "_last")]
        name = " ".join(filter(None, parts))
        if email:
            key, said = f"{role}_email", email
            found = [each for each in everyone if each.email == email]
        elif name:
            key, said = (f"{role}_name" if parts[0] else f"{role}_last"), name
            found = [each for each in everyone if fold(each.name) == fold(name)]
        else:
            return []
        if len(found) != 1:
            cells.wrong(key, _not_one(company, said, found))
            return []
        return [found[0].id]


def _not_one(company: Company, said: str, found: Sequence[Delegate]) -> str:
    values = {"company": company.name, "name": repr(said)}
    if found:
        return str(_("%(company)s has several delegates %(name)s: write the e-mail address", **values))
    return str(_("%(company)s has no delegate %(name)s: import them first, or empty the cell", **values))
