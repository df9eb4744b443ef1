"""A bound of the changes of table and zone that holds whatever the slots and tables are.

Somebody with n meetings in a block has n - 1 steps from one to the next. A step without a pause that is no
change leads to a meeting of the same table in the next slot, and that has *one* predecessor there: so of all
who come to a meeting only those can have stayed who were in that predecessor too, one person mostly, and
nobody at a table's first meeting of a block. Steps over a pause cost idle slots, which an earlier goal has
fixed. The numbers of meetings, and of blocks that people come to, are left to a relaxation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations, product
from typing import TYPE_CHECKING

import numpy as np

from solver.arrays import Longs
from solver.bounds.periods import Grain
from solver.bounds.relaxation import Relaxation
from solver.problem import GoalName, Need

if TYPE_CHECKING:
    from solver.arrays import Arrays
    from solver.bounds.lp import Stopper
    from solver.problem import Meeting

LARGEST = 30_000
"""Meetings up to which the bound is worth its time: some seconds."""


def may_bound(arrays: Arrays, *, placed: int, most_idle: int) -> bool:
    """Whether :func:`moves_bound` has a chance to be above 0, some ``placed`` meetings given; at once.

    Not where people could come to as many blocks as there are meetings, as with several delegates a company.
    """
    block = np.unique(arrays.slot_block, return_inverse=True)[1]
    comes = np.zeros((arrays.n_people, int(block.max(initial=0)) + 1), np.bool_)
    np.logical_or.at(comes.T, block, arrays.person_free.T)
    comes[np.setdiff1d(np.arange(arrays.n_people), arrays.member)] = False
    come, stay = _come_and_stay(arrays)
    first = min(placed, arrays.n_tables * comes.shape[1])  # meetings that can be a table's first of a block
    most = int(np.sort(come - stay)[::-1][:placed].sum()) + first
    return most > int(comes.sum()) + most_idle


def moves_bound(
    arrays: Arrays, *, most_idle: int, least_coverage: int | None, least_value: int, control: Stopper
) -> int:
    """No schedule has fewer moves, if it is as good as said: at most ``most_idle`` idle slots, at least
    ``least_coverage`` and ``least_value``. 0 where stopped before anything is known.
    """
    longest = int((arrays.block_end - arrays.block_start).max(initial=1))
    come, stay = _come_and_stay(arrays)
    first = int(stay.min()) if len(stay) else 0  # who could have stayed at a table's first meeting
    weight = -(longest * (come - stay) + first * arrays.length.astype(np.int64))
    relaxation = Relaxation(arrays, Grain.BLOCK, GoalName.VALUE, least_coverage, weight=weight)
    program = relaxation.program
    if least_value:
        columns = np.arange(len(relaxation.meeting))
        worth = arrays.weight[relaxation.meeting].astype(np.int64)
        program.add_rows(np.zeros(len(columns), np.int64), columns, [-least_value], -worth)
    # Each block that a person comes to saves one step.
    column, who, base = relaxation.person
    pairs, row = np.unique(who * relaxation.n_periods + relaxation.period[base], return_inverse=True)
    comes = program.add_columns(np.full(len(pairs), longest, np.int64)) + np.arange(len(pairs))
    program.add_rows(
        np.concatenate((np.arange(len(pairs)), row)),
        np.concatenate((comes, column)),
        np.zeros(len(pairs), np.int64),
        np.concatenate((np.ones(len(pairs), np.int64), -np.ones(len(column), np.int64))),
    )
    least = -program.solve(control=control).bound
    return max(0, -(-least // longest) - most_idle)


def _come_and_stay(arrays: Arrays) -> tuple[Longs, Longs]:
    """For each meeting: how many people come, and the most of them who can come from one other meeting."""
    meetings = arrays.problem.meetings
    together = Counter(pair for meeting in meetings for pair in _pairs(meeting))
    come = np.array([_size(meeting) for meeting in meetings], np.int64)
    alone = [all(together[pair] == 1 for pair in _pairs(meeting)) for meeting in meetings]
    return come, np.where(np.array(alone, np.bool_), 1, come)


def _size(meeting: Meeting) -> int:
    return sum(len(party.people) if party.need is Need.ALL else 1 for party in meeting.parties)


def _pairs(meeting: Meeting) -> Iterator[tuple[str, str]]:
    """Every two people who may come to the meeting together, in a fixed order."""
    for party in meeting.parties:
        if party.need is Need.ALL:
            yield from (_ordered(*pair) for pair in combinations(party.people, 2))
    for one, other in combinations(meeting.parties, 2):
        yield from (_ordered(*pair) for pair in product(one.people, other.people))


def _ordered(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one <= other else (other, one)
