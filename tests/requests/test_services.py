from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from forum_scheduler.clock import frozen_at, now
from forum_scheduler.companies.models import Company, CompanyStatus, Delegate
from forum_scheduler.errors import Conflict, ForumError, Invalid, NotFound, Refused
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.notices.models import Notice
from forum_scheduler.outbox.models import Mail
from forum_scheduler.requests import services
from forum_scheduler.requests.expiring import expire_due
from forum_scheduler.requests.models import Meeting, MeetingState, Party, Priority, Request, RequestState
from forum_scheduler.requests.wishes import Wish
from tests.factories import make_blocked_pair, make_company, make_forum, make_interpreter


def open_forum(**fields: object) -> Forum:
    moment = now()
    window = {
        "requests_open_at": moment - timedelta(days=1),
        "requests_close_at": moment + timedelta(days=1),
    }
    return make_forum(**(window | fields))  # type: ignore[arg-type]


def pair(**fields: object) -> tuple[Company, Company]:
    forum = open_forum(**fields)
    return make_company(forum, side="eu"), make_company(forum, side="ua")


def ask(asker: Company, asked: Company, **fields: object) -> Request:
    return services.ask(asker_id=asker.id, asked_id=asked.id, wish=Wish(**fields))  # type: ignore[arg-type]


def meeting_of(request: Request) -> Meeting:
    return db.session.scalars(
        select(Meeting)
        .where(Meeting.request_id == request.id)
        .options(selectinload(Meeting.parties).selectinload(Party.delegates))
    ).one()


def test_a_request_waits_for_an_answer_and_the_asked_company_is_told(app: Flask) -> None:
    asker, asked = pair()
    request = ask(asker, asked, message="Let us talk about engines.")
    assert request.state == RequestState.PENDING
    notices = db.session.scalars(select(Notice)).all()
    assert [notice.kind for notice in notices] == ["request-received"]
    assert "Let us talk about engines." in notices[0].text


@pytest.mark.parametrize("settled", ["accepted", "declined", "withdrawn", None])
def test_the_digest_asks_for_no_answer_that_is_given_or_not_wanted(app: Flask, settled: str | None) -> None:
    asker, asked = pair(requests_close_at=now() + timedelta(days=3))
    request = ask(asker, asked)
    other = ask(make_company(db.session.get_one(Forum, asked.forum_id), side="eu"), asked)
    if settled == "accepted":
        services.accept(request_id=request.id, company_id=asked.id)
    elif settled == "declined":
        services.decline(request_id=request.id, company_id=asked.id)
    elif settled == "withdrawn":
        services.withdraw(request_id=request.id, company_id=asker.id)
    received = select(Notice.key).where(Notice.kind == "request-received", Notice.waiting)
    waiting = {key.split(":")[1] for key in db.session.scalars(received)}
    assert waiting == ({other.uid} if settled else {request.uid, other.uid})


def test_in_the_last_day_of_the_window_a_request_is_mailed_at_once(app: Flask) -> None:
    asker, asked = pair()
    forum = db.session.get_one(Forum, asker.forum_id)
    for hours, mails in ((25, 0), (23, 1)):
        forum.requests_close_at = now() + timedelta(hours=hours)
        db.session.commit()
        request = ask(asker, asked, message="Engines")
        assert len(db.session.scalars(select(Mail)).all()) == mails
        services.withdraw(request_id=request.id, company_id=asker.id)


def test_the_second_click_makes_no_second_request_and_no_second_mail(app: Flask) -> None:
    asker, asked = pair()
    first, second = ask(asker, asked), ask(asker, asked)
    assert first.id == second.id
    assert len(db.session.scalars(select(Mail)).all()) == 1


def test_both_companies_asking_makes_one_agreed_mutual_request(app: Flask) -> None:
    asker, asked = pair()
    first = ask(asker, asked, priority=Priority.MUST)
    second = ask(asked, asker, priority=Priority.HIGH)
    assert (second.id, second.state, second.mutual) == (first.id, RequestState.ACCEPTED, True)
    assert meeting_of(second).weight == 9 + 4 + 3


