"""What a representative has to do before the window closes, most urgent first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from flask_babel import format_datetime, ngettext, pgettext
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from forum_scheduler.clock import now
from forum_scheduler.companies.models import Company, CompanyStatus
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.forums.window import Window, window_at
from forum_scheduler.publishing.models import Publication
from forum_scheduler.publishing.reading import current_publication
from forum_scheduler.requests.availability import advice, fit_of
from forum_scheduler.requests.models import Party, Request, RequestState
from forum_scheduler.requests.times import who_said_times
from forum_scheduler.scheduling.models import Placement


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing to do, or to know. ``tone``: bad, warn, info or good, with its word ``state``."""

    title: str
    text: str
    state: str
    tone: str
    url: str | None = None
    action: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyHome:
    """A company and its tasks, the most urgent first."""

    company: Company
    tasks: tuple[Task, ...]


def homes_of(forum: Forum, company_ids: Sequence[int]) -> tuple[CompanyHome, ...]:
    """One for each of the companies; the first id, for which one acts, comes first."""
    publication = current_publication(forum)
    companies = db.session.scalars(
        select(Company)
        .where(Company.id.in_(list(company_ids)))
        .options(
            joinedload(Company.side), selectinload(Company.delegates), selectinload(Company.capabilities)
        )
        .order_by(Company.name)
    )
    acting = next(iter(company_ids), None)
    return tuple(
        CompanyHome(company=company, tasks=tuple(_tasks(forum, company, publication)))
        for company in sorted(companies, key=lambda each: each.id != acting)
    )


def _tasks(forum: Forum, company: Company, publication: Publication | None) -> Iterator[Task]:
    if company.status != CompanyStatus.APPROVED:
        yield _vetting(forum, company)
    else:
        yield from _answers(forum, company)
        yield from _too_many(forum, company)
    asked = _asked(company)
    # Whoever has asked nobody has that to do first: the window closes, the profile can wait.
    if company.status == CompanyStatus.APPROVED and not asked:
        yield _asking(forum, company, asked)
    # Once there are agendas, people come for them; a gap in the profile is what they pass on the way.
    if company.status == CompanyStatus.APPROVED and publication is not None and _is_in(publication, company):
        yield Task(
            title=_("Your agendas, version %(number)s", number=publication.version),
            text=_("For everyone on the way: on the phone, in the calendar, on paper."),
            state=_("Published"),
            tone="good",
            url=url_for("agendas.company", forum_slug=forum.slug, company_id=company.id),
            action=_("Open"),
        )
    yield from _profile(forum, company)
    yield from _times(forum, company)
    if company.status == CompanyStatus.APPROVED and asked:
        yield _asking(forum, company, asked)


def _is_in(publication: Publication, company: Company) -> bool:
    """Whether it has meetings in the version: who came later has no agenda yet."""
    placed = (
        select(Placement.meeting_id)
        .join(Party, Party.meeting_id == Placement.meeting_id)
        .where(Placement.schedule_id == publication.schedule_id, Party.company_id == company.id)
    )
    return db.session.scalar(placed.limit(1)) is not None


def _vetting(forum: Forum, company: Company) -> Task:
    if company.status == CompanyStatus.REFUSED:
        return Task(
            title=_("The organiser has not admitted your company"),
            text=company.status_reason or _("Write to the organiser."),
            state=_("Refused"),
            tone="bad",
            url=url_for("companies.edit", forum_slug=forum.slug, company_id=company.id),
            action=_("Correct it and send it again"),
        )
    return Task(
        title=_("The organiser looks at your company"),
        text=_("You get a mail; then you see the other companies, and they see you."),
        state=_("Waiting"),
        tone="info",
    )


def _answers(forum: Forum, company: Company) -> Iterator[Task]:
    expires = db.session.execute(
        select(Request.expires_at)
        .where(Request.asked_id == company.id, Request.state == RequestState.PENDING)
        .order_by(Request.expires_at)
    ).all()
    if not expires:
        return
    first = min((moment for (moment,) in expires if moment is not None), default=forum.requests_close_at)
    yield Task(
        title=ngettext("%(num)s company waits for your answer", "%(num)s companies wait for your answer",
                       len(expires)),
        text=_("The first request expires on %(when)s.", when=_when(first)) if first else "",
        state=_("To answer"),
        tone="warn",
        url=url_for("requests.inbox", forum_slug=forum.slug, company=company.id),
        action=_("Answer"),
    )  # fmt: skip


