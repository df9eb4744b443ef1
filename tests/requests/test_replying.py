"""A yes with people, interpreter and message; both sides of an agreed meeting read what the other says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.clock import frozen_at, now
from forum_scheduler.companies.models import Company, Delegate
from forum_scheduler.errors import Conflict, Invalid, NotFound, Refused
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.notices.models import Notice
from forum_scheduler.requests import replying, services
from forum_scheduler.requests.models import Priority, Request, RequestDelegate, RequestState
from forum_scheduler.requests.replying import Reply
from forum_scheduler.requests.wishes import Wish
from forum_scheduler.requests.wording import minutes_of
from tests.factories import make_company, make_delegate, make_interpreter, make_request, representative_of
from tests.pages import Page, Visitor
from tests.requests.test_services import meeting_of, open_forum

ClientFor = Callable[[User], Visitor]
OWN = "No interpreter of the forum: none is needed, or somebody brings their own."


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    forum: Forum
    asker: Company
    asked: Company
    ann: Delegate
    olha: Delegate
    petro: Delegate

    def ask(self, **fields: Any) -> Request:
        wish = Wish(**fields)
        return services.ask(asker_id=self.asker.id, asked_id=self.asked.id, wish=wish)

    def reply(self, request: Request, *, seen: str | None = None, **fields: Any) -> Request:
        said = Reply(**fields)
        return replying.reply(request_id=request.id, company_id=self.asked.id, reply=said, seen=seen)

    def come(self, request: Request) -> list[list[str]]:
        """Who must come to the meeting, of the asker and of the asked company; empty: any of them."""
        names = {each.id: each.name for each in db.session.scalars(select(Delegate))}
        parties = meeting_of(request).parties
        return [sorted(names[one.delegate_id] for one in party.delegates) for party in parties]


@pytest.fixture
def pair(app: Flask) -> Pair:
    """Two of each company, all of whom speak English and Ukrainian."""
    forum = open_forum()
    make_interpreter(forum)
    asker = make_company(forum, "Asker", side="eu", delegates=0)
    asked = make_company(forum, "Asked", side="ua", delegates=0)
    ann, _bob, olha, petro = (
        make_delegate(company, name, languages=["en", "uk"])
        for company, name in ((asker, "Ann"), (asker, "Bob"), (asked, "Olha"), (asked, "Petro"))
    )
    return Pair(forum=forum, asker=asker, asked=asked, ann=ann, olha=olha, petro=petro)


def notices_for(company: Company) -> list[Notice]:
    reader = representative_of(company).id
    return list(db.session.scalars(select(Notice).where(Notice.user_id == reader).order_by(Notice.id)))


def occasions(company: Company) -> list[str]:
    return [each.key.split(":")[0] for each in notices_for(company)]


def test_a_yes_says_who_comes_and_that_an_interpreter_is_wanted(pair: Pair) -> None:
    request = pair.ask()
    pair.reply(request, delegate_ids=[pair.petro.id], interpret=("en", "uk"), message=" Gladly. ")
    assert (request.state, request.answer_message) == (RequestState.ACCEPTED, "Gladly.")
    assert pair.come(request) == [[], ["Petro"]]
    assert meeting_of(request).interpret == ["en", "uk"]
    (told,) = notices_for(pair.asker)
    assert "They write: “Gladly.”" in told.text
    assert "From them come: Petro." in told.text
    assert "Interpreter: English and Ukrainian." in told.text


def test_who_was_wished_for_does_not_bind_who_answers(pair: Pair) -> None:
    request = pair.ask(delegate_ids=[pair.ann.id, pair.olha.id])
    assert replying.reply_to(request).delegate_ids == (pair.olha.id,)
    pair.reply(request, delegate_ids=[pair.petro.id])
    assert pair.come(request) == [["Ann"], ["Petro"]]


def test_nobody_answers_for_the_people_of_the_other_company(pair: Pair) -> None:
    request = pair.ask(delegate_ids=[pair.ann.id])
    pair.reply(request, delegate_ids=[pair.ann.id, pair.olha.id])
    assert pair.come(request) == [["Ann"], ["Olha"]]
    with pytest.raises(NotFound):
        replying.reply(request_id=request.id, company_id=pair.asker.id, reply=Reply())


def test_an_agreed_meeting_is_changed_and_the_other_company_told_once(pair: Pair) -> None:
    request = pair.ask(interpret=("en", "uk"))
    services.accept(request_id=request.id, company_id=pair.asked.id)
    for _second_click in range(2):
        pair.reply(request, interpret=(), message="We bring our own interpreter.")
    assert meeting_of(request).interpret is None
    assert occasions(pair.asker) == ["request-answered", "meeting-changed"]
    told = notices_for(pair.asker)[-1]
    assert told.subject == "Asked changed your meeting"
    assert OWN in told.text


def test_who_answers_says_how_long_it_takes_and_the_other_company_is_told(pair: Pair) -> None:
    request = pair.ask(length_slots=2)
    pair.reply(request, length_slots=1)
    assert (request.state, meeting_of(request).length_slots) == (RequestState.ACCEPTED, 1)
    assert f"It takes {minutes_of(pair.forum, 1)} minutes." in notices_for(pair.asker)[-1].text
    for _second_click in range(2):
        pair.reply(request, length_slots=3)
    assert meeting_of(request).length_slots == 3
    assert occasions(pair.asker) == ["request-answered", "meeting-changed"]
    assert f"It takes {minutes_of(pair.forum, 3)} minutes." in notices_for(pair.asker)[-1].text


def test_a_yes_without_a_length_takes_as_long_as_was_asked_for(pair: Pair) -> None:
    request = pair.ask(length_slots=2)
    pair.reply(request)
    assert meeting_of(request).length_slots == 2


def test_a_length_from_an_import_stays_but_nobody_else_chooses_as_much(pair: Pair) -> None:
    request = make_request(pair.asker, pair.asked, length_slots=8)
    pair.reply(request, length_slots=8)
    assert meeting_of(request).length_slots == 8
    with pytest.raises(Invalid):
        pair.reply(request, length_slots=7)
    assert meeting_of(request).length_slots == 8


def test_how_much_a_meeting_is_wanted_is_not_told(pair: Pair) -> None:
    request = pair.ask()
    services.accept(request_id=request.id, company_id=pair.asked.id)
    before = meeting_of(request).weight
    pair.reply(request, priority=Priority.MUST)
    assert meeting_of(request).weight > before
    assert len(notices_for(pair.asker)) == 1


def test_who_asked_changes_an_agreed_meeting_for_its_own_people_only(pair: Pair) -> None:
    request = pair.ask()
    pair.reply(request, delegate_ids=[pair.petro.id])
    wish = Wish(delegate_ids=[pair.ann.id, pair.olha.id], length_slots=2)
    for _second_click in range(2):
        services.edit(request_id=request.id, revision=2, wish=wish)
    assert pair.come(request) == [["Ann"], ["Petro"]]
    assert occasions(pair.asked) == ["request-received", "meeting-changed"]
    told = notices_for(pair.asked)[-1]
    assert "From them come: Ann." in told.text
    assert "It takes " in told.text
    services.edit(
        request_id=request.id,
        revision=3,
        wish=Wish(delegate_ids=wish.delegate_ids, length_slots=2, priority=Priority.MUST),
    )
    assert len(notices_for(pair.asked)) == 2


def test_what_a_colleague_changed_meanwhile_is_not_overwritten(pair: Pair) -> None:
    request = pair.ask()
    seen = replying.reply_to(request).digest
    pair.reply(request, message="From a colleague", seen=seen)
    with pytest.raises(Conflict):
        pair.reply(request, message="Mine", seen=seen)
    assert request.answer_message == "From a colleague"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"message": "x" * 501}, "message"),
        ({"interpret": ("en", "en")}, "interpret"),
        ({"length_slots": 0}, "length_slots"),
        ({"length_slots": 5}, "length_slots"),
    ],
)
def test_what_can_not_be_used_is_refused_at_its_field(
    pair: Pair, fields: dict[str, object], field: str
) -> None:
    request = pair.ask()
    with pytest.raises(Invalid) as refused:
        pair.reply(request, **fields)
    assert refused.value.field == field
    assert request.state == RequestState.PENDING


@pytest.mark.parametrize("state", [RequestState.WITHDRAWN, RequestState.EXPIRED])
def test_a_request_that_is_closed_takes_no_reply(pair: Pair, state: RequestState) -> None:
    request = make_request(pair.asker, pair.asked, state=state)
    with pytest.raises(Refused):
        pair.reply(request)


def test_after_the_window_nothing_is_changed_any_more(pair: Pair) -> None:
    request = pair.ask()
    pair.reply(request, message="Before")
    with frozen_at(now() + timedelta(days=2)), pytest.raises(Refused):
        pair.reply(request, message="After")


# Pages


def reply_page(client: Visitor, pair: Pair, *, status: int = 200) -> Page:
    return client.page(f"/f/{pair.forum.slug}/companies/{pair.asker.id}/answer", status=status)


def test_who_is_asked_reads_what_is_wished_before_answering(pair: Pair, client_for: ClientFor) -> None:
    pair.ask(delegate_ids=[pair.ann.id, pair.olha.id], interpret=())
    client = client_for(representative_of(pair.asked))
    page = client.page(f"/f/{pair.forum.slug}/inbox")
    assert f"From them come: Ann. They want to meet: Olha. {OWN}" in page.main
    page = client.page(page.links["Accept with message, people, length, interpreter: Asker"])
    assert page.h1.startswith("Accept the meeting with Asker")
    fields = page.fields(page.form_with("Accept the meeting")[0])
    assert (fields["our_ids"], fields["interpret"]) == (str(pair.olha.id), "none")


def test_the_page_offers_the_length_that_was_asked_for_and_others(pair: Pair, client_for: ClientFor) -> None:
    request = make_request(pair.asker, pair.asked, length_slots=5)
    client = client_for(representative_of(pair.asked))
    page = reply_page(client, pair)
    assert page.fields(page.form_with("Accept the meeting")[0])["length_slots"] == "5"
    page = client.press(page, "Accept the meeting", status=422, length_slots="9", message="Long thoughts")
    assert "Long thoughts" in page.main
    page = client.press(page, "Accept the meeting", length_slots="2")
    assert f"It takes {minutes_of(pair.forum, 2)} minutes." in page.main
    db.session.expire_all()
    assert meeting_of(request).length_slots == 2


def test_both_companies_see_the_answer_and_can_change_it(pair: Pair, client_for: ClientFor) -> None:
    pair.ask(delegate_ids=[pair.ann.id])
    client = client_for(representative_of(pair.asked))
    page = client.press(
        reply_page(client, pair),
        "Accept the meeting",
        message="<b>Gladly</b>",
        our_ids=[str(pair.olha.id), str(pair.petro.id)],
        interpret="en-uk",
    )
    assert page.flashes == ["Saved. They are told."]
    assert "From them come: Ann. From you come: Olha, Petro. Interpreter: English and Ukrainian." in page.main
    page = client.page(page.links["Change message, people, length, interpreter: Asker"])
    client.press(page, "Save", our_ids=[], interpret="none")
    client = client_for(representative_of(pair.asker))
    page = client.page(f"/f/{pair.forum.slug}/requests")
    assert f"From you come: Ann. {OWN}" in page.main
    assert "They write: “<b>Gladly</b>”" in page.main
    page = client.page(page.links["Change: Asked"])
    assert "Whom do we want to meet?" not in page.main
    client.press(page, "Save", interpret="derived")
    assert db.session.scalars(select(Request.interpret)).one() is None


def test_what_was_typed_stays_where_the_request_was_withdrawn(pair: Pair, client_for: ClientFor) -> None:
    request = pair.ask()
    client = client_for(representative_of(pair.asked))
    page = reply_page(client, pair)
    services.withdraw(request_id=request.id, company_id=pair.asker.id)
    page = client.press(page, "Accept the meeting", status=403, message="Long thoughts")
    assert "They have withdrawn this request." in page.main
    assert "Long thoughts" in page.main
    assert db.session.scalars(select(RequestDelegate)).all() == []


def test_there_is_no_answer_to_a_request_of_ones_own(pair: Pair, client_for: ClientFor) -> None:
    pair.ask()
    client = client_for(representative_of(pair.asker))
    client.page(f"/f/{pair.forum.slug}/companies/{pair.asked.id}/answer", status=404)
    reply_page(client, pair, status=404)
