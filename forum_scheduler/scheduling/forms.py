"""Forms of the room scheduling."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, TimeField
from wtforms.validators import InputRequired, NumberRange

from forum_scheduler.errors import Invalid
from forum_scheduler.forums.description import GOALS
from forum_scheduler.forums.models import Forum
from forum_scheduler.scheduling.words import GOALS as GOAL_WORDS
from solver.problem import GoalName

MAX_MINUTES = 24 * 60
MINUTES = (
    InputRequired(_l("How many minutes?")),
    NumberRange(1, MAX_MINUTES, _l("Between 1 and 1440 minutes.")),
)


class NowForm(FlaskForm):
    """Solve now. The goals are numbers beside them, see ``goals_typed``."""

    minutes = IntegerField(_l("At most so many minutes"), default=1, validators=MINUTES)
    keep = BooleanField(_l("Keep the published agendas"), default=True)


class ExtendForm(FlaskForm):
    """More time for a run."""

    more = IntegerField(_l("So many minutes more"), default=5, validators=MINUTES)


class WorthForm(FlaskForm):
    """What one more of each is worth."""

    minutes = IntegerField(_l("At most so many minutes in all"), default=5, validators=MINUTES)


class TonightForm(FlaskForm):
    """Solve at an hour of the forum's clocks, once or every night."""

    at = TimeField(_l("Start at"), default=time(2, 0), validators=[InputRequired(_l("At what time?"))])
    minutes = IntegerField(_l("At most so many minutes"), default=60, validators=MINUTES)
    keep = BooleanField(_l("Keep the published agendas"), default=True)
    repeat = BooleanField(_l("Every night at that time"))


def goals_typed(form: Mapping[str, str], *, prefix: str = "") -> tuple[str, ...]:
    """The goals in the order of the numbers beside them; without a number a goal does not count."""
    found: list[tuple[int, int, str]] = []
    for index, goal in enumerate(GOALS):
        text = form.get(f"{prefix}goal_{goal}", "").strip()
        if text.isdecimal() and int(text) > 0:
            found.append((int(text), index, goal))
        elif text:
            raise Invalid(_("Number the goals 1, 2, 3; leave out what does not count."), field="goals")
    return tuple(goal for _number, _index, goal in sorted(found))


def keeping(goals: tuple[str, ...], forum: Forum) -> tuple[str, ...]:
    """The same goals, after that of changing as few people's published agendas as possible."""
    wanted = goals or tuple(forum.goals)
    return wanted if GoalName.PROMISES in wanted else (GoalName.PROMISES.value, *wanted)


def goals_shown(forum: Forum, form: Mapping[str, str], *, prefix: str = "") -> list[tuple[str, str, str]]:
    """(goal, what it means, number), those that count first; what was typed before what is stored."""
    order = {goal: str(number) for number, goal in enumerate(forum.goals, start=1)}
    return [
        (goal, str(GOAL_WORDS[GoalName(goal)]), form.get(f"{prefix}goal_{goal}", order.get(goal, "")))
        for goal in sorted(GOALS, key=lambda goal: (int(order.get(goal, 99)), GOALS.index(goal)))
    ]
