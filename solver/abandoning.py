"""Going through many things only as long as nobody wants that to end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")

LOOK_UP = 4_096
"""Items after which it is asked again: some hundredths of a second at most."""


class AbandonedError(Exception):
    """What goes through all items was given up: ``abandon`` said so."""


def never() -> bool:
    """No wish to end."""
    return False


def watched(items: Iterable[Item], abandon: Callable[[], bool]) -> Iterator[Item]:
    """The items; raises :class:`AbandonedError` soon after ``abandon()`` is true."""
    for number, item in enumerate(items):
        if not number % LOOK_UP and abandon():
            raise AbandonedError
        yield item
