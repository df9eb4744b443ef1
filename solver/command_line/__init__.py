"""``python -m solver``: its commands, files, progress and words."""
