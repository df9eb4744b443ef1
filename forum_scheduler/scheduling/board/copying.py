"""A draft for the board: a copy of any schedule, brought up to date with the forum as it is now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask_babel import gettext as _

from forum_scheduler.accounts.audit import record
from forum_scheduler.extensions import db, transaction
from forum_scheduler.forums.models import Forum
from forum_scheduler.scheduling.board.goals import goals_after
from forum_scheduler.scheduling.board.models import Board
from forum_scheduler.scheduling.board.position import judge
from forum_scheduler.scheduling.models import Schedule
from forum_scheduler.scheduling.planning import build
from forum_scheduler.scheduling.storing import load_result, store_schedule
from solver import __version__ as solver_version
from solver import schedule as solver
from solver.codec import digest
from solver.explain.reasons import reasons
from solver.problem import Problem
from solver.schedule import Placement, Status
from solver.verify import Violation


@dataclass(frozen=True, slots=True)
class Copy:
    """The new draft. ``taken_out``: meetings of the original that break a rule now, and wait in the tray."""

    schedule: Schedule
    taken_out: tuple[str, ...]


def start(source: Schedule, *, by: int | None) -> Copy:
    """Make a draft that may be adjusted; the original stays as it is. Raises NotReady.

    The draft is of the forum as it is now: what no longer keeps its rules waits in the tray.
    """
    forum_id, source_id = source.forum_id, source.id
    with transaction() as session:
        source = session.get_one(Schedule, source_id)
        plan = build(session.get_one(Forum, forum_id))
        problem = plan.problem
        found = load_result(source, problem)
        kept, out = sound(problem, found.placements)
        goals = goals_after(problem, judge(problem, kept).goals, source if _same(source, problem) else None)
        copy = store_schedule(
            forum_id,
            problem=problem,
            result=solver.Schedule(
                version=1,
                status=Status.FEASIBLE,
                problem_digest=digest(problem),
                solver_version=solver_version,
                placements=kept,
                unplaced=reasons(problem, kept),
                goals=goals,
                seed=source.seed,
            ),
            left_out=plan.left_out,
            based_on_id=source_id,
            note=_("Adjusted by hand, from schedule %(number)s", number=source.number),
        )
        session.add(Board(schedule_id=copy.id, revision=0, made_by_id=by))
        record(
            "board.started",
            forum_id=forum_id,
            subject=f"schedule:{copy.id}",
            details={"from": source.number, "taken_out": len(out)},
        )
    return Copy(db.session.get_one(Schedule, copy.id), out)


def _same(source: Schedule, problem: Problem) -> bool:
    return source.problem_digest == digest(problem)


def sound(problem: Problem, placements: Iterable[Placement]) -> tuple[tuple[Placement, ...], tuple[str, ...]]:
    """The placements that keep every rule together, and the meetings of the others, lightest first."""
    weights = {meeting.id: meeting.weight for meeting in problem.meetings}
    placed = {each.meeting: each for each in placements}
    out: list[str] = []
    while True:
        broken = [each for each in judge(problem, placed.values()).violations if each.rule != "must"]
        if not broken:
            return tuple(placed.values()), tuple(out)
        for violation in broken:
            concerned = _concerned(violation, placed)
            if concerned:
                worst = min(concerned, key=lambda meeting: (weights.get(meeting, 0), meeting))
                del placed[worst]
                out.append(worst)


def _concerned(violation: Violation, placed: Mapping[str, Placement]) -> list[str]:
    """The placed meetings that a violation is about: those it names, else those of whom it names.

    Empty where one of them has been taken out already: the judge is asked again then.
    """
    named = [each for each in violation.subjects if each.startswith("m")]
    if named:
        return [each for each in named if each in placed] if all(n in placed for n in named) else []
    who = set(violation.subjects)
    return [
        each.meeting for each in placed.values() if who & {*each.people, each.table, each.interpreter or ""}
    ] or list(placed)
