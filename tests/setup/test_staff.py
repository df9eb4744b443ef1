"""Roles of a forum, a co-organiser's own delegation, and looking through somebody else's eyes."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from sqlalchemy import select

from forum_scheduler.accounts.models import AuditEntry, Staff, StaffRole, User
from forum_scheduler.companies.models import Company, CompanyStatus
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.outbox.models import Mail
from tests.factories import (
    delegates_of,
    make_company,
    make_forum,
    make_meeting,
    make_publication,
    make_request,
    make_schedule,
    make_staff,
    make_user,
    representative_of,
    side_of,
    slots_of,
    tables_of,
)
from tests.pages import Visitor

SignIn = Callable[[User], Visitor]


def actions() -> list[str]:
    return list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


# Roles


def test_roles_are_given_and_taken_away_and_logged(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    client = client_for(make_staff(forum))
    address = f"/f/{forum.slug}/settings/people"
    ukraine = side_of(forum, "ua")
    fields = {"email": "Olha@example.org", "name": "Olha", "role": "co-organiser"}
    page = client.press(client.page(address), "Give the role", status=422, **fields)
    assert "Of which side is the delegation?" in page.text
    page = client.press(page, "Give the role", side_id=str(ukraine.id))
    assert "Olha signs in with the address olha@example.org, and was told by mail." in page.text
    mail = db.session.scalars(select(Mail)).one()
    assert (mail.to_email, mail.subject) == ("olha@example.org", f"Your role at {forum.name}: Co-organiser")
    assert f"gave you a role at {forum.name}: Co-organiser (one delegation: its companies" in mail.text
    assert f"/f/{forum.slug}/" in mail.text
    client.press(page, "Give the role", **fields, side_id=str(ukraine.id))
    assert len(db.session.scalars(select(Mail)).all()) == 1, "the second click tells nobody again"
    post = db.session.scalars(select(Staff).where(Staff.role == StaffRole.CO_ORGANISER)).one()
    assert post.side_id == ukraine.id
    user_id = post.user_id
    assert [row[2] for row in page.rows] == ["Organiser", "Co-organiser"]
    page = client.press(page, "Take away: Olha")
    assert page.flashes == ["Olha: the role is taken away (Co-organiser)."]
    assert db.session.scalars(select(Staff.role)).all() == [StaffRole.ORGANISER]
    client.press(page, "Undo")
    again = db.session.scalars(select(Staff).where(Staff.role == StaffRole.CO_ORGANISER)).one()
    assert (again.user_id, again.side_id) == (user_id, ukraine.id)
    assert actions() == ["staff.added", "staff.removed", "staff.added"]


def test_no_role_is_given_that_nobody_chose(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/settings/people")
    page = client.press(page, "Give the role", status=422, email="olha@example.org")
    assert "Which role?" in page.text
    assert "finds people on the day" in page.text, "what a role may do stands where it is chosen"
    assert db.session.scalars(select(Staff.role)).all() == [StaffRole.ORGANISER]


def test_the_last_organiser_stays(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    client = client_for(make_staff(forum, user=make_user("Ann")))
    page = client.press(client.page(f"/f/{forum.slug}/settings/people"), "Take away: Ann")
    assert page.flashes == ["The last organiser stays: add another one first."]
    assert len(db.session.scalars(select(Staff)).all()) == 1


# A delegation


def two_sides() -> tuple[Forum, Company, Company]:
    forum = make_forum()
    ours = make_company(forum, "Kvant", side="ua", status=CompanyStatus.APPLIED)
    theirs = make_company(forum, "Aerotec", side="eu", status=CompanyStatus.APPLIED)
    return forum, ours, theirs


def test_a_co_organiser_vets_their_own_delegation_only(app: Flask, client_for: SignIn) -> None:
    forum, ours, theirs = two_sides()
    client = client_for(make_staff(forum, StaffRole.CO_ORGANISER, side=side_of(forum, "ua")))
    page = client.page(f"/f/{forum.slug}/vetting")
    assert "Kvant" in page.main
    assert "Aerotec" not in page.main
    client.press(page, "Approve the ticked ones", company=[str(ours.id), str(theirs.id)])
    states = {company.name: company.status for company in db.session.scalars(select(Company))}
    assert states == {"Kvant": CompanyStatus.APPROVED, "Aerotec": CompanyStatus.APPLIED}
    client.page(f"/f/{forum.slug}/companies/{theirs.id}", status=404)
    client.page(f"/f/{forum.slug}/companies/{ours.id}/delegates")


def test_a_co_organiser_sees_requests_and_meetings_of_their_own_delegation(
    app: Flask, client_for: SignIn
) -> None:
    forum = make_forum(sides=("eu", "ua", "no"))
    a, b, c = (make_company(forum, name, side=side) for name, side in (("A", "ua"), ("B", "eu"), ("C", "no")))
    make_request(a, b)
    make_request(b, c)
    slots, tables = slots_of(forum), tables_of(forum)
    places = [
        (
            make_meeting(between=pair),
            slots[index],
            tables[0],
            [*delegates_of(pair[0]), *delegates_of(pair[1])],
        )
        for index, pair in enumerate([(a, b), (b, c)])
    ]
    make_publication(make_schedule(forum, *places))
    client = client_for(make_staff(forum, StaffRole.CO_ORGANISER, side=side_of(forum, "ua")))
    page = client.follow(client.get(f"/f/{forum.slug}/"))
    assert page.h1 == "UA"
    assert [row[2] for row in page.rows] == ["A × B"]
    assert [row[2] for row in client.press(page, "Show", q="b hall").rows] == ["A × B"]
    assert "No meeting fits" in client.press(page, "Show", q="nobody").main
    page = client.page(f"/f/{forum.slug}/organise/requests")
    assert [row for row in page.rows if "C" in row] == []
    assert [row for row in page.rows if "A" in row] != []
    organiser = client_for(make_staff(forum))
    page = organiser.page(f"/f/{forum.slug}/delegation?side={side_of(forum, 'no').id}")
    assert [row[2] for row in page.rows] == ["B × C"]


# See as


def test_an_organiser_sees_as_a_representative_and_can_change_nothing(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    company = make_company(forum, "Kvant", side="ua", representative=make_user("Rita Rep"))
    client = client_for(make_staff(forum, user=make_user("Ann")))
    page = client.page(f"/f/{forum.slug}/companies/{company.id}")
    page = client.page(page.links["See as: Kvant"])
    page = client.press(page, "See as: Rita Rep")
    assert "You see this as Rita Rep." in page.text
    assert page.h1 == "Kvant"
    client.page(f"/f/{forum.slug}/settings", status=404)
    page = client.page(f"/f/{forum.slug}/companies/{company.id}/edit")
    page = client.press(page, "Save", status=403)
    assert "nothing can be changed" in page.text
    page = client.press(client.page(f"/f/{forum.slug}/"), "Back to yourself")
    assert "You see this as" not in page.text
    client.page(f"/f/{forum.slug}/settings")
    assert actions() == ["seen-as.started", "seen-as.ended"]
    assert db.session.scalars(select(AuditEntry.actor)).all() == ["Ann", "Ann"]


def test_nobody_sees_through_the_eyes_of_staff_or_of_people_elsewhere(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    reader = make_staff(forum, StaffRole.READER)
    elsewhere = representative_of(make_company(make_forum()))
    client = client_for(make_staff(forum))
    for user in (reader, elsewhere, make_user(operator=True)):
        client.send(f"/f/{forum.slug}/see-as", {"user": user.id}, status=404)
    assert actions() == []


def test_who_is_no_organiser_any_more_is_themself_again(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    company = make_company(forum)
    user = make_staff(forum)
    client = client_for(user)
    client.send(f"/f/{forum.slug}/see-as", {"user": representative_of(company).id})
    db.session.delete(db.session.scalars(select(Staff)).one())
    db.session.commit()
    page = client.page(f"/f/{forum.slug}/")
    assert "You see this as" not in page.text
    client.page(f"/f/{forum.slug}/inbox", status=404)


def test_what_the_session_keeps_is_of_one_forum(app: Flask, client_for: SignIn) -> None:
    forum, other = make_forum(), make_forum()
    company = make_company(forum)
    organiser = make_staff(forum)
    make_staff(other, user=organiser)
    client = client_for(organiser)
    client.send(f"/f/{forum.slug}/see-as", {"user": representative_of(company).id})
    assert "You see this as" in client.page(f"/f/{forum.slug}/").text
    assert "You see this as" not in client.page(f"/f/{other.slug}/").text
    client.page(f"/f/{other.slug}/settings")
