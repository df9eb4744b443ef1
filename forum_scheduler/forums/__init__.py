"""A forum's days, slots, zones, tables, interpreters and rules."""
