"""Zones stand as the organiser put them, tables as they were typed: on screens, papers and in files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flask import Flask

from forum_scheduler.accounts.models import User
from forum_scheduler.agendas import data
from forum_scheduler.agendas.edition import load_edition
from forum_scheduler.agendas.pack import Pack, render_all
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.publishing.models import Publication
from tests.agendas.papers import pages_of, text_of
from tests.factories import (
    delegates_of,
    make_company,
    make_forum,
    make_meeting,
    make_publication,
    make_schedule,
    make_staff,
    slots_of,
    tables_of,
    zones_of,
)
from tests.pages import Visitor

SignIn = Callable[[User], Visitor]
IN_ORDER = ["2", "10", "11"]  # the first two in Zulu Hall, by the entrance; the last in Alpha Hall


def three_at_once() -> tuple[Forum, Publication]:
    """Tables 1-10 in Zulu Hall, 11-20 in Alpha Hall; three meetings in one slot, stored against the order."""
    forum = make_forum(slug="halls", tables=20)
    first, second = zones_of(forum)
    first.name, second.name = "Zulu Hall", "Alpha Hall"
    db.session.commit()
    at = {table.label: table for table in tables_of(forum)}
    places = []
    for label in reversed(IN_ORDER):
        pair = make_company(forum, side="ua"), make_company(forum, side="eu")
        people = [delegates_of(company)[0] for company in pair]
        places.append((make_meeting(between=pair), slots_of(forum)[0], at[label], people))
    return forum, make_publication(make_schedule(forum, *places))


def test_meetings_of_one_time_stand_in_the_order_of_the_halls(app: Flask) -> None:
    _forum, publication = three_at_once()
    whole = load_edition(publication).whole_forum()
    assert [entry.table for entry in whole.meetings] == IN_ORDER
    rows = data.schedule_csv(whole).decode("utf-8-sig").splitlines()[1:]
    assert [next(each for each in IN_ORDER if f",{each}," in row) for row in rows] == IN_ORDER


def test_moving_a_zone_moves_its_tables(app: Flask) -> None:
    forum, publication = three_at_once()
    first, second = zones_of(forum)
    first.position, second.position = 1, 0
    db.session.commit()
    whole = load_edition(publication).whole_forum()
    assert [entry.table for entry in whole.meetings] == ["11", "2", "10"]
    assert [hall.name for hall in whole.halls] == ["Alpha Hall", "Zulu Hall"]


def test_the_print_page_offers_tables_in_that_order(app: Flask, client_for: SignIn) -> None:
    forum, _publication = three_at_once()
    page = client_for(make_staff(forum)).page("/f/halls/print")
    assert page.main.index("Zulu Hall") < page.main.index("Alpha Hall")
    labels = page.main.split("Zulu Hall")[1].split("Alpha Hall")[0].split()
    assert labels == [str(number) for number in range(1, 11)]


def test_papers_are_in_that_order(app: Flask, tmp_path: Path) -> None:
    _forum, publication = three_at_once()
    packs = render_all(publication).packs
    tables = pages_of(packs[Pack.TABLES].read(), tmp_path)
    assert [page.split("Table ")[1].split()[0] for page in tables] == IN_ORDER
    cards = text_of(packs[Pack.CARDS].read(), tmp_path)
    assert cards.index("Zulu Hall") < cards.index("Alpha Hall")
