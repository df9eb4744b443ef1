"""Of a party with a choice exactly one person comes, in a slot that the person has free."""

from __future__ import annotations

from solver.model.variables import Variables


def apply(variables: Variables) -> None:
    """For every start: the start is used if and only if one of the party's people comes then."""
    for m, meeting in enumerate(variables.shape.meetings):
        for choice in meeting.choices:
            for t, start in variables.start[m].items():
                options = [variables.person[m, p][t] for p in choice if t in variables.person[m, p]]
                if len(options) > 1:
                    variables.model.add_exactly_one([*options, ~start])
