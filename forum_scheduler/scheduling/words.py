"""Results in the forum's words: names instead of ids, sentences instead of codes, in the reader's tongue."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import format_datetime, format_percent, get_locale, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from forum_scheduler.companies.models import Company, Delegate
from forum_scheduler.companies.reading import person_name
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum, Interpreter, Slot, Table, Zone
from forum_scheduler.requests.models import Meeting, Party
from forum_scheduler.scheduling.agreed import LeftOutReason
from forum_scheduler.scheduling.ids import Kind, kind_of
from forum_scheduler.scheduling.leases import Trouble
from forum_scheduler.scheduling.models import Run, RunState, Schedule
from solver.explain.worth import Resource
from solver.problem import GoalName
from solver.progress import Stage
from solver.schedule import Reason
from solver.verify import Violation

MOST_NAMED = 5

STATES = {
    RunState.QUEUED: (_l("Waiting"), "neutral"),
    RunState.RUNNING: (_l("Running"), "info"),
    RunState.FINISHED: (_l("Finished"), "good"),
    RunState.FAILED: (_l("Failed"), "bad"),
    RunState.CANCELLED: (_l("Called off"), "neutral"),
}

STAGES = {
    Stage.BOUND: _l("What no schedule can exceed"),
    Stage.CONSTRUCT: _l("A first schedule"),
    Stage.IMPROVE: _l("Improving it"),
    Stage.PROVE: _l("Proving how good it is"),
    Stage.TABLES: _l("Tables with few moves"),
    Stage.VERIFY: _l("Independent check"),
}

GOALS = {
    GoalName.PROMISES: _l("Published agendas that change"),
    GoalName.COVERAGE: _l("Meetings for every company"),
    GoalName.VALUE: _l("Value of the meetings"),
    GoalName.BREAKS: _l("Breaks between meetings"),
    GoalName.IDLE: _l("Idle slots between meetings"),
    GoalName.MOVES: _l("Changes of table and zone"),
    GoalName.PREFERENCES: _l("Slots that people dislike"),
}

# Filled in after translation: what is a block, a pair of languages, or a company.
WORTHS: Mapping[Resource, Any] = {
    Resource.TABLE: _l("One more table: %(what)s"),
    Resource.SLOT: _l("One more slot at the end of %(what)s"),
    Resource.INTERPRETER: _l("One more interpreter for %(what)s"),
    Resource.DELEGATE: _l("One more delegate of %(what)s"),
}

TROUBLES = {
    Trouble.NOT_READY: _l("The forum can't be scheduled yet."),
    Trouble.INFEASIBLE: _l(
        "No schedule keeps all rules: meetings that must take place, or are locked, contradict each other."
    ),
    Trouble.OUT_OF_TIME: _l("No schedule was found in the time given. Give it more time."),
    Trouble.REFUSED: _l(
        "The independent check refused the result, so it was not stored. Please report this."
    ),
    Trouble.CHANGED: _l("Something that the result names was deleted while it was computed. Solve again."),
    Trouble.BROKE_OFF: _l("The solver broke off. Please report this."),
    Trouble.GAVE_UP: _l("Every attempt lost its worker; it was given up after five."),
    Trouble.RESUMED: _l("The worker was lost; this is the best that was found before."),
}

RULES = {
    "once": _l("A meeting is placed twice"),
    "unknown": _l("A meeting was cancelled, or something it needs is gone"),
    "length": _l("A meeting runs past the end of its block"),
    "starts": _l("A meeting starts in a slot that it may not start in"),
    "locked-slot": _l("A meeting is not in the slot that it is locked to"),
    "locked-table": _l("A meeting is not at the table that it is locked to"),
    "attendance": _l("The wrong people come to a meeting"),
    "available": _l("Somebody is not available"),
    "table-open": _l("A table is closed"),
    "features": _l("A table lacks what the meeting needs"),
    "zone": _l("A meeting is in another zone than it should be"),
    "host": _l("A booth is used by others than its host"),
    "seats": _l("A table has too few seats"),
    "interpreter": _l("An interpreter is missing, or the wrong one"),
    "one-person": _l("Somebody is in two meetings at once"),
    "one-table": _l("A table is taken twice at once"),
    "one-interpreter": _l("An interpreter is in two meetings at once"),
    "max-breaks": _l("Somebody has too many breaks"),
    "limit": _l("A limit of meetings is passed"),
    "walking": _l("A walk between two meetings is too long"),
    "fixed-table": _l("Somebody who stays at one table would have to move"),
    "after": _l("A meeting starts before the one that must come first has ended"),
    "must": _l("A meeting that must take place is not placed"),
}


# Filled in after translation: which of who, meetings, names, pair a sentence has is its own affair.
REASONS: Mapping[str, Any] = {
    Reason.NO_COMMON_SLOT: _l("There is no slot in which everybody can come: %(who)s."),
    Reason.SLOTS_FULL: _l("The slots of %(who)s are full of other meetings: %(meetings)s."),
    Reason.NO_TABLE: _l("Whenever all could come, the tables that fit are taken: %(names)s."),
    Reason.NO_FITTING_TABLE: _l("No table has the features, the zone, the seats or the host that it needs."),
    Reason.NO_INTERPRETER: _l("Whenever all could come, no interpreter is free: %(names)s."),
    Reason.NO_INTERPRETER_PAIR: _l("There is no interpreter for %(pair)s."),
    Reason.LIMIT: _l("As many meetings as are allowed to %(names)s are placed already."),
    Reason.LIMIT_DAY: _l("On every day on which all could meet, no more meetings are allowed to %(names)s."),
    Reason.LIMIT_ROW: _l("In every slot that is left, it would be too many meetings in a row for %(names)s."),
    Reason.LIMIT_BREAKS: _l("In every slot that is left, it would be one break too many for %(names)s."),
    Reason.PRECEDENCE: _l("The meetings before or after it leave no slot: %(names)s."),
    Reason.WALKING: _l("The walk to the tables that are free is too long for %(who)s."),
    Reason.COSTS_MORE: _l("It would cost meetings that count at least as much: %(names)s."),
    LeftOutReason.NO_DELEGATE: _l("Nobody can come for %(who)s: it has no delegate."),
    LeftOutReason.NOT_APPROVED: _l("Not approved: %(who)s."),
    LeftOutReason.BLOCKED: _l("These companies are blocked from meeting each other: %(who)s."),
    LeftOutReason.TOO_FEW: _l("A meeting needs two companies."),
}
# The same in two or three words, after a number of meetings.
REASON_KINDS: Mapping[str, Any] = {
    Reason.NO_COMMON_SLOT: _l("without a common slot"),
    Reason.SLOTS_FULL: _l("whose slots are full"),
    Reason.NO_TABLE: _l("without a free table"),
    Reason.NO_FITTING_TABLE: _l("without a table that fits"),
    Reason.NO_INTERPRETER: _l("without a free interpreter"),
    Reason.NO_INTERPRETER_PAIR: _l("in a pair of languages that nobody interprets"),
    Reason.LIMIT: _l("over a limit of meetings"),
    Reason.LIMIT_DAY: _l("over a limit a day"),
    Reason.LIMIT_ROW: _l("over a limit in a row"),
    Reason.LIMIT_BREAKS: _l("over the limit of breaks"),
    Reason.PRECEDENCE: _l("without a slot in their order"),
    Reason.WALKING: _l("too far to walk to"),
    Reason.COSTS_MORE: _l("that others outweigh"),
    LeftOutReason.NO_DELEGATE: _l("for which nobody can come"),
    LeftOutReason.NOT_APPROVED: _l("of companies that are not approved"),
    LeftOutReason.BLOCKED: _l("of companies that are blocked"),
    LeftOutReason.TOO_FEW: _l("of one company only"),
}
# Of people there is one limit a day, one in a row and one of breaks: here no single one stands in every slot.
LIMITS_OF_PEOPLE = _l(
    "In every slot in which they are free, a limit of meetings a day, in a row or of breaks is in the way: "
    "%(names)s."
)
COSTS_A_GOAL = _l("Placing it would cost a goal that counts more, or takes longer to find.")


class Names:
    """Names of all that solver ids stand for, by a fixed number of queries."""

    def __init__(self, forum: Forum) -> None:
        session = db.session()
        self.zone = forum.zone
        self.texts: dict[str, str] = {}
        self.company_of: dict[str, str] = {}  # delegate's id -> name of the company
        companies: dict[int, str] = {}
        for id_, name in session.execute(
            select(Company.id, Company.name).where(Company.forum_id == forum.id)
        ):
            companies[id_] = self.texts[f"{Kind.COMPANY}{id_}"] = name
        people = select(Delegate.id, Delegate.name, Delegate.company_id).where(Delegate.forum_id == forum.id)
        for id_, name, company_id in session.execute(people):
            self.texts[f"{Kind.DELEGATE}{id_}"] = person_name(name)
            self.company_of[f"{Kind.DELEGATE}{id_}"] = companies[company_id]
        named: tuple[tuple[Kind, Any, Any], ...] = (
            (Kind.TABLE, Table, Table.label),
            (Kind.ZONE, Zone, Zone.name),
            (Kind.INTERPRETER, Interpreter, Interpreter.name),
        )
        for kind, model, column in named:
            for id_, name in session.execute(select(model.id, column).where(model.forum_id == forum.id)):
                self.texts[f"{kind}{id_}"] = _("table %(name)s", name=name) if kind is Kind.TABLE else name
        for id_, starts_at in session.execute(
            select(Slot.id, Slot.starts_at).where(Slot.forum_id == forum.id)
        ):
            local = starts_at.astimezone(self.zone)
            self.texts[f"{Kind.SLOT}{id_}"] = format_datetime(local, "EEE HH:mm", rebase=False)
        self._meetings(forum, companies)

    def _meetings(self, forum: Forum, companies: Mapping[int, str]) -> None:
        parties: dict[int, list[str]] = defaultdict(list)
        self.pairs: dict[str, Sequence[str]] = {}
        query = (
            select(Meeting.id, Meeting.title, Meeting.interpret, Party.company_id)
            .join(Party, Party.meeting_id == Meeting.id)
            .where(Meeting.forum_id == forum.id)
            .order_by(Meeting.id, Party.position)
        )
        titles: dict[int, str] = {}
        for id_, title, pair, company_id in db.session.execute(query):
            parties[id_].append(companies[company_id])
            titles[id_] = title
            self.pairs[f"{Kind.MEETING}{id_}"] = pair or ()
        for id_, names in parties.items():
            words = " × ".join(names)
            self.texts[f"{Kind.MEETING}{id_}"] = f"{words} ({titles[id_]})" if titles[id_] else words

    def name(self, solver_id: str) -> str:
        """The name, or the id itself for what is gone."""
        return self.texts.get(solver_id, solver_id)

    def meeting(self, meeting_id: int) -> str:
        """Both companies' names."""
        return self.name(f"{Kind.MEETING}{meeting_id}")

    def listed(self, ids: Iterable[str]) -> str:
        """Names, the first few of them; people with their company."""
        found = list(dict.fromkeys(ids))
        words = [self._with_company(each) for each in found[:MOST_NAMED]]
        rest = len(found) - MOST_NAMED
        if rest > 0:
            words.append(_("%(count)s more", count=rest))
        return ", ".join(words)

    def _with_company(self, solver_id: str) -> str:
        company = self.company_of.get(solver_id)
        return f"{self.name(solver_id)} ({company})" if company else self.name(solver_id)


