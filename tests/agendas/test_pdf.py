"""PDFs: what they say and how they are built, read back by poppler; and that web processes stay light."""

from __future__ import annotations

import base64
import io
import re
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import func, select

from forum_scheduler.agendas import made, pdf
from forum_scheduler.agendas.edition import load_edition
from forum_scheduler.agendas.models import MadeFile
from forum_scheduler.agendas.pack import (
    Pack,
    find_pack,
    pack_documents,
    ready_packs,
    render_all,
)
from forum_scheduler.agendas.pdf import Paper, agenda_document, make_pdf, table_document
from forum_scheduler.agendas.record import Agenda, AgendaParty, AgendaPerson
from forum_scheduler.agendas.renderer import (
    ROOT,
    Renderer,
    RenderFailed,
    _idle,
    ready_renderer,
    render_many,
)
from forum_scheduler.companies.pictures import set_logo
from forum_scheduler.extensions import db
from tests.agendas.factories import drop_and_move, make_scene
from tests.agendas.papers import facts_of, fonts_of, pages_of, structure_of, text_of

PAGE = "https://forum.example.org/f/brussels/delegates/1/agenda"
pytestmark = pytest.mark.databases("sqlite")


def olenas(scene: Any) -> Agenda:
    return load_edition(scene.publication, delegate_id=scene.olena.id).person(scene.olena.id)


def count_made() -> int:
    return db.session.scalar(select(func.count()).select_from(MadeFile)) or 0


def test_an_agenda_is_tagged_titled_and_readable_in_both_alphabets(app: Flask, tmp_path: Path) -> None:
    scene = make_scene()
    document = agenda_document(olenas(scene), locale="en", page_url=PAGE)
    made = make_pdf(document, forum_id=scene.forum.id)
    facts = facts_of(made, tmp_path)
    assert (facts["Tagged"], facts["Pages"]) == ("yes", "1")
    assert facts["Page size"].endswith("(A4)")
    assert facts["Title"] == "Agenda of Олена Коваленко · Brussels Industry Forum"
    words = text_of(made, tmp_path)
    for expected in (
        "Олена Коваленко",
        "CTO, Квант Динамікс",
        "Wednesday 12 May 2027",
        "09:00",
        "Aerotec",
        "Jan Peeters (Head of Sales)",
        "Hall A",
        "(English–Ukrainian)",
        "With you: Taras Shevchuk",
        "Last changed in version 1, published Sat 1 May 2027, 18:00",
    ):
        assert expected in words
    tags = structure_of(made, tmp_path)
    assert all(tag in tags for tag in ("H1", "H2", "Table", "TH", "TD", "Figure"))
    # The cut that we ask Debian for, whatever else a machine has: in a wider one, papers run to more pages.
    assert {"Condensed" in name for name in fonts_of(made, tmp_path)} == {True}
    assert all("DejaVu" in name for name in fonts_of(made, tmp_path))


def test_the_pdf_claims_pdf_ua_and_its_language(app: Flask, tmp_path: Path) -> None:
    scene = make_scene()
    made = make_pdf(agenda_document(olenas(scene), locale="uk", page_url=PAGE), forum_id=scene.forum.id)
    (tmp_path / "a.pdf").write_bytes(made)
    with pikepdf.open(tmp_path / "a.pdf") as file:
        assert str(file.Root.Lang) == "uk"
        with file.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
    assert "середа, 12 травня 2027 р." in text_of(made, tmp_path)


def test_a_second_wish_is_answered_from_what_was_kept(app: Flask) -> None:
    scene = make_scene()
    document = agenda_document(olenas(scene), locale="en", page_url=PAGE)
    first = make_pdf(document, forum_id=scene.forum.id)
    kept = db.session.scalars(select(MadeFile)).one()
    kept.content = b"kept bytes"
    db.session.commit()
    assert make_pdf(document, forum_id=scene.forum.id) == b"kept bytes"
    other = replace(document, paper=Paper.LETTER)
    assert make_pdf(other, forum_id=scene.forum.id) not in (first, b"kept bytes")


