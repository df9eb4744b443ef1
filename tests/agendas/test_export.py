"""The export: what lies in the folder afterwards."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from flask import Flask
from openpyxl import load_workbook

from forum_scheduler.agendas.export import export_forum
from forum_scheduler.agendas.pack import Pack
from forum_scheduler.agendas.renderer import RenderFailed
from forum_scheduler.errors import Conflict, NotFound
from forum_scheduler.extensions import db
from tests.agendas.factories import drop_and_move, make_scene
from tests.agendas.papers import Broken, text_of
from tests.agendas.readers import by_calcurse, by_icaljs, by_libical
from tests.factories import make_forum


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_everything_of_the_newest_version_is_written(app: Flask, tmp_path: Path) -> None:
    scene = make_scene(name="Jan Peeters")  # twice the same name, of two companies
    out = tmp_path / "out"
    summary = export_forum(forum_id=scene.forum.id, directory=out)
    people = {"Eva_Lindqvist", "Jan_Peeters", "Jan_Peeters_2", "Taras_Shevchuk"}
    companies = {"Aerotec", "Borealis_Steel_Ltd", "Квант_Динамікс"}
    assert files_in(out) == {
        *(f"calendars/{name}.ics" for name in people),
        *(f"calendars/companies/{name}.ics" for name in companies),
        *(f"agendas/{name}.pdf" for name in people),
        *(f"agendas/companies/{name}.pdf" for name in companies),
        *(f"pack/{pack.value}.pdf" for pack in Pack),
        "schedule.xlsx",
    }
    assert (summary.version, summary.calendars, summary.company_calendars, summary.agendas) == (1, 4, 3, 4)
    for path in out.rglob("*.ics"):
        lib, js = by_libical(path.read_bytes()), by_icaljs(path.read_bytes())
        assert lib["errors"] == []
        assert [each["uid"] for each in lib["events"]] == [each["uid"] for each in js["events"]]
        assert len(by_calcurse(path.read_bytes(), tmp_path / "calcurse" / path.stem)) == len(js["events"])
    for name in ("Jan_Peeters", "Jan_Peeters_2"):
        words = text_of((out / "agendas" / f"{name}.pdf").read_bytes(), tmp_path)
        uid = scene.olena.uid if "CTO, Квант Динамікс" in words else scene.jan.uid
        assert uid.encode() in (out / "calendars" / f"{name}.ics").read_bytes().replace(b"\r\n ", b"")
    assert load_workbook(out / "schedule.xlsx").sheetnames == ["Schedule", "Not placed", "Companies", "About"]


@pytest.mark.databases("sqlite")
def test_a_new_version_replaces_the_old_files_and_nothing_else(app: Flask, tmp_path: Path) -> None:
    scene = make_scene()
    out = tmp_path / "out"
    first = export_forum(forum_id=scene.forum.id, directory=out)
    again = export_forum(forum_id=scene.forum.id, directory=out)
    assert (again.made, again.reused) == (0, first.made)
    (out / "notes.txt").write_text("mine")
    (out / ".new-killed" / "agendas").mkdir(parents=True)
    os.utime(out / ".new-killed", (1, 1))
    (out / "agendas" / "stale.pdf").write_text("old")
    drop_and_move(scene)
    second = export_forum(forum_id=scene.forum.id, directory=out)
    assert second.version == 2
    assert (out / "notes.txt").read_text() == "mine"
    assert "agendas/stale.pdf" not in files_in(out)
    words = text_of((out / "agendas" / "Eva_Lindqvist.pdf").read_bytes(), tmp_path)
    assert "Last changed in version 2" in words
    assert not [path for path in out.iterdir() if path.name.startswith(".")]


@pytest.mark.databases("sqlite")
def test_a_failed_export_leaves_the_earlier_one(app: Flask, tmp_path: Path, no_rendering: Broken) -> None:
    scene = make_scene()
    out = tmp_path / "out"
    export_forum(forum_id=scene.forum.id, directory=out)
    before = files_in(out)
    drop_and_move(scene)
    with no_rendering(), pytest.raises(RenderFailed):
        export_forum(forum_id=scene.forum.id, directory=out)
    assert files_in(out) == before


@pytest.mark.databases("sqlite")
def test_before_the_first_version_there_is_nothing_to_export(app: Flask, tmp_path: Path) -> None:
    forum = make_forum()
    with pytest.raises(Conflict, match="publish a schedule first"):
        export_forum(forum_id=forum.id, directory=tmp_path / "out")
    with pytest.raises(NotFound):
        export_forum(forum_id=987654, directory=tmp_path / "out")
    assert not (tmp_path / "out").exists()
    db.session.rollback()