def _too_many(forum: Forum, company: Company) -> Iterator[Task]:
    fit = fit_of(company)
    words = list(advice(fit))
    if not words:
        return
    # Where the forum's limit stands against them, no delegate more would help.
    capped = fit.cap is not None and fit.over and fit.room == fit.cap
    where = {"forum_slug": forum.slug}
    yield Task(
        title=_("More meetings than you have room for"),
        text=" ".join(words),
        state=_("Too many"),
        tone="warn",
        url=url_for("requests.inbox", company=company.id, show="answered", **where)  # type: ignore[arg-type]  # values are str and int
        if capped
        else url_for("companies.delegates", company_id=company.id, **where),  # type: ignore[arg-type]  # as above
        action=_("Your answers") if capped else _("Delegates"),
    )


def _profile(forum: Forum, company: Company) -> Iterator[Task]:
    where = {"forum_slug": forum.slug, "company_id": company.id}
    if not company.delegates:
        yield Task(
            title=_("Nobody comes for your company yet"),
            text=_("Add those who come: meetings are given to people."),
            state=_("Missing"),
            tone="bad",
            url=url_for("companies.delegates", **where),  # type: ignore[arg-type]  # values are str and int
            action=_("Add delegates"),
        )
    missing = [
        word
        for there, word in (
            (company.capabilities, _("what you offer and need")),
            (any(company.description.values()), _("a description")),
        )
        if not there
    ]
    if missing:
        yield Task(
            title=_("Others find you by your profile"),
            text=_("It still lacks: %(what)s.", what=", ".join(missing)),
            state=_("Missing"),
            tone="warn",
            url=url_for("companies.edit", **where),  # type: ignore[arg-type]
            action=_("Fill in"),
        )


def _times(forum: Forum, company: Company) -> Iterator[Task]:
    """The first delegate of whom nobody said anything: nothing said means free from the start to the end."""
    said = who_said_times([delegate.id for delegate in company.delegates])
    silent = [delegate for delegate in company.delegates if delegate.id not in said]
    if silent:
        yield Task(
            title=ngettext("%(num)s delegate has not said when they can’t meet",
                           "%(num)s delegates have not said when they can’t meet", len(silent)),
            text=_("Arrival, departure, sessions they attend: until then all their slots count as free."),
            state=pgettext("what is to be done", "Open"),
            tone="info",
            url=url_for("requests.availability", forum_slug=forum.slug, delegate_id=silent[0].id),
            action=_("Say when"),
        )  # fmt: skip


def _asked(company: Company) -> int:
    """How many companies it has asked."""
    open_or_agreed = (RequestState.PENDING, RequestState.ACCEPTED)
    asked = (
        select(func.count())
        .select_from(Request)
        .where(Request.asker_id == company.id, Request.state.in_(open_or_agreed))
    )
    return db.session.scalar(asked) or 0


def _asking(forum: Forum, company: Company, sent: int) -> Task:
    said = (
        ngettext("You have asked %(num)s company.", "You have asked %(num)s companies.", sent)
        if sent
        else _("You have asked nobody yet.")
    )
    match window_at(forum, now()):
        case Window.OPEN:
            until = forum.requests_close_at
            return Task(
                title=_("Ask for meetings"),
                text=" ".join([said, _("Requests close on %(when)s.", when=_when(until))]) if until else said,
                state=_("Requests open"),
                tone="info",
                url=url_for("companies.directory", forum_slug=forum.slug, company=company.id),
                action=_("Find companies"),
            )
        case Window.BEFORE:
            opens = forum.requests_open_at
            return Task(
                title=_("Requests are not open yet"),
                text=_("They open on %(when)s.", when=_when(opens)) if opens else "",
                state=_("Later"),
                tone="neutral",
                url=url_for("companies.directory", forum_slug=forum.slug, company=company.id),
                action=_("Look around"),
            )
        case Window.CLOSED:
            return Task(
                title=_("Requests are closed"),
                text=said,
                state=_("Closed"),
                tone="neutral",
                url=url_for("requests.mine", forum_slug=forum.slug, company=company.id),
                action=_("Your requests"),
            )


def _when(moment: datetime) -> str:
    """Wed 12 May, 18:00, in the forum's zone."""
    return str(format_datetime(moment, _("EEE d MMM, HH:mm")))
