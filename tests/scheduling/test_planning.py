"""Rows -> Problem: every rule arrives in the solver's terms, and nothing is dropped in silence."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from flask import Flask

from forum_scheduler.companies.models import CompanyStatus, DelegateAlsoFor
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import InterpreterAbsence, TableClosure, ZoneWalk
from forum_scheduler.requests.models import MeetingStart, MeetingState, Precedence
from forum_scheduler.scheduling.agreed import LeftOutReason
from forum_scheduler.scheduling.planning import NotReady, build
from solver import problem as solver
from solver.codec import digest
from solver.problem import GoalName, Need
from tests.factories import (
    FIRST_DAY,
    delegates_of,
    interpreters_of,
    make_block,
    make_blocked_pair,
    make_company,
    make_delegate,
    make_forum,
    make_meeting,
    make_table,
    make_unavailable,
    slots_of,
    store,
    tables_of,
    zones_of,
)
from tests.queries import count_queries


def _person(problem: solver.Problem, delegate_id: int) -> solver.Person:
    return next(person for person in problem.people if person.id == f"d{delegate_id}")


def test_an_agreed_meeting_arrives_with_all_that_was_set_for_it(app: Flask) -> None:
    forum = make_forum()
    one, two = make_company(forum, delegates=2), make_company(forum, side="ua")
    slots, tables, zones = slots_of(forum), tables_of(forum), zones_of(forum)
    first = make_meeting(between=[one, two])
    meeting = make_meeting(
        between=[one, two],
        weight=7,
        length_slots=2,
        must=True,
        features=["screen"],
        zone_id=zones[1].id,
        interpret=["en", "uk"],
        locked_slot_id=slots[2].id,
        locked_table_id=tables[3].id,
    )
    store(MeetingStart(meeting_id=meeting.id, slot_id=slots[2].id))
    store(Precedence(before_id=first.id, after_id=meeting.id))
    made = build(forum).problem.meetings[1]
    assert made == solver.Meeting(
        id=f"m{meeting.id}",
        parties=(
            solver.Party(company=f"c{one.id}", people=tuple(f"d{each.id}" for each in delegates_of(one))),
            solver.Party(company=f"c{two.id}", people=(f"d{delegates_of(two)[0].id}",)),
        ),
        weight=7,
        length=2,
        must=True,
        starts=(f"s{slots[2].id}",),
        features=("screen",),
        zone=f"z{zones[1].id}",
        interpret=("en", "uk"),
        after=(f"m{first.id}",),
        locked_slot=f"s{slots[2].id}",
        locked_table=f"t{tables[3].id}",
    )


def test_named_delegates_are_the_only_candidates(app: Flask) -> None:
    forum = make_forum()
    one, two = make_company(forum, delegates=3), make_company(forum, side="ua")
    named = delegates_of(one)[1:]
    meeting = make_meeting(between=[one, two], delegates={one: named})
    meeting.parties[0].need = "all"
    db.session.commit()
    party = build(forum).problem.meetings[0].parties[0]
    assert (party.people, party.need) == (tuple(f"d{each.id}" for each in named), Need.ALL)


def test_a_delegate_for_two_companies_is_a_candidate_of_both_but_never_of_both_sides(app: Flask) -> None:
    forum = make_forum()
    own, other, third = (make_company(forum) for _ in range(3))
    shared = delegates_of(own)[0]
    store(DelegateAlsoFor(delegate_id=shared.id, company_id=other.id))
    make_meeting(between=[other, third])
    make_meeting(between=[own, other])
    meetings = build(forum).problem.meetings
    assert f"d{shared.id}" in meetings[0].parties[0].people
    assert meetings[1].parties[0].people == (f"d{shared.id}",)
    assert f"d{shared.id}" not in meetings[1].parties[1].people


def test_limits_are_the_delegates_own_or_else_the_forums(app: Flask) -> None:
    forum = make_forum(max_in_row=3, max_per_day=6, max_meetings=9, max_breaks=1, coverage_floor=2)
    one, two = make_company(forum, max_meetings=4), make_company(forum)
    strict = make_delegate(one, max_in_row=1, max_per_day=2, fixed_table=True)
    make_meeting(between=[one, two])
    problem = build(forum).problem
    own, common = _person(problem, strict.id), _person(problem, delegates_of(two)[0].id)
    assert (own.max_in_row, own.max_per_day, own.fixed_table) == (1, 2, True)
    assert (common.max_in_row, common.max_per_day, common.fixed_table) == (3, 6, False)
    assert [company.max_meetings for company in problem.companies] == [4, 9]
    assert (problem.max_breaks, problem.floor) == (1, 2)


def test_no_company_lets_its_delegates_meet_more_often_a_day_than_the_forum_allows(app: Flask) -> None:
    forum = make_forum(max_per_day=6)
    one, other = make_company(forum, side="ua"), make_company(forum, side="eu")
    make_delegate(one, max_per_day=20)
    make_meeting(between=(one, other))
    assert {person.max_per_day for person in build(forum).problem.people} == {6}


def test_goals_and_must_all_come_from_the_forum(app: Flask) -> None:
    forum = make_forum(goals=["value", "breaks"], must_all=True)
    make_meeting(between=[make_company(forum), make_company(forum)])
    problem = build(forum).problem
    assert (problem.goals, problem.must_all) == ((GoalName.VALUE, GoalName.BREAKS), True)


def test_who_is_absent_and_what_is_closed_arrives_in_order_of_time(app: Flask) -> None:
    forum = make_forum()
    one, two = make_company(forum), make_company(forum)
    slots, table = slots_of(forum), tables_of(forum)[1]
    make_unavailable(delegates_of(one)[0], slots[5], slots[1])
    store(TableClosure(table_id=table.id, slot_id=slots[3].id))
    store(InterpreterAbsence(interpreter_id=interpreters_of(forum)[0].id, slot_id=slots[0].id))
    make_meeting(between=[one, two])
    problem = build(forum).problem
    assert _person(problem, delegates_of(one)[0].id).unavailable == (f"s{slots[1].id}", f"s{slots[5].id}")
    assert problem.tables[1].closed == (f"s{slots[3].id}",)
    assert problem.interpreters[0].unavailable == (f"s{slots[0].id}",)


@pytest.mark.parametrize(("minutes", "too_far"), [(6, True), (5, False)])
def test_zones_are_too_far_when_the_walk_takes_longer_than_the_pause(
    app: Flask, minutes: int, too_far: bool
) -> None:
    forum = make_forum(pause_minutes=5)
    low, high = zones_of(forum)
    store(ZoneWalk(low_id=low.id, high_id=high.id, minutes=minutes))
    make_meeting(between=[make_company(forum), make_company(forum)])
    walks = build(forum).problem.walks
    assert walks == ((solver.Walk(a=f"z{low.id}", b=f"z{high.id}"),) if too_far else ())


def test_booths_name_their_host_and_tables_their_features_and_seats(app: Flask) -> None:
    forum = make_forum(tables=1, zones=1)
    host = make_company(forum)
    booth = make_table(forum, host=host, features=["screen"], seats=4, position=9)
    make_meeting(between=[host, make_company(forum)])
    made = build(forum).problem.tables[1]
    assert made == solver.Table(
        id=f"t{booth.id}",
        zone=f"z{booth.zone_id}",
        features=("screen",),
        host=f"c{host.id}",
        seats=4,
    )


def test_days_are_those_of_the_forums_clocks(app: Flask) -> None:
    forum = make_forum(blocks=1, timezone="Asia/Tokyo")
    make_block(forum, starts_at=FIRST_DAY + timedelta(hours=9), slots=1)  # 01:00 of the next day in Tokyo
    make_meeting(between=[make_company(forum), make_company(forum)])
    assert [block.day for block in build(forum).problem.blocks] == ["2027-05-12", "2027-05-13"]


def test_cancelled_meetings_are_no_part_of_the_problem(app: Flask) -> None:
    forum = make_forum()
    one, two = make_company(forum), make_company(forum)
    kept = make_meeting(between=[one, two])
    make_meeting(between=[one, two], state=MeetingState.CANCELLED)
    plan = build(forum)
    assert [meeting.id for meeting in plan.problem.meetings] == [f"m{kept.id}"]
    assert plan.left_out == ()


def test_a_meeting_that_cannot_be_expressed_is_left_out_with_its_reason(app: Flask) -> None:
    forum = make_forum()
    one, two = make_company(forum), make_company(forum)
    nobody = make_company(forum, delegates=0)
    refused = make_company(forum, status=CompanyStatus.WITHDRAWN)
    enemy = make_company(forum)
    make_blocked_pair(enemy, one)
    make_meeting(between=[one, two])
    expected = {
        make_meeting(between=[one, nobody]).id: (LeftOutReason.NO_DELEGATE, (f"c{nobody.id}",)),
        make_meeting(between=[one, refused]).id: (LeftOutReason.NOT_APPROVED, (f"c{refused.id}",)),
        make_meeting(between=[one, enemy]).id: (LeftOutReason.BLOCKED, (f"c{one.id}", f"c{enemy.id}")),
        make_meeting(between=[one]).id: (LeftOutReason.TOO_FEW, ()),
    }
    plan = build(forum)
    assert len(plan.problem.meetings) == 1
    assert {each.meeting_id: (each.reason, each.subjects) for each in plan.left_out} == expected


def test_a_forum_without_slots_or_meetings_is_not_ready(app: Flask) -> None:
    empty = make_forum()
    with app.test_request_context(), pytest.raises(NotReady, match="no agreed meeting"):
        build(empty)
    blockless = make_forum(blocks=0)
    make_meeting(between=[make_company(blockless), make_company(blockless)])
    with app.test_request_context(), pytest.raises(NotReady, match="no slots"):
        build(blockless)


def test_meetings_that_wait_for_each_other_are_told_as_a_contradiction(app: Flask) -> None:
    forum = make_forum()
    one, two = make_company(forum), make_company(forum)
    first, second = make_meeting(between=[one, two]), make_meeting(between=[one, two])
    store(Precedence(before_id=first.id, after_id=second.id))
    store(Precedence(before_id=second.id, after_id=first.id))
    with app.test_request_context(), pytest.raises(NotReady, match="contradict"):
        build(forum)


def test_other_forums_have_no_part_in_it(app: Flask) -> None:
    forum, other = make_forum(), make_forum()
    make_meeting(between=[make_company(forum), make_company(forum)])
    before = digest(build(forum).problem)
    make_meeting(between=[make_company(other), make_company(other)])
    assert digest(build(forum).problem) == before


def test_the_number_of_queries_does_not_grow_with_the_forum(app: Flask) -> None:
    counts = []
    for size in (1, 3):
        forum = make_forum(tables=size, interpreters=size, zones=1)
        companies = [make_company(forum, delegates=size) for _ in range(size + 1)]
        for one, two in pairwise(companies):
            make_unavailable(delegates_of(one)[0], slots_of(forum)[0])
            make_meeting(between=[one, two], delegates={one: delegates_of(one)})
        with count_queries() as statements:
            build(forum)
        counts.append(statements.count)
    assert counts[0] == counts[1] <= 20
