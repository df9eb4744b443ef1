"""Runs of the solver, from rows to a verified schedule."""