def test_both_companies_asking_at_the_same_moment_makes_one_request(app: Flask) -> None:
    asker, asked = pair()
    errors: list[BaseException] = []
    start = threading.Barrier(2)

    def send(one: int, other: int) -> None:
        with app.app_context():
            start.wait()
            try:
                services.ask(asker_id=one, asked_id=other, wish=Wish())
            except ForumError as error:
                errors.append(error)
            finally:
                db.session.remove()

    threads = [
        threading.Thread(target=send, args=pair_) for pair_ in ((asker.id, asked.id), (asked.id, asker.id))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    assert errors == []
    requests = db.session.scalars(select(Request)).all()
    assert [(each.state, each.mutual) for each in requests] == [(RequestState.ACCEPTED, True)]


def test_an_accepted_request_becomes_a_meeting_of_both_companies(app: Flask) -> None:
    asker, asked = pair()
    request = ask(asker, asked)
    services.accept(request_id=request.id, company_id=asked.id, priority=Priority.HIGH)
    meeting = meeting_of(request)
    assert [party.company_id for party in meeting.parties] == [asker.id, asked.id]
    assert (meeting.state, meeting.weight) == (MeetingState.AGREED, 2 + 4)


def test_declining_an_agreed_meeting_cancels_it_and_accepting_again_brings_it_back(app: Flask) -> None:
    asker, asked = pair()
    request = ask(asker, asked)
    services.accept(request_id=request.id, company_id=asked.id)
    services.decline(request_id=request.id, company_id=asked.id, reason="No time")
    assert meeting_of(request).state == MeetingState.CANCELLED
    services.accept(request_id=request.id, company_id=asked.id)
    assert meeting_of(request).state == MeetingState.AGREED


@pytest.mark.parametrize("answer", [services.accept, services.decline])
def test_an_answer_that_was_a_slip_is_taken_back_and_the_request_waits_again(
    app: Flask, answer: Callable[..., Request]
) -> None:
    asker, asked = pair()
    slip = answer(request_id=ask(asker, asked).id, company_id=asked.id)
    revision = slip.revision
    for _click in range(2):
        request = services.take_back_answer(request_id=slip.id, company_id=asked.id, revision=revision)
    assert (request.state, request.answered_at, request.decline_code) == (RequestState.PENDING, None, "")
    if answer is services.accept:
        assert meeting_of(request).state == MeetingState.CANCELLED
    told = db.session.scalars(select(Notice.subject).where(Notice.kind == "request-answered")).all()
    assert told[-1] == f"{asked.name} took its answer back"
    services.accept(request_id=request.id, company_id=asked.id)
    assert meeting_of(request).state == MeetingState.AGREED


def test_an_answer_that_changed_meanwhile_is_not_taken_back(app: Flask) -> None:
    asker, asked = pair()
    slip = services.decline(request_id=ask(asker, asked).id, company_id=asked.id)
    services.accept(request_id=slip.id, company_id=asked.id)
    with pytest.raises(Conflict, match="changed meanwhile"):
        services.take_back_answer(request_id=slip.id, company_id=asked.id, revision=slip.revision - 1)
    with pytest.raises(NotFound):
        services.take_back_answer(request_id=slip.id, company_id=asker.id, revision=slip.revision)


def test_once_the_window_has_closed_an_answer_stands(app: Flask) -> None:
    asker, asked = pair()
    request = services.accept(request_id=ask(asker, asked).id, company_id=asked.id)
    with frozen_at(now() + timedelta(days=2)), pytest.raises(Refused, match="closed"):
        services.take_back_answer(request_id=request.id, company_id=asked.id, revision=request.revision)


def test_only_the_asked_company_answers(app: Flask) -> None:
    asker, asked = pair()
    request = ask(asker, asked)
    with pytest.raises(NotFound):
        services.accept(request_id=request.id, company_id=asker.id)


def test_after_a_refusal_the_asker_can_not_ask_again_but_the_other_company_can(app: Flask) -> None:
    asker, asked = pair()
    request = ask(asker, asked)
    services.decline(request_id=request.id, company_id=asked.id)
    with pytest.raises(Refused, match="declined already"):
        ask(asker, asked)
    again = ask(asked, asker)
    assert (again.id, again.asker_id, again.state) == (request.id, asked.id, RequestState.PENDING)


def test_a_withdrawn_request_can_be_sent_again(app: Flask) -> None:
    asker, asked = pair()
    request = ask(asker, asked)
    services.withdraw(request_id=request.id, company_id=asker.id)
    services.withdraw(request_id=request.id, company_id=asker.id)
    assert ask(asker, asked).state == RequestState.PENDING


def test_withdrawing_an_agreed_meeting_cancels_it_and_tells_the_other_company(app: Flask) -> None:
    asker, asked = pair()
    request = ask(asker, asked)
    services.accept(request_id=request.id, company_id=asked.id)
    services.withdraw(request_id=request.id, company_id=asker.id)
    assert meeting_of(request).state == MeetingState.CANCELLED
    subjects = db.session.scalars(select(Notice.subject))
    assert any("took your meeting back" in subject for subject in subjects)


def blocked(asker: Company, asked: Company) -> None:
    make_blocked_pair(asker, asked)


def refused(asker: Company, asked: Company) -> None:
    asked.status = CompanyStatus.REFUSED
    db.session.commit()


def unvetted(asker: Company, asked: Company) -> None:
    asker.status = CompanyStatus.APPLIED
    db.session.commit()


@pytest.mark.parametrize(
    ("spoil", "error", "words"),
    [
        (blocked, NotFound, "does not take part"),
        (refused, NotFound, "does not take part"),
        (unvetted, Refused, "not approved"),
    ],
)
def test_a_request_that_a_rule_forbids_says_which_rule(
    app: Flask, spoil: Callable[[Company, Company], None], error: type[ForumError], words: str
) -> None:
    asker, asked = pair()
    spoil(asker, asked)
    with pytest.raises(error, match=words):
        ask(asker, asked)


def test_sides_that_do_not_ask_each_other_are_refused(app: Flask) -> None:
    forum = open_forum(ask=[("eu", "ua")])
    eu, ua = make_company(forum, side="eu"), make_company(forum, side="ua")
    with pytest.raises(Refused, match="side does not ask"):
        ask(ua, eu)
    assert ask(eu, ua).state == RequestState.PENDING


def test_a_company_of_another_forum_can_not_be_asked(app: Flask) -> None:
    with pytest.raises(NotFound):
        ask(make_company(open_forum()), make_company(open_forum()))


@pytest.mark.parametrize(("shift", "words"), [(-2, "not opened yet"), (2, "has closed")])
def test_outside_of_the_window_nothing_is_sent(app: Flask, shift: int, words: str) -> None:
    asker, asked = pair()
    with frozen_at(now() + timedelta(days=shift)), pytest.raises(Refused, match=words):
        ask(asker, asked)


def test_the_cap_on_must_is_explained_and_holds_for_edits_too(app: Flask) -> None:
    forum = open_forum(max_must_requests=1)
    asker, first, second = (make_company(forum, side=side) for side in ("eu", "ua", "ua"))
    ask(asker, first, priority=Priority.MUST)
    with pytest.raises(Invalid, match="all 1 of"):
        ask(asker, second, priority=Priority.MUST)
    request = ask(asker, second)
    with pytest.raises(Invalid, match="all 1 of"):
        services.edit(request_id=request.id, revision=request.revision, wish=Wish(priority=Priority.MUST))


def test_the_cap_on_requests_frees_a_place_when_one_is_withdrawn(app: Flask) -> None:
    forum = open_forum(max_requests=1)
    asker, first, second = (make_company(forum, side=side) for side in ("eu", "ua", "ua"))
    request = ask(asker, first)
    with pytest.raises(Refused, match="all your 1 requests"):
        ask(asker, second)
    services.withdraw(request_id=request.id, company_id=asker.id)
    assert ask(asker, second).state == RequestState.PENDING


def test_an_edit_of_something_that_changed_meanwhile_is_refused(app: Flask) -> None:
    asker, asked = pair()
    request = ask(asker, asked)
    seen = request.revision
    services.edit(request_id=request.id, revision=seen, wish=Wish(message="First"))
    with pytest.raises(Conflict, match="meanwhile"):
        services.edit(request_id=request.id, revision=seen, wish=Wish(message="Second"))
    assert db.session.get_one(Request, request.id).message == "First"


def test_a_message_that_is_too_long_is_refused(app: Flask) -> None:
    asker, asked = pair()
    with pytest.raises(Invalid) as refusal:
        ask(asker, asked, message="x" * 501)
    assert refusal.value.field == "message"


def test_wished_delegates_all_come_and_strangers_are_left_out(app: Flask) -> None:
    forum = open_forum()
    asker, asked = make_company(forum, side="eu", delegates=3), make_company(forum, side="ua", delegates=2)
    stranger = make_company(forum, side="ua")
    ours, theirs, foreign = (
        db.session.scalars(select(Delegate.id).where(Delegate.company_id == company.id)).first() or 0
        for company in (asker, asked, stranger)
    )
    request = ask(asker, asked, delegate_ids=[ours, foreign])
    services.accept(request_id=request.id, company_id=asked.id)
    parties = meeting_of(request).parties
    assert [(party.need, {each.delegate_id for each in party.delegates}) for party in parties] == [
        ("all", {ours}),
        ("one", set()),
    ]
    assert theirs


def test_companies_without_a_common_language_get_an_interpreter(app: Flask) -> None:
    asker, asked = pair()
    make_interpreter(db.session.get_one(Forum, asker.forum_id), pairs=[("fr", "uk")])
    for company, languages in ((asker, ["fr", "de"]), (asked, ["uk"])):
        for delegate in db.session.scalars(select(Delegate).where(Delegate.company_id == company.id)):
            delegate.languages = languages
    db.session.commit()
    request = ask(asker, asked)
    services.accept(request_id=request.id, company_id=asked.id)
    assert meeting_of(request).interpret == ["fr", "uk"]


def test_requests_that_nobody_answered_expire(app: Flask) -> None:
    asker, asked = pair(request_days=1)
    request = ask(asker, asked)
    assert expire_due() == 0
    with frozen_at(now() + timedelta(days=2)):
        assert expire_due() == 1
    assert db.session.get_one(Request, request.id).state == RequestState.EXPIRED
