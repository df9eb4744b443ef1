"""The bound of breaks by flows of agendas: never above the optimum, and what makes it rise."""

from __future__ import annotations

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from solver.bounds.agendas import Agendas
from solver.model.shape import Shape
from solver.problem import GoalName, Problem
from solver.progress import Control
from tests.solver import brute_force
from tests.solver.factories import meeting, person, problem


def agendas(given_problem: Problem) -> Agendas | None:
    shape = Shape.of(given_problem)
    assert shape.uniform
    return Agendas.of(shape)


def bound(given_problem: Problem) -> int | None:
    found = agendas(given_problem)
    return None if found is None else found.together(control=Control.of_seconds(20))


def mandatory(
    pairs: list[tuple[int, int]], blocks: tuple[int, ...], tables: int, away: list[tuple[int, int]]
) -> Problem:
    people = {who for pair in pairs for who in pair}
    return problem(
        *(meeting(f"m{n}", f"p{a}", f"p{b}") for n, (a, b) in enumerate(pairs)),
        blocks=blocks,
        tables=tables,
        people=tuple(
            person(f"p{who}", unavailable=tuple({f"s{s}" for w, s in away if w == who})) for who in people
        ),
        goals=(GoalName.BREAKS,),
        must_all=True,
    )


def uniform(
    pairs: list[tuple[int, int]], blocks: tuple[int, ...], tables: int, away: list[tuple[int, int]]
) -> Problem:
    """The same of drawn numbers, where they make a problem of the kind that has these bounds."""
    pairs = [pair for pair in pairs if pair[0] != pair[1]]
    assume(pairs)
    made = mandatory(pairs, blocks, tables, [(who, slot) for who, slot in away if slot < sum(blocks)])
    assume(Shape.of(made).uniform)
    return made


def test_a_forced_pause_counts() -> None:
    apart = problem(
        meeting("m", "ann", "bob", locked_slot="s0"),
        meeting("n", "ann", "cat", locked_slot="s2"),
        goals=(GoalName.BREAKS,),
        must_all=True,
    )
    assert bound(apart) == 1


def test_a_pause_across_blocks_is_free_and_one_within_is_not() -> None:
    three = tuple(meeting(f"m{s}", "ann", f"b{s}", locked_slot=f"s{s}") for s in (0, 3, 5))
    fields = {"goals": (GoalName.BREAKS,), "must_all": True}
    assert bound(problem(*three, blocks=(2, 4), **fields)) == 1
    assert bound(problem(*three, blocks=(3, 3), **fields)) == 1
    assert bound(problem(*three, blocks=(6,), **fields)) == 2


def test_scarce_tables_force_pauses() -> None:
    # Ann and Bob are on in the first and the last of three slots, so that both pause while Cat and Dan, whose
    # only free slot is the second, have the one table.
    away = [(2, 0), (2, 2), (3, 0), (3, 2)]
    ring = [(0, 1), (2, 3), (0, 4)]
    assert bound(mandatory(ring, (3,), 2, away)) == 0
    assert bound(mandatory(ring, (3,), 1, away)) == 1


def test_each_person_alone_does_not_see_that_tables_are_scarce() -> None:
    away = [(2, 0), (2, 2), (3, 0), (3, 2)]
    found = agendas(mandatory([(0, 1), (2, 3), (0, 4)], (3,), 1, away))
    assert found is not None
    assert found.crowded
    assert found.apart == 0


def test_a_person_without_any_agenda_has_no_bound() -> None:
    crowded = problem(
        meeting("m", "ann", "bob", locked_slot="s0"),
        meeting("n", "ann", "cat", locked_slot="s0"),
        tables=2,
        goals=(GoalName.BREAKS,),
        must_all=True,
    )
    assert bound(crowded) is None


def test_a_meeting_without_any_slot_leaves_its_people_no_agenda() -> None:
    assert agendas(mandatory([(0, 1), (0, 2)], (2,), 1, [(0, 0), (1, 1)])) is None
    assert agendas(mandatory([(0, 1), (0, 2)], (2,), 1, [])) is not None


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=4, unique=True),
    st.sampled_from([(5,), (2, 3), (4,)]),
    st.integers(1, 2),
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=4),
)
def test_the_bound_is_never_above_the_optimum(
    pairs: list[tuple[int, int]], blocks: tuple[int, ...], tables: int, away: list[tuple[int, int]]
) -> None:
    tiny = uniform(pairs, blocks, tables, away)
    best = brute_force.best(tiny)
    found = bound(tiny)
    if best is not None:
        assert found is not None
        assert found <= best.values[0]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=8, unique=True),
    st.sampled_from([(5,), (2, 3), (4,)]),
    st.integers(1, 3),
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4)), max_size=6),
)
def test_where_no_slot_is_crowded_seats_say_nothing_that_each_person_alone_does_not(
    pairs: list[tuple[int, int]], blocks: tuple[int, ...], tables: int, away: list[tuple[int, int]]
) -> None:
    made = uniform(pairs, blocks, tables, away)
    found = agendas(made)
    assume(found is not None and not found.crowded)
    assert found is not None
    assert found.by_flows(control=Control.of_seconds(20)) <= found.apart
