"""The organiser's pages of runs and schedules, in words, without ids."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.clock import now
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.scheduling import leases, runs
from forum_scheduler.scheduling.agreed import LeftOutReason
from forum_scheduler.scheduling.leases import Trouble
from forum_scheduler.scheduling.models import Run, RunState
from forum_scheduler.scheduling.progress import progress_of
from forum_scheduler.scheduling.solving import result_of, run_now
from forum_scheduler.scheduling.words import REASON_KINDS, Names, gap_words, reason_sentence
from solver.problem import GoalName
from solver.progress import Progress, Stage
from solver.schedule import Reason
from tests.factories import (
    delegates_of,
    make_company,
    make_forum,
    make_meeting,
    make_publication,
    make_run,
    make_schedule,
    make_staff,
    make_user,
    slots_of,
    tables_of,
)
from tests.pages import Visitor, text_of
from tests.queries import count_queries

ClientFor = Callable[[User], Visitor]


def _competition(meetings: int = 3) -> Forum:
    forum = make_forum(blocks=1, slots=2, tables=2, max_breaks=0)
    wanted = make_company(forum, "Kvant Dynamics", side="ua")
    for number in range(meetings):
        make_meeting(between=[wanted, make_company(forum, f"Aerotec {number}")])
    return forum


def test_the_first_visit_explains_what_to_do(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    page = client_for(make_staff(forum)).page(f"/f/{forum.slug}/runs")
    assert page.h1 == "Runs and schedules"
    assert "No runs yet" in page.text


def test_solve_now_queues_a_run_and_shows_it(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    client = client_for(make_staff(forum))
    page = client.press(client.page(f"/f/{forum.slug}/runs"), "Solve now", **{"now-minutes": "3"})
    assert "Waiting for a worker" in page.text
    run = db.session.scalars(select(Run)).one()
    assert (run.seconds, run.state) == (180, RunState.QUEUED)
    for _ in range(runs.MOST_WAITING - 1):
        client.press(client.page(f"/f/{forum.slug}/runs"), "Solve now")
    again = client.press(client.page(f"/f/{forum.slug}/runs"), "Solve now", status=422)
    assert "5 runs wait already" in again.text


def test_tonight_keeps_what_was_typed_when_something_is_wrong(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    client = client_for(make_staff(forum))
    start = client.page(f"/f/{forum.slug}/runs")
    wrong = client.press(start, "Plan it", status=422, **{"tonight-at": "03:30", "tonight-minutes": "9999"})
    assert "Between 1 and 1440 minutes." in wrong.text
    assert wrong.by_id("tonight-at").get("value") == "03:30"
    done = client.press(wrong, "Plan it", **{"tonight-minutes": "90", "tonight-repeat": "y"})
    run = db.session.scalars(select(Run)).one()
    starts = run.run_at.astimezone(forum.zone)
    assert done.flashes == [
        f"It solves every night from now on, first on {starts:%a} {starts.day} {starts:%b, %H:%M}."
    ]
    assert "Planned" in text_of(done.by_id("runs"))
    assert (run.seconds, run.repeat_daily) == (5400, True)
    assert f"{run.run_at.astimezone(forum.zone):%H:%M}" == "03:30"
    assert client.press(done, "Call off: 03:30").flashes == ["Called off."]
    assert db.session.scalars(select(Run.state)).one() == RunState.CANCELLED


def test_a_run_behind_another_says_which_it_waits_for_and_a_planned_one_when_it_starts(
    app: Flask, client_for: ClientFor
) -> None:
    forum = make_forum()
    client = client_for(make_staff(forum))
    first = make_run(forum, seconds=60)
    assert leases.claim("w") == first.id
    second = make_run(forum, seconds=60)
    behind = client.page(f"/f/{forum.slug}/runs/{second.id}")
    assert "Waiting for another run" in behind.main
    assert "has ended: the runs of a forum go one after the other" in behind.main
    leases.fail(first.id, "w", Trouble.BROKE_OFF, seconds_used=1)
    alone = client.page(f"/f/{forum.slug}/runs/{second.id}")
    assert "Waiting for a worker" in alone.main
    second.run_at = now() + timedelta(hours=3)
    db.session.commit()
    planned = client.page(f"/f/{forum.slug}/runs/{second.id}")
    assert "Planned" in planned.main
    assert "It starts on " in planned.main


def test_a_run_keeps_the_published_agendas_unless_that_is_unticked(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    client = client_for(make_staff(forum))
    before = client.page(f"/f/{forum.slug}/runs")
    assert "Keep the published agendas" not in before.text, "nobody was told anything yet"
    make_publication(make_schedule(forum))
    page = client.page(f"/f/{forum.slug}/runs")
    assert page.by_id("now-keep").get("checked") is not None
    kept = client.press(page, "Solve now", **{"now-keep": "y"})
    assert "kept where possible" not in kept.text, "that is told once it has begun"
    client.press(page, "Solve now", **{"now-keep": None})
    client.press(page, "Plan it", **{"tonight-keep": "y", "tonight-repeat": "y"})
    first, anew, tonight = db.session.scalars(select(Run.goals).order_by(Run.id))
    assert first == tonight == ["promises", *forum.goals]
    assert anew is None


def test_nights_planned_before_publishing_are_said_to_plan_everything_anew(
    app: Flask, client_for: ClientFor
) -> None:
    forum = make_forum()
    make_run(forum, run_at=now() + timedelta(hours=3), repeat_daily=True)
    client = client_for(make_staff(forum))
    assert "whatever was published" not in client.page(f"/f/{forum.slug}/runs").text
    make_publication(make_schedule(forum))
    assert "It plans everything anew, whatever was published." in client.page(f"/f/{forum.slug}/runs").text


def test_goals_so_far_leave_out_what_only_the_first_schedule_told(app: Flask) -> None:
    forum = make_forum()
    run = make_run(forum, seconds=60)
    leases.claim("w")
    first = Progress(seconds=1, stage=Stage.CONSTRUCT, goal=GoalName.COVERAGE, value=80, bound=90, placed=590)
    leases.beat(run.id, "w", seconds_used=1, events=[first])
    assert [(each.value, each.bound) for each in progress_of(run, forum).goals] == [(80, 90)]
    later = Progress(seconds=2, stage=Stage.IMPROVE, goal=GoalName.VALUE, value=638, bound=638, placed=628)
    leases.beat(run.id, "w", seconds_used=2, events=[later])
    assert [(each.value, each.proven) for each in progress_of(run, forum).goals] == [(638, True)]


def _running(forum: Forum) -> Run:
    run = make_run(forum, seconds=60)
    leases.claim("w")
    events = [
        Progress(seconds=0.1, stage=Stage.BOUND, goal=GoalName.VALUE, bound=640),
        Progress(seconds=1, stage=Stage.CONSTRUCT, goal=GoalName.VALUE, value=600, bound=640, placed=590),
        Progress(seconds=5, stage=Stage.IMPROVE, goal=GoalName.VALUE, value=638, bound=640, placed=628),
    ]
    leases.beat(run.id, "w", seconds_used=6, events=events)
    return run


def test_a_run_shows_stages_gap_chart_and_time_left(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    client = client_for(make_staff(forum))
    run = _running(forum)
    page = client.page(f"/f/{forum.slug}/runs/{run.id}")
    assert "At most 0.3% more is possible for any schedule." in page.text
    assert "Improving it: Value of the meetings" in page.text
    assert "Value of the meetings 638 640 At most 0.3% more" in page.text
    assert "0:54 left" in page.text or "0:53 left" in page.text
    assert "628" in page.text
    assert 'class="line-bound"' in page.html
    assert page.elements("meta", http_equiv="refresh")


def test_the_live_part_says_when_it_is_over(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    client = client_for(make_staff(forum))
    run = _running(forum)
    url = f"/f/{forum.slug}/runs/{run.id}/live"
    part = client.get(url)
    assert (part.status_code, part.headers.get("X-Live")) == (200, None)
    assert "<html" not in part.get_data(as_text=True)
    leases.fail(run.id, "w", Trouble.OUT_OF_TIME, seconds_used=60)
    over = client.get(url)
    assert over.headers["X-Live"] == "done"
    assert "No schedule was found in the time given" in over.get_data(as_text=True)


def test_stopping_a_run_is_wished_for(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    client = client_for(make_staff(forum))
    run = _running(forum)
    page = client.press(client.page(f"/f/{forum.slug}/runs/{run.id}"), "Stop and keep the best")
    assert page.flashes == ["It stops in a moment and keeps the best so far."]
    assert db.session.get_one(Run, run.id).cancel_wished
    stopping = client.page(f"/f/{forum.slug}/runs/{run.id}").main
    assert "Stopping" in stopping
    assert " left" not in stopping  # it does not go on for so long


def test_an_ended_run_and_its_schedule_say_how_good_it_is(app: Flask, client_for: ClientFor) -> None:
    forum = _competition()
    run = run_now(forum, seconds=60, workers=1)
    schedule = result_of(run)
    assert schedule is not None
    client = client_for(make_staff(forum))
    sentence = "2 of 3 meetings. No schedule can place more value. Nobody has a break between meetings."
    assert sentence in client.page(f"/f/{forum.slug}/runs/{run.id}").text
    page = client.page(f"/f/{forum.slug}/schedules/{schedule.id}")
    assert sentence in page.text
    assert "No schedule can be better." in page.text
    assert "09:25" in page.text


def test_reasons_name_companies_and_people_and_no_ids(app: Flask, client_for: ClientFor) -> None:
    forum = _competition()
    schedule = result_of(run_now(forum, seconds=60, workers=1))
    assert schedule is not None
    page = client_for(make_staff(forum)).page(f"/f/{forum.slug}/schedules/{schedule.id}/unplaced")
    assert "Kvant Dynamics × Aerotec" in page.main
    assert "are full of other meetings" in page.main
    assert "Kvant Dynamics)" in page.main


def test_meetings_without_a_place_are_counted_by_reason_and_shown_by_it(
    app: Flask, client_for: ClientFor
) -> None:
    forum = _competition()
    lonely = make_company(forum, "Lonely", delegates=0)
    make_meeting(between=[lonely, make_company(forum, "Other", side="ua")])
    schedule = result_of(run_now(forum, seconds=60, workers=1))
    assert schedule is not None
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/schedules/{schedule.id}/unplaced")
    page = client.page(page.links["1 for which nobody can come"])
    assert "Lonely × Other" in page.main
    assert "Kvant Dynamics" not in page.main
    assert "Kvant Dynamics" in client.page(page.links["Show all"]).main
    assert "Lonely × Other" in client.page(f"{page.url.partition('?')[0]}?reason=nonsense").main
    with app.test_request_context():
        assert {*Reason, *LeftOutReason} == set(REASON_KINDS)


def test_every_reason_is_a_sentence_with_names(app: Flask) -> None:
    forum = make_forum()
    one, two = make_company(forum, "Kvant"), make_company(forum, "Aerotec")
    meeting = make_meeting(between=[one, two], interpret=["en", "uk"])
    person = delegates_of(one)[0]
    subjects = [f"d{person.id}", f"c{one.id}", f"t{tables_of(forum)[0].id}", f"m{meeting.id}"]
    with app.test_request_context():
        names = Names(forum)
        for reason in Reason:
            sentence = reason_sentence(names, meeting.id, reason, subjects)
            assert sentence.endswith(".")
            assert "%(" not in sentence
            assert not any(subject in sentence.split() for subject in subjects)
        assert reason_sentence(names, meeting.id, Reason.NO_INTERPRETER_PAIR, ()) == (
            "There is no interpreter for English–Ukrainian."
        )
        of_people = reason_sentence(names, meeting.id, Reason.LIMIT, [f"d{person.id}"])
        assert "a limit of meetings a day, in a row or of breaks" in of_people
        of_company = reason_sentence(names, meeting.id, Reason.LIMIT, [f"c{one.id}"])
        assert of_company == "As many meetings as are allowed to Kvant are placed already."
        assert names.listed([f"d{person.id}"]) == f"{person.name} (Kvant)"
        assert names.listed([f"c{one.id}"] * 9) == "Kvant"


@pytest.mark.parametrize(
    ("goal", "value", "bound", "words"),
    [
        (GoalName.VALUE, 100, 100, "Proven: no schedule can be better."),
        (GoalName.VALUE, 1000, 1004, "At most 0.4% more is possible for any schedule."),
        (GoalName.VALUE, 100_000, 100_001, "At most 0.1% more is possible for any schedule."),
        (GoalName.VALUE, 0, 7, "At most 7 is possible for any schedule."),
        (GoalName.IDLE, 9, 0, "Not proven: fewer may be possible."),
        (GoalName.IDLE, 9, 4, "Not proven: fewer may be possible, but never fewer than 4."),
        (GoalName.VALUE, None, 4, ""),
    ],
)
@pytest.mark.databases("sqlite")
def test_the_gap_is_told_in_words(
    app: Flask, goal: GoalName, value: int | None, bound: int, words: str
) -> None:
    with app.test_request_context():
        assert gap_words(goal, value, bound) == words


def test_a_forums_runs_are_not_for_others(app: Flask, client_for: ClientFor) -> None:
    forum, other = make_forum(), make_forum()
    run = make_run(forum, run_at=now() + timedelta(hours=1))
    stranger = client_for(make_staff(other))
    assert stranger.get(f"/f/{other.slug}/runs/{run.id}").status_code == 404
    assert stranger.get(f"/f/{forum.slug}/runs").status_code == 404


def test_the_schedule_page_takes_as_many_queries_at_any_size(app: Flask, client_for: ClientFor) -> None:
    counts = []
    for size in (1, 3):
        forum = make_forum()
        client = client_for(make_staff(forum))
        slots, table = slots_of(forum), tables_of(forum)[0]
        places = []
        for number in range(size):
            one, two = make_company(forum), make_company(forum)
            people = [delegates_of(one)[0], delegates_of(two)[0]]
            places.append((make_meeting(between=[one, two]), slots[number], table, people))
        schedule = make_schedule(forum, *places)
        with count_queries() as statements:
            client.page(f"/f/{forum.slug}/schedules/{schedule.id}")
        counts.append(statements.count)
    assert counts[0] == counts[1]


def test_the_schedule_page_names_who_waits_most_and_groups_by_country(
    app: Flask, client_for: ClientFor
) -> None:
    forum = make_forum(blocks=1, slots=4, tables=2)
    busy = make_company(forum, "Kvant Dynamics", side="ua")
    others = [make_company(forum, f"Aerotec {code}", country=code) for code in ("DE", "DK")]
    places = [
        (
            make_meeting(between=[busy, other]),
            slots_of(forum)[slot],
            tables_of(forum)[0],
            [delegates_of(busy)[0], delegates_of(other)[0]],
        )
        for slot, other in ((0, others[0]), (3, others[1]))
    ]
    schedule = make_schedule(forum, *places)
    page = client_for(make_staff(forum)).page(f"/f/{forum.slug}/schedules/{schedule.id}")
    assert "Who waits most" in page.main
    assert f"{delegates_of(busy)[0].name} Kvant Dynamics 1 2" in page.main
    assert "Meetings by country" in page.main
    words = text_of(page.by_id("coverage-1"))
    assert words.index("Denmark 1") < words.index("Germany 1"), "by name, not by code"


def test_the_runs_page_shows_what_could_be_placed_run_by_run(app: Flask, client_for: ClientFor) -> None:
    forum = _competition()
    client = client_for(make_staff(forum))
    run_now(forum, seconds=60, workers=1)
    assert "run by run" not in client.page(f"/f/{forum.slug}/runs").main
    run_now(forum, seconds=60, workers=1)
    page = client.page(f"/f/{forum.slug}/runs")
    assert "What could be placed, run by run" in page.main
    assert text_of(page.by_id("trend")).count("2 of 3") == 2
    assert "2 of 3 meetings placed Newest run" in page.main, "what one comes for in the morning stands first"


def test_a_stored_schedule_was_checked_and_the_worst_off_are_named(app: Flask, client_for: ClientFor) -> None:
    forum = _competition()
    run = run_now(forum, seconds=5)
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/runs/{run.id}")
    assert "skipped" not in page.main.split("Independent check")[1].split("Facts")[0]
    schedule = result_of(run)
    assert schedule is not None
    page = client.page(f"/f/{forum.slug}/schedules/{schedule.id}")
    worst = page.main.split("Who is worst off")[1]
    missed = [name for name in ("Aerotec 0", "Aerotec 1", "Aerotec 2") if name in worst]
    assert len(missed) == 1, "two slots for three meetings"
    assert worst.index(missed[0]) < worst.index("Kvant Dynamics"), "nothing of one is worse than two of three"


def test_where_limits_leave_meetings_out_the_page_leads_to_them(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    meetings = [make_meeting(between=[make_company(forum), make_company(forum)]) for _ in range(2)]
    limited = make_schedule(forum, unplaced={meetings[0]: Reason.LIMIT_DAY, meetings[1]: Reason.NO_TABLE})
    other = make_schedule(forum, unplaced=dict.fromkeys(meetings, Reason.NO_TABLE))
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/schedules/{limited.id}/unplaced")
    assert "Limits of meetings stand in the set-up: Schedules" in page.main
    assert client.page(page.links["Schedules"]).h1 == "Schedules"
    assert "Limits of" not in client.page(f"/f/{forum.slug}/schedules/{other.id}/unplaced").main


def test_where_published_agendas_were_kept_no_more_is_claimed_than_was_proven(
    app: Flask, client_for: ClientFor
) -> None:
    forum = make_forum()
    client = client_for(make_staff(forum))
    goals = [{"name": name, "value": 0, "bound": 0} for name in ("promises", "value")]
    kept = make_schedule(forum, goals=goals)
    anew = make_schedule(forum, goals=goals[1:])
    sentence = "No schedule that keeps what is published can place more value."
    assert sentence in client.page(f"/f/{forum.slug}/schedules/{kept.id}").main
    assert "No schedule can place more value." in client.page(f"/f/{forum.slug}/schedules/{anew.id}").main


def test_the_chart_is_ruled_at_round_numbers(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    client = client_for(make_staff(forum))
    run = make_run(forum, seconds=60)
    leases.claim("w")
    address = f"/f/{forum.slug}/runs/{run.id}"
    drawn = []
    for value, bound in ((638, 640), (0, 5905), (5047, 5272), (3, 4)):
        event = Progress(seconds=1, stage=Stage.IMPROVE, goal=GoalName.VALUE, value=value, bound=bound)
        leases.beat(run.id, "w", seconds_used=2, events=[event])
        (axis,) = client.page(address).elements("div", class_="chart-y")
        drawn.append([int(text_of(each)) for each in axis])
    for high, middle, low in drawn:
        assert high - middle == middle - low > 0
        noughts = 10 ** max(len(str(high - low)) - 2, 0)
        assert all(number % noughts == 0 for number in (high, middle, low))


def test_a_tenth_of_a_second_has_the_readers_decimal_mark(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    run = make_run(forum, seconds=3)
    leases.claim("w")
    event = Progress(seconds=1, stage=Stage.IMPROVE, goal=GoalName.VALUE, value=1, bound=2)
    leases.beat(run.id, "w", seconds_used=2, events=[event])
    address = f"/f/{forum.slug}/runs/{run.id}"
    assert "1.5 s" in client_for(make_staff(forum)).page(address).main
    assert "1,5 с" in client_for(make_staff(forum, user=make_user(locale="uk"))).page(address).main
