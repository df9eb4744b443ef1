"""The last changes of table, knot by knot: exact search among the few meetings around each."""
