"""The organiser's own words in mails and on pages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.companies.models import CompanyStatus
from forum_scheduler.companies.vetting import set_status
from forum_scheduler.errors import Invalid
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import MailText
from forum_scheduler.forums.texts import Text, Words, check
from forum_scheduler.outbox.models import Mail
from tests.factories import make_company, make_forum, make_staff, make_user
from tests.pages import Visitor

SignIn = Callable[[User], Visitor]


def test_own_words_stand_in_the_mail_in_the_readers_language(app: Flask, client_for: SignIn) -> None:
    forum = make_forum(name="Days", venue="Egmont Palace")
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/settings/texts")
    page = client.page(page.links["Українська: Approved, or refused"])
    words = {"subject": "Ласкаво просимо, {name}", "text": "Чекаємо на вас: {venue}.\n\nЗ повагою, {forum}"}
    page = client.press(page, "Save", **words)
    assert "Чекаємо на вас: Egmont Palace." in page.text, "the preview shows it filled in"
    ukrainian, english = make_user("Olha", locale="uk"), make_user("Ann")
    for user in (ukrainian, english):
        company = make_company(forum, representative=user, status=CompanyStatus.APPLIED)
        set_status(forum_id=forum.id, company_ids=[company.id], status=CompanyStatus.APPROVED)
    mails = {mail.to_email: mail for mail in db.session.scalars(select(Mail))}
    assert mails[ukrainian.email].subject == "Ласкаво просимо, Olha"
    _greeting, own, regards, standard, *_rest = mails[ukrainian.email].text.split("\n\n")
    assert (own, regards) == ("Чекаємо на вас: Egmont Palace.", "З повагою, Days")
    assert "/f/" in standard, "what the mail has to say is never lost"
    assert "Egmont" not in mails[english.email].text


@pytest.mark.databases("sqlite")
def test_an_unknown_placeholder_is_refused_by_name(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/settings/texts/reminder/en")
    page = client.press(page, "Save", status=422, text="Dear {nmae}")
    assert "There is no placeholder {nmae}." in page.text
    assert page.by_id("text").text == "\nDear {nmae}" or page.by_id("text").text == "Dear {nmae}"
    assert db.session.scalars(select(MailText)).all() == []


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(("kind", "text"), [(Text.PAGE_JOIN, "Hello {name}"), (Text.AGENDA, "{0}")])
def test_a_placeholder_must_mean_something_where_it_stands(app: Flask, kind: Text, text: str) -> None:
    with app.test_request_context(), pytest.raises(Invalid):
        check(kind, Words(text=text))


@pytest.mark.databases("sqlite")
def test_braces_that_are_no_placeholder_stay(app: Flask) -> None:
    with app.test_request_context():
        assert (
            check(Text.AGENDA, Words(text="{ ok } {}x".replace("{ ok } {}", "{ name }"))).text == "{ name }x"
        )
        assert check(Text.AGENDA, Words(text="a { b, c } d")).text == "a { b, c } d"


@pytest.mark.databases("sqlite")
def test_a_preview_saves_nothing_and_the_standard_text_comes_back(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    client = client_for(make_staff(forum))
    address = f"/f/{forum.slug}/settings/texts/agenda/en"
    page = client.press(client.page(address), "Preview", status=200, text="See you at {venue}!")
    assert "See you at" in page.main
    assert db.session.scalars(select(MailText)).all() == []
    page = client.press(page, "Save")
    assert len(db.session.scalars(select(MailText)).all()) == 1
    page = client.press(page, "Back to the standard text")
    assert page.flashes == ["The standard text is back."]
    assert db.session.scalars(select(MailText)).all() == []


@pytest.mark.databases("sqlite")
def test_two_organisers_do_not_overwrite_each_others_words(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    ann, ben = client_for(make_staff(forum)), client_for(make_staff(forum))
    address = f"/f/{forum.slug}/settings/texts/agenda/en"
    page_of_ben = ben.page(address)
    ann.press(ann.page(address), "Save", text="Ann")
    page = ben.press(page_of_ben, "Save", status=422, text="Ben")
    assert "Somebody else has saved this page" in page.text
    assert db.session.scalars(select(MailText.text)).one() == "Ann"


@pytest.mark.databases("sqlite")
def test_words_for_pages_are_shown_on_them_and_can_do_no_harm(
    app: Flask, client: Visitor, client_for: SignIn
) -> None:
    forum = make_forum()
    organiser = client_for(make_staff(forum))
    for kind in ("page-join", "page-about"):
        page = organiser.page(f"/f/{forum.slug}/settings/texts/{kind}/en")
        organiser.press(page, "Save", text="Welcome to {forum}\nto <script>alert(1)</script>")
    for path in ("join", ""):
        page = client.page(f"/f/{forum.slug}/{path}")
        assert f"Welcome to {forum.name}<br>to &lt;script&gt;" in page.html


@pytest.mark.databases("sqlite")
def test_there_is_no_text_of_another_kind(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    client = client_for(make_staff(forum))
    assert client.get(f"/f/{forum.slug}/settings/texts/sign-in/en").status_code == 404
    assert client.get(f"/f/{forum.slug}/settings/texts/agenda/xx").status_code == 404
