"""Solving a model with one rule left out or in, so that a test sees what that rule does."""

from __future__ import annotations

from types import ModuleType

from solver.model.rules import RULES
from solver.model.shape import Shape
from solver.model.solution import placements
from solver.model.solve import Outcome, Recipe, run
from solver.model.terms import Limits, Proof
from solver.model.variables import Variables
from solver.problem import Problem
from solver.verify import verify
from tests.solver.factories import schedule


def outcome(problem: Problem, *, without: ModuleType | None = None) -> tuple[Variables, Outcome]:
    """What CP-SAT says to all rules but ``without``."""
    variables = Variables.of(Shape.of(problem))
    for rule in RULES:
        if rule is not without:
            rule.apply(variables)
    limits = Limits(seconds=30, workers=1)
    return variables, run(variables, limits=limits, recipe=Recipe.PORTFOLIO, should_stop=lambda: False)


def broken_rules(problem: Problem, *, without: ModuleType | None = None) -> set[str] | None:
    """The rules that the judge finds broken in a solution; None when it is proven that there is none."""
    variables, found = outcome(problem, without=without)
    if found.proof is Proof.INFEASIBLE:
        return None
    assert found.solution is not None
    made = schedule(*placements(variables.shape, found.solution))
    return {violation.rule for violation in verify(problem, made).violations}


def assert_rule(rule: ModuleType, name: str, *, feasible: Problem, infeasible: Problem) -> None:
    """``feasible`` has a sound schedule; ``infeasible`` has none, and only because of ``rule``."""
    assert broken_rules(feasible) == set()
    assert broken_rules(infeasible) is None
    assert broken_rules(infeasible, without=rule) == {name}
