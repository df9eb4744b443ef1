"""Questions that a worker answers: a remedy tried, what one more of each is worth; more time, other goals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from flask import Flask
from sqlalchemy import select, update

from forum_scheduler.accounts.models import User
from forum_scheduler.errors import Conflict, Invalid
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.publishing.services import preview
from forum_scheduler.requests.models import Unavailability
from forum_scheduler.scheduling import asking, leases, runs
from forum_scheduler.scheduling.asking import Question
from forum_scheduler.scheduling.models import Placement, Run, RunKind, RunState, Schedule, Unplaced, WhatIf
from forum_scheduler.scheduling.solving import execute, result_of, run_now
from solver.problem import Problem
from solver.schedule import Schedule as Result
from solver.schedule import Status
from tests.factories import (
    delegates_of,
    make_company,
    make_forum,
    make_meeting,
    make_run,
    make_staff,
    make_unavailable,
    slots_of,
)
from tests.pages import Visitor
from tests.scheduling.test_remedies_pages import answer_questions, buttons

ClientFor = Callable[[User], Visitor]


def scarce() -> tuple[Forum, Schedule]:
    """Two meetings of one person who has time for one."""
    forum = make_forum(blocks=1, slots=2, tables=2, interpreters=0)
    wanted = make_company(forum, "Kvant Dynamics", side="ua")
    for number in range(2):
        make_meeting(between=[wanted, make_company(forum, f"Aerotec {number}")])
    make_unavailable(delegates_of(wanted)[0], slots_of(forum)[1])
    schedule = result_of(run_now(forum, seconds=60, workers=1))
    assert schedule is not None
    return forum, schedule


def unplaced_page(schedule: Schedule, forum: Forum) -> str:
    meeting_id = next(each.meeting_id for each in _waiting(schedule))
    return f"/f/{forum.slug}/schedules/{schedule.id}/unplaced/{meeting_id}"


def _waiting(schedule: Schedule) -> list[Unplaced]:
    return list(db.session.scalars(select(Unplaced).where(Unplaced.schedule_id == schedule.id)))


def test_a_remedy_is_tried_on_a_copy_and_compared(app: Flask, client_for: ClientFor) -> None:
    forum, schedule = scarce()
    client = client_for(make_staff(forum))
    url = unplaced_page(schedule, forum)
    client.press(client.page(url), "Find out")
    answer_questions()
    page = client.page(url)
    before = (db.session.scalars(select(Unavailability.slot_id)).all(), _placements())
    page = client.press(page, next(each for each in buttons(page) if each.startswith("Try it: If Deleg")))
    assert "Waiting for a worker" in page.main
    answer_questions()
    page = client.page(page.url)
    assert "2 meetings instead of 1." in page.main
    assert [row[0] for row in page.rows if "for every" in row[0]] == ["Meetings for every company"]
    assert "Kvant Dynamics × Aerotec" in page.main
    assert "0 move 2 people’s agendas change" in page.main, "all else stays"
    assert before == (db.session.scalars(select(Unavailability.slot_id)).all(), _placements()), "only asked"
    assert len(db.session.scalars(select(Schedule)).all()) == 1


def _placements() -> list[int]:
    return list(db.session.scalars(select(Placement.meeting_id)).all())


def test_what_one_more_is_worth_is_found_by_a_worker(app: Flask, client_for: ClientFor) -> None:
    forum, schedule = scarce()
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/schedules/{schedule.id}/worth")
    page = client.press(page, "Find out", minutes="1")
    run_id = leases.claim("w", lanes=leases.QUESTIONS)
    assert run_id is not None
    assert "At most 1:00 left." in client.page(page.url).main
    execute(run_id, "w")
    db.session.expire_all()
    page = client.page(page.url)
    worths = {row[0]: row[1:] for row in page.rows}
    assert worths["One more delegate of Kvant Dynamics"][0] == "+1"
    assert worths["One more delegate of Kvant Dynamics"][2] == "1", "each meeting counts 1 here"
    slot = next(words for words in worths if words.startswith("One more slot at the end of"))
    assert worths[slot][0] == "+1"
    assert next(worths[words] for words in worths if words.startswith("One more table"))[0] == "+0"


def test_a_remedy_that_is_none_is_refused(app: Flask) -> None:
    forum, schedule = scarce()
    elsewhere = slots_of(make_forum())[0].id
    for change, slot in (("free-slot", elsewhere), ("nonsense", slots_of(forum)[0].id), ("table", None)):
        question = Question(kind=RunKind.TRY, meeting_id=1, change=change, slot_id=slot)
        with pytest.raises(Invalid):
            asking.ask(schedule, question, seconds=1, by=None)


def test_the_same_question_is_put_once_and_many_wait_in_turn(app: Flask) -> None:
    forum, schedule = scarce()
    one = Question(kind=RunKind.REMEDIES, meeting_id=1)
    assert (
        asking.ask(schedule, one, seconds=1, by=None).id == asking.ask(schedule, one, seconds=1, by=None).id
    )
    slot_id = slots_of(forum)[0].id
    for number in range(2, asking.MOST_ASKED + 1):
        question = Question(kind=RunKind.TRY, change="table", subject=str(number), slot_id=slot_id)
        asking.ask(schedule, question, seconds=1, by=None)
    with pytest.raises(Conflict):
        asking.ask(schedule, Question(kind=RunKind.WORTH), seconds=1, by=None)


def test_questions_are_answered_beside_a_run_and_are_no_runs_of_the_list(
    app: Flask, client_for: ClientFor
) -> None:
    forum, schedule = scarce()
    make_run(forum, state=RunState.RUNNING)
    waiting = make_run(forum)
    asked = asking.ask(schedule, Question(kind=RunKind.WORTH), seconds=1, by=None)
    assert leases.claim("w") == asked.id
    assert leases.claim("v") is None, "the other run waits for the one under way"
    page = client_for(make_staff(forum)).page(f"/f/{forum.slug}/runs")
    assert f"/runs/{waiting.id}" in page.html
    assert f"/runs/{asked.id}" not in page.html


def test_a_run_starts_beside_a_question_and_a_short_question_beside_a_long_one(app: Flask) -> None:
    forum, schedule = scarce()
    long = asking.ask(schedule, Question(kind=RunKind.WORTH), seconds=600, by=None)
    assert leases.claim("w") == long.id
    run = make_run(forum)
    meeting_id = db.session.scalars(
        select(Unplaced.meeting_id).where(Unplaced.schedule_id == schedule.id)
    ).first()
    short = asking.ask(schedule, Question(kind=RunKind.REMEDIES, meeting_id=meeting_id), seconds=1, by=None)
    assert leases.claim("v", lanes={leases.Lane.SCHEDULE}) == run.id
    assert leases.claim("v", lanes={leases.Lane.WORTH}) is None, "the long one is under way already"
    assert leases.claim("v") == short.id


def test_a_question_that_is_stopped_ends_with_what_it_has(app: Flask) -> None:
    _forum, schedule = scarce()
    run = asking.ask(schedule, Question(kind=RunKind.WORTH), seconds=600, by=None)
    assert leases.claim("w") == run.id
    db.session.execute(update(Run).where(Run.id == run.id).values(cancel_wished=True))
    db.session.commit()
    execute(run.id, "w")
    assert db.session.get_one(Run, run.id, populate_existing=True).state == RunState.FINISHED
    assert db.session.get_one(WhatIf, run.id, populate_existing=True).answer is not None


def test_a_question_of_a_lost_worker_is_answered_by_the_next(app: Flask) -> None:
    _forum, schedule = scarce()
    run = asking.ask(schedule, Question(kind=RunKind.WORTH), seconds=60, by=None)
    assert leases.claim("gone") == run.id
    leases.release(run.id, "gone", counts=True)
    answer_questions()
    answer = db.session.get_one(WhatIf, run.id, populate_existing=True).answer
    assert answer is not None
    assert len(answer["worth"]) == answer["total"]


def test_an_answer_about_an_earlier_state_says_so(app: Flask, client_for: ClientFor) -> None:
    forum, schedule = scarce()
    client = client_for(make_staff(forum))
    url = unplaced_page(schedule, forum)
    client.press(client.page(url), "Find out")
    answer_questions()
    db.session.execute(update(Schedule).values(problem_digest="another"))
    db.session.commit()
    assert "The schedule has changed since this was found out." in client.page(url).main


# More time, other goals


def test_a_run_that_waits_or_works_gets_more_time(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    run = make_run(forum, seconds=60)
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/runs/{run.id}")
    page = client.press(page, "More time", more="5")
    assert page.flashes == ["It has more time now."]
    assert runs.seconds_given(run.id) == 360
    page = client.press(page, "More time", status=422, more="0")
    assert runs.seconds_given(run.id) == 360


def test_a_run_that_has_ended_gets_none(app: Flask) -> None:
    run = make_run(make_forum(), state=RunState.FINISHED)
    with pytest.raises(Conflict):
        runs.extend(run, seconds=60)


def test_a_run_with_more_time_goes_on_from_its_best(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    from solver import search  # noqa: PLC0415 -- loads the engines

    forum, _schedule = scarce()
    run = runs.request_run(forum, seconds=1)
    run_id = run.id
    assert leases.claim("w") == run_id
    starts = []
    real = search.solve

    def unproven(problem: Problem, **options: Any) -> Result:
        starts.append(options["start"])
        found = real(problem, **options)
        if len(starts) == 1:  # as a large problem: not proven when the time is over
            with app.app_context():
                runs.extend(db.session.get_one(Run, run_id), seconds=30)
            return msgspec.structs.replace(found, status=Status.FEASIBLE)
        return found

    monkeypatch.setattr(search, "solve", unproven)
    execute(run_id, "w")
    assert len(starts) == 2
    assert starts[0] is None
    assert starts[1] is not None


def test_a_run_with_goals_of_its_own_keeps_to_them_and_can_be_published(
    app: Flask, client_for: ClientFor
) -> None:
    forum, _schedule = scarce()
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/runs")
    fields = {f"now-goal_{goal}": "" for goal in ("idle", "moves", "preferences")}
    client.press(page, "Solve now", **{**fields, "now-goal_value": "1", "now-goal_coverage": "2"})
    run_id = leases.claim("w")
    assert run_id is not None
    execute(run_id, "w")
    schedule = db.session.scalars(select(Schedule).where(Schedule.run_id == run_id)).one()
    assert [goal["name"] for goal in schedule.goals] == ["value", "coverage"]
    shown = preview(schedule)
    assert (shown.changed_since, shown.violations) == (False, ())
    assert db.session.get_one(Forum, forum.id).goals[0] == "coverage"
