"""A schedule in which nobody changes tables, made anew from what takes place: blocks and people first, times
and tables then."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from solver.arrays import NONE
from solver.placing.tables import count_moves
from solver.untying.knots import Times
from solver.untying.laying import Unlaid, lay
from solver.untying.sharing import Share

if TYPE_CHECKING:
    from solver.arrays import Arrays, Assignment
    from solver.bounds.lp import Stopper


ROUNDS, FAR = 20, 4
"""Annealings in vain after which it is given up, on forums of a thousand meetings some minutes of them; as
long as none came near, each counts as so many."""

MOST_LAID: Final = 50
"""Blocks and people for which times were looked for in vain after which it is given up, too."""


def rearrange(
    arrays: Arrays,
    begin: Assignment,
    *,
    seed: int,
    control: Stopper,
    most_idle: int | None = None,
    rounds: int = ROUNDS,
) -> Iterator[Assignment]:
    """Schedules with few changes of table, the last one with none; there may be none at all. What takes place
    in ``begin`` does, or other meetings of no less weight instead, so that coverage is no less, either. Idle
    slots: ``most_idle`` in sum (None: as many as now).

    All hard rules are kept but limits of breaks. Likes and dislikes are not looked at. For schedules that
    :func:`solver.untying.sharing.may_share` allows.
    """
    if most_idle is None:
        times = Times.of(arrays, begin)
        most_idle = sum(times.idle(who, range(arrays.n_slots)) for who in times.at)
    share = Share(arrays, begin, seed=seed, most_idle=most_idle)
    chance = random.Random(seed)
    again, laid, unlaid, few = False, 0, Counter[int](), False
    while rounds > 0 and laid < MOST_LAID and not control.should_stop():
        shared = share.round(control, again=again)
        again = shared is not None and not shared.loose
        if not again:
            rounds -= 1 if share.came_near else FAR
        if shared is None:
            continue
        laid += 1
        found = lay(arrays, shared, seed=chance.randrange(1 << 30), control=control, hard=unlaid)
        while isinstance(found, Unlaid) and found.block not in {NONE, *shared.loose}:
            unlaid[found.block] += 1
            if few:
                break
            shared = replace(shared, loose=shared.loose | {found.block})  # few changes now, none later
            found = lay(arrays, shared, seed=chance.randrange(1 << 30), control=control, hard=unlaid)
        if not isinstance(found, Unlaid):
            few = True
            yield found
            if count_moves(arrays, found) == 0:
                return
