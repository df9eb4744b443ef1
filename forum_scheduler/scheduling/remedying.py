"""What would place a meeting that has no place: what a worker found, in words, with the page to do it on.

Each remedy was tried beside all other placements, unmoved, and the judge accepted it: see
``solver/explain/remedies.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from forum_scheduler.scheduling.ids import kind_of, row_id
from forum_scheduler.scheduling.words import Names, languages
from solver.explain.remedies import Change

SENTENCES: Mapping[Change, Any] = {
    Change.NOTHING: _l("It fits as things are: %(where)s."),
    Change.FREE_SLOT: _l("If %(who)s comes at that time: %(where)s."),
    Change.DELEGATE: _l("If %(who)s sends one more delegate: %(where)s."),
    Change.TABLE: _l("With one more table at that time: %(where)s."),
    Change.INTERPRETER: _l("With one more interpreter (%(who)s) at that time: %(where)s."),
    Change.COMPANY_LIMIT: _l("If %(who)s may have one more meeting: %(where)s."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RemedyRow:
    """A remedy in words. ``slot_id`` and ``table_id``: where the meeting would be; no table for a new one."""

    change: Change
    subject: str  # as the solver names it
    sentence: str
    slot_id: int
    table_id: int | None
    subject_id: int | None  # of the delegate or company that it is about


def remedies_in(answer: Mapping[str, Any], names: Names) -> tuple[RemedyRow, ...]:
    """The remedies that a worker found; empty where no single change helps."""
    return tuple(_row(each, names) for each in answer.get("remedies", ()))


def _row(remedy: Mapping[str, str], names: Names) -> RemedyRow:
    change, subject = Change(remedy["change"]), remedy["subject"]
    new_table = kind_of(remedy["table"]) is None
    where = names.name(remedy["slot"])
    if not new_table:
        where = f"{where}, {names.name(remedy['table'])}"
    who = languages(subject.split("-")) if change is Change.INTERPRETER else names.listed([subject])
    return RemedyRow(
        change=change,
        subject=subject,
        sentence=str(SENTENCES[change]) % {"who": who, "where": where},
        slot_id=row_id(remedy["slot"]),
        table_id=None if new_table else row_id(remedy["table"]),
        subject_id=row_id(subject) if kind_of(subject) is not None else None,
    )
