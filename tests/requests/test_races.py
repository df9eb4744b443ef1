"""What happens at the same moment, twice, too late or from an old tab: nothing lost, nothing double."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import pytest
from flask import Flask
from sqlalchemy import func, select

from forum_scheduler.accounts.models import User
from forum_scheduler.companies.models import Company, CompanyStatus
from forum_scheduler.errors import ForumError
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.outbox.models import Mail
from forum_scheduler.requests import ranking, services
from forum_scheduler.requests.models import Meeting, MeetingState, Priority, Request, RequestState
from forum_scheduler.requests.wishes import Wish
from tests.factories import (
    make_blocked_pair,
    make_company,
    make_representative,
    make_request,
    representative_of,
)
from tests.pages import Visitor
from tests.requests.test_services import open_forum, pair

ClientFor = Callable[[User], Visitor]


def at_once(app: Flask, verbs: Sequence[Callable[[], object]]) -> list[ForumError | None]:
    """Run the verbs in threads that start together; what each ended with. Other errors fail the test."""
    start = threading.Barrier(len(verbs))
    found: list[ForumError | None] = [None] * len(verbs)
    broken: list[BaseException] = []

    def run(number: int, verb: Callable[[], object]) -> None:
        with app.app_context():
            start.wait()
            try:
                verb()
            except ForumError as error:
                found[number] = error
            except BaseException as error:
                broken.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(number, verb)) for number, verb in enumerate(verbs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    db.session.expire_all()
    assert broken == []
    return found


def test_two_colleagues_who_ask_at_once_send_one_request_and_one_mail(app: Flask) -> None:
    asker, asked = pair()
    one, other = asker.id, asked.id
    verb = lambda: services.ask(asker_id=one, asked_id=other, wish=Wish())  # noqa: E731
    assert at_once(app, [verb] * 4) == [None] * 4
    assert len(db.session.scalars(select(Request)).all()) == 1
    assert len(db.session.scalars(select(Mail)).all()) == 1


def test_colleagues_who_ask_different_companies_at_once_stay_within_the_caps(app: Flask) -> None:
    forum = open_forum(max_requests=2, max_must_requests=1)
    asker = make_company(forum, side="eu").id
    others = [make_company(forum, side="ua").id for _ in range(5)]

    def verb(other: int) -> Callable[[], object]:
        return lambda: services.ask(asker_id=asker, asked_id=other, wish=Wish(priority=Priority.MUST))

    errors = at_once(app, [verb(other) for other in others])
    assert errors.count(None) == 1
    assert len(db.session.scalars(select(Request)).all()) == 1


def test_a_request_that_is_withdrawn_and_accepted_at_once_is_one_of_both(app: Flask) -> None:
    asker, asked = pair()
    request = make_request(asker, asked)
    id_, asker_id, asked_id = request.id, asker.id, asked.id
    for _ in range(5):
        at_once(
            app,
            [
                lambda: services.accept(request_id=id_, company_id=asked_id),
                lambda: services.withdraw(request_id=id_, company_id=asker_id),
            ],
        )
        stored = db.session.get_one(Request, id_)
        meetings = db.session.scalars(
            select(func.count()).select_from(Meeting).where(Meeting.state == MeetingState.AGREED)
        ).one()
        assert (stored.state == RequestState.ACCEPTED) == (meetings == 1)
        if stored.state == RequestState.WITHDRAWN:
            services.ask(asker_id=asker_id, asked_id=asked_id, wish=Wish())


def test_two_who_answer_at_once_make_one_meeting(app: Flask) -> None:
    asker, asked = pair()
    id_, asked_id = make_request(asker, asked).id, asked.id
    verb = lambda: services.accept(request_id=id_, company_id=asked_id)  # noqa: E731
    assert at_once(app, [verb] * 4) == [None] * 4
    assert len(db.session.scalars(select(Meeting)).all()) == 1
    assert len(db.session.scalars(select(Mail).where(Mail.kind == "request-answered")).all()) == 1


def test_edits_and_ranks_at_once_overwrite_nothing_unseen(app: Flask) -> None:
    asker, asked = pair()
    request = make_request(asker, asked)
    id_, company_id, seen = request.id, asker.id, request.revision
    edits = [
        lambda text=text: services.edit(request_id=id_, revision=seen, wish=Wish(message=text))  # type: ignore[misc]
        for text in ("one", "two")
    ]
    rank = lambda: ranking.arrange(company_id=company_id, order={Priority.NORMAL: [id_]})  # noqa: E731
    errors = at_once(app, [*edits, rank])
    assert errors[:2].count(None) == 1
    assert errors[2] is None
    assert db.session.get_one(Request, id_).message in ("one", "two")


def slug_of(company: Company) -> str:
    return db.session.get_one(Forum, company.forum_id).slug


def refused(asker: Company, asked: Company) -> None:
    db.session.get_one(Company, asked.id).status = CompanyStatus.REFUSED
    db.session.commit()


def blocked(asker: Company, asked: Company) -> None:
    make_blocked_pair(asker, asked)


@pytest.mark.parametrize("happens", [refused, blocked])
def test_a_company_that_is_gone_while_one_types_does_not_exist_any_more(
    app: Flask, client_for: ClientFor, happens: Callable[[Company, Company], None]
) -> None:
    asker, asked = pair()
    client = client_for(representative_of(asker))
    page = client.page(f"/f/{slug_of(asker)}/companies/{asked.id}/ask")
    happens(asker, asked)
    client.press(page, "Send the request", status=404, message="Long thoughts")
    assert db.session.scalars(select(Request)).all() == []


def test_a_session_that_ended_while_one_typed_loses_nothing(
    app: Flask, client_for: ClientFor, client: Visitor
) -> None:
    asker, asked = pair()
    user = representative_of(asker)
    page = client_for(user).page(f"/f/{slug_of(asker)}/companies/{asked.id}/ask")
    # Sent by a browser whose session is gone: its token fits no session.
    form, _ = page.form_with("Send the request")
    data = page.fields(form) | {"message": "Long <i>thoughts</i>", "priority": "high"}
    answer = client.open(page.url, method="POST", data=data, csrf=False)
    again = client._checked(answer, 401)
    assert "Nothing is lost" in again.text
    assert "Long <i>thoughts</i>" in again.text
    # Pressed too early: still here. Then signed in beside it, and pressed again.
    again = client.press(again, "Send it now", status=401)
    client.sign_in(user)
    again = client.press(again, "Send it now")
    assert f"Your request to {asked.name} is sent." in again.flashes
    stored = db.session.scalars(select(Request)).one()
    assert (stored.message, stored.priority) == ("Long <i>thoughts</i>", "high")


def test_a_token_of_the_session_before_offers_the_form_again(app: Flask, client_for: ClientFor) -> None:
    asker, asked = pair()
    client = client_for(representative_of(asker))
    page = client.page(f"/f/{slug_of(asker)}/companies/{asked.id}/ask")
    data = page.fields(page.form_with("Send the request")[0]) | {"message": "Thoughts", "csrf_token": "old"}
    answer = client.open(page.url, method="POST", data=data, csrf=False)
    page = client._checked(answer, 401)
    assert "You are signed in. Send what you typed now." in page.text
    page = client.press(page, "Send it now")
    assert db.session.scalars(select(Request.message)).all() == ["Thoughts"]


def test_a_form_without_text_to_keep_is_refused_as_before(app: Flask, client: Visitor) -> None:
    asker, _ = pair()
    address = f"/f/{slug_of(asker)}/inbox"
    assert client.open(address, method="POST", data={"verb": "accept"}, csrf=False).status_code == 400
    assert client.post(address, data={"verb": "accept"}).status_code == 303


def test_the_back_button_and_a_second_send_change_nothing(app: Flask, client_for: ClientFor) -> None:
    asker, asked = pair()
    client = client_for(representative_of(asker))
    page = client.page(f"/f/{slug_of(asker)}/companies/{asked.id}/ask")
    client.press(page, "Send the request", message="First")
    # Back, and sent again with other words: now it is a change of the request that is there.
    page = client.press(page, "Send the request", message="Second")
    assert len(db.session.scalars(select(Request)).all()) == 1
    assert len(db.session.scalars(select(Mail)).all()) == 1


def test_html_in_every_field_is_shown_as_it_was_typed(app: Flask, client_for: ClientFor) -> None:
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    forum = open_forum()
    asker = make_company(forum, f"A {evil}", side="eu", offers=["drones"])
    asked = make_company(forum, f"B {evil}", side="ua", needs=["drones"])
    client, other = client_for(representative_of(asker)), client_for(representative_of(asked))
    page = client.page(f"/f/{forum.slug}/companies/{asked.id}/ask")
    client.press(page, "Send the request", message=evil)
    page = other.page(f"/f/{forum.slug}/inbox")
    assert evil in page.main
    other.press(page, f"Decline so: A {evil}", reason=evil)
    page = client.page(f"/f/{forum.slug}/requests")
    assert evil in page.main
    for path in ("companies?q=%3Cscript%3E", "requests/table", "suggestions", f"companies/{asked.id}"):
        client.page(f"/f/{forum.slug}/{path}")


def test_a_representative_of_two_companies_acts_for_the_one_that_the_page_names(
    app: Flask, client_for: ClientFor
) -> None:
    forum = open_forum()
    first, second = (make_company(forum, side="eu") for _ in range(2))
    user = representative_of(first)
    make_representative(second, user)
    asked = make_company(forum, side="ua")
    client = client_for(user)
    page = client.page(f"/f/{forum.slug}/companies/{asked.id}/ask?company={second.id}")
    client.press(page, "Send the request")
    assert db.session.scalars(select(Request.asker_id)).all() == [second.id]
