"""The most meetings in all of a person and of a company."""

from __future__ import annotations

from solver.model.rules import totals
from solver.problem import Company
from tests.solver.factories import meeting, party, person, problem
from tests.solver.model.exact import assert_rule

THREE = tuple(meeting(f"m{n}", "ann", f"b{n}") for n in range(3))


def test_a_person_has_at_most_so_many_meetings() -> None:
    assert_rule(
        totals,
        "limit",
        feasible=problem(*THREE, people=(person("ann", max_meetings=3),), must_all=True),
        infeasible=problem(*THREE, people=(person("ann", max_meetings=2),), must_all=True),
    )


def test_a_company_has_at_most_so_many_meetings_whoever_comes() -> None:
    team = tuple(meeting(f"m{n}", party(f"a{n}", company="A"), f"b{n}") for n in range(2))
    assert_rule(
        totals,
        "limit",
        feasible=problem(*team, companies=(Company(id="A", max_meetings=2),), must_all=True),
        infeasible=problem(*team, companies=(Company(id="A", max_meetings=1),), must_all=True),
    )


def test_a_meeting_of_two_parties_of_one_company_counts_once() -> None:
    inside = (meeting("m", party("ann", company="A"), party("amy", company="A"), "bob"),)
    assert_rule(
        totals,
        "limit",
        feasible=problem(*inside, companies=(Company(id="A", max_meetings=1),), must_all=True),
        infeasible=problem(*inside, companies=(Company(id="A", max_meetings=0),), must_all=True),
    )
