"""How far a run has come: stages, goals, chart and log, by one query whatever the number of events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select

from forum_scheduler.clock import now
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.scheduling.models import Run, RunEvent, RunState
from forum_scheduler.scheduling.run_log import said
from forum_scheduler.scheduling.words import GOALS, STAGES, GoalWords, gap_words, goal_words
from solver.problem import GoalName
from solver.progress import Stage

LOG_LINES = 40
CHART_POINTS = 400
ENDED = (RunState.FINISHED, RunState.FAILED, RunState.CANCELLED)

Point = tuple[float, int | None, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunProgress:
    """A run's progress, ready to show. ``share``: of its time, 0..1; ``steps``: (label, state, detail)."""

    ended: bool
    share: float
    seconds_left: int
    stage: str
    steps: tuple[tuple[str, str, str | None], ...]
    goal: str
    points: tuple[Point, ...]
    gap: str
    placed: int | None
    goals: tuple[GoalWords, ...]  # how far each has come, in the order in which they count
    log: tuple[tuple[float, datetime, str], ...]  # seconds used, when, what


def progress_of(run: Run, forum: Forum) -> RunProgress:
    """By one query, whatever the number of events."""
    logged = db.session.scalars(select(RunEvent).where(RunEvent.run_id == run.id).order_by(RunEvent.id)).all()
    events = [event for event in logged if not event.message]
    goal = _charted_goal(forum, events)
    points = _points(events, goal)
    last = points[-1] if points else (0.0, None, None)
    ended = run.state in ENDED
    used = run.seconds_used
    if run.state == RunState.RUNNING and run.started_at is not None:
        # The row is renewed every second or so; between two beats the clock goes on.
        used = max(used, min((now() - run.started_at).total_seconds(), used + 1.0))
    placed = next((each.placed for each in reversed(events) if each.placed), None)
    return RunProgress(
        ended=ended,
        share=min(used / run.seconds, 1.0),
        seconds_left=max(round(run.seconds - used), 0),
        stage=_stage(events[-1]) if events else str(_("Reading the forum")),
        steps=_steps(events, run),
        goal=str(GOALS[goal]),
        points=points,
        gap=gap_words(goal, last[1], last[2]),
        placed=placed,
        goals=goals_so_far(run.goals or forum.goals, events),
        log=_log(logged),
    )


def _stage(event: RunEvent) -> str:
    """``Improving it: Idle slots between meetings``: a run goes on once the value is proven."""
    stage = str(STAGES[Stage(event.stage)])
    if event.stage != Stage.IMPROVE or not event.goal:
        return stage
    return str(_("%(stage)s: %(goal)s", stage=stage, goal=GOALS[GoalName(event.goal)]))


def goals_so_far(goals: Sequence[str], events: Sequence[RunEvent]) -> tuple[GoalWords, ...]:
    """The newest value and bound of each goal of which both are known.

    Once a schedule is improved, a value of the first one is out of date: goals that are then reached in
    passing are not told of again, and left out.
    """
    told = [event for event in events if event.value is not None and event.placed]
    better = [event for event in told if event.stage != Stage.CONSTRUCT]
    values = {event.goal: event.value for event in better or told}
    bounds = {event.goal: event.bound for event in events if event.bound is not None}
    return goal_words(
        {"name": goal, "value": values[goal], "bound": bounds[goal]}
        for goal in goals
        if goal in values and goal in bounds
    )


def _charted_goal(forum: Forum, events: Sequence[RunEvent]) -> GoalName:
    """Value, or else the forum's first goal that there are numbers of."""
    seen = {event.goal for event in events if event.goal}
    wanted = [GoalName.VALUE.value, *forum.goals]
    return GoalName(next((name for name in wanted if name in seen), GoalName.VALUE.value))


def _points(events: Sequence[RunEvent], goal: GoalName) -> tuple[Point, ...]:
    points: list[Point] = []
    value = bound = None
    for event in events:
        if event.goal != goal:
            continue
        new_value = value if event.value is None else event.value
        new_bound = bound if event.bound is None else event.bound
        if (new_value, new_bound) != (value, bound):
            value, bound = new_value, new_bound
            points.append((event.seconds, value, bound))
    if len(points) > CHART_POINTS:
        step = len(points) // CHART_POINTS + 1
        points = [*points[:-1:step], points[-1]]
    return tuple(points)


def _steps(events: Sequence[RunEvent], run: Run) -> tuple[tuple[str, str, str | None], ...]:
    ended = run.state in ENDED
    seen = {event.stage for event in events}
    if run.state == RunState.FINISHED:
        seen.add(Stage.VERIFY)  # nothing is stored without it, whether the solver told of it or not
    current = events[-1].stage if events and not ended else None
    rest = "skipped" if ended else "todo"
    return tuple(
        (str(label), "now" if stage == current else "done" if stage in seen else rest, None)
        for stage, label in STAGES.items()
    )


def _log(logged: Sequence[RunEvent]) -> tuple[tuple[float, datetime, str], ...]:
    """The newest first; of progress only the last lines, of what else happened everything."""
    progress = [event.id for event in logged if not event.message]
    oldest = progress[-LOG_LINES:][0] if progress else 0
    shown = [event for event in logged if event.message or event.id >= oldest]
    return tuple((each.seconds, each.at, _line(each)) for each in reversed(shown))


def _line(event: RunEvent) -> str:
    if event.message:
        return said(event.message)
    words = [str(STAGES[Stage(event.stage)])]
    if event.goal and event.value is not None:
        words.append(f"{GOALS[GoalName(event.goal)]} {event.value}")
    if event.goal and event.bound is not None:
        words.append(str(_("bound %(bound)s", bound=event.bound)))
    if event.placed:
        words.append(str(_("%(placed)s placed", placed=event.placed)))
    return ", ".join(words)
