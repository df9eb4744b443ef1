"""The company's own order: must, high and normal as its three parts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.clock import frozen_at, now
from forum_scheduler.companies.models import Company
from forum_scheduler.errors import Conflict, Invalid, NotFound, Refused
from forum_scheduler.extensions import db
from forum_scheduler.requests import services
from forum_scheduler.requests.models import Meeting, Priority, Request, RequestState
from forum_scheduler.requests.ranking import Way, arrange, move, ranked
from tests.factories import make_company, make_request, representative_of
from tests.pages import Visitor
from tests.requests.test_services import open_forum

ClientFor = Callable[[User], Visitor]


def asked(
    number: int, *, priority: Priority = Priority.NORMAL, **fields: object
) -> tuple[Company, list[Request]]:
    """A company and its requests to as many others."""
    forum = open_forum(**fields)
    asker = make_company(forum, side="eu")
    return asker, [
        make_request(asker, make_company(forum, side="ua"), priority=priority) for _ in range(number)
    ]


def order_of(asker: Company) -> list[tuple[int, str]]:
    db.session.expire_all()
    requests = db.session.scalars(select(Request).where(Request.asker_id == asker.id)).all()
    return [(each.id, each.priority) for each in ranked(requests)]


def test_the_order_is_kept(app: Flask) -> None:
    asker, (one, two, three) = asked(3)
    arrange(company_id=asker.id, order={Priority.NORMAL: [two.id, three.id, one.id]})
    assert [id_ for id_, _ in order_of(asker)] == [two.id, three.id, one.id]


def test_a_request_in_another_part_has_its_priority(app: Flask) -> None:
    asker, (one, two) = asked(2)
    arrange(company_id=asker.id, order={Priority.MUST: [two.id], Priority.NORMAL: [one.id]})
    assert order_of(asker) == [(two.id, "must"), (one.id, "normal")]


def test_what_is_not_named_stays_where_it_is(app: Flask) -> None:
    asker, (one, two) = asked(2)
    arrange(company_id=asker.id, order={Priority.HIGH: [one.id, 10**6]})
    assert order_of(asker) == [(one.id, "high"), (two.id, "normal")]


def test_more_than_the_forum_allows_changes_nothing(app: Flask) -> None:
    asker, requests = asked(3, max_must_requests=1)
    with pytest.raises(Invalid, match="all 1 of"):
        arrange(company_id=asker.id, order={Priority.MUST: [each.id for each in requests[:2]]})
    assert {priority for _, priority in order_of(asker)} == {"normal"}


def test_two_requests_change_places_over_a_full_part(app: Flask) -> None:
    asker, (one, two) = asked(2, max_must_requests=1)
    arrange(company_id=asker.id, order={Priority.MUST: [one.id]})
    arrange(company_id=asker.id, order={Priority.MUST: [two.id], Priority.NORMAL: [one.id]})
    assert order_of(asker) == [(two.id, "must"), (one.id, "normal")]


def test_a_step_moves_within_the_part_and_over_its_edge(app: Flask) -> None:
    asker, (one, two) = asked(2)
    arrange(company_id=asker.id, order={Priority.NORMAL: [one.id, two.id]})
    move(company_id=asker.id, request_id=two.id, way=Way.UP)
    assert order_of(asker) == [(two.id, "normal"), (one.id, "normal")]
    move(company_id=asker.id, request_id=two.id, way=Way.UP)
    assert order_of(asker) == [(two.id, "high"), (one.id, "normal")]
    move(company_id=asker.id, request_id=two.id, way=Way.DOWN)
    assert order_of(asker) == [(two.id, "normal"), (one.id, "normal")]


def test_nothing_is_above_the_first_and_below_the_last(app: Flask) -> None:
    asker, (one,) = asked(1, priority=Priority.MUST)
    move(company_id=asker.id, request_id=one.id, way=Way.UP)
    assert order_of(asker) == [(one.id, "must")]
    with pytest.raises(NotFound):
        move(company_id=asker.id, request_id=10**6, way=Way.UP)


def test_a_priority_that_changes_changes_the_weight_of_the_meeting(app: Flask) -> None:
    asker, (one,) = asked(1)
    services.accept(request_id=one.id, company_id=one.asked_id)
    arrange(company_id=asker.id, order={Priority.MUST: [one.id]})
    assert db.session.scalars(select(Meeting.weight)).one() == 9 + 2


def test_the_order_is_closed_with_the_window(app: Flask) -> None:
    asker, (one,) = asked(1)
    with frozen_at(now() + timedelta(days=3)), pytest.raises(Refused, match="has closed"):
        arrange(company_id=asker.id, order={Priority.HIGH: [one.id]})


def test_what_a_colleague_changed_meanwhile_is_not_overwritten(app: Flask) -> None:
    asker, (one,) = asked(1)
    seen = {one.id: one.revision}
    arrange(company_id=asker.id, order={Priority.HIGH: [one.id]}, seen=seen)
    with pytest.raises(Conflict, match="meanwhile"):
        arrange(company_id=asker.id, order={Priority.MUST: [one.id]}, seen=seen)
    assert order_of(asker) == [(one.id, "high")]


def test_buttons_move_a_request_without_scripts(app: Flask, client_for: ClientFor) -> None:
    asker, (one, two) = asked(2)
    name = db.session.get_one(Company, one.asked_id).name
    client = client_for(representative_of(asker))
    forum = "/f/" + client.get("/").get_data(as_text=True).partition("/f/")[2].partition("/")[0]
    page = client.page(f"{forum}/requests")
    client.press(page, f"↑: Up: {name}")
    client.press(client.page(f"{forum}/requests"), f"↑: Up: {name}")
    assert order_of(asker) == [(one.id, "high"), (two.id, "normal")]


def test_the_table_changes_priorities_and_withdraws_at_once(app: Flask, client_for: ClientFor) -> None:
    asker, (one, two, three) = asked(3, max_must_requests=1)
    arrange(company_id=asker.id, order={Priority.MUST: [one.id]})
    client = client_for(representative_of(asker))
    forum = "/f/" + client.get("/").get_data(as_text=True).partition("/f/")[2].partition("/")[0]
    page = client.page(f"{forum}/requests/table")
    # The one "must" leaves, which makes room for another in the same step.
    page = client.press(
        page, "Save", withdraw=[str(one.id)], **{f"priority-{two.id}": "must", f"priority-{three.id}": "high"}
    )
    assert "1 request is withdrawn." in page.text
    assert db.session.get_one(Request, one.id).state == RequestState.WITHDRAWN
    assert [priority for id_, priority in order_of(asker) if id_ != one.id] == ["must", "high"]


def test_a_table_with_too_many_keeps_what_was_chosen(app: Flask, client_for: ClientFor) -> None:
    asker, requests = asked(2, max_must_requests=1)
    client = client_for(representative_of(asker))
    forum = "/f/" + client.get("/").get_data(as_text=True).partition("/f/")[2].partition("/")[0]
    page = client.page(f"{forum}/requests/table")
    page = client.press(page, "Save", status=422, **{f"priority-{each.id}": "must" for each in requests})
    assert "all 1 of “must”" in page.text
    fields = page.fields(page.form_with("Save")[0])
    assert [fields[f"priority-{each.id}"] for each in requests] == ["must", "must"]
    assert {priority for _, priority in order_of(asker)} == {"normal"}
