"""The same form sent twice, or by several at the same moment, over the pages: nothing is double."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from forum_scheduler.accounts.models import User
from forum_scheduler.companies.models import (
    BlockedPair,
    Company,
    CompanyStatus,
    Delegate,
    Favourite,
    Representative,
    SavedSearch,
)
from forum_scheduler.extensions import Base, db
from forum_scheduler.forums.models import Forum
from forum_scheduler.outbox.models import Mail
from tests.factories import (
    delegates_of,
    make_company,
    make_delegate,
    make_forum,
    make_invitation,
    make_representative,
    make_staff,
    representative_of,
    side_of,
)
from tests.pages import Page, Visitor

ClientFor = Callable[[User], Visitor]


def count(model: type[Base], *conditions: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0


def send_at_once(app: Flask, sent: Sequence[tuple[Visitor, str, Mapping[str, Any]]]) -> list[tuple[int, str]]:
    """Each client (each only once: its cookies are of one thread) POSTs, all together; status and whereto."""
    start = threading.Barrier(len(sent))
    got: list[tuple[int, str]] = [(0, "")] * len(sent)

    def run(number: int, client: Visitor, url: str, data: Mapping[str, Any]) -> None:
        with app.app_context():
            start.wait()
            try:
                answer = client.post(url, data=data)
                got[number] = (answer.status_code, answer.headers.get("Location", ""))
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(number, *each)) for number, each in enumerate(sent)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    db.session.expire_all()
    return got


def clients(app: Flask, number: int, user: User | None = None) -> list[Visitor]:
    """Windows of the same person, each with the session that they have then."""
    made = []
    for _ in range(number):
        client = app.test_client()
        assert isinstance(client, Visitor)
        if user is not None:
            client.sign_in(user)
        made.append(client)
    return made


def entry(forum: Forum, **fields: object) -> dict[str, object]:
    return {
        "name": "Aerotec",
        "person_name": "Ann Example",
        "email": "ann@aerotec.example",
        "side_id": side_of(forum, "eu").id,
        "country": "BE",
        "size": "",
        "consent": "y",
        **fields,
    }


def test_a_second_click_on_joining_leads_where_the_first_did(app: Flask, client: Visitor) -> None:
    forum = make_forum()
    address = f"/f/{forum.slug}/join"
    for _ in range(2):
        answer = client.post(address, data=entry(forum))
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/f/{forum.slug}/joined")
    assert (count(Company), count(Delegate), count(User)) == (1, 1, 1)


def test_joining_four_times_at_once_is_joining_once(app: Flask) -> None:
    forum = make_forum()
    sent = [(each, f"/f/{forum.slug}/join", entry(forum)) for each in clients(app, 4)]
    assert send_at_once(app, sent) == [(302, f"/f/{forum.slug}/joined")] * 4
    assert (count(Company), count(Delegate), count(User)) == (1, 1, 1)


def test_somebody_else_with_the_same_name_is_told_that_it_is_taken(app: Flask, client: Visitor) -> None:
    forum = make_forum()
    client.post(f"/f/{forum.slug}/join", data=entry(forum))
    page = client.send(
        f"/f/{forum.slug}/join", entry(forum, email="eve@elsewhere.example", name="Аеrotec"), status=422
    )
    assert "looks the same, is here already" in page.text
    assert page.fields(page.form_with("Send")[0])["email"] == "eve@elsewhere.example"
    assert count(Company) == 1


def test_two_companies_of_one_new_person_at_once_are_both_there(app: Flask) -> None:
    forum = make_forum()
    names = ("Aerotec", "Lumen", "Nordvik", "Kvant")
    windows = clients(app, len(names))
    sent = [
        (each, f"/f/{forum.slug}/join", entry(forum, name=name))
        for each, name in zip(windows, names, strict=True)
    ]
    assert {status for status, _ in send_at_once(app, sent)} == {302}
    assert (count(Company), count(User), count(Representative)) == (4, 1, 4)


def test_an_invitation_that_is_sent_twice_at_once_is_used_once_and_says_what_to_do(app: Flask) -> None:
    forum = make_forum()
    make_invitation(forum, token="secret", company_name="Aerotec", email="ann@aerotec.example")
    sent = [(each, f"/f/{forum.slug}/invited/secret", entry(forum)) for each in clients(app, 3)]
    assert sorted(status for status, _ in send_at_once(app, sent)) == [303, 410, 410]
    assert (count(Company), count(User)) == (1, 1)
    page = clients(app, 1)[0].page(f"/f/{forum.slug}/invited/secret", status=410)
    assert "Your company has joined already" in page.main


@pytest.mark.parametrize("email", ["bo@aerotec.example", ""])
def test_a_delegate_who_is_added_several_times_at_once_is_there_once(app: Flask, email: str) -> None:
    forum = make_forum()
    company = make_company(forum, delegates=0)
    data = {"name": "Bo Example", "email": email, "languages": ["en"]}
    windows = clients(app, 4, representative_of(company))
    address = f"/f/{forum.slug}/companies/{company.id}/delegates"
    assert send_at_once(app, [(each, address, data) for each in windows]) == [(302, address)] * 4
    assert [each.name for each in delegates_of(company)] == ["Bo Example"]


def test_of_two_delegates_with_one_address_the_second_is_refused(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    company = make_company(forum, delegates=0)
    client = client_for(representative_of(company))
    page = client.page(f"/f/{forum.slug}/companies/{company.id}/delegates")
    client.press(page, "Add", name="Bo", email="bo@aerotec.example")
    page = client.press(page, "Add", status=422, name="Another", email="bo@aerotec.example")
    assert "is here already" in page.text
    assert page.fields(page.form_with("Add")[0])["name"] == "Another"


def test_two_who_remove_the_last_two_delegates_at_once_leave_one(app: Flask) -> None:
    forum = make_forum()
    company = make_company(forum, delegates=2)
    windows = clients(app, 2, representative_of(company))
    people = [each.id for each in delegates_of(company)]
    sent = [
        (window, f"/f/{forum.slug}/delegates/{person}/remove", {})
        for window, person in zip(windows, people, strict=True)
    ]
    assert {status for status, _ in send_at_once(app, sent)} == {302}
    assert len(delegates_of(company)) == 1


def test_a_colleague_who_is_let_in_by_four_at_once_is_in_and_told_once(app: Flask) -> None:
    forum = make_forum()
    company = make_company(forum)
    windows = clients(app, 4, representative_of(company))
    address = f"/f/{forum.slug}/companies/{company.id}/representatives"
    data = {"name": "Olha", "email": "olha@aerotec.example"}
    assert {status for status, _ in send_at_once(app, [(each, address, data) for each in windows])} == {302}
    assert count(Representative, Representative.company_id == company.id) == 2
    assert count(Mail, Mail.kind == "colleague") == 1


def test_two_organisers_who_approve_at_once_tell_the_company_once(app: Flask) -> None:
    forum = make_forum()
    company = make_company(forum, status=CompanyStatus.APPLIED)
    windows = [clients(app, 1, make_staff(forum))[0] for _ in range(3)]
    data = {"verb": "approve", "company": company.id}
    sent = [(each, f"/f/{forum.slug}/vetting", data) for each in windows]
    assert {status for status, _ in send_at_once(app, sent)} == {302}
    assert db.session.get_one(Company, company.id).status == CompanyStatus.APPROVED
    assert count(Mail, Mail.kind == "vetted") == 1


def test_a_pair_that_is_blocked_by_two_at_once_is_blocked(app: Flask) -> None:
    forum = make_forum()
    one, other = make_company(forum), make_company(forum)
    windows = [clients(app, 1, make_staff(forum))[0] for _ in range(3)]
    data = {"one": one.id, "other": other.id, "reason": "Export control"}
    sent = [(each, f"/f/{forum.slug}/blocked", data) for each in windows]
    assert {status for status, _ in send_at_once(app, sent)} == {302}
    assert count(BlockedPair) == 1


def test_what_colleagues_keep_at_once_is_kept_once(app: Flask) -> None:
    forum = make_forum()
    us, them = make_company(forum, side="eu"), make_company(forum, side="ua")
    windows = [clients(app, 1, make_representative(us))[0] for _ in range(6)]
    address = f"/f/{forum.slug}/companies/{them.id}/keep"
    sent: list[tuple[Visitor, str, Mapping[str, Any]]] = [
        (each, address, {"verb": "keep"}) for each in windows[:3]
    ]
    search = f"/f/{forum.slug}/searches?q=drone"
    sent += [(each, search, {"name": "Drones", "tell": "1"}) for each in windows[3:]]
    assert {status for status, _ in send_at_once(app, sent)} == {303}
    assert (count(Favourite), count(SavedSearch)) == (1, 1)


def send_after_the_session(client: Visitor, page: Page, button: str, **fields: Any) -> Page:
    """As a browser whose session has ended since it opened the form."""
    data = page.fields(page.form_with(button)[0]) | fields
    return client._checked(client.open(page.url, method="POST", data=data, csrf=False), 401)


@pytest.mark.parametrize("what", ["profile", "new delegate", "delegate", "times", "join"])
def test_a_long_form_that_is_sent_after_the_session_ended_comes_back_whole(
    app: Flask, client: Visitor, client_for: ClientFor, what: str
) -> None:
    forum = make_forum()
    company = make_company(forum, "Aerotec", side="eu")
    person = make_delegate(company, "Ann Example")
    user = representative_of(company)
    path, button, fields, typed = {
        "profile": (
            f"companies/{company.id}/edit", "Save", {"description_en": "We make <b>sensors</b>"},
            "We make <b>sensors</b>",
        ),
        "new delegate": (
            f"companies/{company.id}/delegates", "Add", {"name": "Bo Example Junior"}, "Bo Example Junior",
        ),
        "delegate": (
            f"delegates/{person.id}/edit", "Save", {"name": "Ann Example Senior"}, "Ann Example Senior",
        ),
        "times": (f"delegates/{person.id}/availability", "Save", {}, "Send it now"),
        "join": ("join", "Send", entry(forum, name="Newcomer Works"), "Newcomer Works"),
    }[what]  # fmt: skip
    page = client_for(user).page(f"/f/{forum.slug}/{path}")
    again = send_after_the_session(client, page, button, **fields)
    assert "Nothing is lost" in again.main
    assert typed in again.main
    client.sign_in(user)
    done = client.press(again, "Send it now")
    if what == "profile":
        assert "We make <b>sensors</b>" in done.main
    elif what == "join":
        assert count(Company, Company.name == "Newcomer Works") == 1
    elif what != "times":
        assert count(Delegate, Delegate.name == typed) == 1
