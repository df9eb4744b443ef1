"""Problems made from a seed, in the shape of real forums: for benchmarks, tests and first tries.

Popularity falls like 1/rank^0.7 (a few companies are wanted by many), who asks is any company alike, people
miss whole blocks (15 % of them), and weights are 1 to 4 (both sides' priorities). The same arguments give
the same problem on every machine.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate, combinations
from typing import Final

from solver.problem import (
    Block,
    Company,
    GoalName,
    Interpreter,
    Meeting,
    Need,
    Party,
    Person,
    Problem,
    Slot,
    Table,
    Walk,
)

POPULARITY: Final = 0.7
ABSENT: Final = 0.15
BLOCK_SLOTS: Final = 6
BLOCKS_A_DAY: Final = 2
SLOT_MINUTES: Final = 20
FIRST_DAY: Final = datetime(2030, 6, 3, 8, 0, tzinfo=UTC)
LANGUAGES: Final = (("en", "uk"), ("fr", "uk"), ("de", "uk"))
CLOSED_ROOM: Final = "closed-room"
ZONES: Final = ("hall", "gallery", "annex")


def generate(*, companies: int, requests: int, slots: int, tables: int, seed: int) -> Problem:
    """A plain forum: one person a company, two people a meeting, one zone, no rules but availability.

    ``companies`` >= 2; ``requests`` >= 0 different pairs, fewer where there are not so many; ``slots`` >= 1
    in blocks of up to 6, two blocks a day; ``tables`` >= 0. Raises ``ValueError`` outside of these.
    """
    _check(companies=companies, requests=requests, slots=slots, tables=tables)
    rng = random.Random(seed)
    blocks, times = _times(slots)
    people = tuple(
        Person(id=f"person-{number}", unavailable=_absences(rng, times)) for number in range(1, companies + 1)
    )
    meetings = tuple(
        Meeting(
            id=f"meeting-{index}",
            parties=tuple(
                Party(company=f"company-{side + 1}", people=(f"person-{side + 1}",)) for side in pair
            ),
            weight=rng.randint(1, 4),
        )
        for index, pair in enumerate(_pairs(rng, companies, requests), start=1)
    )
    return Problem(
        version=1,
        name=f"plain forum: {companies} companies, {len(meetings)} requests, seed {seed}",
        blocks=blocks,
        slots=times,
        zones=("hall",),
        tables=tuple(Table(id=f"table-{number}", zone="hall") for number in range(1, tables + 1)),
        companies=tuple(Company(id=f"company-{number}") for number in range(1, companies + 1)),
        people=people,
        meetings=meetings,
    )


def generate_rich(
    *,
    companies: int,
    requests: int,
    slots: int,
    tables: int,
    seed: int,
    interpreters: int = 8,
    far: bool = False,
    after: int = 1,
) -> Problem:
    """A forum with every kind of rule: several delegates a company, interpreters, rooms, zones, limits.

    60 % of the parties are any one of a company's delegates and 10 % two named ones; 15 % of the meetings
    need an interpreter, 10 % a closed room, 5 % two slots, ``after`` % (0 to 100) follow another, 1 % are
    locked to a slot. People and interpreters work at most 4 slots in a row. Two of the three zones are too
    far apart to walk between adjacent slots (few tables are in the far one), with ``far`` any two. Other
    arguments and errors as for :func:`generate`; ``interpreters`` >= 0.
    """
    _check(companies=companies, requests=requests, slots=slots, tables=tables)
    if not 0 <= after <= 100:
        raise ValueError("the share of meetings that follow another must be from 0 to 100 %")
    rng = random.Random(seed)
    blocks, times = _times(slots)
    teams = _teams(rng, companies)
    meetings = tuple(_rich_meetings(rng, teams, requests, times, interpreters=interpreters, after=after))
    return Problem(
        version=1,
        name=f"rich forum: {companies} companies, {len(meetings)} requests, seed {seed}",
        blocks=blocks,
        slots=times,
        zones=ZONES,
        walks=tuple(Walk(a=a, b=b) for a, b in (combinations(ZONES, 2) if far else (("hall", "annex"),))),
        tables=tuple(_rich_tables(tables, companies)),
        companies=tuple(
            Company(id=f"company-{number}", max_meetings=rng.choice((None, None, None, 30)))
            for number in range(1, companies + 1)
        ),
        people=tuple(_rich_person(rng, name, times) for team in teams for name in team),
        interpreters=tuple(_interpreter(rng, number, times) for number in range(1, interpreters + 1)),
        meetings=meetings,
        goals=(
            GoalName.COVERAGE,
            GoalName.VALUE,
            GoalName.IDLE,
            GoalName.MOVES,
            GoalName.PREFERENCES,
        ),
    )


def _check(*, companies: int, requests: int, slots: int, tables: int) -> None:
    for name, value, least in (
        ("companies", companies, 2),
        ("requests", requests, 0),
        ("slots", slots, 1),
        ("tables", tables, 0),
    ):
        if not least <= value <= 1_000_000:
            raise ValueError(f"{name} must be within {least} and 1,000,000, not {value}")


def _times(slots: int) -> tuple[tuple[Block, ...], tuple[Slot, ...]]:
    """Blocks of nearly equal size, at most 6 slots each; 90 minutes for lunch."""
    count = -(-slots // BLOCK_SLOTS)
    blocks: list[Block] = []
    times: list[Slot] = []
    for index in range(count):
        day, half = divmod(index, BLOCKS_A_DAY)
        block = Block(id=f"day-{day + 1}-{('morning', 'afternoon')[half]}", day=f"day-{day + 1}")
        blocks.append(block)
        start = FIRST_DAY + timedelta(days=day, minutes=half * (BLOCK_SLOTS * SLOT_MINUTES + 90))
        for _ in range((index + 1) * slots // count - index * slots // count):
            end = start + timedelta(minutes=SLOT_MINUTES)
            times.append(
                Slot(id=f"slot-{len(times) + 1}", block=block.id, start=_stamp(start), end=_stamp(end))
            )
            start = end
    return tuple(blocks), tuple(times)


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _absences(rng: random.Random, times: Sequence[Slot]) -> tuple[str, ...]:
    """Whole blocks, 15 % of them; somebody who would miss everything comes to everything."""
    names = dict.fromkeys(slot.block for slot in times)
    missed = {name for name in names if rng.random() < ABSENT}
    if len(missed) == len(names):
        return ()
    return tuple(slot.id for slot in times if slot.block in missed)


def _pairs(rng: random.Random, companies: int, requests: int) -> list[tuple[int, int]]:
    """Different pairs of companies: who asks is any, who is asked is popular. In the order drawn."""
    wanted = min(requests, companies * (companies - 1) // 2)
    weights = list(accumulate((rank + 1) ** -POPULARITY for rank in range(companies)))
    ranks = list(range(companies))
    rng.shuffle(ranks)
    found: dict[tuple[int, int], None] = {}
    tries = 0
    while len(found) < wanted and tries < 40:
        missing = wanted - len(found)
        asked = rng.choices(ranks, cum_weights=weights, k=missing)
        for other in asked:
            asking = rng.randrange(companies)
            if asking != other:
                found.setdefault((min(asking, other), max(asking, other)))
        tries += 1
    if len(found) < wanted:  # nearly every pair: take what is left in order
        rest = (
            (first, second)
            for first in range(companies)
            for second in range(first + 1, companies)
            if (first, second) not in found
        )
        for pair in rest:
            found[pair] = None
            if len(found) == wanted:
                break
    return list(found)


def _teams(rng: random.Random, companies: int) -> list[tuple[str, ...]]:
    """Two to five delegates a company, 3.3 on average."""
    return [
        tuple(f"person-{number}-{index}" for index in range(1, rng.choice((2, 3, 3, 3, 4, 5)) + 1))
        for number in range(1, companies + 1)
    ]


def _rich_tables(tables: int, companies: int) -> Iterator[Table]:
    """Every seventh table is a closed room, every tenth in the annex, every ninth a company's booth."""
    for number in range(1, tables + 1):
        far = number % 10 == 0
        yield Table(
            id=f"table-{number}",
            zone="annex" if far else "gallery" if number % 3 == 0 else "hall",
            features=(CLOSED_ROOM,) if number % 7 == 0 else (),
            host=f"company-{number % companies + 1}" if number % 9 == 0 else None,
            seats=6,
        )


