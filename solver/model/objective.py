"""What a goal is to the model: a linear sum over literals."""

from __future__ import annotations

from dataclasses import dataclass

from solver.model.cpsat import cp_model
from solver.model.variables import Literal, Variables
from solver.problem import GoalName


@dataclass(frozen=True, slots=True)
class Objective:
    """``sum(factor * literal) + constant``.

    In a solution that is not the best, a goal to maximise may count too little, and one to minimise too much:
    the optimum is exact either way.
    """

    terms: tuple[tuple[Literal, int], ...]
    constant: int = 0

    def expression(self) -> cp_model.LinearExprT:
        """The sum as CP-SAT wants it."""
        literals = [literal for literal, _ in self.terms]
        factors = [factor for _, factor in self.terms]
        return cp_model.LinearExpr.weighted_sum(literals, factors) + self.constant

    def aim(self, variables: Variables, name: GoalName) -> None:
        """Make it the model's objective."""
        variables.maximises = name.maximised
        if name.maximised:
            variables.model.maximize(self.expression())
        else:
            variables.model.minimize(self.expression())

    def keep(self, variables: Variables, name: GoalName, value: int) -> None:
        """Demand a solution at least as good as ``value``."""
        if not self.terms:
            return
        expression = self.expression()
        variables.model.add(expression >= value if name.maximised else expression <= value)
