"""What of earlier placements can stay in a problem that has changed since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from solver.problem import FORMAT_VERSION, Problem
from solver.schedule import Placement, Schedule, Status
from solver.verify import Violation, verify

WISHES = frozenset({"must", "max-breaks"})
"""Rules that placements may leave unmet without fault: they are then no schedule, but a start."""

# Where a violation's subjects name meetings; for all rules not listed it is the first one only. Limits name
# only whose they are.
_MEETINGS_AT: Mapping[str, slice] = {
    "limit": slice(0, 0),
    "one-person": slice(1, 3),
    "one-table": slice(1, 3),
    "one-interpreter": slice(1, 3),
    "walking": slice(1, 3),
    "fixed-table": slice(1, None),
    "after": slice(0, 2),
}


def still_sound(problem: Problem, placements: Iterable[Placement]) -> tuple[Placement, ...]:
    """The placements that can stay as they are: of each broken rule, the lightest meeting in it is dropped.

    Linear in the number of placements for each wave of conflicts; few waves, as a wave drops one meeting
    for each broken rule. Musts and ``max_breaks`` are left to the search.
    """
    meetings = {meeting.id: meeting for meeting in problem.meetings}
    kept = {each.meeting: each for each in placements if each.meeting in meetings}
    companies = {id_: frozenset(party.company for party in meetings[id_].parties) for id_ in kept}
    while True:
        broken = [each for each in _violations(problem, kept.values()) if each.rule not in WISHES]
        if not broken:
            return tuple(kept.values())
        before = len(kept)
        for violation in broken:
            involved = _involved(violation, kept, companies)
            if all(meeting in kept for meeting in involved):
                del kept[min(involved, key=lambda meeting: (meetings[meeting].weight, meeting))]
        assert len(kept) < before, "every broken rule involves a meeting"


def _violations(problem: Problem, placements: Iterable[Placement]) -> tuple[Violation, ...]:
    schedule = Schedule(
        version=FORMAT_VERSION,
        status=Status.FEASIBLE,
        problem_digest="",
        solver_version="",
        placements=tuple(placements),
    )
    return verify(problem, schedule).violations


def _involved(
    violation: Violation, kept: Mapping[str, Placement], companies: Mapping[str, frozenset[str]]
) -> list[str]:
    """The meetings of which one has to go for the rule to hold."""
    if violation.rule != "limit":
        return list(violation.subjects[_MEETINGS_AT.get(violation.rule, slice(0, 1))])
    who = violation.subjects[0]
    return [
        each.meeting
        for each in kept.values()
        if who in each.people or who == each.interpreter or who in companies[each.meeting]
    ]
