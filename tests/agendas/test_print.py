"""The organiser's print: badges, cards, lists, the whole as one file and as a ZIP, and what changed since."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pikepdf
import pytest
from flask import Flask
from PIL import Image

from forum_scheduler.accounts.models import User
from forum_scheduler.agendas import bundle, handouts, print_views
from forum_scheduler.agendas.edition import load_edition
from forum_scheduler.agendas.models import PrintState
from forum_scheduler.agendas.pack import Pack, ready_packs, render_all
from forum_scheduler.agendas.pdf import Paper, agenda_document, make_pdf, table_document, times_documents
from forum_scheduler.agendas.record import SubjectKind
from forum_scheduler.extensions import db
from forum_scheduler.scheduling.signals import looking_around
from tests.agendas.factories import drop_and_move, go_back, make_scene, move_one
from tests.agendas.papers import Broken, facts_of, fonts_of, pages_of, picture, text_of
from tests.agendas.readers import by_libical
from tests.factories import make_staff, representative_of, tables_of
from tests.pages import Visitor

SignIn = Callable[[User], Visitor]
pytestmark = pytest.mark.databases("sqlite")


def dark(image: Image.Image) -> float:
    """The share of dark pixels."""
    return sum(image.histogram()[:100]) / (image.width * image.height)


@pytest.mark.parametrize("paper", list(Paper))
def test_every_file_of_the_pack_looks_as_it_should(app: Flask, tmp_path: Path, paper: Paper) -> None:
    scene = make_scene()
    packs = render_all(scene.publication, paper=paper).packs
    assert set(packs) == set(Pack)
    size = {Paper.A4: (496, 702), Paper.LETTER: (510, 660)}[paper]
    for pack, kept in packs.items():
        content = kept.read()
        image = picture(content, f"{pack.value}-{paper.value}", tmp_path)
        assert (abs(image.width - size[0]) <= 1, abs(image.height - size[1]) <= 1) == (True, True), pack
        assert 0.001 < dark(image) < 0.2, pack  # neither empty nor a black page
        assert facts_of(content, tmp_path)["Tagged"] == "yes"
        assert all("DejaVu" in font for font in fonts_of(content, tmp_path))


def test_a_badge_says_who_and_leads_to_their_agenda(app: Flask, tmp_path: Path) -> None:
    scene = make_scene()
    packs = render_all(scene.publication).packs
    (page,) = pages_of(packs[Pack.BADGES].read(), tmp_path)  # four people and an interpreter on one sheet
    assert "Олена Коваленко Olena Kovalenko Квант Динамікс / Kvant Dynamiks CTO" in page
    assert scene.interpreter.name in page
    assert "Version" not in page


def test_a_card_stands_on_its_table_and_is_read_from_both_sides(app: Flask, tmp_path: Path) -> None:
    scene = make_scene()
    content = render_all(scene.publication).packs[Pack.CARDS].read()
    pages = pages_of(content, tmp_path)
    assert len(pages) == 4  # one a table, those without a meeting too
    image = picture(content, "cards-halves", tmp_path)
    upper = image.crop((0, 0, image.width, image.height // 2 - 2))
    lower = image.crop((0, image.height // 2 + 2, image.width, image.height))
    assert dark(upper) == pytest.approx(dark(lower), rel=0.1)


def test_the_desk_has_everybody_in_order_of_name(app: Flask, tmp_path: Path) -> None:
    scene = make_scene()
    words = text_of(render_all(scene.publication).packs[Pack.DESK].read(), tmp_path)
    names = ["Eva Lindqvist", "Jan Peeters", "Taras Shevchuk", "Олена Коваленко"]
    assert [words.rindex(name) for name in names] == sorted(words.rindex(name) for name in names)
    assert "Wed 12 May, 09:00, Table 1" in words


def test_names_that_nobody_expects_fit_on_badges_and_cards(app: Flask, tmp_path: Path) -> None:
    scene = make_scene()
    agenda = load_edition(scene.publication).people()[0]
    for name in (
        "Ж" * 200,
        "x" * 200,
        "שלום עולם مرحبا",
        "😀👩‍👩‍👧‍👦" * 30,
        "<script>alert(1)</script>",
        "\u202eevil",
    ):
        hard = replace(agenda, subject=replace(agenda.subject, name=name, detail=name, role=name))
        (badges,) = handouts.badge_documents([hard] * 8, address=lambda _agenda: "https://x.org", locale="en")
        assert facts_of(make_pdf(badges, forum_id=scene.forum.id), tmp_path)["Pages"] == "1"
        (cards,) = handouts.card_documents([hard], locale="en")
        assert facts_of(make_pdf(cards, forum_id=scene.forum.id), tmp_path)["Pages"] == "1"
        (desk,) = handouts.desk_documents([hard] * 3, locale="en")
        make_pdf(desk, forum_id=scene.forum.id)


# The whole


def test_the_whole_is_one_file_in_order_with_bookmarks_in_two_levels(app: Flask, tmp_path: Path) -> None:
    scene = make_scene()
    packs = render_all(scene.publication).packs
    content = packs[Pack.WHOLE].read()
    pages = sum(
        int(facts_of(packs[pack].read(), tmp_path)["Pages"]) for pack in Pack if pack is not Pack.WHOLE
    )
    assert facts_of(content, tmp_path)["Pages"] == str(pages)
    with pikepdf.open(io.BytesIO(content)) as whole, whole.open_outline() as outline:
        assert [item.title for item in outline.root][:2] == ["Handing out at the desk", "Meetings by time"]
        agendas = next(item for item in outline.root if item.title == "All agendas in order of name")
        assert "Agenda of Eva Lindqvist" in str(agendas.children[0].title)
        page = pikepdf.Page(agendas.children[-1].destination[0]).index
    assert "Олена Коваленко" in pages_of(content, tmp_path)[page]


def test_a_new_version_prints_anew_only_what_changed(app: Flask) -> None:
    scene = make_scene()
    first = {each.title: each for each in render_all(scene.publication).documents[Pack.AGENDAS]}
    before = {title: document.digest for title, document in first.items()}
    second = render_all(move_one(scene))
    after = {each.title: each.digest for each in second.documents[Pack.AGENDAS]}
    changed = {title for title in after if after[title] != before[title]}
    assert {title.partition(" ·")[0] for title in changed} == {
        "Agenda of Jan Peeters",
        "Agenda of Eva Lindqvist",
    }


def test_without_interpreters_the_pack_is_complete_all_the_same(app: Flask) -> None:
    scene = make_scene()
    edition = load_edition(scene.publication)
    edition._by_interpreter.clear()
    made = render_all(scene.publication, edition=edition)
    assert Pack.ROSTERS not in made.packs
    assert ready_packs(scene.publication) == frozenset(Pack) - {Pack.ROSTERS}


def test_a_second_making_gives_the_same_whole(app: Flask) -> None:
    scene = make_scene()
    first = render_all(scene.publication).packs[Pack.WHOLE].read()
    assert render_all(scene.publication).packs[Pack.WHOLE].read() == first


def test_the_zip_has_files_by_name(app: Flask, client_for: SignIn, tmp_path: Path) -> None:
    scene = make_scene(name="Jan Peeters")
    client = client_for(make_staff(scene.forum))
    assert client.get("/f/brussels/print/pack.zip").status_code == 404
    render_all(scene.publication)
    response = client.get("/f/brussels/print/pack.zip")
    assert response.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(response.data)) as archive:
        assert archive.testzip() is None
        names = set(archive.namelist())
        company = archive.read("agendas/companies/Aerotec.pdf")
        calendar = archive.read("calendars/companies/Aerotec.ics")
    assert {"agendas/Jan_Peeters.pdf", "agendas/Jan_Peeters_2.pdf", "calendars/Eva_Lindqvist.ics"} <= names
    assert "Agenda of Aerotec" in facts_of(company, tmp_path)["Title"]
    assert len(by_libical(calendar)["events"]) == 2
    assert {f"{pack.value}.pdf" for pack in Pack} <= names


# Print again


def test_only_those_are_printed_again_whose_agenda_changed(
    app: Flask, client_for: SignIn, tmp_path: Path
) -> None:
    scene = make_scene()
    client = client_for(make_staff(scene.forum))
    second = drop_and_move(scene)
    # Olena, Taras, Eva have the moved meeting; Jan, Olena and the interpreter the dropped one.
    assert bundle.changed_since(second) == {1: 5}
    page = client.page("/f/brussels/print")
    assert "Already printed an earlier version? Print only what has changed." in page.links
    response = client.get(page.links["Changed since version 1"])
    words = text_of(response.data, tmp_path)
    assert all(name in words for name in ("Олена", "Taras", "Eva", "Jan"))
    assert client.get("/f/brussels/print/changed.pdf?since=2").status_code == 404
    assert client.get("/f/brussels/print/changed.pdf").status_code == 404


def test_who_holds_paper_of_a_version_that_was_gone_back_to_needs_no_other(
    app: Flask, client_for: SignIn, tmp_path: Path
) -> None:
    scene = make_scene()
    client = client_for(make_staff(scene.forum))
    drop_and_move(scene)
    go_back(scene)
    page = client.page("/f/brussels/print")
    assert "Changed since version 1 Nobody’s agenda has changed since then." in page.main
    assert "Changed since version 1" not in page.links
    assert client.get("/f/brussels/print/changed.pdf?since=1").status_code == 404
    words = text_of(client.get(page.links["Changed since version 2"]).data, tmp_path)
    assert all(name in words for name in ("Олена", "Taras", "Eva", "Jan"))


def test_rosters_and_tables_that_changed_are_printed_again_too(
    app: Flask, client_for: SignIn, tmp_path: Path
) -> None:
    scene = make_scene()
    client = client_for(make_staff(scene.forum))
    # The interpreted meeting at the first table is dropped; Kvant's other one goes to the fourth table.
    # The second table keeps its meeting.
    drop_and_move(scene)
    pages = pages_of(client.get("/f/brussels/print/changed.pdf?since=1").data, tmp_path)
    first, second, third, fourth = (table.label for table in tables_of(scene.forum)[:4])
    alone = {label: f"Brussels Industry Forum Table {label} " for label in (first, second, third, fourth)}
    found = {label for label, words in alone.items() if any(page.startswith(words) for page in pages)}
    assert found == {first, third, fourth}
    assert any(scene.interpreter.name in page and "No meetings" in page for page in pages)


def test_very_many_are_printed_again_from_the_pack_that_the_worker_makes(
    app: Flask, client_for: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(print_views, "WHILE_YOU_WAIT", 3)
    scene = make_scene()
    client = client_for(make_staff(scene.forum))
    second = drop_and_move(scene)  # four people have another agenda, and an interpreter another roster
    page = client.follow(client.get("/f/brussels/print/changed.pdf?since=1"))
    assert "Many people have another agenda (5). Press “Make them now” first" in page.text
    render_all(second)
    assert client.get("/f/brussels/print/changed.pdf?since=1").data.startswith(b"%PDF-")
    monkeypatch.setattr(print_views, "REPRINT_MOST", 3)
    page = client.follow(client.get("/f/brussels/print/changed.pdf?since=1"))
    assert "for one file (5). Print “All agendas in order of name” instead." in page.text


# By the worker


def test_many_agendas_are_made_by_the_worker_and_the_page_shows_how_far_it_is(
    app: Flask, client_for: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(print_views, "WHILE_YOU_WAIT", 1)
    scene = make_scene()
    client = client_for(make_staff(scene.forum))
    page = client.press(client.page("/f/brussels/print"), "Make them now")
    assert "Waiting for the worker" in page.main
    live = client.get("/f/brussels/print/live")
    assert "X-Live" not in live.headers
    looking_around.send("a worker", patient=True)
    assert client.get("/f/brussels/print/live").headers["X-Live"] == "done"
    page = client.page("/f/brussels/print")
    assert "Waiting" not in page.main
    assert client.get(page.links["Everything in one file"]).data.startswith(b"%PDF-")


def test_a_failed_job_is_shown_with_why(
    app: Flask, client_for: SignIn, monkeypatch: pytest.MonkeyPatch, no_rendering: Broken
) -> None:
    monkeypatch.setattr(print_views, "WHILE_YOU_WAIT", 1)
    scene = make_scene()
    client = client_for(make_staff(scene.forum))
    page = client.press(client.page("/f/brussels/print"), "Make them now")
    with no_rendering():
        looking_around.send("a worker", patient=True)
    page = client.page("/f/brussels/print")
    assert "could not be made" in page.main
    assert "Waiting for the worker" in client.press(page, "Try again").main
    assert PrintState.QUEUED  # asked for anew


def test_eighty_meetings_over_the_change_of_the_clocks_stay_readable(app: Flask, tmp_path: Path) -> None:
    scene = make_scene()
    agenda = load_edition(scene.publication).person(scene.olena.id)
    start = datetime(2027, 10, 30, 21, tzinfo=UTC)  # Brussels goes back an hour in this night
    many = tuple(
        replace(
            agenda.entries[0],
            starts_at=start + timedelta(minutes=10 * number),
            ends_at=start + timedelta(minutes=10 * number + 8),
        )
        for number in range(80)
    )
    document = agenda_document(replace(agenda, entries=many), locale="en", page_url="https://x.org")
    words = text_of(make_pdf(document, forum_id=scene.forum.id), tmp_path)
    assert "80 meetings" in words
    assert "02:20 (UTC+2)" in words
    assert "02:20 (UTC+1)" in words
    assert words.count("Jan Peeters") == 80


# Company agendas


def test_the_pack_has_the_companies_agendas_in_their_languages(app: Flask, tmp_path: Path) -> None:
    scene = make_scene()
    representative_of(scene.kvant).locale = "uk"
    db.session.commit()
    kept = render_all(scene.publication).packs[Pack.COMPANY_AGENDAS].read()
    pages = pages_of(kept, tmp_path)
    assert [
        page.startswith("Brussels Industry Forum " + name)
        for page, name in zip(
            pages, ("Aerotec EU", "Borealis; Steel, Ltd. EU", "Квант Динамікс UA"), strict=True
        )
    ] == [True] * 3
    assert "Wednesday 12 May 2027" in pages[0]
    assert "середа, 12 травня 2027 р." in pages[2]
    assert "Від нас: Олена Коваленко (CTO)" in pages[2]  # not the company that stands above already


def test_lists_name_the_version_that_changed_them_last(app: Flask, tmp_path: Path) -> None:
    scene = make_scene()
    packs = render_all(move_one(scene)).packs  # which changes nothing for the first of each list
    for pack in (Pack.DESK, Pack.COMPANIES):
        words = text_of(packs[pack].read(), tmp_path)
        assert "Last changed in version 2, published Mon 3 May 2027, 11:30" in words, pack
    morning, noon = pages_of(packs[Pack.TIMES].read(), tmp_path)
    assert "Last changed in version 1, published Sat 1 May 2027, 18:00" in morning
    assert "Last changed in version 2, published Mon 3 May 2027, 11:30" in noon


def test_a_company_whose_meetings_stay_keeps_its_sheet(app: Flask) -> None:
    scene = make_scene()
    before = {
        each.title: each.digest for each in render_all(scene.publication).documents[Pack.COMPANY_AGENDAS]
    }
    after = {each.title: each.digest for each in render_all(move_one(scene)).documents[Pack.COMPANY_AGENDAS]}
    same = {title.partition(" ·")[0] for title in after if after[title] == before[title]}
    assert same == {"Agenda of Квант Динамікс"}


def test_a_loose_sheet_says_of_which_day_its_first_meeting_is(app: Flask, tmp_path: Path) -> None:
    scene = make_scene()
    agenda = load_edition(scene.publication).person(scene.olena.id)
    days = [datetime(2027, 5, 12, 7, tzinfo=UTC), datetime(2027, 5, 13, 7, tzinfo=UTC)]
    entries = tuple(
        replace(
            agenda.entries[0],
            starts_at=day + timedelta(minutes=20 * number),
            ends_at=day + timedelta(minutes=20 * number + 15),
        )
        for day in days
        for number in range(14)
    )
    (times,) = times_documents(replace(agenda, entries=entries * 3), locale="en")
    long = replace(agenda, entries=entries)
    table = replace(long, subject=replace(agenda.subject, kind=SubjectKind.TABLE, name="12"))
    papers = {
        "Олена Коваленко · Wednesday 12 May": agenda_document(long, locale="en", page_url="https://x.org"),
        "Table 12 · Thursday 13 May": table_document(table, locale="en"),  # a new day on a new page
        "Meetings by time · Wednesday 12 May": times,
    }
    for words, document in papers.items():
        _first, second, *_rest = pages_of(make_pdf(document, forum_id=scene.forum.id), tmp_path)
        assert second.startswith(f"{words} 2027"), words
