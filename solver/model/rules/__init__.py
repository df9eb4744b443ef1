"""The hard rules, one a file; what one meeting alone forbids is in ``solver/model/shape.py``.

Every rule is ``apply(variables)`` and may be applied alone.
"""

from __future__ import annotations

from solver.model.rules import (
    attendance,
    days,
    fixed_tables,
    in_row,
    interpreters,
    max_breaks,
    musts,
    people,
    precedence,
    tables,
    totals,
    walking,
)
from solver.model.variables import Variables

RULES = (
    musts,
    attendance,
    tables,
    max_breaks,
    in_row,
    interpreters,
    people,
    totals,
    days,
    precedence,
    walking,
    fixed_tables,
)


def apply_all(variables: Variables) -> None:
    """Apply every hard rule to the model."""
    for rule in RULES:
        rule.apply(variables)
