"""The CP-SAT model: variables, one hard rule a file under ``rules``, one goal a file under ``goals``."""
