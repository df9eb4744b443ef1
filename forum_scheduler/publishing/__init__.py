"""Numbered versions, what changed for whom, the outbox of notices."""