def test_a_file_that_is_kept_twice_is_kept_once(app: Flask) -> None:
    scene = make_scene()
    made.keep(scene.forum.id, [("agenda", "d" * 64, b"one"), ("table", "d" * 64, b"other")])
    made.keep(scene.forum.id, [("agenda", "d" * 64, b"two")])

    def read(kind: str, letter: str) -> bytes:
        kept = made.find(scene.forum.id, kind, letter * 64)
        assert kept is not None
        return kept.read()

    assert read("agenda", "d") == b"two"
    assert read("table", "d") == b"other"
    assert made.find(scene.forum.id, "agenda", "e" * 64) is None
    assert count_made() == 2


def test_a_large_file_is_kept_in_pieces_and_read_as_it_was(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = make_scene()
    monkeypatch.setattr(made, "PIECE", 1000)
    path = tmp_path / "large"
    path.write_bytes(bytes(index % 251 for index in range(2500)))
    kept = made.keep_file(scene.forum.id, "pack-whole", "d" * 64, path)
    assert [len(piece) for piece in kept.pieces()] == [1000, 1000, 500]
    assert kept.read() == path.read_bytes()
    assert kept.ends_with(path.read_bytes()[-20:])
    assert not kept.ends_with(b"something else")
    path.write_bytes(b"short now")
    assert made.keep_file(scene.forum.id, "pack-whole", "d" * 64, path).read() == b"short now"
    assert count_made() == 1


def test_letter_paper_is_letter(app: Flask, tmp_path: Path) -> None:
    scene = make_scene()
    document = agenda_document(olenas(scene), locale="en", page_url=PAGE, paper=Paper.LETTER)
    made = make_pdf(document, forum_id=scene.forum.id)
    assert facts_of(made, tmp_path)["Page size"].endswith("(letter)")


def test_hostile_names_are_laid_out_as_text(app: Flask, tmp_path: Path) -> None:
    scene = make_scene()
    agenda = olenas(scene)
    text = "<script>alert(1)</script><img src=x> " + "Ж" * 160 + " שלום 😀 \x00\u202e é́"
    party = AgendaParty(
        company_id=1,
        company_uid="c",
        company=text,
        country="BE",
        side="eu",
        people=(AgendaPerson(id=9, uid="p", name=text, role=text),),
    )
    entries = tuple(replace(agenda.entries[0], title=text, table=text, others=(party,)) for _ in range(40))
    hostile = replace(agenda, subject=replace(agenda.subject, name=text, detail=text), entries=entries)
    with Renderer() as renderer:
        for document in (
            agenda_document(hostile, locale="en", page_url=PAGE),
            table_document(hostile, locale="en"),
        ):
            made = renderer.pdf(document.html, paper="A4")
            words = text_of(made, tmp_path)
            assert "<script>alert(1)</script>" in words
            assert words.count("Ж") >= 160 * 40
            assert int(facts_of(made, tmp_path)["Pages"]) > 5
            with pikepdf.open(tmp_path / "read.pdf") as file:
                images = file.pages[0].get("/Resources", {}).get("/XObject", {})
                assert len(images) <= 3  # the QR code, the small and the large plan of one hall at most


def test_nothing_but_the_project_s_own_files_is_read(app: Flask, tmp_path: Path) -> None:
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="30"><text y="20">SECRET</text></svg>'
    )
    (tmp_path / "outside.svg").write_text(drawing)
    inside = "data:image/svg+xml;base64," + base64.b64encode(drawing.encode()).decode()
    up = "/".join([".."] * 30)
    with Renderer() as renderer:

        def words(source: str) -> str:
            return text_of(renderer.pdf(f'<html><body><img src="{source}">seen', paper="A4"), tmp_path)

        assert "SECRET" in words(inside)
        for source in (
            f"file://{tmp_path}/outside.svg",
            f"{up}{tmp_path}/outside.svg",
            f"{up.replace('.', '%2e')}{tmp_path}/outside.svg",
            "http://127.0.0.1:9/outside.svg",
        ):
            assert words(source) == "seen 1/1"