def languages(pair: Iterable[str]) -> str:
    """``English–Ukrainian``, in the reader's language."""
    locale = get_locale()
    return "–".join(str(locale.languages.get(code, code)) if locale else code for code in pair)


def keeps_promises(schedule: Schedule) -> bool:
    """Whether published agendas counted more than all else when the schedule was made."""
    return bool(schedule.goals) and schedule.goals[0]["name"] == GoalName.PROMISES


def reason_sentence(names: Names, meeting_id: int, reason: str, subjects: Sequence[str]) -> str:
    """Why a meeting has no place, as one sentence."""
    of_kind: dict[Kind | None, list[str]] = defaultdict(list)
    for subject in subjects:
        of_kind[kind_of(subject)].append(subject)
    sentence = REASONS.get(reason)
    if reason == Reason.COSTS_MORE and not subjects:
        sentence = COSTS_A_GOAL
    if reason == Reason.LIMIT and of_kind[Kind.DELEGATE]:
        sentence = LIMITS_OF_PEOPLE
    if sentence is None:
        return reason
    return str(sentence) % {
        "who": names.listed(of_kind[Kind.DELEGATE] + of_kind[Kind.COMPANY]),
        "meetings": names.listed(of_kind[Kind.MEETING]),
        "names": names.listed(subjects),
        "pair": _pair(names, meeting_id),
    }


