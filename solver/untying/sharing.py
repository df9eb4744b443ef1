"""In which block each meeting takes place, and who comes, so that each block falls into rows; or which other
ones take place instead, of the same worth.

A row is what hangs together in a block by the people who have several meetings there; where it is a chain no
longer than the block, nobody of it need change tables (:mod:`solver.kernels.rows`). Times and tables follow
(:mod:`solver.untying.laying`). Annealing over this little finds in seconds what a search over times does not
in an hour: a step neither needs a free slot nor has to keep others from waiting.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from solver import kernels
from solver.arrays import NO_LIMIT, NONE
from solver.kernels import rows, sharing, shifts
from solver.placing.plain import random_state

if TYPE_CHECKING:
    from solver.arrays import Arrays, Assignment, Flags, Ints, Longs, Reals
    from solver.bounds.lp import Stopper

HOT: Final = 0.25
COLD: Final = 0.15
"""Temperatures of a round, in links too many. Colder, it stands still."""

ROUND, LONGER = 6_000, 1.25
"""Steps of the first round for each meeting, and how many times as many each further one has. None takes
longer than there is time."""

PATIENCE: Final = 2
"""Rounds in vain after which people may idle for one slot more."""

AGAIN: Final = 100_000
"""Steps, cold ones, from blocks that fall into rows to others that do, where the first found no times."""

SPARE: Final = 5.0
"""Seconds that are left for times and tables, or a fifth of the time."""

NEARLY: Final = 4.25
"""What rows cost less than for a schedule with few changes to come of them."""

CHUNK: Final = 10_000
"""Steps between two looks at the clock: some hundredths of a second."""

LONGEST_BLOCK, MOST_KINDS = 20, 62
"""Slots of a block, and kinds of tables, up to which this is tried."""


@dataclass(frozen=True, slots=True)
class Shared:
    """Where each meeting is, by the first slot of its block, and who comes."""

    block: Mapping[int, int]
    people: Mapping[int, tuple[int, ...]]
    interpreter: Mapping[int, int]  # NONE: nobody
    loose: frozenset[int]  # blocks that nearly fall into rows; all others do


def may_share(arrays: Arrays, state: Assignment) -> bool:
    """Whether all rules are known here: blocks of a usual length, not too many kinds of tables."""
    placed = state.start != NONE
    return bool(
        placed.any()
        and (arrays.block_end - arrays.block_start).max() <= LONGEST_BLOCK
        and _kinds(arrays).shape[1] <= MOST_KINDS
    )


class Share:
    """One annealing over blocks and people, from a schedule on. As much as there takes place: value and
    coverage become no less.

    Idle slots: ``least_idle`` are aimed at; after a round that ended with more it is those, and after two in
    vain one more, but never more than ``most_idle``."""

    def __init__(
        self, arrays: Arrays, begin: Assignment, *, seed: int, least_idle: int, most_idle: int
    ) -> None:
        kernels.compile_kernels()
        self._arrays = arrays
        self._pool = np.flatnonzero(np.diff(arrays.starts_ptr))  # what could take place
        self._blocks = np.unique(arrays.block_start).astype(np.int64)
        self._random = random_state(seed)
        self._rules = _rules(arrays, self._pool, self._blocks)
        self._seats = _Seats.of(arrays, begin, self._pool)
        self._sharing = self._begin(begin)
        self._scratch = _scratch(self._rules, len(self._pool))
        self._limit = _limits(arrays, self._pool, self._seats, self._blocks, least_idle)
        self._most_idle = most_idle
        self._vain = 0  # rounds with this aim
        self._step = _step(arrays, begin, self._seats.who.shape[1])
        self._tables = sharing.Tables(np.zeros_like(self._rules.room), np.zeros_like(self._rules.room))
        cells = arrays.n_people * len(self._blocks)
        self._bad = sharing.Bad(
            np.zeros(cells, np.int32), np.full(cells, NONE, np.int32), np.zeros(1, np.int32)
        )
        self._steps = ROUND * begin.placed
        self._nearest = NEARLY
        self.came_near = False  # whether a round came to what falls into rows, or nearly

    def _begin(self, begin: Assignment) -> rows.Sharing:
        start = begin.start[self._pool]
        block = np.searchsorted(self._blocks, self._arrays.block_start[start])
        resources, blocks, slots = self._rules.least.shape
        made = rows.Sharing(
            who=self._seats.who.copy(),
            block=np.where(start == NONE, NONE, block).astype(np.int32),
            meetings=np.zeros((resources, blocks, slots + shifts.LONGEST_CHAIN), np.int32),
            many=np.zeros((resources, blocks), np.int32),
            load=np.zeros((resources, blocks), np.int32),
        )
        for meeting in range(len(self._pool)):
            shifts.enter(self._rules, made, meeting)
        return made

    @property
    def idle(self) -> int:
        """Idle slots in sum up to which what is found will do."""
        return self._limit.most_idle

    def aim(self, *, least_idle: int, most_idle: int) -> None:
        """From the next round on; as in the beginning."""
        self._limit = self._limit._replace(most_idle=least_idle)
        self._most_idle, self._vain = most_idle, 0

    def costs(self) -> Reals:
        """What all rows cost, idle slots, and what too few tables and nearly too few cost."""
        numbers = np.zeros(4)
        sharing.total_cost(self._rules, self._sharing, self._scratch, self._tables, self._bad, numbers)
        return numbers

    def round(self, control: Stopper, *, again: bool = False) -> Shared | None:
        """Anneal from hot to cold; ends early with what falls into rows, or else with what nearly does, and
        more nearly than in all rounds before. None where it does not, where people would idle more than they
        may, and on a stop. After a round in vain the next is longer, and people may idle as in this one.
        ``again``: what was found last won't do, but others may be near."""
        done, numbers = 0, np.zeros(4)
        spare = min(SPARE, control.left() / 5)
        begun = control.left() - spare
        hot = COLD if again else HOT
        least_steps = AGAIN if again else 0
        while done < self._steps and not control.should_stop() and control.left() > spare:
            step = min(CHUNK, self._steps - done)
            passed = 0.0 if math.isinf(begun) else 1 - (control.left() - spare) / begun
            temperature = hot * (COLD / hot) ** max(done / self._steps, passed)
            numbers = self.costs()
            sharing.share(
                self._rules,
                self._sharing,
                self._scratch,
                self._limit,
                self._step,
                self._tables,
                self._bad,
                self._random,
                numbers,
                step,
                max(0, least_steps - done),
                temperature,
                temperature,
            )
            done += step
            if numbers[0] + numbers[2] <= 0 and numbers[1] <= self._limit.most_idle and done > least_steps:
                self.came_near = True
                return self._shared()
        self._steps = int(self._steps * LONGER)
        if done > 0:
            self._yield(int(numbers[1]))
        cost = float(numbers[0] + numbers[2])
        if done == 0 or numbers[1] > self.idle or cost >= self._nearest:
            return None
        self._nearest, self.came_near = cost, True
        return self._shared()

    def _yield(self, idle: int) -> None:
        """Aim at more idle slots after a round in vain, which ended with so many."""
        self._vain += 1
        more = 1 if self._vain % PATIENCE == 0 else 0
        self._limit = self._limit._replace(most_idle=min(self._most_idle, max(self.idle + more, idle)))

    def _shared(self) -> Shared:
        block, people, interpreter = {}, {}, {}
        for meeting, at, who in zip(
            self._pool.tolist(), self._sharing.block.tolist(), self._sharing.who.tolist(), strict=True
        ):
            if at == NONE:
                continue
            block[meeting] = int(self._blocks[at])
            people[meeting] = tuple(each for each in who[:-1] if each != NONE)
            interpreter[meeting] = NONE if who[-1] == NONE else who[-1] - self._arrays.n_people
        loose = np.unique(self._bad.items[: self._bad.size[0]] % len(self._blocks))
        return Shared(block, people, interpreter, frozenset(self._blocks[loose].tolist()))


