"""Generated problems have the size asked for, repeat by seed, and look like forums."""

from __future__ import annotations

from collections import Counter

import pytest

from solver.codec import decode_problem, encode_problem
from solver.instances.generate import generate, generate_rich
from solver.problem import Need, Problem

SIZES = {"companies": 60, "requests": 300, "slots": 20, "tables": 15}


@pytest.mark.parametrize("make", [generate, generate_rich])
def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(make: object) -> None:
    assert callable(make)
    first, again, other = (encode_problem(make(**SIZES, seed=seed)) for seed in (1, 1, 2))

    assert first == again
    assert first != other
    assert decode_problem(first) == make(**SIZES, seed=1)


def test_there_are_as_many_of_everything_as_asked_for() -> None:
    p = generate(**SIZES, seed=1)

    assert (len(p.companies), len(p.meetings), len(p.slots), len(p.tables)) == (60, 300, 20, 15)


def pairs(p: Problem) -> list[frozenset[str]]:
    return [frozenset(party.company for party in meeting.parties) for meeting in p.meetings]


def test_no_two_companies_meet_twice() -> None:
    found = pairs(generate(**SIZES, seed=1))

    assert len(set(found)) == len(found)
    assert all(len(pair) == 2 for pair in found)


def test_more_requests_than_pairs_gives_every_pair_once() -> None:
    assert len(generate(companies=5, requests=100, slots=4, tables=2, seed=1).meetings) == 10


def test_a_few_companies_are_wanted_by_many() -> None:
    counts = Counter(company for pair in pairs(generate(**SIZES, seed=1)) for company in pair)
    ranked = [count for _, count in counts.most_common()]

    assert ranked[0] > 3 * ranked[len(ranked) // 2]


def test_people_miss_whole_blocks_and_never_all_of_them() -> None:
    p = generate(companies=300, requests=10, slots=20, tables=1, seed=1)
    sizes = Counter(slot.block for slot in p.slots)
    block = {slot.id: slot.block for slot in p.slots}

    for person in p.people:
        missed = Counter(block[slot] for slot in person.unavailable)
        assert all(count == sizes[name] for name, count in missed.items())
        assert len(person.unavailable) < len(p.slots)
    share = sum(len(person.unavailable) for person in p.people) / (300 * 20)
    assert 0.1 < share < 0.2


def test_blocks_hold_at_most_six_slots() -> None:
    p = generate(companies=2, requests=1, slots=20, tables=1, seed=1)

    assert max(Counter(slot.block for slot in p.slots).values()) <= 6


def test_a_rich_forum_has_every_kind_of_rule() -> None:
    p = generate_rich(**SIZES, seed=1, interpreters=4)
    parties = [party for meeting in p.meetings for party in meeting.parties]

    assert len(p.interpreters) == 4
    assert any(party.need is Need.ONE and len(party.people) > 1 for party in parties)
    assert any(party.need is Need.ALL and len(party.people) > 1 for party in parties)
    for field in ("features", "interpret", "after", "locked_slot"):
        assert any(getattr(meeting, field) for meeting in p.meetings), field
    assert any(meeting.length == 2 for meeting in p.meetings)
    assert p.walks
    assert any(table.host for table in p.tables)
    assert all(person.max_in_row == 4 for person in p.people)


def test_zones_and_followers_are_as_asked_for() -> None:
    usual, far = generate_rich(**SIZES, seed=1), generate_rich(**SIZES, seed=1, far=True, after=50)
    assert (len(usual.walks), len(far.walks)) == (1, 3)
    follow = [sum(bool(meeting.after) for meeting in p.meetings) / len(p.meetings) for p in (usual, far)]
    assert follow[0] < 0.1
    assert 0.3 < follow[1] < 0.7


@pytest.mark.parametrize("percent", [-1, 101])
def test_a_share_of_followers_that_cannot_be_is_refused(percent: int) -> None:
    with pytest.raises(ValueError, match="0 to 100"):
        generate_rich(**SIZES, seed=1, after=percent)


@pytest.mark.parametrize(
    ("name", "value"), [("companies", 1), ("slots", 0), ("requests", -1), ("tables", -1)]
)
def test_sizes_that_make_no_forum_are_refused(name: str, value: int) -> None:
    with pytest.raises(ValueError, match=name):
        generate(**{**SIZES, name: value}, seed=1)
