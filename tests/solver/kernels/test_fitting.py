"""Who comes for a party of several: whoever gets no gap of it, where gaps count."""

from __future__ import annotations

from collections import Counter

from solver.arrays import Arrays, Assignment
from solver.kernels import fitting
from solver.placing.annealer import Annealer
from solver.placing.plain import random_state
from solver.problem import GoalName
from tests.solver.factories import meeting, party, place, problem

ACME = party("ann", "bob", company="Acme")


def comers(*busy: str, slot: int, goal: GoalName = GoalName.IDLE) -> Counter[str]:
    """Who comes for Acme in ``slot``, of 400 times, while Ann has meetings in the slots ``busy``."""
    tiny = problem(
        *(meeting(f"m{each}", "ann", f"guest{each}") for each in busy),
        meeting("asked", ACME, "eve"),
        goals=(goal,),
        blocks=(5,),
        tables=2,
    )
    arrays = Arrays.of(tiny)
    search = Annealer(arrays=arrays, goals=(goal,), targets={}, seed=1)
    placed = [place(tiny, f"m{each}", each) for each in busy]
    search.load(Assignment.from_placements(arrays, placed))
    random = random_state(7)
    (asked,) = (number for number, each in enumerate(tiny.meetings) if each.id == "asked")
    party_of_acme = int(arrays.party_ptr[asked])
    chosen = [fitting.somebody(search.world.flat, random, party_of_acme, slot, slot + 1) for _ in range(400)]
    assert all(free for _, free in chosen)
    return Counter(tiny.people[who].id for who, _ in chosen)


def test_the_delegate_comes_who_gets_no_gap_of_it() -> None:
    assert comers("s0", slot=3)["bob"] > 320


def test_the_delegate_comes_whose_gap_it_fills() -> None:
    assert comers("s0", "s2", slot=1)["ann"] > 320


def test_now_and_then_the_other_comes_so_that_no_schedule_is_out_of_reach() -> None:
    assert comers("s0", slot=3)["ann"] > 0


def test_where_gaps_do_not_count_both_come_alike() -> None:
    assert 120 < comers("s0", slot=3, goal=GoalName.VALUE)["ann"] < 280
