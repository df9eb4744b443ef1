"""The control of a solve: deadline, stop, parts, and events one at a time."""

from __future__ import annotations

import pytest

from solver.progress import GRACE_SECONDS, Control, Progress, Stage
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


def test_a_stop_that_was_asked_for_leaves_a_moment_to_finish() -> None:
    clock = Clock()
    whole = Control.of_seconds(10, clock=clock)
    part = whole.part(30)
    assert (whole.grace(), part.grace()) == (float("inf"), float("inf"))
    whole.halt()
    clock.now += 0.1
    whole.halt()  # the second click does not give more
    assert whole.grace() == part.grace() == pytest.approx(GRACE_SECONDS - 0.1)
    clock.now += 1
    assert whole.grace() == part.grace() == 0


def test_a_deadline_or_the_end_of_a_part_is_no_wish_to_stop() -> None:
    clock = Clock()
    whole = Control.of_seconds(10, clock=clock)
    part = whole.part(3)
    clock.now += 5
    assert part.should_stop()
    assert part.grace() == float("inf")
    clock.now += 5
    assert whole.should_stop()
    assert whole.part(1).should_stop()
    assert whole.grace() == float("inf")


def test_a_wish_that_is_asked_for_counts_from_when_it_was_heard() -> None:
    clock, wishes = Clock(), iter([False, True])
    part = Control(stop=lambda: next(wishes), clock=clock).part(30)
    assert not part.should_stop()
    clock.now += 7
    assert part.should_stop()
    assert part.grace() == pytest.approx(GRACE_SECONDS)


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
