"""Small programs for those who work on the code: what `make check` and `make translations` run."""
