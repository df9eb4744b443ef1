"""The organiser's overview: how far the forum is, in numbers that lead to the rows behind them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from forum_scheduler.clock import now
from forum_scheduler.companies.models import CompanyStatus
from forum_scheduler.forums.models import Forum
from forum_scheduler.forums.window import Window, window_at
from forum_scheduler.home.facts import Facts, Result, SideCounts, facts_of
from forum_scheduler.home.todo import Task
from forum_scheduler.outbox.models import MailState
from forum_scheduler.requests.models import RequestState
from forum_scheduler.scheduling.capacity import Wanted, tightest_of, wanted_of
from forum_scheduler.scheduling.models import RunState
from forum_scheduler.scheduling.overview import block_label

WANTED = 5  # companies named on the overview; all of them are on the page of demand and room


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number, what it counts, and where the rows are; ``url`` None where there is no such page."""

    value: int
    label: str
    url: str | None = None
    tone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stage of the forum with its numbers; ``full``: how much of the capacity the demand takes."""

    key: str
    title: str
    url: str | None
    numbers: tuple[Number, ...]
    meters: tuple[tuple[str, int, int, str, str | None], ...] = ()  # label, value, maximum, detail, tone


@dataclass(frozen=True, slots=True, kw_only=True)
class Tight:
    """A block in one sentence; ``over``: it is asked for more than it has."""

    sentence: str
    over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """``tasks`` need the organiser today, the most urgent first."""

    tasks: tuple[Task, ...]
    stages: tuple[Stage, ...]
    sides: tuple[SideCounts, ...]  # empty where there is only one
    trend: tuple[Result, ...]  # of the newest runs, empty where there is only one
    wanted: tuple[Wanted, ...]  # the few companies that most ask for
    tightest: Tight | None  # the block that is asked for most of its room
    owing: int  # companies that could answer now, and have not
    silent: int  # companies that could ask now, and neither asked nor have a meeting


def overview_of(forum: Forum) -> Overview:
    """In a fixed number of queries."""
    facts = facts_of(forum)
    stages = (
        _set_up(forum, facts),
        _requests(forum, facts),
        _capacity(forum, facts),
        _schedules(forum, facts),
        _published(forum, facts),
    )
    return Overview(
        tasks=tuple(_tasks(forum, facts)),
        stages=stages,
        sides=facts.sides if len(facts.sides) > 1 else (),
        trend=facts.trend if len(facts.trend) > 1 else (),
        wanted=wanted_of(forum)[:WANTED],
        tightest=_tightest(forum, facts),
        owing=facts.owing,
        silent=facts.silent,
    )


def _tasks(forum: Forum, facts: Facts) -> Iterator[Task]:
    slug = forum.slug
    failed = facts.mails.get(MailState.FAILED, 0)
    if failed:
        yield Task(
            title=ngettext(
                "%(num)s mail could not be delivered", "%(num)s mails could not be delivered", failed
            ),
            text=_("Look at the addresses, then send them again."),
            state=_("Failed"),
            tone="bad",
            url=url_for("publishing.outbox", forum_slug=slug),
            action=_("Mails"),
        )
    waiting = facts.companies.get(CompanyStatus.APPLIED, 0)
    if waiting:
        yield Task(
            title=ngettext(
                "%(num)s company waits for vetting", "%(num)s companies wait for vetting", waiting
            ),
            text=_("Until then they see nobody, and nobody sees them."),
            state=_("To do"),
            tone="warn",
            url=url_for("companies.vetting", forum_slug=slug),
            action=_("Look"),
        )
    if forum.requests_open_at is None:
        yield Task(
            title=_("The request window has no dates"),
            text=_("Companies can ask each other once it opens."),
            state=_("To do"),
            tone="warn",
            url=url_for("forums.window", forum_slug=slug),
            action=_("Set the dates"),
        )
    if not facts.companies:
        yield Task(
            title=_("No companies yet"),
            text=_("Bring them in from a spreadsheet, or let them register."),
            state=_("To do"),
            tone="warn",
            url=url_for("importing.upload", forum_slug=slug),
            action=_("Import"),
        )
    yield from _solving_tasks(forum, facts)


def _solving_tasks(forum: Forum, facts: Facts) -> Iterator[Task]:
    slug, run, schedule = forum.slug, facts.run, facts.schedule
    if run is not None and run.state == RunState.RUNNING:
        yield Task(
            title=_("A run is under way"),
            text=_("Leaving the page is safe."),
            state=_("Running"),
            tone="info",
            url=url_for("scheduling.run", forum_slug=slug, run_id=run.id),
            action=_("Watch"),
        )
    elif run is not None and run.state == RunState.FAILED:
        yield Task(
            title=_("The last run ended without a schedule"),
            text=_("Its page says why."),
            state=_("Failed"),
            tone="bad",
            url=url_for("scheduling.run", forum_slug=slug, run_id=run.id),
            action=_("Read why"),
        )
    elif facts.meetings and schedule is None:
        yield Task(
            title=_("No schedule yet"),
            text=ngettext("%(num)s meeting is agreed.", "%(num)s meetings are agreed.", facts.meetings),
            state=_("To do"),
            tone="info",
            url=url_for("scheduling.runs", forum_slug=slug),
            action=_("Solve"),
        )
    if facts.nightly is None and facts.publication is None and window_at(forum, now()) is Window.OPEN:
        yield Task(
            title=_("Nothing is solved by night"),
            text=_("From the first day on, a solve every night shows what could be placed so far."),
            state=_("To do"),
            tone="info",
            url=url_for("scheduling.runs", forum_slug=slug, _anchor="tonight"),
            action=_("Switch it on"),
        )
    published = facts.publication
    if schedule is not None and (published is None or published.schedule_id != schedule.id):
        yield Task(
            title=_("Schedule %(number)s is not published", number=schedule.number),
            text=_("%(placed)s meetings placed, %(unplaced)s not.",
                   placed=schedule.placed_count, unplaced=schedule.unplaced_count),
            state=_("Draft"),
            tone="info",
            url=url_for("publishing.prepare", forum_slug=slug, schedule_id=schedule.id),
            action=_("Publish"),
        )  # fmt: skip


def _set_up(forum: Forum, facts: Facts) -> Stage:
    slug = forum.slug
    waiting = facts.companies.get(CompanyStatus.APPLIED, 0)
    return Stage(
        key="join",
        title=_("Companies"),
        url=url_for("companies.vetting", forum_slug=slug),
        numbers=(
            Number(
                value=facts.companies.get(CompanyStatus.APPROVED, 0),
                label=_("approved"),
                url=url_for("companies.directory", forum_slug=slug),
            ),
            Number(
                value=waiting,
                label=_("wait for vetting"),
                url=url_for("companies.vetting", forum_slug=slug),
                tone="warn" if waiting else None,
            ),
            Number(value=facts.delegates, label=_("delegates")),
        ),
    )


def _requests(forum: Forum, facts: Facts) -> Stage:
    labels = {
        RequestState.PENDING: _("wait for an answer"),
        RequestState.ACCEPTED: _("accepted"),
        RequestState.DECLINED: _("declined"),
        RequestState.EXPIRED: _("expired"),
    }
    window = {Window.BEFORE: _("not open yet"), Window.OPEN: _("open"), Window.CLOSED: _("closed")}
    return Stage(
        key="requests",
        title=_("Requests, %(window)s", window=window[window_at(forum, now())]),
        url=url_for("requests.overview", forum_slug=forum.slug),
        numbers=tuple(
            Number(
                value=facts.requests.get(state, 0),
                label=label,
                url=url_for("requests.overview", forum_slug=forum.slug, state=state.value),
            )
            for state, label in labels.items()
        ),
    )


def _capacity(forum: Forum, facts: Facts) -> Stage:
    places = facts.slots * facts.tables
    voices = facts.slots * facts.interpreters
    meters: list[tuple[str, int, int, str, str | None]] = [
        (
            _("Tables"),
            facts.meeting_slots,
            places,
            _("%(slots)s slots at %(tables)s tables", slots=facts.slots, tables=facts.tables),
            "warn" if facts.meeting_slots > places else None,
        )
    ]
    if facts.interpreted or facts.interpreters:
        meters.append(
            (
                _("Interpreters"),
                facts.interpreted,
                voices,
                ngettext(
                    "meetings that need one, of the slots of %(num)s person",
                    "meetings that need one, of the slots of %(num)s people",
                    facts.interpreters,
                ),
                "warn" if facts.interpreted > voices else None,
            )
        )
    return Stage(
        key="capacity",
        title=_("Demand and room"),
        url=url_for("scheduling.capacity", forum_slug=forum.slug),
        numbers=(Number(value=facts.meetings, label=_("meetings agreed")),),
        meters=tuple(meters),
    )


def _tightest(forum: Forum, facts: Facts) -> Tight | None:
    block = tightest_of(forum, meetings=facts.meetings)
    if block is None:
        return None
    words = {"block": block_label(forum, block.block), "demand": block.demand, "room": block.room}
    over = block.demand > block.room
    tight = _(
        "%(block)s is the tightest block: the agreed meetings ask for %(demand)s of its %(room)s places."
    )
    full = _("%(block)s is too tight: the agreed meetings ask for %(demand)s places, it has %(room)s.")
    return Tight(sentence=str(full if over else tight) % words, over=over)


def _schedules(forum: Forum, facts: Facts) -> Stage:
    slug, schedule = forum.slug, facts.schedule
    numbers: tuple[Number, ...] = ()
    if schedule is not None:
        where = {"forum_slug": slug, "schedule_id": schedule.id}
        numbers = (
            Number(
                value=schedule.placed_count,
                label=_("placed in schedule %(number)s", number=schedule.number),
                url=url_for("scheduling.schedule", **where),  # type: ignore[arg-type]  # str and int
            ),
            Number(
                value=schedule.unplaced_count,
                label=_("not placed"),
                url=url_for("scheduling.unplaced", **where),  # type: ignore[arg-type]
                tone="warn" if schedule.unplaced_count else None,
            ),
        )
    return Stage(
        key="schedules",
        title=_("Schedules"),
        url=url_for("scheduling.runs", forum_slug=slug),
        numbers=numbers,
    )


def _published(forum: Forum, facts: Facts) -> Stage:
    slug = forum.slug
    numbers: list[Number] = []
    if facts.publication is not None:
        numbers.append(
            Number(
                value=facts.publication.version,
                label=_("is the newest version"),
                url=url_for("publishing.versions", forum_slug=slug),
            )
        )
    outbox = url_for("publishing.outbox", forum_slug=slug)
    numbers.append(Number(value=facts.mails.get(MailState.SENT, 0), label=_("mails sent"), url=outbox))
    queued = facts.mails.get(MailState.QUEUED, 0) + facts.mails.get(MailState.SENDING, 0)
    if queued:
        numbers.append(Number(value=queued, label=_("mails on their way"), url=outbox))
    return Stage(
        key="published",
        title=_("Published"),
        url=url_for("publishing.versions", forum_slug=slug),
        numbers=tuple(numbers),
    )
