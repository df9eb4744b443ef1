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
from solver.untying.sharing import Share, Shared

if TYPE_CHECKING:
    from solver.arrays import Arrays, Assignment
    from solver.bounds.lp import Stopper


ROUNDS, FAR = 20, 4
"""Annealings in vain after which it is given up, on forums of a thousand meetings some minutes of them; as
long as none came near, each counts as so many."""

MOST_LAID: Final = 50
"""Blocks and people for which times were looked for in vain after which it is given up, too."""

LOOSENED: Final = 2
"""How often blocks that have no times break a few links instead, which takes as long as several tries: so
that there are few changes soon, and none later."""


def rearrange(
    arrays: Arrays,
    begin: Assignment,
    *,
    seed: int,
    control: Stopper,
    least_idle: int | None = None,
    rounds: int = ROUNDS,
) -> Iterator[Assignment]:
    """Schedules with few changes of table, or none, and then with fewer idle slots; there may be none at all.
    What takes place in ``begin`` does, or other meetings of no less weight instead, so that coverage is no
    less, either. Idle slots in sum are no more than now; ``least_idle`` are aimed at (None: as many as now),
    and a schedule with no more than those and no changes is the last one.

    All hard rules are kept but limits of breaks. Likes and dislikes are not looked at. For schedules that
    :func:`solver.untying.sharing.may_share` allows.
    """
    times = Times.of(arrays, begin)
    now = sum(times.idle(who, range(arrays.n_slots)) for who in times.at)
    least = now if least_idle is None else least_idle
    share = Share(arrays, begin, seed=seed, least_idle=least, most_idle=now)
    chance = random.Random(seed)
    again, laid, unlaid, loosened = False, 0, Counter[int](), 0
    while rounds > 0 and laid < MOST_LAID and not control.should_stop():
        shared = share.round(control, again=again)
        again = shared is not None and not shared.loose
        if not again:
            rounds -= 1 if share.came_near else FAR
        if shared is None:
            continue
        laid += 1
        found = lay(arrays, shared, seed=chance.randrange(1 << 30), control=control, hard=unlaid)
        if isinstance(found, Unlaid):
            unlaid[found.block] += 1
            if loosened < LOOSENED:
                loosened += 1
                found = _loosened(arrays, shared, found, seed=chance.randrange(1 << 30), control=control)
        if isinstance(found, Unlaid):
            continue
        loosened = LOOSENED
        yield found
        if count_moves(arrays, found) == 0:
            if share.idle <= least:
                return
            share.aim(least_idle=least, most_idle=share.idle - 1)
            again, laid = False, 0


def _loosened(
    arrays: Arrays, shared: Shared, unlaid: Unlaid, *, seed: int, control: Stopper
) -> Assignment | Unlaid:
    """Break a few links of the block that has no times, and of further ones."""
    found: Assignment | Unlaid = unlaid
    while isinstance(found, Unlaid) and found.block not in {NONE, *shared.loose}:
        shared = replace(shared, loose=shared.loose | {found.block})
        found = lay(arrays, shared, seed=seed, control=control, hard=Counter([found.block]))
    return found
