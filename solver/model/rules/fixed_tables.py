"""A person with ``fixed_table`` has all meetings of a block at one table.

The shape makes the tables in question units of their own, so "one unit" means "one table".
"""

from __future__ import annotations

from solver.model.variables import Literal, Variables


def apply(variables: Variables) -> None:
    """At most one unit a block for each person who stays at one table."""
    for p, person in enumerate(variables.shape.problem.people):
        if person.fixed_table and len(variables.agenda[p]) > 1:
            for block in variables.shape.blocks:
                _stay(variables, p, block)


def _stay(variables: Variables, person: int, block: range) -> None:
    model, at = variables.model, dict[int, Literal]()
    for presence in variables.agenda[person]:
        m = presence.meeting
        for k in variables.shape.meetings[m].unit_starts:
            for t, located in variables.unit[m, k].items():
                if t in block and t in presence.starts:
                    if k not in at:
                        at[k] = model.new_bool_var("")
                    model.add_bool_or([~presence.starts[t], ~located, at[k]])
    if len(at) > 1:
        model.add_at_most_one(at.values())
