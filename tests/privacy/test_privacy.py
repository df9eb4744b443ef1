"""My data: shown, downloaded, and deleted with what that does to meetings."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import inspect, select, text

from forum_scheduler.accounts import consent
from forum_scheduler.accounts.models import AuditEntry, Consent, StaffRole, User
from forum_scheduler.agendas.models import CalendarChoice, Invitation, Way
from forum_scheduler.agendas.wording import speaking
from forum_scheduler.clock import now
from forum_scheduler.companies.models import (
    FORGOTTEN,
    Company,
    CompanyStatus,
    Delegate,
    DelegateAlsoFor,
    Representative,
)
from forum_scheduler.companies.pictures import set_photo
from forum_scheduler.errors import Invalid, Refused
from forum_scheduler.extensions import db, transaction
from forum_scheduler.notices.models import Notice
from forum_scheduler.outbox.models import Mail
from forum_scheduler.privacy.collecting import data_of
from forum_scheduler.privacy.erasing import erase, preview
from forum_scheduler.privacy.words import WORDS
from forum_scheduler.publishing.models import FeedToken
from forum_scheduler.requests.availability import fit_of
from forum_scheduler.requests.models import Meeting, MeetingState, Request, RequestState
from forum_scheduler.requests.times import Times, save_times, unavailable_slots
from forum_scheduler.scheduling.ids import Kind
from forum_scheduler.scheduling.words import Names
from tests.agendas.papers import text_of
from tests.companies.test_representing import picture
from tests.factories import (
    FIRST_DAY,
    delegates_of,
    make_company,
    make_delegate,
    make_forum,
    make_meeting,
    make_programme_entry,
    make_publication,
    make_request,
    make_schedule,
    make_staff,
    make_user,
    representative_of,
    slots_of,
    tables_of,
)
from tests.notices.test_services import say
from tests.pages import Visitor

ClientFor = Callable[[User], Visitor]
EMAIL = "anna.kvant@example.org"


def anna() -> User:
    return make_user("Anna Kvant", email=EMAIL)


def agreed(company: Company, other: Company, **fields: object) -> Meeting:
    request = make_request(other, company, state=RequestState.ACCEPTED)
    return make_meeting(request, **fields)  # type: ignore[arg-type]


def everywhere(word: str) -> list[str]:
    """Tables and columns in which the word stands, in the whole database."""
    found = []
    for table in inspect(db.engine).get_table_names():
        for row in db.session.execute(text(f'SELECT * FROM "{table}"')).mappings():
            found += [f"{table}.{name}" for name, value in row.items() if word in str(value)]
    return found


def test_a_file_holds_what_all_rooms_know(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum(name="Spring")
    user = anna()
    company = make_company(forum, "Kvant", side="ua", representative=user, delegates=0)
    delegate = make_delegate(company, user=user, name="Anna K.", email=EMAIL)
    entry = make_programme_entry(forum, "Opening")
    save_times(
        delegate_id=delegate.id,
        times=Times(attends=frozenset({entry.id}), arrives_at=FIRST_DAY - timedelta(hours=1)),
    )
    set_photo(delegate_id=delegate.id, content=picture())
    say(user, forum)
    with transaction():
        consent.give(user_id=user.id, forum_id=forum.id)
    answer = client_for(user).get("/my-data/my-data.json")
    data = json.loads(answer.data)
    assert "attachment" in answer.headers["Content-Disposition"]
    assert data["account"]["email"] == EMAIL
    assert data["consents"][0]["version"] == consent.VERSION
    assert data["acts_for"] == [
        {"forum": "Spring", "company": "Kvant", "status": "approved", "country": company.country}
    ]
    (person,) = data["delegate"]
    assert (person["name"], person["sessions"]) == ("Anna K.", ["Opening"])
    assert person["photo_png_base64"].startswith("iVBOR")
    assert [notice["subject"] for notice in data["notices"]] == ["News k"]


def test_the_file_holds_wishes_and_what_the_calendar_answered(app: Flask) -> None:
    forum = make_forum()
    user, company = anna(), make_company(forum, "Kvant", side="ua")
    other, third = make_company(forum, "Aerotec"), make_company(forum, "Borealis")
    delegate = make_delegate(company, user=user, name="Anna K.", email=EMAIL)
    meeting = agreed(company, other)
    make_request(third, company, wished=[delegate])
    db.session.add_all(
        [
            DelegateAlsoFor(delegate_id=delegate.id, company_id=other.id),
            CalendarChoice(delegate_id=delegate.id, forum_id=forum.id, way=Way.MAIL),
            FeedToken(delegate_id=delegate.id, token="secret-address"),
            Invitation(
                delegate_id=delegate.id,
                meeting_id=meeting.id,
                forum_id=forum.id,
                sequence=0,
                told_sequence=0,
                status="requested",
                answer="declined",
                comment="I am ill",
            ),
        ]
    )
    db.session.commit()
    (person,) = data_of(user.id)["delegate"]
    assert (person["also_for"], person["wished_for_with"]) == (["Aerotec"], ["Borealis"])
    assert person["calendar"]["way"] == "mail"
    assert [each["comment"] for each in person["calendar"]["answers"]] == ["I am ill"]
    assert "secret-address" not in json.dumps(person)
    assert len(person["calendar"]["addresses"]) == 1


def keys_in(value: object) -> set[str]:
    """The names of all parts, however deep."""
    if isinstance(value, dict):
        return set(value) | {key for part in value.values() for key in keys_in(part)}
    return {key for part in value for key in keys_in(part)} if isinstance(value, list) else set()


def test_the_page_names_everything_in_the_readers_language(app: Flask, client_for: ClientFor) -> None:
    user = make_user("Анна", email=EMAIL, locale="uk")
    make_delegate(make_company(make_forum()), user=user, name="Анна", email=EMAIL)
    assert keys_in(data_of(user.id)) - {"format", "made_at", "consents"} <= set(WORDS)
    page = client_for(user).page("/my-data")
    assert "Електронна адреса" in page.main
    assert "created" not in page.main


def test_the_page_has_times_by_the_clocks_at_ones_forum_and_the_file_in_utc(
    app: Flask, client_for: ClientFor
) -> None:
    forum = make_forum(timezone="Europe/Kyiv")
    user = anna()
    delegate = make_delegate(make_company(forum), user=user, name="Anna", email=EMAIL)
    save_times(delegate_id=delegate.id, times=Times(arrives_at=FIRST_DAY.replace(hour=6, minute=30)))
    arrives = data_of(user.id)["delegate"][0]["arrives_at"]
    assert arrives == f"{FIRST_DAY:%Y-%m-%d}T06:30:00+00:00"
    page = client_for(user).page("/my-data")
    assert "Times are in the time zone of your forum: Europe/Kyiv." in page.main
    assert "09:30" in page.main
    assert "+00:00" not in page.main
    assert "Times are in UTC." in client_for(make_user()).page("/my-data").main


def test_the_page_shows_only_ones_own(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    user, other = anna(), make_user("Other Person", email="other@example.org")
    for each in (user, other):
        make_delegate(make_company(forum), user=each, name=each.name, email=each.email)
    page = client_for(user).page("/my-data")
    assert EMAIL in page.main
    assert "Other Person" not in page.main
    assert "other@example.org" not in json.dumps(data_of(user.id))


def test_a_consent_is_kept_word_for_word_and_taken_back(app: Flask, client_for: ClientFor) -> None:
    user, other = anna(), make_user()
    with transaction():
        consent.give(user_id=user.id, forum_id=None)
    stored = db.session.scalars(select(Consent)).one()
    assert stored.text.startswith("I agree that the organiser keeps")
    consent.withdraw(stored.id, user_id=other.id)
    assert db.session.get_one(Consent, stored.id).withdrawn_at is None
    client = client_for(user)
    page = client.press(client.page("/my-data"), "Take it back")
    assert "taken back" in page.main
    assert db.session.get_one(Consent, stored.id).withdrawn_at is not None


def test_the_page_before_says_what_happens_to_meetings(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    user = anna()
    company = make_company(forum, "Kvant", side="ua", representative=user, delegates=0)
    colleague = make_user("Bo Colleague")
    db.session.add(Representative(company_id=company.id, user_id=colleague.id))
    me, other = make_delegate(company, user=user), make_delegate(company)
    agreed(company, make_company(forum, "Only Anna", side="eu"), delegates={company: [me]})
    agreed(company, make_company(forum, "Either", side="eu"))
    agreed(company, make_company(forum, "Not Anna", side="eu"), delegates={company: [other]})
    page = client_for(user).page("/my-data/delete")
    assert "Meetings that end, since nobody else can come: Only Anna." in page.main
    assert "Meetings that a colleague takes over: 1." in page.main
    assert db.session.get_one(User, user.id).name == "Anna Kvant"


def test_deleting_leaves_the_name_nowhere_and_tells_those_concerned(
    app: Flask, client_for: ClientFor
) -> None:
    forum = make_forum()
    organiser = make_staff(forum)
    user = anna()
    company = make_company(forum, "Kvant", side="ua", representative=user, delegates=0)
    colleague = make_user("Bo Colleague")
    db.session.add(Representative(company_id=company.id, user_id=colleague.id))
    me = make_delegate(company, user=user, name="Anna Kvant", email=EMAIL)
    make_delegate(company)
    partner = make_company(forum, "Partner", side="eu")
    meeting = agreed(company, partner, delegates={company: [me]})
    say(user, forum)
    client = client_for(user)
    page = client.page("/my-data/delete")
    page = client.press(page, "Delete me now", status=422, email="somebody@example.org")
    assert "Type your own e-mail address" in page.text
    page = client.press(page, "Delete me now", email=EMAIL.upper())
    assert page.h1 == "You are deleted"
    assert everywhere("Anna") == []
    assert everywhere(EMAIL) == []
    assert db.session.get_one(Meeting, meeting.id).state == MeetingState.CANCELLED
    assert db.session.scalars(select(Request.state)).all() == [RequestState.WITHDRAWN]
    told = {(notice.user_id, notice.subject.split(" ")[0]) for notice in db.session.scalars(select(Notice))}
    assert {
        (colleague.id, "Somebody"),
        (organiser.id, "Somebody"),
        (representative_of(partner).id, "Kvant"),
    } <= told
    assert client.get("/my-data").status_code == 303


def test_a_delegate_of_a_published_schedule_stays_without_a_name_and_is_never_free(app: Flask) -> None:
    forum = make_forum()
    user = anna()
    company = make_company(forum, side="ua", delegates=1)
    other = make_company(forum, side="eu")
    me = make_delegate(company, user=user, name="Anna Kvant", email=EMAIL)
    meeting = make_meeting(between=(company, other), delegates={company: [me]})
    place = (meeting, slots_of(forum)[0], tables_of(forum)[0], [me, delegates_of(other)[0]])
    make_publication(make_schedule(forum, place))
    erase(user.id, typed=EMAIL)
    left = db.session.get_one(Delegate, me.id)
    assert (left.name, left.email, left.user_id) == (FORGOTTEN, None, None)
    assert left.max_per_day == 0  # also in slots that come later
    assert len(unavailable_slots([me.id])[me.id]) == len(slots_of(forum))
    assert everywhere("Anna") == []


def test_a_company_whose_last_representative_goes_takes_part_no_longer(app: Flask) -> None:
    forum = make_forum()
    user = anna()
    company = make_company(forum, "Kvant", side="ua", representative=user, delegates=0)
    make_delegate(company, user=user)
    partner = make_company(forum, "Partner", side="eu")
    meeting = agreed(company, partner)
    pending = make_request(make_company(forum, side="eu"), company)
    assert preview(user.id).effects[0].leaves
    erase(user.id, typed=EMAIL)
    assert db.session.get_one(Company, company.id).status == CompanyStatus.WITHDRAWN
    assert db.session.get_one(Meeting, meeting.id).state == MeetingState.CANCELLED
    assert db.session.get_one(Request, pending.id).state == RequestState.WITHDRAWN


def test_a_colleague_with_an_account_takes_over(app: Flask) -> None:
    forum = make_forum()
    user, heir = anna(), make_user("Bo Colleague")
    company = make_company(forum, representative=user, delegates=0)
    make_delegate(company, user=heir)
    erase(user.id, typed=EMAIL)
    assert db.session.scalars(select(Representative.user_id)).all() == [heir.id]
    assert db.session.get_one(Company, company.id).status == CompanyStatus.APPROVED


def test_the_only_organiser_of_a_forum_can_not_go(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum(name="Spring")
    user = make_staff(forum, user=anna())
    page = client_for(user).page("/my-data/delete")
    assert "You are the only organiser of Spring" in page.main
    with pytest.raises(Refused):
        erase(user.id, typed=EMAIL)
    make_staff(forum, StaffRole.DESK)
    with pytest.raises(Refused):
        erase(user.id, typed=EMAIL)
    make_staff(forum)
    erase(user.id, typed=EMAIL)
    assert db.session.get(User, user.id) is None


def test_the_second_click_deletes_nothing_more_and_a_wrong_address_nothing(app: Flask) -> None:
    user, other = anna(), make_user()
    with pytest.raises(Invalid):
        erase(user.id, typed="")
    erase(user.id, typed=EMAIL)
    erase(user.id, typed=EMAIL)
    assert db.session.scalars(select(User.id)).all() == [other.id]
    assert db.session.scalars(select(Mail)).all() == []


def test_nobody_is_offered_a_person_who_was_deleted(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum(
        requests_open_at=now() - timedelta(days=1), requests_close_at=now() + timedelta(days=1)
    )
    user = anna()
    company = make_company(forum, "Kvant", side="ua", delegates=2)
    other = make_company(forum, "Partner", side="eu")
    me = make_delegate(company, user=user, name="Anna Kvant", email=EMAIL)
    meeting = make_meeting(between=(company, other), delegates={company: [me]})
    place = (meeting, slots_of(forum)[0], tables_of(forum)[0], [me, *delegates_of(other)])
    make_publication(make_schedule(forum, place))
    erase(user.id, typed=EMAIL)
    assert db.session.get_one(Delegate, me.id).forgotten
    partner, colleague = client_for(representative_of(other)), client_for(representative_of(company))
    ask = f"/f/{forum.slug}/companies/{company.id}/ask"
    page = partner.page(ask)
    assert len(page.elements("input", name="their_ids")) == 2
    assert FORGOTTEN not in page.main
    assert FORGOTTEN not in partner.page(f"/f/{forum.slug}/companies/{company.id}").main
    page = colleague.page(f"/f/{forum.slug}/companies/{company.id}/delegates")
    assert "Deleted at their own wish" in page.main
    assert FORGOTTEN not in page.main
    assert me.id not in {each.delegate_id for each in fit_of(company).people}


@pytest.mark.parametrize(("locale", "mark"), [("en", FORGOTTEN), ("uk", "(видалено)")])
def test_who_was_deleted_has_a_mark_in_the_language_of_who_reads(
    app: Flask, client_for: ClientFor, tmp_path: Path, locale: str, mark: str
) -> None:
    forum = make_forum()
    company = make_company(forum, "Kvant", side="ua", delegates=1)
    reader = make_user(locale=locale)
    other = make_company(forum, "Partner", side="eu", representative=reader)
    me = make_delegate(company, user=anna(), name="Anna Kvant", email=EMAIL)
    meeting = make_meeting(between=(company, other), delegates={company: [me]})
    place = (meeting, slots_of(forum)[0], tables_of(forum)[0], [me, *delegates_of(other)])
    make_publication(schedule := make_schedule(forum, place))
    erase(db.session.scalars(select(User.id).where(User.email == EMAIL)).one(), typed=EMAIL)
    make_staff(forum, user=reader)
    root, client = f"/f/{forum.slug}", client_for(reader)
    assert mark in client.page(f"{root}/companies/{other.id}/agenda").main
    assert mark in client.page(f"{root}/companies/{company.id}/agenda").main
    assert mark in client.page(f"{root}/delegates/{me.id}/agenda").text
    assert mark in client.page(f"{root}/schedules/{schedule.id}/meetings").main
    with speaking(locale):  # as the board and the sentences about a schedule do
        assert Names(forum).texts[f"{Kind.DELEGATE}{me.id}"] == mark
    calendar = client.get(f"{root}/companies/{other.id}/agenda.ics").text.replace("\r\n ", "")
    assert mark in calendar
    assert mark in text_of(client.get(f"{root}/companies/{other.id}/agenda.pdf").data, tmp_path)
    assert mark in text_of(client.get(f"{root}/delegates/{me.id}/agenda.pdf").data, tmp_path)


def test_who_stands_in_the_log_reads_that_it_stays(app: Flask, client_for: ClientFor) -> None:
    user, other = anna(), make_user()
    with transaction():
        db.session.add(
            AuditEntry(user_id=user.id, actor=user.name, action="account.passkey-added", subject="")
        )
    stays = "What the log says that you did stays in it"
    assert stays in client_for(user).page("/my-data/delete").main
    assert stays not in client_for(other).page("/my-data/delete").main
