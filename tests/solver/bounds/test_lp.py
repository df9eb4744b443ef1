"""Linear programs: a bound that holds, however far the solver came."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import count

import numpy as np
import pytest

from solver.bounds import lp
from solver.bounds.lp import Program
from solver.progress import Control
from tests.solver.engine_helpers import Unhurried


def one_of_two() -> Program:
    """The heavier of two, where both are not to be had."""
    program = Program()
    program.add_columns(np.array([3, 2]))
    program.add_rows(np.array([0, 0]), np.array([0, 1]), [1])
    return program


def test_the_optimum_is_the_bound() -> None:
    found = one_of_two().solve(control=Unhurried())
    assert (found.bound, found.finished) == (3, True)
    assert found.values.tolist() == [1, 0]


@pytest.mark.parametrize("questions", [0, 1, 2])
def test_a_stop_at_any_moment_gives_a_bound_that_holds(questions: int) -> None:
    asked = count()
    found = one_of_two().solve(control=Control(stop=lambda: next(asked) >= questions))
    assert (found.bound, found.finished) == (5, False)
    assert not len(found.values)


class Deaf:
    """A solver that does not listen, as one in presolve."""

    def __init__(self) -> None:
        self.end = threading.Event()
        self.interrupted = 0

    def solve(self, _: object) -> None:
        self.end.wait()

    def interrupt_solve(self) -> None:
        self.interrupted += 1


@pytest.fixture
def deaf() -> Iterator[Deaf]:
    solver = Deaf()
    yield solver
    solver.end.set()


def test_a_solver_that_does_not_listen_is_left_behind(deaf: Deaf) -> None:
    assert not lp._run_watched(deaf, None, Control(stop=lambda: True))
    assert deaf.interrupted == 1
    deaf.end.set()
    assert lp._run_watched(deaf, None, Control(stop=lambda: True))
