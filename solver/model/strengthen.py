"""Implied constraints that make proofs short where every meeting is a must (the literature's setting).

They follow from the rules, so that they change no solution; each is added only where its premise holds:
people who certainly come to a known number of meetings, of one slot each, all at the same unit.

* Each person's occupied slots: as many as the person's meetings.
* Each slot's people: an even number, two for each meeting, at most twice the capacity; as a tree of sums.
* Who has no break has all meetings in a row: between the first and so many slots later, always and only.
* Each slot's *clusters* (meetings that share a person: at most one is on): at most the capacity, as a tree.

Measured on the instances of Bofill et al. (JAIR 74, 2022); core search without LP gains most from the trees.
"""

from __future__ import annotations

from collections.abc import Sequence

from solver.model.breaks import break_literals
from solver.model.cpsat import cp_model
from solver.model.shape import Shape
from solver.model.variables import Literal, Variables

LEAF = 4


def strengthen(variables: Variables) -> None:
    """Add what is implied; the premise is ``shape.uniform``."""
    _person_sums(variables)
    _rows(variables)
    capacity = _capacity(variables.shape)
    clusters = _clusters(variables.shape)
    pairs_only = all(len(meeting.always) == 2 for meeting in variables.shape.meetings)
    for s in range(variables.shape.slots):
        starts = [literals[s] for literals in variables.start if s in literals]
        if len(starts) <= 1:
            continue
        if pairs_only:
            _people_sum(variables, s, starts, capacity)
        _cluster_sum(variables, clusters, s, capacity)


def _capacity(shape: Shape) -> int:
    return shape.units[next(iter(shape.meetings[0].unit_starts), 0)].capacity


def _person_sums(variables: Variables) -> None:
    for p, agenda in enumerate(variables.agenda):
        if len(agenda) > 1:
            busy = [variables.busy(p, s) for s in range(variables.shape.slots) if variables.covering(p, s)]
            variables.model.add(cp_model.LinearExpr.sum(busy) == len(agenda))


def _rows(variables: Variables) -> None:
    """Tie the agendas without a break to where they begin; only where one block holds all slots."""
    if len(variables.shape.blocks) > 1:
        return
    for p, agenda in enumerate(variables.agenda):
        ends = break_literals(variables, p) if len(agenda) > 1 else []
        if ends:
            _row(variables, p, len(agenda), ends)


def _row(variables: Variables, person: int, count: int, ends: Sequence[Literal]) -> None:
    model, last = variables.model, variables.shape.slots
    broken = model.new_bool_var("")
    model.add_bool_or([*ends, ~broken])
    for end in ends:
        model.add_implication(end, broken)
    for s in range(last):
        begun, busy = variables.begun(person, s), variables.busy(person, s)
        if s < count:
            model.add_bool_or([broken, ~begun, busy])
        else:
            long_begun = variables.begun(person, s - count)
            model.add_bool_or([broken, ~begun, long_begun, busy])
            model.add_bool_or([broken, ~long_begun, ~busy])
    if last >= count:
        model.add_bool_or([variables.begun(person, last - count)])


def _people_sum(variables: Variables, slot: int, starts: Sequence[Literal], capacity: int) -> None:
    busy = [variables.busy(p, slot) for p in range(len(variables.agenda)) if variables.covering(p, slot)]
    model = variables.model
    total = model.new_int_var(0, min(capacity, len(starts)), "")
    model.add(tree_sum(model, busy, 2 * capacity) == 2 * total)
    model.add(cp_model.LinearExpr.sum(starts) == total)


def _cluster_sum(variables: Variables, clusters: list[list[int]], slot: int, capacity: int) -> None:
    model = variables.model
    active: list[Literal] = []
    for cluster in clusters:
        members = [variables.start[m][slot] for m in cluster if slot in variables.start[m]]
        if len(members) == 1:
            active.append(members[0])
        elif members:
            literal = model.new_bool_var("")
            model.add_exactly_one([*members, ~literal])
            active.append(literal)
    if len(active) > capacity:
        model.add(tree_sum(model, active, capacity) <= capacity)


def _clusters(shape: Shape) -> list[list[int]]:
    """Meetings in groups that share a person, greedily: the person with most meetings left takes them."""
    left = set(range(len(shape.meetings)))
    agendas = shape.meetings_of_people()
    clusters: list[list[int]] = []
    while left:
        person = max(range(len(agendas)), key=lambda p: (sum(m in left for m in agendas[p]), -p))
        cluster = [m for m in agendas[person] if m in left]
        left.difference_update(cluster)
        clusters.append(cluster)
    return clusters


def tree_sum(model: cp_model.CpModel, literals: Sequence[Literal], most: int) -> cp_model.LinearExprT:
    """The sum of ``literals`` by a binary tree of partial sums, each at most ``most``."""
    if len(literals) <= LEAF:
        return cp_model.LinearExpr.sum(list(literals))
    half = len(literals) // 2
    parts = [tree_sum(model, literals[:half], most), tree_sum(model, literals[half:], most)]
    total = model.new_int_var(0, min(most, len(literals)), "")
    model.add(cp_model.LinearExpr.sum(parts) == total)
    return total
