"""The last changes of table, knot after knot: exact search among the meetings around one at a time.

Annealing takes most changes of table away and then stands still: for the next one some ten meetings would
have to find other times, people and tables at once. Here those around a knot (:mod:`solver.untying.knots`)
are set free, everything else stands fast, and CP-SAT looks for times and people whose knots weigh less. A
choice that weighs as much is taken all the same: so knots wander, until two meet or one finds room. One that
doesn't go away weighs more and more, until two elsewhere weigh less. Where none goes away any more, chance
decides for a while.
"""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from solver.arrays import NONE
from solver.placing.tables import count_moves
from solver.untying.freed import Choice, may_be_freed
from solver.untying.knots import Times
from solver.untying.loosening import Loosening
from solver.untying.rows import seat_rows

if TYPE_CHECKING:
    from solver.arrays import Arrays, Assignment
    from solver.bounds.lp import Stopper

SIZES: Final = (15, 25)
"""Meetings that are set free at once. More find more at a time, and less in the same time."""

KEPT: Final = 0.6
"""Of the meetings that follow from one, the share that is looked at next: so no two looks are alike."""

LONGEST: Final = 0.7
"""Seconds for one look. Nearly all that ends with a choice ends sooner."""


RATE: Final = 10
"""What a knot's weight grows by with each look around it, in hundredths of what it begins with."""

FADING: Final = 0.998
"""The share of what a weight has grown by that is left after each look."""

LEAD: Final = 2
"""Searches go their own ways unless one has so many knots fewer than another ever had."""

PATIENCE: Final = 150
"""Looks without fewer knots after which a search is shaken: meetings get other times, whatever that ties."""

SHAKES: Final = 8
"""How often some are set free for that."""

MORE, MOST_AT_ONCE = 4, 2
"""Knots more than the fewest that may come of it in all, and of one time."""