def _rich_person(rng: random.Random, name: str, times: Sequence[Slot]) -> Person:
    return Person(
        id=name,
        unavailable=_absences(rng, times),
        max_in_row=4,
        max_per_day=rng.choice((None, None, None, 8)),
        disliked=(times[0].id,) if rng.random() < 0.2 else (),
        liked=(times[len(times) // 2].id,) if rng.random() < 0.2 else (),
        fixed_table=rng.random() < 0.005,
    )


def _interpreter(rng: random.Random, number: int, times: Sequence[Slot]) -> Interpreter:
    first = LANGUAGES[number % len(LANGUAGES)]
    second = rng.choice(LANGUAGES)
    return Interpreter(
        id=f"interpreter-{number}",
        pairs=(first,) if first == second else (first, second),
        unavailable=_absences(rng, times),
        max_per_day=10,
        max_in_row=4,
    )


def _rich_meetings(
    rng: random.Random,
    teams: Sequence[tuple[str, ...]],
    requests: int,
    times: Sequence[Slot],
    *,
    interpreters: int,
    after: int,
) -> Iterator[Meeting]:
    long_enough = len(times) >= 2
    for index, pair in enumerate(_pairs(rng, len(teams), requests), start=1):
        yield Meeting(
            id=f"meeting-{index}",
            parties=tuple(_rich_party(rng, side + 1, teams[side]) for side in pair),
            weight=rng.randint(1, 4),
            length=2 if long_enough and rng.random() < 0.05 else 1,
            features=(CLOSED_ROOM,) if rng.random() < 0.1 else (),
            interpret=rng.choice(LANGUAGES) if interpreters and rng.random() < 0.15 else None,
            after=(f"meeting-{rng.randrange(1, index)}",) if index > 1 and rng.random() < after / 100 else (),
            locked_slot=rng.choice(times).id if rng.random() < 0.01 else None,
        )


def _rich_party(rng: random.Random, company: int, team: tuple[str, ...]) -> Party:
    chance = rng.random()
    if chance < 0.6:
        return Party(company=f"company-{company}", people=team)
    size = 2 if chance < 0.7 else 1
    people = tuple(sorted(rng.sample(team, size)))
    return Party(company=f"company-{company}", people=people, need=Need.ALL)
