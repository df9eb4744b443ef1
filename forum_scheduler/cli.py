"""The command ``forum``. Wiring only: each command parses, calls one service, and prints."""

from __future__ import annotations

import click


@click.group()
def main() -> None:
    """Forum Scheduler: from meeting requests to agendas."""