def test_an_agenda_without_meetings_says_so(app: Flask, tmp_path: Path) -> None:
    scene = make_scene()
    empty = replace(olenas(scene), entries=())
    made = make_pdf(agenda_document(empty, locale="en", page_url=PAGE), forum_id=scene.forum.id)
    assert "No meetings in this version." in text_of(made, tmp_path)


def _a_process() -> tuple[Renderer, subprocess.Popen[bytes]]:
    """A rendering process that has just done well."""
    with ready_renderer() as renderer:
        renderer.pdf("<html><body>warm", paper="A4")
        assert renderer._process is not None
    return renderer, renderer._process


class TestTheRenderingProcess:
    def test_what_takes_too_long_is_stopped_with_a_clear_message(self) -> None:
        with Renderer() as renderer, pytest.raises(RenderFailed, match="longer than 0 seconds"):
            renderer.pdf("<html><body>slow", paper="A4", seconds=0.01)

    def test_after_a_stop_the_next_one_works(self, tmp_path: Path) -> None:
        with Renderer() as renderer:
            with pytest.raises(RenderFailed):
                renderer.pdf("<html><body>slow", paper="A4", seconds=0.01)
            assert text_of(renderer.pdf("<html><body>quick", paper="A4"), tmp_path) == "quick 1/1"

    def test_a_mistake_is_told_and_the_process_lives_on(self, tmp_path: Path) -> None:
        with Renderer() as renderer:
            with pytest.raises(RenderFailed, match="KeyError"):
                renderer.pdf("<html><body>x", paper="A0")
            assert text_of(renderer.pdf("<html><body>fine", paper="A4"), tmp_path) == "fine 1/1"

    def test_a_crash_is_told_and_another_process_takes_over(self, tmp_path: Path) -> None:
        with Renderer() as renderer:
            renderer.pdf("<html><body>one", paper="A4")
            assert renderer._process is not None
            renderer._process.kill()
            renderer._process.wait()
            assert text_of(renderer.pdf("<html><body>two", paper="A4"), tmp_path) == "two 1/1"

    def test_many_come_back_each_under_its_own_index(self, tmp_path: Path) -> None:
        pages = [(f"<html><body>number {index}", "A4") for index in range(7)]
        made = dict(render_many(pages))
        assert sorted(made) == list(range(7))
        assert [text_of(made[index], tmp_path) for index in range(7)] == [f"number {n} 1/1" for n in range(7)]

    def test_a_process_that_did_well_is_used_again_for_a_while(self, tmp_path: Path) -> None:
        first, process = _a_process()
        again, same = _a_process()
        assert (again, same) == (first, process)
        _idle.close_old()
        assert process.poll() is None, "it has not been idle for long"
        _idle.close_old(age=0.0)
        process.wait(60)
        with ready_renderer() as fresh:
            assert text_of(fresh.pdf("<html><body>fresh", paper="A4"), tmp_path) == "fresh 1/1"

    def test_a_process_that_failed_is_not_used_again(self) -> None:
        _, process = _a_process()
        with pytest.raises(RenderFailed), ready_renderer() as renderer:
            renderer.pdf("<html><body>x", paper="A0")
        process.wait(60)

    def test_whoever_is_next_never_gets_an_answer_to_somebody_elses_question(self, tmp_path: Path) -> None:
        with ready_renderer() as renderer:
            pages = renderer.many(iter([(0, ("<html><body>mine", "A4")), (1, ("<html><body>secret", "A4"))]))
            next(pages)
            assert not renderer.at_rest
        with ready_renderer() as other:
            assert text_of(other.pdf("<html><body>theirs", paper="A4"), tmp_path) == "theirs 1/1"

    def test_the_same_page_gives_the_same_bytes(self) -> None:
        with Renderer() as one, Renderer() as other:
            page = '<html lang="en"><title>t</title><body><h1>Олена</h1>'
            assert one.pdf(page, paper="A4") == other.pdf(page, paper="A4")