@dataclass(frozen=True, slots=True)
class _Seats:
    """Who comes to each meeting, seat by seat, and who could; the last seat is the interpreter's."""

    who: np.ndarray[tuple[int, int], np.dtype[np.int32]]
    option: np.ndarray[tuple[int], np.dtype[np.int32]]
    option_ptr: np.ndarray[tuple[int], np.dtype[np.int32]]

    @classmethod
    def of(cls, arrays: Arrays, begin: Assignment, pool: Longs) -> _Seats:
        options = [_options(arrays, begin, meeting) for meeting in pool.tolist()]
        seats = max(map(len, options))
        who = np.full((len(pool), seats + 1), NONE, np.int32)
        flat: list[int] = []
        ptr = [0]
        for row, (meeting, mine) in enumerate(zip(pool.tolist(), options, strict=True)):
            if begin.start[meeting] != NONE:
                who[row, : len(mine)] = [some[0] for some in mine]
            if begin.interpreter[meeting] != NONE:
                who[row, seats] = arrays.n_people + begin.interpreter[meeting]
            for seat in range(seats):
                flat += sorted(set(mine[seat])) if seat < len(mine) else []
                ptr.append(len(flat))
            flat += (arrays.interpreters_of(meeting) + arrays.n_people).tolist()
            ptr.append(len(flat))
        return cls(who, np.array(flat, np.int32), np.array(ptr, np.int32))

    def could(self, people: int) -> list[list[int]]:
        """[P] the meetings to which somebody could come."""
        made: list[list[int]] = [[] for _ in range(people)]
        rows = np.repeat(np.arange(len(self.option_ptr) - 1), np.diff(self.option_ptr))
        for who, row in zip(self.option.tolist(), (rows // self.who.shape[1]).tolist(), strict=True):
            if who < people:
                made[who].append(row)
        return made


def _options(arrays: Arrays, begin: Assignment, meeting: int) -> list[list[int]]:
    """Who could come to a meeting, seat by seat; first who comes, if it takes place."""
    options: list[list[int]] = []
    for party in arrays.parties_of(meeting):
        members = arrays.members_of(party).tolist()
        if arrays.party_all[party]:
            options.extend([each] for each in members)
        elif begin.chosen[party] == NONE:
            options.append(members)
        else:
            options.append([int(begin.chosen[party]), *members])
    return options


def _rules(arrays: Arrays, placed: Longs, blocks: Longs) -> rows.Rules:
    size = arrays.block_end[blocks] - blocks
    longest = int(size.max())
    free = np.concatenate((arrays.person_free, arrays.interpreter_free))
    row_max = np.minimum(np.concatenate((arrays.person_row_max, arrays.interpreter_row_max)), longest)
    least = np.full((len(free), len(blocks), longest + 1), rows.NEVER, np.int32)
    for who in range(len(free)):
        for number, (first, slots) in enumerate(zip(blocks.tolist(), size.tolist(), strict=True)):
            idle = least_idle(tuple(free[who, first : first + slots].tolist()), int(row_max[who]))
            least[who, number, : len(idle)] = idle
    interpreters = least[arrays.n_people :]
    interpreters[interpreters < rows.NEVER] = 0
    kinds = _kinds(arrays)
    able = (kinds.astype(np.int64) << np.arange(kinds.shape[1])).sum(axis=1)
    tables = arrays.suits()[:, arrays.table_class]  # [demands, K]
    is_open = np.stack(
        [arrays.table_open[:, first : first + n].sum(axis=1) for first, n in zip(blocks, size, strict=True)],
        axis=1,
    )
    return rows.Rules(
        length=arrays.length[placed].astype(np.int32),
        starts=_bits(arrays.admissible[placed], blocks, size),
        able=able[arrays.demand[placed]],
        sets=able,
        room=(tables.astype(np.int64) @ is_open).astype(np.int64),
        free=_bits(free, blocks, size),
        least=least,
        row_max=row_max.astype(np.int32),
        size=size.astype(np.int32),
        people=arrays.n_people,
    )


def _kinds(arrays: Arrays) -> Flags:
    """[demands, kinds] which tables suit which meetings, those once that suit the same ones."""
    return np.unique(arrays.suits(), axis=1)


def _bits(flags: np.ndarray[tuple[int, int], np.dtype[np.bool_]], blocks: Longs, size: Longs) -> Longs:
    """[rows, B] the slots of each block as bits."""
    made = [
        (flags[:, first : first + slots].astype(np.int64) << np.arange(slots)).sum(axis=1)
        for first, slots in zip(blocks.tolist(), size.tolist(), strict=True)
    ]
    return np.ascontiguousarray(np.stack(made, axis=1))


def _limits(arrays: Arrays, pool: Longs, seats: _Seats, blocks: Longs, most_idle: int) -> shifts.Limits:
    no_limit = np.full(arrays.n_interpreters, NO_LIMIT, np.int32)
    place = np.full(arrays.n_meetings, NONE)
    place[pool] = np.arange(len(pool))

    def others(items: Ints, ptr: Ints) -> list[list[int]]:
        found = [place[items[ptr[each] : ptr[each + 1]]] for each in pool]
        return [each[each != NONE].tolist() for each in found]

    could, could_ptr = _flat(seats.could(arrays.n_people))
    before, before_ptr = _flat(others(arrays.before, arrays.before_ptr))
    behind, behind_ptr = _flat(others(arrays.behind, arrays.behind_ptr))
    company, company_ptr = _flat(
        [arrays.company[arrays.company_ptr[each] : arrays.company_ptr[each + 1]].tolist() for each in pool]
    )
    return shifts.Limits(
        option=seats.option,
        option_ptr=seats.option_ptr,
        could=could,
        could_ptr=could_ptr,
        day=arrays.slot_day[blocks].astype(np.int32),
        day_max=np.concatenate((arrays.person_day_max, arrays.interpreter_day_max)).astype(np.int32),
        total_max=np.concatenate((arrays.person_max, no_limit)).astype(np.int32),
        most_idle=most_idle,
        weight=arrays.weight[pool].astype(np.int64),
        must=arrays.must[pool].astype(np.int32),
        company=company,
        company_ptr=company_ptr,
        company_max=arrays.company_max.astype(np.int32),
        before=before,
        before_ptr=before_ptr,
        behind=behind,
        behind_ptr=behind_ptr,
        floor=arrays.problem.floor,
    )


def _flat(lists: list[list[int]]) -> tuple[Ints, Ints]:
    """All items, and where those of each list begin."""
    ptr = np.cumsum([0, *map(len, lists)])
    return np.array([each for some in lists for each in some], np.int32), ptr.astype(np.int32)


def _scratch(rules: rows.Rules, meetings: int) -> rows.Scratch:
    resources, _, slots = rules.least.shape
    return rows.Scratch(
        seen=np.zeros(resources + 1, np.int64),
        met=np.zeros(meetings, np.int64),
        several=np.zeros(meetings, np.int32),
        stack=np.zeros(resources, np.int32),
        size=np.zeros(1, np.int32),
        chain=np.zeros(resources, np.int32),
        link=np.zeros(resources, np.int32),
        leaf=np.zeros(slots, np.int32),
        mask=np.zeros(slots, np.int64),
        reach=np.zeros((2 << rows.LEAVES) * (rows.PAUSED + 1), np.int64),
        guest=np.zeros(2, np.int64),
        needed=np.zeros_like(rules.room),
    )


def _step(arrays: Arrays, begin: Assignment, seats: int) -> shifts.Step:
    longest = shifts.LONGEST_CHAIN
    placed = np.repeat(begin.start != NONE, np.diff(arrays.company_ptr))
    return shifts.Step(
        meeting=np.zeros(longest, np.int32),
        block=np.zeros((longest, 2), np.int32),
        who=np.zeros((longest, 2, seats), np.int32),
        near=np.zeros(2, np.int32),
        shift=np.zeros((arrays.n_people + arrays.n_interpreters, 2), np.int32),
        touched=np.zeros(2 * longest * seats, np.int32),
        counts=np.bincount(arrays.company[placed], minlength=arrays.n_companies).astype(np.int32),
    )


@lru_cache(maxsize=4096)
def least_idle(free: tuple[bool, ...], row_max: int) -> tuple[int, ...]:
    """The least idle slots of who is busy in exactly 0, 1, ... slots of a block, never more than ``row_max``
    in a row; :data:`solver.kernels.rows.NEVER` where that can't be."""
    least = [0] + [rows.NEVER] * len(free)
    for first in range(len(free)):
        states = {(0, 0)}  # busy slots, and those in a row by now
        for slot in range(first, len(free)):
            busy = {(count + 1, row + 1) for count, row in states if free[slot] and row < row_max}
            for count, _ in busy:
                least[count] = min(least[count], slot - first + 1 - count)
            states = busy | ({(count, 0) for count, _ in states} if slot > first else set())
    return tuple(least)
