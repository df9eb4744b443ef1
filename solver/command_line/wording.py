"""Reasons and differences in plain English, for the command line. The web words its own, in two languages."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from solver.diff import Diff
from solver.explain.conflict import Conflict, Kind, Wish
from solver.explain.remedies import Change, Remedy
from solver.explain.worth import Resource, Worth
from solver.problem import Problem
from solver.schedule import Placement, Reason, Unplaced

MOST_NAMED = 6


WHY: Final[Mapping[Reason, str]] = MappingProxyType(
    {
        Reason.NO_COMMON_SLOT: "There is no slot that it may start in and that all sides can make: {named}.",
        Reason.SLOTS_FULL: "The slots of {who} are full of other meetings: {others}.",
        Reason.NO_TABLE: "In the slots that all sides can make, fitting tables are taken or closed: {named}.",
        Reason.NO_FITTING_TABLE: "No table has the features, the zone, the seats or the host that it needs.",
        Reason.NO_INTERPRETER: "In the slots that all sides can make, no interpreter is free: {named}.",
        Reason.NO_INTERPRETER_PAIR: "There is no interpreter for {pair}.",
        Reason.LIMIT: "No more meetings are allowed to {named}.",
        Reason.LIMIT_DAY: "On every day on which all could meet, no more meetings are allowed to {named}.",
        Reason.LIMIT_ROW: "In every slot that is left, it would be too many meetings in a row for {named}.",
        Reason.LIMIT_BREAKS: "In every slot that is left, it would be one break too many for {named}.",
        Reason.PRECEDENCE: "The meetings that come before or after it leave no slot: {named}.",
        Reason.WALKING: "Walking time or a fixed table keeps people from the tables that are free: {named}.",
        Reason.COSTS_MORE: "Placing it (weight {own}) costs at least these (weight {weight}): {named}.",
    }
)
FREE = "It could be placed, at the cost of a goal that counts more, or with more time to search."


def why(problem: Problem, unplaced: Unplaced) -> str:
    """One sentence: why the meeting is not placed."""
    if unplaced.reason is Reason.COSTS_MORE and not unplaced.subjects:
        return FREE
    people = {person.id for person in problem.people}
    meetings = {meeting.id: meeting for meeting in problem.meetings}
    who = [subject for subject in unplaced.subjects if subject in people]
    others = [subject for subject in unplaced.subjects if subject in meetings and subject not in who]
    return WHY[unplaced.reason].format(
        named=_names(unplaced.subjects),
        who=_names(who),
        others=_names(others),
        pair="-".join(meetings[unplaced.meeting].interpret or ()),
        own=meetings[unplaced.meeting].weight,
        weight=sum(meetings[other].weight for other in others),
    )


def _names(ids: Collection[str]) -> str:
    names = list(ids)
    rest = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def remedy_sentence(remedy: Remedy) -> str:
    """One sentence: what would place the meeting, and where it then is."""
    slot, subject = remedy.placement.slot, remedy.subject
    match remedy.change:
        case Change.NOTHING:
            what = "It fits as things are"
        case Change.FREE_SLOT:
            what = f"If {subject} were free then"
        case Change.DELEGATE:
            what = f"With one more delegate of {subject}"
        case Change.TABLE:
            what = "With one more table then"
        case Change.INTERPRETER:
            what = f"With one more interpreter for {subject} then"
        case Change.COMPANY_LIMIT:
            what = f"With one meeting more allowed to {subject}"
    return f"{what}: {slot}, at {remedy.placement.table}."


WISHES: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        Kind.MUST: "meeting {subject} takes place ({people})",
        Kind.LOCK: "meeting {subject} keeps to its slots or its table",
        Kind.ORDER: "meeting {subject} comes after those before it",
        Kind.ROOM: "meeting {subject} has the zone and the features that it needs",
        Kind.AWAY: "{subject} is away when said",
        Kind.LIMIT: "{subject} has no more meetings than allowed (in all, a day, in a row)",
        Kind.FIXED_TABLE: "{subject} stays at one table",
        Kind.COMPANY_LIMIT: "company {subject} has no more meetings than allowed",
        Kind.INTERPRETER: "interpreter {subject} is away when said and works no more than allowed",
        Kind.CLOSED: "table {subject} is closed when said",
        Kind.BREAKS: "nobody has more breaks than allowed",
        Kind.WALKS: "everybody has time to walk between zones",
    }
)


def together(problem: Problem, found: Conflict) -> Iterator[str]:
    """Why there is no schedule: a line for each wish of the conflict."""
    if not found.wishes:
        yield "There is no schedule even without any of the wishes and rules."
        return
    yield (
        "These can't all hold; without any one of them the others can:"
        if found.minimal
        else "These can't all hold (with more time there may be fewer):"
    )
    for wish in found.wishes:
        yield f"  - {_wish(problem, wish)}"


def _wish(problem: Problem, wish: Wish) -> str:
    people = ""
    if wish.kind is Kind.MUST:
        meeting = next(each for each in problem.meetings if each.id == wish.subject)
        people = " with ".join("/".join(party.people) for party in meeting.parties)
    return WISHES[wish.kind].format(subject=wish.subject, people=people)


def worth_sentence(found: Worth) -> str:
    """What one more of a resource gains."""
    match found.resource:
        case Resource.TABLE:
            what = f"One more table in block {found.subject}"
        case Resource.SLOT:
            what = f"One more slot at the end of block {found.subject}"
        case Resource.INTERPRETER:
            what = f"One more interpreter for {found.subject}"
        case Resource.DELEGATE:
            what = f"One more delegate of {found.subject}"
    if found.least == found.most:
        return f"{what}: {found.least:+,} value."
    return f"{what}: between {found.least:+,} and {found.most:+,} value."


def changes(difference: Diff) -> Iterator[str]:
    """A line over all, then a line for each change of each person."""
    if difference.unchanged:
        yield "No agenda changes."
        return
    yield (
        f"{len(difference.people)} people are affected: {len(difference.added)} meetings added, "
        f"{len(difference.dropped)} dropped, {len(difference.moved)} changed, {difference.same} as before."
    )
    for person in difference.people:
        yield person.person
        for placement in person.added:
            yield f"  + {placement.meeting}: {_place(placement)}"
        for placement in person.dropped:
            yield f"  - {placement.meeting}: {_place(placement)}"
        for move in person.moved:
            yield f"  > {move.before.meeting}: {_place(move.before)} -> {_place(move.after)}"


def _place(placement: Placement) -> str:
    by = "" if placement.interpreter is None else f", interpreter {placement.interpreter}"
    return f"{placement.slot}, {placement.table}{by}"
