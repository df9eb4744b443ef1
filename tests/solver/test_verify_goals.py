"""The judge counts: every goal from the placements alone, and no claim is believed."""

from __future__ import annotations

import pytest

from solver.problem import GoalName
from solver.schedule import Reason, Status, Unplaced
from solver.verify import verify, verify_claims
from tests.solver.factories import meeting, party, person, place, problem, schedule, table

ONE = problem(meeting("m", "ann", "bob"))
ANN_TWICE = problem(meeting("m", "ann", "bob"), meeting("n", "ann", "cat"), tables=2)
TEAM = party("ann", "amy", company="A")


class TestGoals:
    """Every goal is computed from the placements, whatever the problem asks for."""

    def test_value_is_the_weight_of_what_takes_place(self) -> None:
        p = problem(meeting("m", "ann", "bob", weight=3), meeting("n", "ann", "cat", weight=5))

        assert verify(p, schedule(place(p, "n", "s0"))).goals[GoalName.VALUE] == 5

    def test_coverage_rewards_a_companys_first_meetings_most_and_none_past_the_floor(self) -> None:
        p = problem(
            meeting("m", "ann", "bob"), meeting("n", "ann", "cat"), meeting("o", "ann", "dan"), floor=2
        )

        goals = verify(p, schedule(*(place(p, name, f"s{i}") for i, name in enumerate("mno")))).goals

        assert goals[GoalName.COVERAGE] == (2 + 1) + 2 + 2 + 2

    def test_breaks_count_runs_and_idle_counts_slots_within_a_block(self) -> None:
        p = problem(
            *(meeting(name, "ann", other) for name, other in zip("mnop", "wxyz", strict=True)), blocks=(6, 2)
        )
        placed = schedule(place(p, "m", "s0"), place(p, "n", "s3"), place(p, "o", "s5"), place(p, "p", "s7"))

        goals = verify(p, placed).goals

        assert goals[GoalName.BREAKS] == 2
        assert goals[GoalName.IDLE] == 3

    def test_a_long_meeting_is_no_break(self) -> None:
        p = problem(meeting("m", "ann", "bob", length=2), meeting("n", "ann", "cat"))

        goals = verify(p, schedule(place(p, "m", "s0"), place(p, "n", "s2"))).goals

        assert (goals[GoalName.BREAKS], goals[GoalName.IDLE]) == (0, 0)

    def test_moves_count_tables_once_and_zones_once_more_within_a_block(self) -> None:
        tables = (table("t0"), table("t1"), table("t2", "annex"))
        p = problem(
            *(meeting(n, "ann", o) for n, o in zip("mnop", "wxyz", strict=True)), blocks=(6, 2), tables=tables
        )
        placed = schedule(
            place(p, "m", "s0", "t0"),
            place(p, "n", "s1", "t1"),
            place(p, "o", "s5", "t2"),
            place(p, "p", "s6", "t0"),
        )

        assert verify(p, placed).goals[GoalName.MOVES] == 1 + 2

    def test_preferences_are_disliked_less_liked_slots(self) -> None:
        p = problem(
            meeting("m", "ann", "bob", length=2),
            people=(person("ann", disliked=("s0", "s3")), person("bob", liked=("s0", "s1"))),
        )

        assert verify(p, schedule(place(p, "m", "s0"))).goals[GoalName.PREFERENCES] == 1 - 2

    def test_promises_count_people_whose_agenda_changes(self) -> None:
        p = problem(*ANN_TWICE.meetings, meeting("o", "dan", "eve"), tables=2)
        published = schedule(place(p, "m", "s0"), place(p, "n", "s1"), place(p, "o", "s2"))
        moved = schedule(place(p, "m", "s0", "t1"), place(p, "n", "s1"), place(p, "o", "s2"))
        dropped = schedule(place(p, "m", "s0"), place(p, "n", "s1"))

        assert verify(p, published, published=published).goals[GoalName.PROMISES] == 0
        assert verify(p, moved, published=published).goals[GoalName.PROMISES] == 2
        assert verify(p, dropped, published=published).goals[GoalName.PROMISES] == 2

    def test_a_delegate_who_left_the_forum_counts_for_no_promise(self) -> None:
        before = problem(meeting("m", "ann", "bob"))
        published = schedule(place(before, "m", "s0"))
        after = problem(people=(person("ann"),))

        assert verify(after, schedule(), published=published).goals[GoalName.PROMISES] == 1

    def test_a_companion_who_changes_does_not_change_my_agenda(self) -> None:
        p = problem(meeting("m", TEAM, "bob"))
        published = schedule(place(p, "m", "s0", people=("ann", "bob")))
        changed = schedule(place(p, "m", "s0", people=("amy", "bob")))

        assert verify(p, changed, published=published).goals[GoalName.PROMISES] == 2

    def test_promises_are_no_goal_without_a_published_schedule(self) -> None:
        assert GoalName.PROMISES not in verify(ONE, schedule()).goals
        asking = problem(*ONE.meetings, goals=(GoalName.PROMISES,))
        assert verify(asking, schedule()).goals[GoalName.PROMISES] == 0


