"""The page on which delegates say when they can't meet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from wtforms import HiddenField
from wtforms.validators import Optional

from forum_scheduler.accounts.viewer import current_viewer
from forum_scheduler.companies.models import Delegate
from forum_scheduler.errors import Conflict, Invalid
from forum_scheduler.extensions import db
from forum_scheduler.forums.fields import MomentField
from forum_scheduler.forums.models import Block, Forum, ProgrammeEntry, Slot
from forum_scheduler.forums.programme import programme_of
from forum_scheduler.requests import times as saying
from forum_scheduler.requests.availability import advice, fit_of, most_per_day
from forum_scheduler.requests.views import Page, blueprint

REASONS = {
    saying.Why.ARRIVAL: _l("before you arrive"),
    saying.Why.DEPARTURE: _l("after you leave"),
    saying.Why.SESSION: _l("session"),
}


AROUND = timedelta(days=7)  # before and after the forum, for those who stay longer


class TimesForm(FlaskForm):  # type: ignore[misc]  # WTForms ships no types
    """What is not a box: the boxes are read by name."""

    arrives_at = MomentField(_l("Arrival"), validators=[Optional()])
    leaves_at = MomentField(_l("Departure"), validators=[Optional()])
    seen = HiddenField()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One slot. ``by_hand``: its box is ticked; ``why``: what blocks it besides, "" for nothing."""

    slot: Slot
    by_hand: bool
    why: str
    sessions: str  # ids of the programme entries that overlap it, with spaces between


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A column of the calendar."""

    date: date
    blocks: tuple[tuple[Block, tuple[Cell, ...]], ...] = field(default_factory=tuple)


@blueprint.route("/delegates/<int:delegate_id>/availability", methods=["GET", "POST"])
def availability(forum_slug: str, delegate_id: int) -> Page:
    """When can this delegate meet, and do the accepted meetings still fit?"""
    forum: Forum = g.forum
    times = saying.times_of(delegate_id)
    form = TimesForm(
        data={"arrives_at": times.arrives_at, "leaves_at": times.leaves_at, "seen": times.digest}
    )
    status = 200
    if form.is_submitted():
        times, status = _chosen(form), 422
        if form.validate():
            try:
                saying.save_times(delegate_id=delegate_id, times=_chosen(form), seen=form.seen.data)
            except Invalid as error:
                _blame(form, error)
            except Conflict as error:
                # Nothing chosen is lost; sent once more, it stands against what is stored now.
                status = error.status
                form.seen.data = saying.times_of(delegate_id).digest
                flash(str(error), "error")
            else:
                flash(_("Saved."), "success")
                return redirect(url_for(".availability", forum_slug=forum_slug, delegate_id=delegate_id))
    # Only now: what a refused change has loaded is stale.
    delegate = db.session.scalars(
        select(Delegate).where(Delegate.id == delegate_id).options(joinedload(Delegate.company))
    ).one()
    programme = programme_of(forum.id)
    blocks = saying.blocks_with_slots(forum.id)
    fit = fit_of(delegate.company)
    page = render_template(
        "requests/availability.html",
        delegate=delegate,
        form=form,
        own=delegate_id in current_viewer().delegate_ids,
        programme=programme,
        attends=times.attends,
        language=_language(),
        days=list(_days(forum, blocks, times, programme)),
        fit=fit,
        forum_days=_forum_days(forum, blocks),
        others=sum(person.room for person in fit.people if person.delegate_id != delegate_id),
        per_day=most_per_day(delegate, forum),
        advice=list(advice(fit)),
        reasons={why.value: str(word) for why, word in REASONS.items()},
    )
    return page, status


def _forum_days(forum: Forum, blocks: Sequence[Block]) -> Mapping[str, str]:
    """What a field of date and time needs so that it opens at the forum's days, not at today."""
    if not blocks:
        return {}
    first = min(block.starts_at for block in blocks).astimezone(forum.zone).date()
    last = max(block.ends_at for block in blocks).astimezone(forum.zone).date()
    return {
        "min": f"{(first - AROUND).isoformat()}T00:00",
        "max": f"{(last + AROUND).isoformat()}T23:59",
    }


def _chosen(form: TimesForm) -> saying.Times:
    """What the form says, also where it is not valid: then to be shown again."""
    valid = not form.errors
    return saying.Times(
        blocked=frozenset(request.form.getlist("blocked", type=int)),
        attends=frozenset(request.form.getlist("attends", type=int)),
        arrives_at=form.arrives_at.moment if valid and form.arrives_at.data else None,
        leaves_at=form.leaves_at.moment if valid and form.leaves_at.data else None,
    )


def _days(
    forum: Forum, blocks: Sequence[Block], times: saying.Times, programme: Sequence[ProgrammeEntry]
) -> Iterator[Day]:
    follow = saying.follows(
        times, slots=(slot for block in blocks for slot in block.slots), programme=programme
    )
    for day, group in groupby(blocks, key=lambda block: block.starts_at.astimezone(forum.zone).date()):
        yield Day(
            date=day,
            blocks=tuple(
                (block, tuple(_cell(slot, times, follow, programme) for slot in block.slots))
                for block in group
            ),
        )


def _cell(
    slot: Slot,
    times: saying.Times,
    follow: Mapping[int, saying.Blocked],
    programme: Sequence[ProgrammeEntry],
) -> Cell:
    blocked = follow.get(slot.id)
    why = "" if blocked is None else str(REASONS[blocked.why])
    if blocked is not None and blocked.entry is not None:
        why = blocked.entry.title(_language())
    return Cell(
        slot=slot,
        by_hand=slot.id in times.blocked,
        why=why,
        sessions=" ".join(str(entry.id) for entry in programme if saying.overlaps(slot, entry)),
    )


def _blame(form: TimesForm, error: Invalid) -> None:
    if error.field in form:
        form[error.field].errors = [str(error)]
    else:
        flash(str(error), "error")


def _language() -> str:
    return str(get_locale() or "en")[:2]
