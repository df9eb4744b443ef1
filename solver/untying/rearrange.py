"""A schedule in which nobody changes tables, made anew from what takes place: blocks and people first, times
and tables then."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from solver.placing.tables import count_moves
from solver.untying.knots import Times
from solver.untying.laying import lay
from solver.untying.sharing import Share

if TYPE_CHECKING:
    from solver.arrays import Arrays, Assignment
    from solver.bounds.lp import Stopper


ROUNDS: Final = 5
"""Annealings in vain after which it is given up: some minutes of them on forums of a thousand meetings."""

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
    again, laid = False, 0
    while rounds > 0 and laid < MOST_LAID and not control.should_stop():
        shared = share.round(control, again=again)
        again = shared is not None and shared.in_rows
        rounds -= 0 if again else 1
        found = None
        if shared is not None:
            laid += 1
            found = lay(arrays, shared, seed=chance.randrange(1 << 30), control=control)
        if found is not None:
            yield found
            if count_moves(arrays, found) == 0:
                return
