"""Logos and photos on what is printed: whose are shown, and to whom."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image

from forum_scheduler.accounts import consent
from forum_scheduler.accounts.models import User
from forum_scheduler.agendas.edition import load_edition
from forum_scheduler.agendas.pack import agenda_documents
from forum_scheduler.agendas.pdf import PICTURE, Document, Paper, make_pdf
from forum_scheduler.companies.models import CompanyStatus
from forum_scheduler.companies.pictures import set_logo, set_photo
from forum_scheduler.extensions import db
from tests.agendas.factories import Scene, make_scene
from tests.agendas.papers import PICTURES, alternatives_of, facts_of, picture, text_of
from tests.factories import make_blocked_pair, make_user
from tests.pages import Visitor

SignIn = Callable[[User], Visitor]
pytestmark = pytest.mark.databases("sqlite")


def test_an_agenda_has_the_logos_of_those_who_are_met(app: Flask, client_for: SignIn, tmp_path: Path) -> None:
    scene = make_scene()
    logo = io.BytesIO()
    Image.new("RGB", (400, 300), "#c01010").save(logo, format="PNG")
    set_logo(company_id=scene.aerotec.id, content=logo.getvalue())
    edition = load_edition(scene.publication)
    documents = {each.title: each for each in agenda_documents(edition.people(), paper=Paper.A4)}
    olenas = next(each for title, each in documents.items() if "Олена" in title)
    assert list(olenas.images) == [f"logo:{scene.aerotec.id}"]
    image = picture(make_pdf(olenas, forum_id=scene.forum.id), "agenda-with-logo", tmp_path)
    assert image.size[0] > 0
    with Image.open(PICTURES / "agenda-with-logo.png") as made:
        red = sum(
            count for count, (r, g, b) in made.convert("RGB").getcolors(1 << 24) or [] if r > 150 > g + b
        )
    assert red > 200
    before = olenas.digest
    set_logo(company_id=scene.aerotec.id, content=_blue())
    again = next(
        each for each in agenda_documents(edition.people(), paper=Paper.A4) if each.title == olenas.title
    )
    assert again.digest != before  # another picture is another sheet


def _blue() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 300), "#1010c0").save(out, format="PNG")
    return out.getvalue()


def test_what_people_typed_is_never_taken_for_a_logo(app: Flask, tmp_path: Path) -> None:
    scene = make_scene(name='src="logo:1"')
    (document,) = (
        each
        for each in agenda_documents(load_edition(scene.publication).people(), paper=Paper.A4)
        if "logo:1" in each.title
    )
    assert document.whole == document.html
    assert 'src="logo:1"' in text_of(make_pdf(document, forum_id=scene.forum.id), tmp_path)


def red(document: Document, scene: Scene, folder: Path, name: str) -> int:
    """Pixels of the red pictures on the first page."""
    picture(make_pdf(document, forum_id=scene.forum.id), name, folder)
    with Image.open(PICTURES / f"{name}.png") as made:
        return sum(n for n, (r, g, b) in made.convert("RGB").getcolors(1 << 24) or [] if r > 150 > g + b)


def photo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (300, 500), "#c01010").save(out, format="JPEG")
    return out.getvalue()


def agenda_of(scene: Scene, *, delegate: int | None = None, company: int | None = None) -> Document:
    edition = load_edition(scene.publication)
    agenda = edition.person(delegate) if delegate is not None else edition.company(company or 0)
    (document,) = agenda_documents([agenda], paper=Paper.A4)
    return document


def test_who_is_met_is_shown_with_their_photo(app: Flask, tmp_path: Path) -> None:
    scene = make_scene()
    set_photo(delegate_id=scene.jan.id, content=photo())
    for document, name in (
        (agenda_of(scene, delegate=scene.olena.id), "agenda-with-photo"),
        (agenda_of(scene, company=scene.kvant.id), "company-agenda-with-photo"),
    ):
        assert red(document, scene, tmp_path, name) > 100
        content = make_pdf(document, forum_id=scene.forum.id)
        words = text_of(content, tmp_path)
        assert "Jan Peeters" in words
        assert "Head of Sales" in words
        alternatives = alternatives_of(content, tmp_path)
        assert (
            alternatives.count("Photo of Jan Peeters" if document.language == "en" else "Фото: Jan Peeters")
            == 1
        )
        assert facts_of(content, tmp_path)["Tagged"] == "yes"
    # Neither their own photo nor that of somebody they do not meet.
    assert "photo:" not in agenda_of(scene, delegate=scene.jan.id).html
    assert "photo:" not in agenda_of(scene, delegate=scene.taras.id).html


def test_an_interpreter_s_roster_has_no_photos(app: Flask) -> None:
    scene = make_scene()
    set_photo(delegate_id=scene.jan.id, content=photo())
    (roster,) = agenda_documents(
        [load_edition(scene.publication).interpreter(scene.interpreter.id)], paper=Paper.A4
    )
    assert "photo:" not in roster.html


def test_pictures_follow_the_rules_of_the_pages(app: Flask) -> None:
    scene = make_scene()
    user = make_user()
    scene.jan.user_id = user.id
    db.session.commit()
    set_photo(delegate_id=scene.jan.id, content=photo())
    set_logo(company_id=scene.aerotec.id, content=_blue())

    def pictures() -> list[str]:
        return PICTURE.findall(agenda_of(scene, delegate=scene.olena.id).html)

    both = [f"logo:{scene.aerotec.id}", f"photo:{scene.jan.id}"]
    assert pictures() == both
    consent.give(user_id=user.id, forum_id=scene.forum.id)
    db.session.commit()
    assert pictures() == both
    (given,) = consent.consents_of(user.id)
    consent.withdraw(given.id, user_id=user.id)
    assert pictures() == both[:1]  # who took their consent back is not shown
    consent.give(user_id=user.id, forum_id=scene.forum.id)
    db.session.commit()
    assert pictures() == both
    scene.aerotec.status = CompanyStatus.WITHDRAWN
    db.session.commit()
    assert pictures() == []
    scene.aerotec.status = CompanyStatus.APPROVED
    db.session.commit()
    make_blocked_pair(scene.kvant, scene.aerotec)
    assert pictures() == []
    assert "photo:" in agenda_of(scene, delegate=scene.eva.id).html  # blocked for Kvant alone


def test_a_photo_that_is_taken_away_makes_another_sheet(app: Flask) -> None:
    scene = make_scene()
    plain = agenda_of(scene, delegate=scene.olena.id).digest
    set_photo(delegate_id=scene.jan.id, content=photo())
    with_photo = agenda_of(scene, delegate=scene.olena.id).digest
    set_photo(delegate_id=scene.jan.id, content=None)
    assert with_photo != plain
    assert agenda_of(scene, delegate=scene.olena.id).digest == plain
