"""Colleagues who act for a company, people who act for several, photos, and what an entry may not do yet."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select

from forum_scheduler.accounts import consent
from forum_scheduler.accounts.models import User
from forum_scheduler.companies import pictures, services
from forum_scheduler.companies.models import Company, CompanyStatus, Delegate, Representative
from forum_scheduler.companies.profiles import carried_from, earlier_companies
from forum_scheduler.errors import Invalid, NotFound, Refused
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.notices.models import Notice
from forum_scheduler.outbox.models import Mail
from tests.factories import (
    delegates_of,
    make_blocked_pair,
    make_company,
    make_delegate,
    make_forum,
    make_representative,
    make_request,
    make_user,
    representative_of,
)
from tests.pages import Visitor

ClientFor = Callable[[User], Visitor]


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 20)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "navy").save(out, format=kind)
    return out.getvalue()


def test_an_invited_colleague_is_told_and_acts_for_the_company(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    company = make_company(forum)
    client = client_for(representative_of(company))
    page = client.page(f"/f/{forum.slug}/companies/{company.id}/delegates")
    page = client.press(page, "Invite the colleague", name="Bo", email="bo@example.org")
    assert page.flashes == ["Bo can act for your company now, and gets a mail."]
    mail = db.session.scalars(select(Mail)).one()
    assert (mail.to_email, mail.subject) == ("bo@example.org", f"You act for {company.name} at {forum.name}")
    client.press(page, "Invite the colleague", name="Bo", email="bo@example.org")
    assert len(db.session.scalars(select(Mail)).all()) == 1
    colleague = db.session.scalars(select(User).where(User.email == "bo@example.org")).one()
    client_for(colleague).page(f"/f/{forum.slug}/companies/{company.id}/edit")


def test_a_named_delegate_is_told_once_and_finds_their_times(app: Flask, client_for: ClientFor) -> None:
    company = make_company(make_forum(), "Us")
    forum = db.session.get_one(Forum, company.forum_id)
    user = representative_of(company)
    user.locale = "uk"
    db.session.commit()
    client = client_for(user)
    address = f"/f/{forum.slug}/companies/{company.id}/delegates"
    for _second_click in range(2):
        client.send(address, {"name": "Олеся", "email": "olesia@example.org", "languages": ["uk"]})
    (mail,) = db.session.scalars(select(Mail).where(Mail.to_email == "olesia@example.org")).all()
    assert mail.subject.startswith("Ви приходите на зустрічі компанії Us")  # in the language of who named her
    delegate = db.session.scalars(select(Delegate).where(Delegate.email == "olesia@example.org")).one()
    person = db.session.get_one(User, delegate.user_id)
    other = client_for(person)
    notice = db.session.scalars(select(Notice).where(Notice.user_id == person.id)).one()
    assert other.page(notice.path).h1 == "Коли ви не можете зустрічатися?"
    assert "Взяти участь" not in other.page(notice.path).links


def test_a_delegate_without_an_address_or_who_is_oneself_gets_no_mail(
    app: Flask, client_for: ClientFor
) -> None:
    company = make_company(make_forum(), "Us")
    forum = db.session.get_one(Forum, company.forum_id)
    user = representative_of(company)
    client = client_for(user)
    address = f"/f/{forum.slug}/companies/{company.id}/delegates"
    page = client.send(address, {"name": "Without", "email": "", "languages": ["en"]})
    assert page.flashes == ["Without is added."]
    client.send(address, {"name": "Oneself", "email": user.email, "languages": ["en"]})
    assert db.session.scalars(select(Mail)).all() == []


def test_who_gets_an_address_later_is_told_then(app: Flask, client_for: ClientFor) -> None:
    company = make_company(make_forum(), "Us", delegates=0)
    forum = db.session.get_one(Forum, company.forum_id)
    delegate = make_delegate(company, "Bo", email=None, languages=["en"])
    client = client_for(representative_of(company))
    address = f"/f/{forum.slug}/delegates/{delegate.id}/edit"
    for role in ("CTO", "CEO"):
        client.press(client.page(address), "Save", email="bo@example.org", role=role)
    assert [mail.kind for mail in db.session.scalars(select(Mail))] == ["delegate"]


def test_a_colleague_is_removed_but_never_the_last_one(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    company = make_company(forum)
    first, second = representative_of(company), make_representative(company)
    client = client_for(first)
    page = client.page(f"/f/{forum.slug}/companies/{company.id}/delegates")
    page = client.press(page, f"Remove: {second.name}")
    assert [each.user_id for each in db.session.scalars(select(Representative))] == [first.id]
    with pytest.raises(Refused):
        services.remove_representative(company_id=company.id, user_id=first.id)
    client_for(second).page(f"/f/{forum.slug}/companies/{company.id}/edit", status=404)


def test_who_acts_for_two_companies_switches_between_them(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    user = make_user()
    one, two = (make_company(forum, name, representative=user, side="ua") for name in ("One", "Two"))
    make_request(make_company(forum, "Asks two", side="eu"), two)
    client = client_for(user)
    page = client.page(f"/f/{forum.slug}/inbox")
    assert "Asks two" not in page.main
    client.press(page, "Two")
    assert "Asks two" in client.page(f"/f/{forum.slug}/inbox").main
    client.press(client.page(f"/f/{forum.slug}/"), "One")
    assert "Asks two" not in client.page(f"/f/{forum.slug}/inbox").main
    assert one.id != two.id


def test_nobody_switches_to_a_company_that_is_not_theirs(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    mine, other = make_company(forum, "Mine"), make_company(forum, "Other")
    client = client_for(representative_of(mine))
    assert client.post(f"/f/{forum.slug}/companies/{other.id}/act-for").status_code == 404
    with client.session_transaction() as session:
        session["acting"] = other.id  # as if they had been its representative once
    assert "Mine" in client.page(f"/f/{forum.slug}/inbox").main
    client.page(f"/f/{forum.slug}/companies/{other.id}/edit", status=404)


@pytest.mark.parametrize("status", [CompanyStatus.APPLIED, CompanyStatus.REFUSED, CompanyStatus.WITHDRAWN])
def test_before_approval_nobody_sees_a_company_and_it_sees_nobody(
    app: Flask, client_for: ClientFor, status: CompanyStatus
) -> None:
    forum = make_forum()
    waiting = make_company(forum, "Waiting Works", side="ua", status=status, offers=["drones"])
    seen = make_company(forum, "Seen Systems", side="eu", needs=["drones"])
    pictures.set_photo(delegate_id=delegates_of(waiting)[0].id, content=picture())
    pictures.set_photo(delegate_id=delegates_of(seen)[0].id, content=picture())
    for viewer, hidden in ((seen, waiting), (waiting, seen)):
        client = client_for(representative_of(viewer))
        base = f"/f/{forum.slug}"
        for path in ("", "/logo.png", "/ask"):
            assert client.get(f"{base}/companies/{hidden.id}{path}").status_code == 404, path
        assert client.get(f"{base}/delegates/{delegates_of(hidden)[0].id}/photo.png").status_code == 404
        for page in ("", "/companies", "/companies?q=works", "/companies?q=systems", "/requests", "/inbox"):
            answer = client.get(f"{base}/{page.lstrip('/')}")
            assert hidden.name not in answer.get_data(as_text=True), page
    client = client_for(representative_of(waiting))
    client.page(f"/f/{forum.slug}/companies/{waiting.id}")


def test_a_photo_is_added_shown_and_taken_away(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    company = make_company(forum)
    delegate = delegates_of(company)[0]
    client = client_for(representative_of(company))
    page = client.page(f"/f/{forum.slug}/delegates/{delegate.id}/edit")
    page = client.press(page, "Save", picture=(io.BytesIO(picture("JPEG")), "me.jpg"))
    address = f"/f/{forum.slug}/delegates/{delegate.id}/photo.png"
    assert [each.get("src") for each in page.elements("img")] == [address]
    assert client.get(address).mimetype == "image/png"
    other = make_company(forum)
    assert client_for(representative_of(other)).get(address).status_code == 200
    make_blocked_pair(company, other)
    assert client_for(representative_of(other)).get(address).status_code == 404
    page = client.page(f"/f/{forum.slug}/delegates/{delegate.id}/edit")
    client.press(page, "Save", without_photo="y")
    assert client.get(address).status_code == 404


def test_a_photo_is_shown_to_others_as_long_as_its_owner_agrees(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    company, other, user = make_company(forum), make_company(forum), make_user()
    delegate = make_delegate(company, user=user)
    pictures.set_photo(delegate_id=delegate.id, content=picture())
    address = f"/f/{forum.slug}/delegates/{delegate.id}/photo.png"
    consent.give(user_id=user.id, forum_id=forum.id)
    db.session.commit()
    assert client_for(representative_of(other)).get(address).status_code == 200
    (given,) = consent.consents_of(user.id)
    consent.withdraw(given.id, user_id=user.id)
    assert client_for(representative_of(other)).get(address).status_code == 404
    assert client_for(representative_of(company)).get(address).status_code == 200  # who looks after it


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    "content",
    [SVG, b"GIF89a", b"", b"<html>", b"\x89PNG\r\n\x1a\n" + b"x" * 200, b"x" * (pictures.MAX_BYTES + 1)],
    ids=["svg", "cut", "empty", "html", "damaged", "large"],
)
def test_what_is_no_picture_is_refused(app: Flask, content: bytes) -> None:
    with pytest.raises(Invalid):
        pictures.as_png(content, field="logo")


def test_a_picture_of_very_many_pixels_is_refused(app: Flask) -> None:
    out = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(out, format="PNG")
    assert len(out.getvalue()) < pictures.MAX_BYTES
    with pytest.raises(Invalid, match="too many pixels"):
        pictures.as_png(out.getvalue(), field="logo")


def test_a_picture_loses_what_the_camera_added(app: Flask) -> None:
    image = Image.new("RGB", (30, 30), "navy")
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    out = io.BytesIO()
    image.save(out, format="JPEG", exif=exif)
    assert b"taken at home" in out.getvalue()
    assert b"taken at home" not in pictures.as_png(out.getvalue(), field="photo")


def test_a_refused_logo_changes_nothing_of_the_profile(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    company = make_company(forum)
    client = client_for(representative_of(company))
    page = client.page(f"/f/{forum.slug}/companies/{company.id}/edit")
    page = client.press(
        page, "Save", status=422, description_en="Engines", logo=(io.BytesIO(SVG), "logo.svg")
    )
    assert "This is no picture that we can read: use PNG or JPEG." in page.text
    assert "Engines" in page.text
    assert db.session.get_one(Company, company.id).description == {}


def test_a_profile_is_carried_over_to_another_forum(app: Flask, client_for: ClientFor) -> None:
    before = make_forum(name="Last Year")
    forum = make_forum(capabilities=("radar", "drones"))
    user = make_user("Anna", email="anna@example.org")
    earlier = make_company(
        before, "Kvant", side="ua", country="UA", representative=user, offers=["drones", "steel"],
        description={"en": "Engines"}, topics=["EDF-2027"], certificates=["ISO 9001"],
        interests=["investment"],
    )  # fmt: skip
    pictures.set_logo(company_id=earlier.id, content=picture())
    client = client_for(user)
    page = client.page(f"/f/{forum.slug}/join")
    page = client.page(page.links["Take this profile: Kvant · Last Year"])
    page = client.press(page, "Send", consent="y")
    company = db.session.scalars(select(Company).where(Company.forum_id == forum.id)).one()
    assert company.organisation_uid == earlier.organisation_uid
    assert (company.name, company.description, company.topics) == ("Kvant", {"en": "Engines"}, ["EDF-2027"])
    assert (company.certificates, company.interests, company.country) == (["ISO 9001"], ["investment"], "UA")
    assert company.logo_type == "image/png"
    rows = client.page(f"/f/{forum.slug}/companies/{company.id}").text
    assert "Drones" in rows
    assert "Steel" not in rows
    assert earlier_companies(user_id=user.id, forum_id=forum.id) == ()


def test_the_profile_of_another_is_not_carried_over(app: Flask, client_for: ClientFor) -> None:
    company = make_company(make_forum())
    forum, user = make_forum(), make_user()
    with pytest.raises(NotFound):
        carried_from(company.id, user_id=user.id, forum_id=forum.id)
    client_for(user).page(f"/f/{forum.slug}/join?from={company.id}", status=404)


def test_lines_are_kept_once_and_too_many_are_refused_at_their_field(
    app: Flask, client_for: ClientFor
) -> None:
    forum = make_forum()
    company = make_company(forum)
    client = client_for(representative_of(company))
    page = client.page(f"/f/{forum.slug}/companies/{company.id}/edit")
    client.press(page, "Save", certificates="ISO 9001\n\n  ISO   9001 \nAQAP 2110", interests=["investment"])
    stored = db.session.get_one(Company, company.id)
    assert (stored.certificates, stored.interests) == (["ISO 9001", "AQAP 2110"], ["investment"])
    page = client.press(page, "Save", status=422, topics="\n".join(f"Topic {n}" for n in range(21)))
    assert "At most 20 lines of 80 characters." in page.text


def test_a_company_describes_itself_in_the_languages_of_the_forum(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum(languages=["en", "fr", "de"])
    company = make_company(forum)
    client = client_for(representative_of(company))
    page = client.page(f"/f/{forum.slug}/companies/{company.id}/edit")
    assert "What you do, in: French" in page.text
    page = client.press(page, "Save", description_fr="Nous construisons.", description_uk="Ми будуємо.")
    assert db.session.get_one(Company, company.id).description == {
        "fr": "Nous construisons.",
        "uk": "Ми будуємо.",
    }
    assert [each.get("lang") for each in page.elements("p") if each.get("lang")] == ["uk", "fr"]
    too_long = client.page(f"/f/{forum.slug}/companies/{company.id}/edit")
    client.press(too_long, "Save", status=422, description_de="x" * 4001)


def test_a_link_for_one_company_goes_on_with_it(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    user = make_user()
    one, two = (make_company(forum, name, representative=user, side="ua") for name in ("One", "Two"))
    make_request(make_company(forum, "Asks two", side="eu"), two)
    other = make_company(forum, "Stranger", side="eu")
    client = client_for(user)
    client.page(f"/f/{forum.slug}/inbox?company={two.id}")
    assert "Asks two" in client.page(f"/f/{forum.slug}/inbox").main
    assert "You ask for Two." in client.page(f"/f/{forum.slug}/companies/{other.id}/ask").main
    client.page(f"/f/{forum.slug}/inbox?company={other.id}")  # not theirs: nothing changes
    assert "Asks two" in client.page(f"/f/{forum.slug}/inbox").main
    assert one.id != two.id


@pytest.mark.parametrize("path", ["companies/{company}/delegates", "delegates/{delegate}/availability"])
def test_a_page_of_one_of_several_companies_says_so_at_the_top_and_goes_on_so(
    app: Flask, client_for: ClientFor, path: str
) -> None:
    forum = make_forum()
    user = make_user()
    first, second = (make_company(forum, name, representative=user) for name in ("First", "Second"))
    client = client_for(user)
    for company in (second, first):
        address = path.format(company=company.id, delegate=delegates_of(company)[0].id)
        page = client.page(f"/f/{forum.slug}/{address}")
        assert f"You act for: {company.name}" in page.text
        assert f"want to meet {company.name}" in client.page(f"/f/{forum.slug}/inbox").main
