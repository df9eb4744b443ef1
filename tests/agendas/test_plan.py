"""Where the tables are: plans of the halls, and a small one beside each meeting."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image

from forum_scheduler.agendas import plan
from forum_scheduler.agendas.edition import load_edition
from forum_scheduler.agendas.pack import agenda_documents
from forum_scheduler.agendas.pdf import Paper, make_pdf
from forum_scheduler.agendas.plan import plan_of, spots_of
from forum_scheduler.agendas.record import Hall
from tests.agendas.factories import make_scene
from tests.agendas.papers import alternatives_of

pytestmark = pytest.mark.databases("sqlite")


def test_a_plan_has_every_table_of_the_hall_and_fills_in_ones_own() -> None:
    hall = Hall(name="Hall A", tables=tuple((number, str(number)) for number in range(1, 31)))
    made = plan_of(hall, own={7, 12})
    assert [table.name for table in made.tables if table.own] == ["7", "12"]
    assert len({(table.x, table.y) for table in made.tables}) == 30
    assert all(
        table.x + made.side <= made.width and table.y + made.tall <= made.height for table in made.tables
    )


def test_a_large_hall_stays_small_on_paper() -> None:
    hall = Hall(name="Hall", tables=tuple((number, f"Booth {number}") for number in range(400)))
    made = plan_of(hall, own={222})
    assert made.height < 200
    assert "Booth 222" in [table.name for table in made.tables]


def test_an_agenda_shows_the_plans_of_its_own_halls_only(app: Flask, tmp_path: Path) -> None:
    scene = make_scene()
    edition = load_edition(scene.publication)
    agenda = edition.person(scene.taras.id)  # one meeting, in hall B
    assert [hall.name for hall in agenda.own_halls] == ["Hall B"]
    assert [hall.name for hall in edition.person(scene.olena.id).own_halls] == ["Hall A", "Hall B"]


def test_a_small_plan_marks_one_table_of_its_hall() -> None:
    hall = Hall(name="Hall A", tables=tuple((number, str(number)) for number in range(1, 301)))
    spots = spots_of([hall], own={1, 300})
    assert set(spots) == {1, 300}
    assert (spots[300].number, spots[300].total, spots[300].hall) == (300, 300, "Hall A")
    places = {}
    for number, spot in spots.items():
        image = Image.open(io.BytesIO(base64.b64decode(spot.image.partition(",")[2])))
        assert image.width <= plan.SPOT_WIDTH
        assert image.height <= plan.SPOT_HEIGHT
        dark = image.point(lambda grey: 255 if grey == plan.MARKED else 0).getbbox()
        assert dark is not None
        assert dark[2] - dark[0] >= plan.SPOT_MARK - 1
        places[number] = dark
    assert places[1][:2] == (0, 0)
    assert places[300][1] > places[1][3]  # in another row


def test_each_meeting_has_a_small_plan_that_is_told_in_words_too(app: Flask, tmp_path: Path) -> None:
    scene = make_scene()
    (document,) = agenda_documents([load_edition(scene.publication).person(scene.taras.id)], paper=Paper.A4)
    content = make_pdf(document, forum_id=scene.forum.id)
    alternatives = alternatives_of(content, tmp_path)
    assert "Table 3 is number 1 of 2 in Hall B" in alternatives
    assert len(alternatives) == 3  # and the QR code, and the plan of the hall