class Together:
    """The schedule with the fewest knots of all searches side by side, for those that lag far behind."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fewest: tuple[int, Assignment] | None = None

    def tell(self, state: Assignment, knots: int) -> None:
        """Share a schedule if it has fewer knots than the shared one."""
        with self._lock:
            if self._fewest is None or knots < self._fewest[0]:
                self._fewest = knots, state

    def ahead(self, knots: int) -> Assignment | None:
        """The shared schedule, if it has so many knots less (:data:`LEAD`)."""
        with self._lock:
            leads = self._fewest is not None and self._fewest[0] + LEAD <= knots
            return self._fewest[1] if self._fewest is not None and leads else None


def untie(
    arrays: Arrays,
    begin: Assignment,
    *,
    seed: int,
    control: Stopper,
    on_better: Callable[[Assignment], None],
    together: Together | None = None,
) -> None:
    """Look until no knot is left, time is up, or nothing may be moved. ``on_better`` gets each schedule with
    fewer changes of table than all before. What takes place stays as in ``begin``, idle slots don't become
    more in sum, and all hard rules are kept but limits of breaks. Likes and dislikes are not looked at.
    ``together``: what searches side by side share.
    """
    shared = Together() if together is None else together
    chance = random.Random(seed)
    walk = _Walk(arrays, begin)
    if not any(may_be_freed(arrays, walk.times, each) for each, come in enumerate(walk.times.people) if come):
        return
    least, changes = len(walk.knots), count_moves(arrays, begin)
    while walk.knots and not control.should_stop():
        if walk.looks_in_vain > PATIENCE:
            walk.shake(control, chance, most=least + MORE)
        elif (other := shared.ahead(least) or walk.look(control, chance)) is not None:
            walk.go_on_from(other)
        if len(walk.knots) < least:
            least = len(walk.knots)
            shared.tell(walk.state, least)
        if (now := count_moves(arrays, walk.state)) < changes:
            changes = now
            on_better(walk.state)


class _Walk:
    """A walk from schedule to schedule. Each step leaves the knots around one weighing no more than before.

    A knot weighs the more the longer it was looked at: one that stays is given up for two that may go away
    more easily (the breakout method: Morris 1993, The Breakout Method for Escaping from Local Minima).
    """

    def __init__(self, arrays: Arrays, begin: Assignment) -> None:
        self._arrays = arrays
        self._grown: dict[int, float] = {}  # meeting -> what the weight of its knots has grown by
        self._fewest = math.inf  # knots since the last shaking
        self.looks_in_vain = 0
        self.go_on_from(begin)

    def go_on_from(self, state: Assignment) -> None:
        """Step to another schedule."""
        self.state = state
        self.times = Times.of(self._arrays, state)
        self.knots = list(self.times.knots())
        if len(self.knots) < self._fewest:
            self._fewest = len(self.knots)
            self.looks_in_vain = 0

    def look(self, control: Stopper, chance: random.Random) -> Assignment | None:
        """Another schedule, better by the weights or as good; None where none was found."""
        knot, _ = chance.choice(self.knots)
        self.looks_in_vain += 1
        found = self._set_free(knot, self._weight, control, chance)
        self._grow(knot)
        return found

    def shake(self, control: Stopper, chance: random.Random, *, most: int) -> None:
        """Go on from where chance leads, with ``most`` knots: all that can be reached from here was seen."""
        placed = [each for each, come in enumerate(self.times.people) if come]
        for _ in range(SHAKES):
            spare = min(MOST_AT_ONCE, max(0, most - len(self.knots)))
            other = self._set_free(chance.choice(placed), lambda _: 1, control, chance, spare=spare)
            if other is not None:
                self.go_on_from(other)
            if not self.knots or control.should_stop():
                break
        self._grown = {}
        self._fewest = math.inf
        self.looks_in_vain = 0

    def _set_free(
        self,
        middle: int,
        weights: Callable[[int], int],
        control: Stopper,
        chance: random.Random,
        *,
        spare: int | None = None,
    ) -> Assignment | None:
        free = _around(self._arrays, self.times, middle, chance)
        if not free:
            return None
        choice = Loosening(self._arrays, self.state, self.times, free).solve(
            weights,
            spare=spare,
            seconds=min(LONGEST, control.left()),
            seed=chance.randrange(1 << 30),
            control=control,
        )
        return None if choice is None else with_choice(self._arrays, self.state, choice)

    def _weight(self, meeting: int) -> int:
        return 100 + int(self._grown.get(meeting, 0.0))

    def _grow(self, knot: int) -> None:
        self._grown = {each: FADING * grown for each, grown in self._grown.items()}
        self._grown[knot] = self._grown.get(knot, 0.0) + RATE


def _around(arrays: Arrays, times: Times, knot: int, chance: random.Random) -> list[int]:
    """Meetings to set free, in the knot's block and another: its people's, those of whom they meet, and so
    on."""
    size = chance.choice(SIZES)
    blocks = {times.block_start[times.start[knot]], chance.choice(sorted(set(times.block_start)))}
    free, seen, nearest = list[int](), {knot}, [knot]
    for meeting in nearest:
        if len(free) == size:
            break
        if times.block_start[times.start[meeting]] in blocks:
            if may_be_freed(arrays, times, meeting):
                free.append(meeting)
            linked = {each for who in times.people[meeting] for each in times.at[who].values()} - seen
            some = chance.sample(sorted(linked), max(min(2, len(linked)), int(KEPT * len(linked))))
            seen.update(some)
            nearest.extend(some)
    return free


def with_choice(arrays: Arrays, state: Assignment, choice: Choice) -> Assignment | None:
    """The schedule with this choice, and tables for it; None where there are not enough."""
    start, chosen, interpreter = state.start.copy(), state.chosen.copy(), state.interpreter.copy()
    for meeting, people in choice.people.items():
        start[meeting] = choice.start[meeting]
        for party in arrays.parties_of(meeting):
            if not arrays.party_all[party]:
                chosen[party] = next(who for who in arrays.members_of(party).tolist() if who in people)
        interpreter[meeting] = next((who - arrays.n_people for who in people if who >= arrays.n_people), NONE)
    touched = [*choice.start.values(), *state.start[list(choice.start)].tolist()]
    return seat_rows(
        arrays,
        replace(state, start=start, chosen=chosen, interpreter=interpreter),
        blocks=sorted({int(arrays.block_start[each]) for each in touched}),
        zones=choice.zone,
    )
