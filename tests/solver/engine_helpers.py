"""What the engine's tests share: judging an assignment, and a control without a clock."""

from __future__ import annotations

from dataclasses import dataclass

from solver.arrays import Arrays, Assignment
from solver.bounds.integer import Matrix, Whole, solve_here
from solver.bounds.lp import Program, Stopper
from solver.problem import Problem
from solver.schedule import Status
from solver.stages.kept import WISHES
from solver.verify import Verdict, verify


@dataclass(frozen=True)
class Unhurried:
    """Time without end: stages stop by their numbers of moves."""

    def should_stop(self) -> bool:
        return False

    def left(self) -> float:
        return float("inf")


@dataclass
class StopsAfter:
    """Says stop at the n-th look."""

    looks: int

    def should_stop(self) -> bool:
        self.looks -= 1
        return self.looks < 0

    def left(self) -> float:
        return 0.0 if self.looks < 0 else 100.0


def solved_here(program: Program, *, control: Stopper, seconds: float) -> Whole | None:
    """In place of ``solve_integer``: of hundreds of small programs, a process each takes the suite's time."""
    return None if control.should_stop() else solve_here(Matrix.of(program), seconds)


def judged(problem: Problem, arrays: Arrays, assignment: Assignment) -> Verdict:
    """The judge's verdict on an assignment."""
    made = assignment.to_schedule(arrays, status=Status.FEASIBLE, problem_digest="", solver_version="test")
    return verify(problem, made)


def broken_rules(problem: Problem, arrays: Arrays, assignment: Assignment) -> list[str]:
    """The rules broken, but for musts and max_breaks, which search may leave open."""
    verdict = judged(problem, arrays, assignment)
    return [f"{each.rule}: {each.message}" for each in verdict.violations if each.rule not in WISHES]
