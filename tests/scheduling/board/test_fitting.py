"""Where a meeting is said to fit is where the judge lets it be, in a forum with every kind of rule."""

from __future__ import annotations

import pytest

from forum_scheduler.errors import Invalid
from forum_scheduler.scheduling.board.fitting import Busy, Obstacle, fits, hindrances
from forum_scheduler.scheduling.board.position import Position
from forum_scheduler.scheduling.board.steps import Action, Command, places_after
from solver.problem import (
    Block,
    Company,
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
from solver.schedule import Placement


def _problem(**changes: object) -> Problem:
    """Two blocks of three slots, two zones that are far apart, every kind of rule."""
    slots = tuple(Slot(id=f"s{n}", block="b1" if n < 3 else "b2") for n in range(6))
    values: dict[str, object] = {
        "version": 1,
        "blocks": (Block(id="b1", day="1"), Block(id="b2", day="1")),
        "slots": slots,
        "zones": ("z1", "z2"),
        "walks": (Walk(a="z1", b="z2"),),
        "tables": (
            Table(id="t1", zone="z1", closed=("s0",)),
            Table(id="t2", zone="z2", features=("screen",)),
            Table(id="t3", zone="z1", host="c2", seats=2),
        ),
        "companies": (Company(id="c1", max_meetings=4), Company(id="c2"), Company(id="c3")),
        "people": (
            Person(id="d1", unavailable=("s5",), max_in_row=2),
            Person(id="d2"),
            Person(id="d3"),
            Person(id="d4", max_per_day=2),
        ),
        "interpreters": (Interpreter(id="i1", pairs=(("en", "uk"),), unavailable=("s4",)),),
        "meetings": (
            _meeting("m1", "d1", "d3"),
            _meeting("m2", "d1", "d4", interpret=("uk", "en")),
            _meeting("m3", "d2", "d3", length=2),
            _meeting("m4", "d1", "d3", after=("m1",)),
            _meeting("m5", "d2", "d4", features=("screen",)),
        ),
        **changes,
    }
    return Problem(**values)  # type: ignore[arg-type]


def _meeting(id_: str, one: str, other: str, **fields: object) -> Meeting:
    companies = {"d1": "c1", "d2": "c1", "d3": "c2", "d4": "c3"}
    parties = (
        Party(company=companies[one], people=(one,), need=Need.ONE),
        Party(company=companies[other], people=(other,), need=Need.ONE),
    )
    return Meeting(id=id_, parties=parties, **fields)  # type: ignore[arg-type]


PLACED = (
    Placement(meeting="m1", slot="s1", table="t1", people=("d1", "d3")),
    Placement(meeting="m2", slot="s3", table="t1", people=("d1", "d4"), interpreter="i1"),
    Placement(meeting="m3", slot="s4", table="t3", people=("d2", "d3")),
)


@pytest.mark.parametrize("meeting_id", ["m1", "m2", "m3", "m4", "m5"])
def test_what_is_said_to_fit_is_what_the_judge_accepts(meeting_id: str) -> None:
    problem = _problem()
    position = Position(problem, {each.meeting: each for each in PLACED})
    meeting = position.meeting(meeting_id)
    assert meeting is not None
    assert misjudged(position, meeting) == []


def test_who_could_walk_there_has_to_be_free_too() -> None:
    either = Party(company="c1", people=("d1", "d2"), need=Need.ONE)
    wanted = Meeting(id="m3", parties=(either, Party(company="c3", people=("d4",), need=Need.ONE)))
    placed = (
        Placement(meeting="m1", slot="s0", table="t2", people=("d1", "d3")),  # too far away for d1
        Placement(meeting="m2", slot="s1", table="t2", people=("d2", "d3")),  # d2 is there at that time
    )
    meetings = (_meeting("m1", "d1", "d3"), _meeting("m2", "d2", "d3"), wanted)
    position = Position(_problem(meetings=meetings), {each.meeting: each for each in placed})
    assert ("s1", "z1") in fits(position, wanted).far
    assert ("s1", "z2") not in fits(position, wanted).far
    assert misjudged(position, wanted) == []


def test_interpreters_walk_as_others_do() -> None:
    meetings = (
        _meeting("m1", "d1", "d3", interpret=("en", "uk")),
        _meeting("m2", "d2", "d4", interpret=("en", "uk")),
    )
    first = Placement(meeting="m1", slot="s0", table="t2", people=("d1", "d3"), interpreter="i1")
    position = Position(_problem(meetings=meetings), {"m1": first})
    assert ("s1", "z1") in fits(position, meetings[1]).far
    assert ("s1", "z2") not in fits(position, meetings[1]).far
    assert misjudged(position, meetings[1]) == []


def misjudged(position: Position, meeting: Meeting) -> list[tuple[str, str, bool]]:
    """(slot, table, what the judge says) where it is said otherwise."""
    found = fits(position, meeting)
    wrong = []
    for slot in position.problem.slots:
        for table in position.problem.tables:
            command = Command(action=Action.MOVE, meeting=meeting.id, slot=slot.id, table=table.id)
            try:
                places_after(position, command)
                accepted = True
            except Invalid:
                accepted = False
            if accepted != found.open_at(slot.id, table.id):
                wrong.append((slot.id, table.id, accepted))
    return wrong


def test_obstacles_name_who_and_what_they_are_about() -> None:
    problem = _problem()
    position = Position(problem, {each.meeting: each for each in PLACED})
    meeting = position.meeting("m4")
    assert meeting is not None
    found = fits(position, meeting).obstacles
    assert found["s0"] == (Obstacle.ORDER, ("m1",))
    assert found["s3"] == (Obstacle.BUSY, ("d1", "m2"))
    assert found["s5"] == (Obstacle.ABSENT, ("d1",))
    second = position.meeting("m2")
    assert second is not None
    assert fits(position, second).obstacles["s4"] == (Obstacle.INTERPRETER, ())


def test_a_full_company_fits_nowhere() -> None:
    companies = (Company(id="c1", max_meetings=3), Company(id="c2"), Company(id="c3"))
    position = Position(_problem(companies=companies), {each.meeting: each for each in PLACED})
    meeting = position.meeting("m5")
    assert meeting is not None
    found = fits(position, meeting).obstacles
    assert found["s0"] == (Obstacle.LIMIT, ("c1",))
    assert len(found) == 6


def test_a_locked_meeting_goes_nowhere() -> None:
    locked = _meeting("m5", "d2", "d4", locked_slot="s0", locked_table="t2")
    position = Position(_problem(meetings=(locked,)), {})
    found = fits(position, locked)
    assert {obstacle for obstacle, _subjects in found.obstacles.values()} == {Obstacle.LOCKED}


def test_who_could_come_instead_is_told_apart_from_who_could_not() -> None:
    pair = (("en", "uk"),)
    either = Party(company="c1", people=("d1", "d2"), need=Need.ONE)
    other = Party(company="c3", people=("d4",), need=Need.ONE)
    problem = _problem(
        interpreters=(
            Interpreter(id="i1", pairs=pair),
            Interpreter(id="i2", pairs=pair, unavailable=("s3",)),
            Interpreter(id="i3", pairs=pair),
            Interpreter(id="i4", pairs=pair, max_per_day=0),
            Interpreter(id="i5", pairs=pair),
        ),
        meetings=(
            Meeting(id="m2", parties=(either, other), interpret=("uk", "en")),
            _meeting("m6", "d2", "d3", interpret=("uk", "en")),
        ),
    )
    at = {"slot": "s3", "table": "t1"}
    placed = (
        Placement(meeting="m2", people=("d1", "d4"), interpreter="i1", **at),
        Placement(meeting="m6", slot="s3", table="t3", people=("d2", "d3"), interpreter="i3"),
    )
    position = Position(problem, {each.meeting: each for each in placed})
    meeting = position.meeting("m2")
    assert meeting is not None
    assert hindrances(position, meeting) == {
        "d2": Busy.MEETING,
        "i2": Busy.ABSENT,
        "i3": Busy.MEETING,
        "i4": Busy.LIMIT,
    }
    in_tray = Position(problem, {"m6": placed[1]})
    assert hindrances(in_tray, meeting) == {}