class TestClaims:
    """What a schedule says about itself must be so."""

    def test_true_claims_are_accepted(self) -> None:
        claim = schedule(place(ONE, "m", "s0"), status=Status.OPTIMAL, goals={GoalName.VALUE: (1, 1)})

        assert verify(ONE, claim).accepted

    @pytest.mark.parametrize(
        ("status", "goals"),
        [
            (Status.FEASIBLE, {GoalName.VALUE: (2, 2)}),
            (Status.FEASIBLE, {GoalName.VALUE: (1, 0)}),
            (Status.FEASIBLE, {GoalName.VALUE: (1, 1), GoalName.IDLE: (0, 1)}),
            (Status.OPTIMAL, {GoalName.VALUE: (1, 2)}),
            (Status.OPTIMAL, {}),
        ],
        ids=["wrong value", "value passes its bound", "less than the least", "gap left", "nothing proven"],
    )
    def test_untrue_claims_are_refused(self, status: Status, goals: dict[GoalName, tuple[int, int]]) -> None:
        verdict = verify(ONE, schedule(place(ONE, "m", "s0"), status=status, goals=goals))

        assert {violation.rule for violation in verdict.violations} == {"goal"}

    def test_claims_are_judged_alike_where_the_placements_have_been_judged(self) -> None:
        true = schedule(place(ONE, "m", "s0"), status=Status.OPTIMAL, goals={GoalName.VALUE: (1, 1)})
        false = schedule(
            place(ONE, "m", "s0"),
            goals={GoalName.VALUE: (2, 2)},
            unplaced=(Unplaced(meeting="m", reason=Reason.NO_TABLE),),
        )
        for made in (true, false):
            whole = verify(ONE, made)

            assert verify_claims(ONE, made, whole.goals) == whole
        assert len(whole.violations) == 2

    def test_an_unplaced_meeting_may_be_listed_once(self) -> None:
        listed = Unplaced(meeting="m", reason=Reason.NO_TABLE)

        assert verify(ONE, schedule(unplaced=(listed,))).accepted

    @pytest.mark.parametrize(
        ("names", "placed", "rule"),
        [(("m",), True, "unplaced"), (("m", "m"), False, "unplaced"), (("x",), False, "unknown")],
    )
    def test_a_wrong_list_of_unplaced_meetings_is_refused(
        self, names: tuple[str, ...], placed: bool, rule: str
    ) -> None:
        listed = [Unplaced(meeting=name, reason=Reason.NO_TABLE) for name in names]
        placements = [place(ONE, "m", "s0")] if placed else []

        verdict = verify(ONE, schedule(*placements, unplaced=listed))

        assert [violation.rule for violation in verdict.violations] == [rule]
