"""A person with ``fixed_table`` has all meetings of a block at one table."""

from __future__ import annotations

from solver.model.rules import fixed_tables
from solver.problem import Problem
from tests.solver.factories import meeting, person, problem, table
from tests.solver.model.exact import assert_rule

APART = (meeting("m", "ann", "bob", zone="east"), meeting("n", "ann", "cat", zone="west"))
STAYS = (person("ann", fixed_table=True),)


def apart(*blocks: int) -> Problem:
    halls = (table("t0", "east"), table("t1", "west"))
    return problem(*APART, blocks=blocks, tables=halls, people=STAYS, must_all=True)


def crossed(*closed: tuple[str, ...]) -> Problem:
    """Ann meets twice, and each of the alike tables may be closed for one of her slots."""
    meetings = (meeting("m", "ann", "bob"), meeting("n", "ann", "cat"))
    places = tuple(table(f"t{n}", closed=slots) for n, slots in enumerate(closed))
    return problem(*meetings, blocks=(2,), tables=places, people=STAYS, must_all=True)


def test_a_person_stays_at_one_table_within_a_block() -> None:
    assert_rule(fixed_tables, "fixed-table", feasible=apart(2, 2), infeasible=apart(4))


def test_a_person_stays_at_one_of_several_tables_of_a_kind() -> None:
    assert_rule(
        fixed_tables,
        "fixed-table",
        feasible=crossed(("s0",), ()),
        infeasible=crossed(("s0",), ("s1",)),
    )