def test_web_processes_load_no_weasyprint() -> None:
    check = (
        "import sys, forum_scheduler.app, forum_scheduler.agendas.export; "
        "bad = {'weasyprint', 'pikepdf', 'numba', 'ortools'} & set(sys.modules); "
        "sys.exit(str(bad) if bad else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


class TestThePack:
    def test_all_agendas_stand_in_order_of_name_with_bookmarks_and_tags(
        self, app: Flask, tmp_path: Path
    ) -> None:
        scene = make_scene()
        seen: list[tuple[int, int, str]] = []
        summary = render_all(scene.publication, lambda *step: seen.append(step))
        assert set(summary.packs) == set(Pack)
        agendas = summary.packs[Pack.AGENDAS].read()
        pages = pages_of(agendas, tmp_path)
        for page, name in zip(
            pages, ("Eva Lindqvist", "Jan Peeters", "Taras Shevchuk", "Олена Коваленко"), strict=True
        ):
            assert page.startswith(f"Brussels Industry Forum {name}")
        facts = facts_of(agendas, tmp_path)
        assert (facts["Tagged"], facts["Title"]) == ("yes", "All agendas in order of name")
        tags = structure_of(agendas, tmp_path)
        assert re.findall(r'H1[^"]*"([^"]+)"', tags) == [
            "Eva Lindqvist",
            "Jan Peeters",
            "Taras Shevchuk",
            "Олена Коваленко",
        ]
        with pikepdf.open(tmp_path / "read.pdf") as file:
            assert [str(file.Root.Lang), str(file.Root.MarkInfo.Marked)] == ["en", "True"]
            assert [int(page.StructParents) for page in file.pages] == [0, 1, 2, 3]
            with file.open_outline() as outline:
                assert [item.title.split(" · ")[0] for item in outline.root] == [
                    "Agenda of Eva Lindqvist",
                    "Agenda of Jan Peeters",
                    "Agenda of Taras Shevchuk",
                    "Програма зустрічей: Олена Коваленко",
                ]
            with file.open_metadata() as metadata:
                assert metadata["pdfuaid:part"] == "1"
        done = [step[0] for step in seen]
        assert done == sorted(done)
        assert done[-1] == seen[-1][1] == summary.made

    def test_each_table_has_a_page_and_lists_go_by_time_and_by_company(
        self, app: Flask, tmp_path: Path
    ) -> None:
        scene = make_scene()
        packs = render_all(scene.publication).packs
        tables = pages_of(packs[Pack.TABLES].read(), tmp_path)
        assert [page.split("Hall")[0] for page in tables] == [
            f"Brussels Industry Forum Table {number} " for number in (1, 2, 3)
        ]
        times = text_of(packs[Pack.TIMES].read(), tmp_path)
        assert times.index("09:00") < times.index("09:25") < times.index("12:35")
        assert "Steel for radar masts" in times
        companies = text_of(packs[Pack.COMPANIES].read(), tmp_path)
        assert companies.index("Aerotec EU · 2 meetings") < companies.index(
            "Квант Динамікс / Kvant Dynamiks UA · 2 meetings"
        )

    def test_a_second_time_nothing_is_laid_out_again(self, app: Flask) -> None:
        scene = make_scene()
        first = render_all(scene.publication)
        count = count_made()
        second = render_all(scene.publication)
        assert (second.made, second.reused) == (0, first.made)
        assert second.packs == first.packs
        assert count_made() == count

    def test_what_earlier_versions_left_is_cleared(self, app: Flask) -> None:
        scene = make_scene()
        render_all(scene.publication)
        stale = set(db.session.scalars(select(MadeFile.id)))
        second = drop_and_move(scene)
        for kept in db.session.scalars(select(MadeFile)):
            kept.made_at = scene.publication.published_at
        db.session.commit()
        render_all(second)
        left = set(db.session.scalars(select(MadeFile.kind).where(MadeFile.id.in_(stale))))
        # Cards say nothing that a version changes; in the other block, and at its table, all is as it was.
        assert left == {"cards", "table", "times"}
        assert ready_packs(second) == frozenset(Pack) - {Pack.ROSTERS}  # nobody interprets any more
        assert ready_packs(scene.publication) == frozenset()
        assert find_pack(scene.publication, Pack.TIMES) is None

    def test_each_language_has_a_pack_of_its_own_and_people_keep_theirs(
        self, app: Flask, tmp_path: Path
    ) -> None:
        scene = make_scene()
        english = render_all(scene.publication)
        assert ready_packs(scene.publication, locale="uk") == frozenset()
        ukrainian = render_all(scene.publication, locale="uk")
        assert ukrainian.reused == 8  # agendas and rosters stay in the languages of their people
        assert "середа, 12 травня 2027 р." in text_of(ukrainian.packs[Pack.TIMES].read(), tmp_path)
        assert find_pack(scene.publication, Pack.TIMES) == english.packs[Pack.TIMES]
        assert find_pack(scene.publication, Pack.TIMES, locale="uk") == ukrainian.packs[Pack.TIMES]
        assert english.packs[Pack.TIMES].read() != ukrainian.packs[Pack.TIMES].read()

    def test_a_forum_where_nobody_meets_has_no_pack(self, app: Flask) -> None:
        scene = make_scene()
        edition = load_edition(scene.publication)
        documents = pack_documents(edition, Pack.TIMES)
        assert len({each.title for each in documents}) == len(documents) == 2  # one a block, by its hours
        empty = replace(edition.whole_forum(), entries=())
        assert pdf.times_documents(empty, locale="en") == ()
        assert pdf.companies_documents([], locale="en") == ()


def test_a_picture_that_many_agendas_have_stands_in_the_joined_file_once(app: Flask) -> None:
    scene = make_scene()
    logo = io.BytesIO()
    Image.effect_noise((160, 60), 90).save(logo, format="PNG")
    set_logo(company_id=scene.borealis.id, content=logo.getvalue())
    packs = render_all(scene.publication).packs
    for pack in (Pack.AGENDAS, Pack.WHOLE):
        with pikepdf.open(io.BytesIO(packs[pack].read())) as file:
            images = [
                each.read_raw_bytes()
                for each in file.objects
                if isinstance(each, pikepdf.Stream) and each.get("/Subtype") == "/Image"
            ]
            uses = sum(
                "/Image" in str(picture.get("/Subtype"))
                for page in file.pages
                for picture in page.resources.get("/XObject", {}).values()
            )
        assert len(images) == len(set(images))
        assert uses > len(images)


def test_a_list_of_very_many_meetings_is_laid_out_in_parts(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = make_scene()
    forum = load_edition(scene.publication).whole_forum()
    first = forum.meetings[0]
    tables = [id_ for hall in forum.halls for id_, _name in hall.tables]
    assert len(tables) == 4
    entries = tuple(
        replace(
            first,
            starts_at=first.starts_at + timedelta(hours=at),
            ends_at=first.ends_at + timedelta(hours=at),
            table_id=table,
        )
        for at, count in enumerate([4, 2, 3, 4, 1])  # meetings in each slot
        for table in tables[:count]
    )
    many = replace(forum, entries=entries)
    (whole,) = pdf.times_documents(many, locale="en")
    assert whole.title == f"Meetings by time · Wednesday 12 May 2027 · {first.block}"
    monkeypatch.setattr(pdf, "ROWS_A_PART", 10)
    parts = pdf.times_documents(many, locale="en")
    rows = [part.html.count('<td class="l-who">') for part in parts]
    assert rows == [6, 7, 1]  # two slots each: however full they are, not more than ten meetings
    assert parts[0].title == f"Meetings by time · Wednesday 12 May 2027 · {first.block} · 09:00–10:20"
    monkeypatch.setattr(pdf, "ROWS_A_PART", 3)
    parts = pdf.times_documents(many, locale="en")
    rows = [part.html.count('<td class="l-who">') for part in parts]
    assert rows == [3, 1, 2, 3, 3, 1, 1]  # a slot that is too long by itself is parted by tables
    companies = [replace(each, entries=entries) for each in load_edition(scene.publication).companies()]
    assert len(pdf.companies_documents(companies, locale="en")) == 3
