"""The first page of a forum, for each role."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from forum_scheduler.accounts.models import StaffRole, User
from forum_scheduler.clock import now
from forum_scheduler.companies.models import CompanyStatus
from forum_scheduler.extensions import db
from forum_scheduler.forums.describing import sides_of
from forum_scheduler.outbox.models import Mail
from forum_scheduler.requests.models import RequestState
from forum_scheduler.scheduling.ids import Kind, solver_id
from forum_scheduler.scheduling.models import RunKind, RunState
from forum_scheduler.scheduling.overview import block_label
from tests.factories import (
    delegates_of,
    make_company,
    make_delegate,
    make_forum,
    make_meeting,
    make_publication,
    make_request,
    make_run,
    make_schedule,
    make_staff,
    make_unavailable,
    make_user,
    representative_of,
    slots_of,
    tables_of,
)
from tests.pages import Visitor
from tests.queries import count_queries

SignIn = Callable[[User], Visitor]


def test_a_visitor_reads_what_the_forum_is_and_may_join(client: Visitor) -> None:
    forum = make_forum(name="Spring Forum", venue="Egmont Palace", description={"en": "Two days."})
    page = client.page(f"/f/{forum.slug}/")
    assert "Two days." in page.text
    assert page.links["Take part"] == f"/f/{forum.slug}/join"


def test_a_forum_by_invitation_offers_no_joining(client: Visitor) -> None:
    forum = make_forum(open_registration=False)
    page = client.page(f"/f/{forum.slug}/")
    assert "by invitation" in page.text
    assert "button-primary" not in page.html


def test_the_list_names_every_forum_with_its_days(client: Visitor) -> None:
    forum = make_forum(name="Spring Forum")
    page = client.page("/")
    assert page.links["Spring Forum"] == f"/f/{forum.slug}/"
    assert "Wed 12 May" in page.text


def test_without_a_forum_the_list_says_how_to_make_one(client: Visitor) -> None:
    assert "forum create" in client.page("/").text


def test_who_has_signed_in_is_led_into_the_only_forum(app: Flask, client_for: SignIn) -> None:
    make_forum(slug="x")
    assert client_for(make_user()).get("/").location == "/f/x/"


def test_who_has_signed_in_chooses_among_several_forums(app: Flask, client_for: SignIn) -> None:
    make_forum(name="Spring Forum")
    make_forum(name="Autumn Forum")
    assert {"Spring Forum", "Autumn Forum"} <= set(client_for(make_user()).page("/").links)


def test_an_operator_finds_the_list_where_new_forums_are_made(app: Flask, client_for: SignIn) -> None:
    make_forum(name="Spring Forum")
    page = client_for(make_user(operator=True)).page("/")
    assert {"Spring Forum", "A new forum"} <= set(page.links)


def test_a_delegate_is_led_to_the_agenda(app: Flask, client_for: SignIn) -> None:
    company = make_company(make_forum(slug="x"))
    user = make_user()
    make_delegate(company, user=user)
    response = client_for(user).get("/f/x/")
    assert response.location == "/f/x/agenda"


def test_a_representative_sees_the_answers_that_are_due_first(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    company, other = make_company(forum, side="eu"), make_company(forum, side="ua")
    make_request(other, company, expires_at=now() + timedelta(days=2))
    page = client_for(representative_of(company)).page(f"/f/{forum.slug}/")
    assert page.text.index("1 company waits for your answer") < page.text.index("Others find you")
    assert "You have asked nobody yet." in page.text


def test_a_representative_with_nothing_to_answer_is_not_told_to(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    company, other = make_company(forum, side="eu"), make_company(forum, side="ua")
    make_request(company, other)
    page = client_for(representative_of(company)).page(f"/f/{forum.slug}/")
    assert "for your answer" not in page.text
    assert "You have asked 1 company" in page.text


def test_a_representative_is_warned_when_meetings_outgrow_the_free_slots(
    app: Flask, client_for: SignIn
) -> None:
    forum = make_forum(blocks=1, slots=2)
    company = make_company(forum, side="eu")
    make_unavailable(delegates_of(company)[0], slots_of(forum)[0])
    for _ in range(2):
        make_meeting(make_request(company, make_company(forum, side="ua"), state=RequestState.ACCEPTED))
    page = client_for(representative_of(company)).page(f"/f/{forum.slug}/")
    assert "More meetings than you have room for" in page.text
    assert "is free in 1" in page.text


def test_a_company_that_waits_is_told_so_and_offered_no_directory(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    company = make_company(forum, status=CompanyStatus.APPLIED)
    page = client_for(representative_of(company)).page(f"/f/{forum.slug}/")
    assert "The organiser looks at your company" in page.text
    assert "Find companies" not in page.text


def test_a_refused_company_reads_the_reason(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    company = make_company(forum, status=CompanyStatus.REFUSED, status_reason="No defence products.")
    page = client_for(representative_of(company)).page(f"/f/{forum.slug}/")
    assert "No defence products." in page.text


def test_closed_requests_are_not_offered(app: Flask, client_for: SignIn) -> None:
    forum = make_forum(requests_close_at=now() - timedelta(days=1))
    company = make_company(forum)
    page = client_for(representative_of(company)).page(f"/f/{forum.slug}/")
    assert "Requests are closed" in page.text


def test_the_organiser_sees_what_needs_them_and_numbers_that_lead_to_rows(
    app: Flask, client_for: SignIn
) -> None:
    forum = make_forum()
    company, other = make_company(forum, side="eu"), make_company(forum, side="ua")
    make_company(forum, status=CompanyStatus.APPLIED)
    meeting = make_meeting(make_request(company, other, state=RequestState.ACCEPTED), interpret=["en", "uk"])
    make_schedule(forum, (meeting, slots_of(forum)[0], tables_of(forum)[0], delegates_of(company)))
    page = client_for(make_staff(forum)).page(f"/f/{forum.slug}/")
    assert "1 company waits for vetting" in page.text
    assert "Schedule 1 is not published" in page.text
    assert page.links["1 accepted"] == f"/f/{forum.slug}/organise/requests?state=accepted"


def test_quiet_companies_are_reminded_from_the_overview_by_one_click(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    one, two, three = (make_company(forum, each, side=side) for each, side in
                       (("One", "ua"), ("Two", "ua"), ("Three", "eu")))  # fmt: skip
    for each in (one, two):
        representative_of(each)
    make_request(three, one)
    organiser = client_for(make_staff(forum))
    page = organiser.page(f"/f/{forum.slug}/")
    assert "1 company has requests to answer" in page.main
    assert "1 company has asked nobody and has no meeting" in page.main
    page = organiser.press(page, "Remind them all")
    assert "2" in page.flashes[0]
    assert len(db.session.scalars(select(Mail)).all()) == 2


def test_a_question_that_a_worker_answers_is_no_solve_that_everybody_is_told_of(
    app: Flask, client_for: SignIn
) -> None:
    forum = make_forum()
    client = client_for(make_staff(forum))
    make_run(forum, state=RunState.RUNNING, kind=RunKind.WORTH)
    assert "Solving" not in client.page(f"/f/{forum.slug}/").text
    make_run(forum, state=RunState.RUNNING)
    assert "Solving" in client.page(f"/f/{forum.slug}/").text


def test_the_overview_names_whom_everyone_wants(app: Flask, client_for: SignIn) -> None:
    forum = make_forum(max_meetings=1)
    star = make_company(forum, "Star", side="ua")
    for _ in range(2):
        make_request(make_company(forum, side="eu"), star)
    page = client_for(make_staff(forum)).page(f"/f/{forum.slug}/")
    assert ["Star !more than it can meet", "2", "2", "1"] in page.rows


def test_the_tightest_block_is_said_in_a_sentence_that_leads_to_all(app: Flask, client_for: SignIn) -> None:
    forum = make_forum(blocks=2, slots=2, tables=1)
    busy = make_company(forum, side="ua", delegates=3)
    organiser = client_for(make_staff(forum))

    def one_more_in_the_first_block() -> None:
        other = make_company(forum, side="eu")
        make_unavailable(delegates_of(other)[0], *slots_of(forum)[2:])
        make_meeting(between=(busy, other))

    for _ in range(2):
        one_more_in_the_first_block()
    first = block_label(forum, solver_id(Kind.BLOCK, slots_of(forum)[0].block_id))
    sentence = f"{first} is the tightest block: the agreed meetings ask for 2 of its 2 places."
    page = organiser.page(f"/f/{forum.slug}/")
    assert page.links[sentence] == f"/f/{forum.slug}/capacity#blocks"
    assert "more than it has" not in page.main
    one_more_in_the_first_block()
    page = organiser.page(f"/f/{forum.slug}/")
    assert f"{first} is too tight: the agreed meetings ask for 3 places, it has 2." in page.links
    assert "more than it has" in page.main


def test_of_one_block_only_there_is_no_tightest(app: Flask, client_for: SignIn) -> None:
    forum = make_forum(blocks=1)
    make_meeting(between=(make_company(forum, side="ua"), make_company(forum, side="eu")))
    assert "tight" not in client_for(make_staff(forum)).page(f"/f/{forum.slug}/").main


def test_nobody_is_called_quiet_while_nobody_can_ask(app: Flask, client_for: SignIn) -> None:
    forum = make_forum(requests_open_at=None, requests_close_at=None)
    make_company(forum)
    page = client_for(make_staff(forum)).page(f"/f/{forum.slug}/")
    assert "asked nobody" not in page.main
    assert "to answer" not in page.main


def test_companies_are_counted_by_side_and_state_and_lead_to_them(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    make_company(forum, "Approved", side="ua")
    make_company(forum, "Waits", side="ua", status=CompanyStatus.APPLIED)
    make_company(forum, "Elsewhere", side="eu", status=CompanyStatus.APPLIED)
    organiser = client_for(make_staff(forum))
    page = organiser.page(f"/f/{forum.slug}/")
    sides = {side.name: side.id for side in sides_of(forum.id)}
    ukraine = next(name for name in sides if name.lower().startswith("u"))
    listed = organiser.page(page.links[f"1: {ukraine}, Waiting"])
    assert "Waits" in listed.main
    assert "Elsewhere" not in listed.main


def test_what_could_be_placed_is_drawn_run_by_run(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    company, other = make_company(forum, side="eu"), make_company(forum, side="ua")
    meeting = make_meeting(make_request(company, other, state=RequestState.ACCEPTED))
    organiser = client_for(make_staff(forum))
    for runs in (1, 2):
        run = make_run(forum, state=RunState.FINISHED)
        make_schedule(forum, (meeting, slots_of(forum)[0], tables_of(forum)[0], []), run_id=run.id)
        page = organiser.page(f"/f/{forum.slug}/")
        assert ("Meetings placed, newest first" in page.html) == (runs == 2)


def test_a_calm_forum_needs_nobody(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    company, other = make_company(forum, side="eu"), make_company(forum, side="ua")
    meeting = make_meeting(make_request(company, other, state=RequestState.ACCEPTED))
    make_publication(make_schedule(forum, (meeting, slots_of(forum)[0], tables_of(forum)[0], [])))
    page = client_for(make_staff(forum)).page(f"/f/{forum.slug}/")
    assert "Nothing needs you now" in page.text


def test_a_failed_run_is_the_organisers_to_look_at(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    make_company(forum)
    make_run(forum, state=RunState.FAILED, message="infeasible")
    page = client_for(make_staff(forum)).page(f"/f/{forum.slug}/")
    assert "ended without a schedule" in page.text


def test_the_desk_starts_where_it_finds_people_and_no_second_link_leads_there(
    app: Flask, client_for: SignIn
) -> None:
    forum = make_forum()
    desk = client_for(make_staff(forum, StaffRole.DESK))
    answer = desk.get(f"/f/{forum.slug}/")
    assert answer.location == f"/f/{forum.slug}/desk"
    page = desk.page(answer.location)
    assert page.links["Desk"] == answer.location
    assert "Overview" not in page.links
    assert {"Companies", "Print"} <= set(page.links)


def test_who_represents_a_company_too_finds_it_beside_the_desk(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    company = make_company(forum)
    user = representative_of(company)
    make_staff(forum, StaffRole.DESK, user=user)
    links = client_for(user).page(f"/f/{forum.slug}/desk").links
    assert links["Our company"] == f"/f/{forum.slug}/companies/{company.id}"


def test_who_only_reads_sees_how_far_the_requests_are(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    answer = client_for(make_staff(forum, StaffRole.READER)).get(f"/f/{forum.slug}/")
    assert answer.location == f"/f/{forum.slug}/organise/requests"


def test_the_overview_takes_as_many_queries_for_many_companies_as_for_few(
    app: Flask, client_for: SignIn
) -> None:
    forum = make_forum()
    organiser = client_for(make_staff(forum))

    def queries() -> int:
        with count_queries() as statements:
            organiser.page(f"/f/{forum.slug}/")
        return statements.count

    def meet() -> None:
        make_meeting(between=(make_company(forum, side="ua"), make_company(forum, side="eu")))

    for _ in range(2):
        meet()
    few = queries()
    for _ in range(3):
        meet()
    assert queries() == few


def test_who_has_asked_nobody_reads_that_first_and_of_no_agenda_without_meetings(
    app: Flask, client_for: SignIn
) -> None:
    forum = make_forum(
        requests_open_at=now() - timedelta(days=1), requests_close_at=now() + timedelta(days=1)
    )
    late, met = make_company(forum, "Late", side="eu"), make_company(forum, "Met", side="ua")
    meeting = make_meeting(make_request(make_company(forum, side="eu"), met, state=RequestState.ACCEPTED))
    place = (meeting, slots_of(forum)[0], tables_of(forum)[0], delegates_of(met))
    make_publication(make_schedule(forum, place))
    page = client_for(representative_of(late)).page(f"/f/{forum.slug}/")
    assert page.main.index("Ask for meetings") < page.main.index("Others find you by your profile")
    assert "Your agendas, version" not in page.main
    at_work = client_for(representative_of(met)).page(f"/f/{forum.slug}/").main
    assert at_work.index("Your agendas, version 1") < at_work.index("Others find you by your profile")