def _pair(names: Names, meeting_id: int) -> str:
    locale = get_locale()
    codes = names.pairs.get(f"{Kind.MEETING}{meeting_id}", ())
    return "–".join(str(locale.languages.get(code, code)) if locale else code for code in codes)


def violation_sentence(names: Names, violation: Violation) -> str:
    """Which rule is broken, and who is concerned."""
    rule = RULES.get(violation.rule)
    if rule is None:
        return violation.message
    return f"{rule}: {names.listed(violation.subjects)}"


def trouble_sentence(run: Run) -> str:
    """What ``run.message`` tells; "" for a run that tells nothing."""
    code, _colon, detail = run.message.partition(": ")
    if code not in {trouble.value for trouble in Trouble}:
        return run.message
    return f"{TROUBLES[Trouble(code)]} {detail}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalWords:
    """A goal with its value and bound, and what the two mean."""

    label: str
    value: int
    bound: int
    proven: bool
    meaning: str


def goal_words(goals: Iterable[Mapping[str, Any]]) -> tuple[GoalWords, ...]:
    return tuple(
        GoalWords(
            label=str(GOALS[GoalName(goal["name"])]),
            value=goal["value"],
            bound=goal["bound"],
            proven=goal["value"] == goal["bound"],
            meaning=str(_("No schedule can be better."))
            if goal["value"] == goal["bound"]
            else gap_words(GoalName(goal["name"]), goal["value"], goal["bound"]),
        )
        for goal in goals
    )


