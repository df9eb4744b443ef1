"""Which schedule a run should keep to, where its goals say so: the published one.

Publishing stands below scheduling in the journey, so scheduling can't ask it: publishing tells it how to
find out, when the app is put together.
"""

from __future__ import annotations

from collections.abc import Callable

_finders: list[Callable[[int], int | None]] = []
_freezers: list[Callable[[int], bool]] = []


def found_by(finder: Callable[[int], int | None]) -> None:
    """Set how to find the promised schedule's id of a forum (by its id); the last one set counts."""
    _finders[:] = [finder]


def promised_schedule_id(forum_id: int) -> int | None:
    """The id of the schedule that people were told, None before the first publication."""
    return _finders[0](forum_id) if _finders else None


def frozen_by(finder: Callable[[int], bool]) -> None:
    """Set how to find out whether a schedule (by its id) was ever published; the last one set counts."""
    _freezers[:] = [finder]


def was_published(schedule_id: int) -> bool:
    """Whether the schedule is, or was, a published version: such a one is never changed."""
    return bool(_freezers) and _freezers[0](schedule_id)
