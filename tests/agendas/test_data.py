"""The whole schedule as CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from forum_scheduler.accounts.models import User
from forum_scheduler.agendas.data import schedule_csv, schedule_json
from forum_scheduler.agendas.edition import load_edition
from forum_scheduler.agendas.record import Agenda
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Interpreter
from tests.agendas.factories import make_scene
from tests.factories import make_staff
from tests.pages import Visitor

SignIn = Callable[[User], Visitor]
pytestmark = pytest.mark.databases("sqlite")


def whole(scene: Any) -> Agenda:
    return load_edition(scene.publication).whole_forum()


def test_csv_has_a_row_a_meeting_and_no_formulas(app: Flask) -> None:
    scene = make_scene(name="=HYPERLINK(1)")
    scene.kvant.name = "@SUM(1)"
    db.session.commit()
    rows = list(csv.DictReader(io.StringIO(schedule_csv(whole(scene)).decode("utf-8-sig"))))
    assert len(rows) == 3
    assert (rows[0]["day"], rows[0]["start"], rows[0]["table"]) == ("2027-05-12", "09:00", "1")
    cells = [cell for row in rows for cell in row.values()]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    assert rows[0]["companies"].startswith("'@SUM(1)")


def test_json_says_the_same_with_ids_that_stay(app: Flask) -> None:
    scene = make_scene()
    found = json.loads(schedule_json(whole(scene)))
    assert found["version"] == 1
    first = found["meetings"][0]
    assert first["starts_at"] == "2027-05-12T07:00:00+00:00"
    assert first["parties"][0]["people"][0]["name"] == "Олена Коваленко"
    assert first["interpreter"] == db.session.get_one(Interpreter, scene.interpreter.id).name


def test_data_are_downloads_of_the_organiser(app: Flask, client_for: SignIn) -> None:
    scene = make_scene()
    client = client_for(make_staff(scene.forum))
    page = client.page("/f/brussels/print")
    for name, kind in (("CSV: Schedule", "text/csv"), ("JSON: Schedule", "application/json")):
        response = client.get(page.links[name])
        assert response.mimetype == kind
        assert "attachment" in response.headers["Content-Disposition"]
