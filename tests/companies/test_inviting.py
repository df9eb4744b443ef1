"""Invitations: one, a list, again, taken back, and used up by joining."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from openpyxl import Workbook
from sqlalchemy import select

from forum_scheduler.accounts.models import Consent, User
from forum_scheduler.clock import frozen_at, now
from forum_scheduler.companies import guest_lists, inviting
from forum_scheduler.companies.inviting import Guest, InvitationState
from forum_scheduler.companies.models import Company, CompanyInvitation, CompanyStatus
from forum_scheduler.companies.services import Profile
from forum_scheduler.errors import Conflict, ImportRefused, Invalid, Refused
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.outbox.models import Mail
from tests.factories import make_forum, make_invitation, make_staff, make_user, side_of
from tests.pages import Visitor

ClientFor = Callable[[User], Visitor]
LINK = re.compile(r"http://localhost(/f/\S+/invited/\S+)")


def last_link() -> str:
    text = db.session.scalars(
        select(Mail.text).where(Mail.kind == inviting.KIND).order_by(Mail.id.desc())
    ).first()
    found = LINK.search(text or "")
    assert found is not None
    return found[1]


def guest(number: int = 1, **fields: str) -> Guest:
    return Guest(company_name=f"Kvant {number}", email=f"kvant{number}@example.org", **fields)


def ua(forum: Forum) -> str:
    """The Ukrainian side, as the form sends it."""
    return str(side_of(forum, "ua").id)


def states(forum: Forum) -> list[InvitationState]:
    return [inviting.state_of(each) for each in inviting.invitations_of(forum.id)]


def test_an_invited_company_takes_part_at_once_and_its_person_is_signed_in(
    app: Flask, client: Visitor
) -> None:
    forum = make_forum(open_registration=False)
    inviting.invite(forum_id=forum.id, guests=[guest(person_name="Анна Квант")])
    page = client.page(last_link())
    assert page.by_id("name").get("value") == "Kvant 1"
    assert page.by_id("email").get("value") == "kvant1@example.org"
    page = client.press(page, "Take part", country="UA", side_id=ua(forum), consent="y")
    assert page.h1 == "Kvant 1"
    assert "has not said when they can’t meet" in page.main
    company = db.session.scalars(select(Company)).one()
    assert company.status == CompanyStatus.APPROVED
    assert states(forum) == [InvitationState.JOINED]
    assert db.session.scalars(select(Consent.version)).all() != []
    client.page(last_link(), status=410)


def test_an_account_that_was_there_before_is_not_opened_by_the_link(app: Flask, client: Visitor) -> None:
    forum = make_forum()
    make_user(email="kvant1@example.org")
    inviting.invite(forum_id=forum.id, guests=[guest()])
    typed = {"country": "UA", "side_id": ua(forum), "person_name": "Anna", "consent": "y"}
    page = client.press(client.page(last_link()), "Take part", **typed)
    assert page.h1 == "Sign in"
    assert db.session.scalars(select(Company)).one().name == "Kvant 1"


def test_another_address_than_the_invited_one_is_not_signed_in(app: Flask, client: Visitor) -> None:
    forum = make_forum()
    inviting.invite(forum_id=forum.id, guests=[guest()])
    page = client.page(last_link())
    typed = {"country": "UA", "side_id": ua(forum), "person_name": "B", "consent": "y"}
    page = client.press(page, "Take part", email="colleague@example.org", **typed)
    assert page.h1 == "Sign in"


def test_without_consent_nobody_joins_and_nothing_typed_is_lost(app: Flask, client: Visitor) -> None:
    forum = make_forum()
    inviting.invite(forum_id=forum.id, guests=[guest()])
    page = client.page(last_link())
    page = client.press(
        page, "Take part", status=422, country="UA", person_name="Anna", description_en="Engines"
    )
    assert (
        "Without this you can&#39;t take part." in page.html
        or "Without this you can't take part." in page.text
    )
    assert page.by_id("person_name").get("value") == "Anna"
    assert "Engines" in page.text
    assert states(forum) == [InvitationState.SENT]


def test_a_name_that_is_taken_leaves_the_invitation_open(app: Flask, client: Visitor) -> None:
    forum = make_forum()
    inviting.invite(forum_id=forum.id, guests=[guest(1), guest(2)])
    links = [LINK.search(text) for text in db.session.scalars(select(Mail.text).order_by(Mail.id))]
    for number, link in enumerate(links):
        assert link is not None
        page = client.page(link[1])
        status = None if number == 0 else 422
        page = client.press(
            page, "Take part", status=status, name="Kvant", country="UA", person_name="Anna", consent="y",
            email=f"kvant{number + 1}@example.org", side_id=ua(forum),
        )  # fmt: skip
    assert states(forum) == [InvitationState.JOINED, InvitationState.SENT]


def test_sent_again_the_link_before_ends(app: Flask, client: Visitor) -> None:
    forum = make_forum()
    inviting.invite(forum_id=forum.id, guests=[guest()])
    first = last_link()
    inviting.resend(invitation_id=db.session.scalars(select(CompanyInvitation.id)).one())
    assert "Perhaps a newer one was sent since" in client.page(first, status=410).text
    client.page(last_link())


def test_an_invitation_ends_after_a_month_or_when_it_is_taken_back(app: Flask, client: Visitor) -> None:
    forum = make_forum()
    inviting.invite(forum_id=forum.id, guests=[guest()])
    with frozen_at(now() + inviting.LIFETIME + timedelta(minutes=1)):
        assert states(forum) == [InvitationState.EXPIRED]
        assert "It is too old." in client.page(last_link(), status=410).text
    inviting.revoke(invitation_id=db.session.scalars(select(CompanyInvitation.id)).one())
    assert "The organiser took it back." in client.page(last_link(), status=410).text


def test_a_list_twice_sends_anew_and_leaves_those_who_joined_alone(app: Flask) -> None:
    forum = make_forum()
    guests = [guest(1), guest(2)]
    assert inviting.invite(forum_id=forum.id, guests=guests) == inviting.Sent(new=2)
    first = inviting.invitations_of(forum.id)[0]
    first.used_at = now()
    db.session.commit()
    assert inviting.invite(forum_id=forum.id, guests=[*guests, guest(3)]) == inviting.Sent(
        new=1, again=1, joined=1
    )
    with pytest.raises(Conflict):
        inviting.resend(invitation_id=first.id)


def test_one_wrong_guest_and_nobody_is_invited(app: Flask) -> None:
    forum, other = make_forum(), make_forum()
    for wrong in (
        Guest(company_name="Fine", email="no address"),
        Guest(company_name=" ", email="a@example.org"),
        Guest(company_name="Fine", email="a@example.org", side_id=side_of(other, "eu").id),
        Guest(company_name="Fine", email="a@example.org", country="XX"),
    ):
        with pytest.raises(Invalid):
            inviting.invite(forum_id=forum.id, guests=[guest(), wrong])
    assert inviting.invitations_of(forum.id) == []
    assert db.session.scalars(select(Mail)).all() == []


def test_of_two_who_send_the_form_at_once_one_joins(app: Flask) -> None:
    forum = make_forum()
    make_invitation(forum, token="secret")
    forum_id, side_id = forum.id, side_of(forum, "ua").id
    db.session.commit()
    outcomes: list[str] = []

    def go(number: int) -> None:
        with app.app_context():
            profile = Profile(name=f"Kvant {number}", side_id=side_id, country="UA")
            try:
                inviting.accept(
                    "secret", forum_id=forum_id, profile=profile, person_name="Anna",
                    email=f"anna{number}@example.org", locale="en",
                )  # fmt: skip
                outcomes.append("joined")
            except Refused:
                outcomes.append("refused")
            finally:
                db.session.remove()

    threads = [threading.Thread(target=go, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["joined", "refused", "refused"]
    assert len(db.session.scalars(select(Company)).all()) == 1


# Lists

SIDES = {"eu": 1, "ua": 2, "україна": 2}


@pytest.mark.parametrize(
    "text",
    [
        "Kvant\tanna@example.org\tАнна\tUA\tUkraine\tuk\n\nAerotec\tbo@example.org",
        "Kvant;anna@example.org;Анна;Україна;UA;Ukrainian\nAerotec;bo@example.org;;;;",
        (
            "E-mail,Company,Side,Contact,Country,Language\n"
            'anna@example.org,"Kvant",ua,Анна,Україна,uk\nbo@example.org,Aerotec'
        ),
    ],
)
def test_rows_are_read_as_spreadsheets_give_them(app: Flask, text: str) -> None:
    first, second = guest_lists.read(guest_lists.split(text), sides=SIDES)
    assert first == Guest(
        company_name="Kvant",
        email="anna@example.org",
        person_name="Анна",
        side_id=2,
        country="UA",
        locale="uk",
    )
    assert second == Guest(company_name="Aerotec", email="bo@example.org")


def test_every_mistake_of_a_list_is_named_with_its_row(app: Flask) -> None:
    text = "Kvant\tanna\nAerotec\tbo@example.org\t\tMars\n\tc@example.org\nFine\tf@example.org\t\t\tAtlantis"
    with pytest.raises(ImportRefused) as caught:
        guest_lists.read(guest_lists.split(text), sides=SIDES)
    assert [error.row for error in caught.value.errors] == [1, 2, 3, 4]


def test_an_empty_list_and_a_broken_file_are_refused_with_what_to_do(app: Flask) -> None:
    with pytest.raises(Invalid, match="nobody on the list"):
        guest_lists.read(guest_lists.split("  \n"), sides=SIDES)
    for name, data in (
        ("a.xlsx", b"PK\x03\x04 no workbook"),
        ("a.csv", b"\xff\xfe\x00"),
        ("a.xlsx", b"x" * 5_000_000),
    ):
        with pytest.raises(Invalid):
            guest_lists.rows_of_file(name, data)


def workbook(*rows: tuple[str, ...]) -> io.BytesIO:
    book = Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    out.seek(0)
    return out


def test_the_organiser_invites_one_a_list_and_a_file_and_sees_their_state(
    app: Flask, client_for: ClientFor
) -> None:
    forum = make_forum()
    client = client_for(make_staff(forum))
    address = f"/f/{forum.slug}/invitations"
    page = client.page(address)
    page = client.press(page, "Send the invitation", company_name="One <b>", email="one@example.org")
    assert page.flashes == ["1 invitation is on its way."]
    page = client.press(page, "Invite all of them", rows="Two\ttwo@example.org\nThree\tthree@example.org")
    assert page.flashes == ["2 invitations are on their way."]
    file = (workbook(("Company", "E-mail"), ("Four", "four@example.org")), "guests.xlsx")
    page = client.press(page, "Invite all of them", file=file)
    assert [row[0] for row in page.rows] == ["Four", "One <b>", "Three", "Two"]
    page = client.press(page, "Take back: Two")
    assert [row[1] for row in page.rows] == ["iSent", "iSent", "iSent", "·Taken back"]
    page = client.press(page, "Send again: Two")
    assert "(2 times)" in page.main
    assert client.press(page, "Write again to all who have not joined").flashes == [
        "All of them were written to today."
    ]
    with frozen_at(now() + timedelta(days=2)):
        assert inviting.resend_waiting(forum_id=forum.id) == 4


def test_a_list_with_a_mistake_stays_in_its_field(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/invitations")
    page = client.press(
        page, "Invite all of them", status=422, rows="Two\ttwo@example\nThree\tthree@example.org"
    )
    assert "Row 1, E-mail address" in page.text
    assert "three@example.org" in page.text
    assert inviting.invitations_of(forum.id) == []


def test_the_mail_names_the_day_on_which_requests_close_where_that_comes_first(app: Flask) -> None:
    closes = now() + timedelta(days=3)
    forum = make_forum(requests_open_at=now() - timedelta(days=1), requests_close_at=closes)
    inviting.invite(forum_id=forum.id, guests=[Guest(company_name="Kvant", email="k@example.org")])
    day = closes.astimezone(forum.zone)
    text = db.session.scalars(select(Mail.text)).one()
    assert f"by {day:%a} {day.day} {day:%b}:" in text
