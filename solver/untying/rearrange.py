"""A schedule in which nobody changes tables, made anew from what takes place: blocks and people first, times
and tables then."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

from solver.untying.knots import Times
from solver.untying.laying import lay
from solver.untying.sharing import Share

if TYPE_CHECKING:
    from solver.arrays import Arrays, Assignment
    from solver.bounds.lp import Stopper


ROUNDS: Final = 5
"""Annealings in vain after which it is given up: some minutes of them on forums of a thousand meetings."""


def rearrange(
    arrays: Arrays,
    begin: Assignment,
    *,
    seed: int,
    control: Stopper,
    most_idle: int | None = None,
    rounds: int = ROUNDS,
) -> Assignment | None:
    """A schedule of what takes place in ``begin`` without any change of table, and with no more than
    ``most_idle`` idle slots (None: as many as now); None where none was found.

    All hard rules are kept but limits of breaks. Likes and dislikes are not looked at. For schedules that
    :func:`solver.untying.sharing.may_share` allows.
    """
    if most_idle is None:
        times = Times.of(arrays, begin)
        most_idle = sum(times.idle(who, range(arrays.n_slots)) for who in times.at)
    share = Share(arrays, begin, seed=seed, most_idle=most_idle)
    chance = random.Random(seed)
    again = False
    while rounds > 0 and not control.should_stop():
        shared = share.round(control, again=again)
        again = shared is not None
        if shared is None:
            rounds -= 1
            continue
        found = lay(arrays, begin, shared, seed=chance.randrange(1 << 30), control=control)
        if found is not None:
            return found
    return None
