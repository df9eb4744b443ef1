"""People who log in, what staff may do, the audit log."""
