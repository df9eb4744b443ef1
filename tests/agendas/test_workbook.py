"""The workbook, read back."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime

import pytest
from flask import Flask
from openpyxl import Workbook, load_workbook

from forum_scheduler.agendas import wording
from forum_scheduler.agendas.edition import load_edition
from forum_scheduler.agendas.unplaced import unplaced_meetings
from forum_scheduler.agendas.workbook import schedule_workbook
from forum_scheduler.publishing.models import Publication
from tests.agendas.factories import drop_and_move, make_scene
from tests.factories import (
    make_company,
    make_delegate,
    make_meeting,
    make_publication,
    make_schedule,
    slots_of,
    tables_of,
)


def book_of(publication: Publication, locale: str = "en") -> tuple[Workbook, bytes]:
    with wording.speaking(locale):
        unplaced = unplaced_meetings(publication.schedule_id)
    content = schedule_workbook(load_edition(publication), unplaced, locale=locale)
    return load_workbook(io.BytesIO(content)), content


def test_the_schedule_has_real_times_of_the_forum_s_clocks(app: Flask) -> None:
    book, _content = book_of(make_scene().publication)
    sheet = book["Schedule"]
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][:5] == ("Day", "Start (Brussels time)", "End", "Table", "Zone")
    assert rows[1][:5] == (
        datetime(2027, 5, 12),  # noqa: DTZ001 -- a cell has no zone
        datetime(2027, 5, 12, 9, 0),  # noqa: DTZ001
        datetime(2027, 5, 12, 9, 20),  # noqa: DTZ001
        "1",
        "Hall A",
    )
    assert rows[1][5:11] == (
        "Квант Динамікс",
        "UA",
        "Олена Коваленко (CTO)",
        "Aerotec",
        "BE",
        "Jan Peeters (Head of Sales)",
    )
    assert len(rows) == 4
    assert sheet.freeze_panes == "A2"
    assert sheet.column_dimensions["F"].width > 30
    assert sheet["B2"].number_format == "hh:mm"


def test_what_has_no_place_says_why(app: Flask) -> None:
    scene = make_scene()
    book, _content = book_of(drop_and_move(scene))
    rows = list(book["Not placed"].iter_rows(values_only=True))
    assert rows[1:] == [
        (
            "Квант Динамікс",
            "Aerotec",
            None,
            None,
            "No table has the features, the zone, the seats or the host that it needs.",
        )
    ]


def test_companies_are_counted_those_without_any_meeting_too(app: Flask) -> None:
    scene = make_scene()
    left_out = make_company(scene.forum, "Left Out", side="eu")
    meeting = make_meeting(between=[scene.kvant, left_out])
    slot, table = slots_of(scene.forum)[0], tables_of(scene.forum)[0]
    schedule = make_schedule(
        scene.forum,
        (scene.meetings[0], slot, table, [scene.olena, scene.jan]),
        unplaced={meeting: "no-fitting-table"},
    )
    book, _content = book_of(make_publication(schedule))
    rows = [row[:6] for row in book["Companies"].iter_rows(min_row=2, values_only=True)]
    assert ("Квант Динамікс", "UA", "UA", 1, 1, 1) in rows
    assert ("Left Out", None, "EU", 0, 1, 0) in rows


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1+1", "-2", "@SUM(A1)", "=cmd|' /C calc'!A0", "\t=1"])
def test_what_looks_like_a_formula_stays_text(app: Flask, name: str) -> None:
    scene = make_scene()
    company = make_company(scene.forum, name, side="eu", delegates=0)
    person = make_delegate(company, name, role=name)
    meeting = make_meeting(between=[company, scene.kvant], title=name)
    slot, table = slots_of(scene.forum)[0], tables_of(scene.forum)[0]
    publication = make_publication(make_schedule(scene.forum, (meeting, slot, table, [person, scene.olena])))
    book, content = book_of(publication)
    cells = [cell for row in book["Schedule"].iter_rows(min_row=2) for cell in row]
    assert [cell.data_type for cell in cells if cell.data_type == "f"] == []
    named = next(cell for cell in cells if cell.value == name.strip())
    assert named.data_type in ("s", "inlineStr")
    assert named.quotePrefix
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert all(b"<f>" not in archive.read(part) for part in archive.namelist())


def test_control_characters_do_not_break_the_file(app: Flask) -> None:
    scene = make_scene(name="nul\x01 bell\x07 Олена 😀")
    book, _content = book_of(scene.publication)
    assert book["Schedule"]["H2"].value == "nul bell Олена 😀 (CTO)"