def gap_words(goal: GoalName, value: int | None, bound: int | None) -> str:
    """How much better any schedule could be, as a sentence; "" while nothing is known."""
    if value is None or bound is None:
        return ""
    if value == bound:
        return str(_("Proven: no schedule can be better."))
    if goal.maximised and value > 0:
        share = _share(value, bound)
        return str(_("At most %(share)s more is possible for any schedule.", share=share))
    if goal.maximised:
        return str(_("At most %(bound)s is possible for any schedule.", bound=bound))
    if bound <= 0:
        return str(_("Not proven: fewer may be possible."))
    return str(_("Not proven: fewer may be possible, but never fewer than %(bound)s.", bound=bound))


def _share(value: int, bound: int) -> str:
    """How much more the bound is than the value, in per cent and never rounded down to nothing."""
    return str(format_percent(max((bound - value) / max(value, 1), 0.001), "#,##0.#%"))


def _value_words(value: int, bound: int, *, kept: bool) -> str:
    """``kept``: the bound is only of schedules that change as few published agendas."""
    share = _share(value, bound)
    if value == bound and kept:
        return str(_("No schedule that keeps what is published can place more value."))
    if value == bound:
        return str(_("No schedule can place more value."))
    if kept:
        return str(_("At most %(share)s more value is possible beside what is published.", share=share))
    return str(_("At most %(share)s more value is possible.", share=share))


def verdict(schedule: Schedule, forum: Forum) -> str:
    """The sentence that a schedule is about: placed, proof, breaks, not placed."""
    total = schedule.placed_count + schedule.unplaced_count
    parts = [_("%(placed)s of %(total)s meetings.", placed=schedule.placed_count, total=total)]
    by_name = {goal["name"]: goal for goal in schedule.goals}
    value = by_name.get(GoalName.VALUE)
    if value is not None:
        parts.append(_value_words(value["value"], value["bound"], kept=keeps_promises(schedule)))
    if forum.max_breaks is not None:
        parts.append(
            ngettext(
                "Nobody has more than %(num)s break.",
                "Nobody has more than %(num)s breaks.",
                forum.max_breaks,
            )
            if forum.max_breaks
            else _("Nobody has a break between meetings.")
        )
    if schedule.unplaced_count:
        parts.append(_("%(count)s not placed.", count=schedule.unplaced_count))
    return " ".join(str(part) for part in parts)
