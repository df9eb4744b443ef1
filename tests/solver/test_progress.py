"""The control of a solve: deadline, stop, parts, and events one at a time."""

from __future__ import annotations

import pytest

from solver.progress import Control, Progress, Stage
from solver.stages.background import Background


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_deadline_stops_for_good() -> None:
    clock = Clock()
    control = Control.of_seconds(5, clock=clock)
    assert control.left() == 5
    assert not control.should_stop()
    clock.now = 105.0
    assert control.should_stop()
    clock.now = 101.0
    assert control.should_stop()
    assert control.left() == 0


def test_a_stop_wish_is_remembered() -> None:
    wishes = iter([False, True, False])
    control = Control(stop=lambda: next(wishes))
    assert [control.should_stop() for _ in range(3)] == [False, True, True]


def test_without_a_limit_there_is_time_until_halted() -> None:
    control = Control.of_seconds(None)
    assert control.left() == float("inf")
    control.halt()
    assert control.should_stop()


def test_a_part_ends_with_the_whole_or_before() -> None:
    clock, events = Clock(), list[Progress]()
    whole = Control.of_seconds(10, clock=clock, on_progress=events.append)
    short, long = whole.part(3), whole.part(30)
    assert (short.left(), long.left()) == (3, 10)
    clock.now = 104.0
    assert short.should_stop()
    assert not whole.should_stop()
    short.report(Stage.PROVE, value=1, bound=2)
    assert [(event.seconds, event.stage, event.value) for event in events] == [(4, Stage.PROVE, 1)]
    whole.halt()
    assert long.should_stop()


def test_background_work_hands_over_the_newest_only_and_ends_when_told() -> None:
    def work(emit: object, halted: object) -> None:
        assert callable(emit)
        assert callable(halted)
        emit(1)
        emit(2)
        while not halted():
            pass
        emit(3)

    task: Background[int] = Background(work)
    first = None
    while first is None:
        first = task.newest()
        assert task.alive()
    assert first in (1, 2)
    assert task.end() == 3
    assert not task.alive()


def test_what_background_work_raises_reaches_the_caller() -> None:
    def work(emit: object, halted: object) -> None:
        raise ZeroDivisionError

    task: Background[int] = Background(work)
    with pytest.raises(ZeroDivisionError):
        task.end()
