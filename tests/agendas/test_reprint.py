"""Which papers a version makes anew, and which of an earlier one are wrong: those it changed, no others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from forum_scheduler.agendas import bundle, desk, handouts, pdf
from forum_scheduler.agendas.edition import load_edition
from forum_scheduler.agendas.outdated import Outdated, outdated_since
from forum_scheduler.agendas.pack import Pack, pack_documents, render_all
from forum_scheduler.agendas.pdf import Paper
from forum_scheduler.clock import frozen_at
from forum_scheduler.companies.models import Company, Delegate
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum, Interpreter
from forum_scheduler.publishing.models import Publication
from forum_scheduler.publishing.services import publish
from forum_scheduler.requests.models import Meeting
from forum_scheduler.scheduling.models import Schedule
from tests.agendas.papers import text_of
from tests.factories import (
    blocks_of,
    delegates_of,
    make_company,
    make_delegate,
    make_forum,
    make_interpreter,
    make_meeting,
    make_schedule,
    slots_of,
    tables_of,
)
from tests.queries import count_queries

laid_out = pytest.mark.databases("sqlite")  # what is asked of the database is tested on both
FIRST_DAY = datetime(2027, 5, 1, 8, tzinfo=UTC)
NOON = 4  # the first slot of the second block
BY_TIME = "Meetings by time · Wednesday 12 May 2027 · "
Place = tuple[int, int] | None  # (slot, table); None: no place


@dataclass(kw_only=True)
class Hall:
    """Hub meets Near and Far, each with an interpreter, and in the second block Other meets Else without."""

    forum: Forum
    companies: dict[str, Company]
    meetings: tuple[Meeting, Meeting, Meeting]
    iryna: Interpreter
    pavlo: Interpreter
    days: int = 0

    def publish(
        self, *places: Place, by: tuple[Interpreter, Interpreter] | None = None, preliminary: bool = False
    ) -> Publication:
        """The next version, a day after the last: the three meetings' places, and who interprets at two."""
        slots, tables = slots_of(self.forum), tables_of(self.forum)
        helpers = by or (self.iryna, self.pavlo)
        placed = [
            (meeting, slots[place[0]], tables[place[1]], self._people(meeting))
            for meeting, place in zip(self.meetings, places, strict=True)
            if place is not None
        ]
        schedule = make_schedule(
            self.forum,
            *placed,
            interpreters={
                meeting: helper
                for meeting, helper, place in zip(self.meetings, helpers, places, strict=False)
                if place is not None
            },
        )
        return self.again(schedule, preliminary=preliminary)

    def again(self, schedule: Schedule, *, preliminary: bool = False) -> Publication:
        """The next version, with a schedule that is there already."""
        self.days += 1
        with frozen_at(FIRST_DAY + timedelta(days=self.days)):
            return publish(schedule, by=None, preliminary=preliminary)

    def back_to(self, publication: Publication) -> Publication:
        return self.again(db.session.get_one(Schedule, publication.schedule_id))

    def _people(self, meeting: Meeting) -> list[Delegate]:
        names = dict(zip(self.meetings, (("Hub", "Near"), ("Hub", "Far"), ("Other", "Else")), strict=True))
        return [delegates_of(self.companies[name])[0] for name in names[meeting]]

    def table(self, number: int) -> int:
        return tables_of(self.forum)[number].id

    def person(self, name: str) -> int:
        return delegates_of(self.companies[name])[0].id


@pytest.fixture
def hall(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Hall:
    """Each company and person has a part of each list to itself."""
    monkeypatch.setattr(pdf, "COMPANIES_A_PART", 1)
    monkeypatch.setattr(handouts, "PEOPLE_A_PART", 1)
    forum = make_forum(name="Testforum", interpreters=0)
    for block, name in zip(blocks_of(forum), ("Morning", "Noon"), strict=True):
        block.name = name
    names = ("Hub", "Near", "Far", "Other", "Else")
    found = {name: make_company(forum, name, delegates=0) for name in names}
    for name, company in found.items():
        make_delegate(company, f"{name} Person")
    return Hall(
        forum=forum,
        companies=found,
        meetings=(
            make_meeting(between=[found["Hub"], found["Near"]], interpret=["en", "uk"]),
            make_meeting(between=[found["Hub"], found["Far"]], interpret=["en", "uk"]),
            make_meeting(between=[found["Other"], found["Else"]]),
        ),
        iryna=make_interpreter(forum, name="Iryna"),
        pavlo=make_interpreter(forum, name="Pavlo"),
    )


def papers(publication: Publication) -> dict[str, str]:
    """Everything that the pack of the newest version has: title -> digest."""
    edition = load_edition(publication)
    documents = [document for pack in Pack for document in pack_documents(edition, pack)]
    found = {document.title.removesuffix(" · Testforum"): document.digest for document in documents}
    assert len(found) == len(documents)
    return found


def made_anew(before: dict[str, str], after: dict[str, str]) -> set[str]:
    """Titles of what is to be laid out when all of ``before`` is there."""
    return {title for title, digest in after.items() if digest not in before.values()}


def of_people(*names: str) -> set[str]:
    """All papers on which these people and their companies stand by themselves."""
    return {
        title
        for name in names
        for title in (
            f"Agenda of {name}",
            f"Agenda of {name} Person",
            f"Meetings by company · {name} – {name}",
            f"Handing out at the desk · {name} Person",
        )
    }


def of_interpreters(*names: str) -> set[str]:
    return {title for name in names for title in (f"Roster of {name}", f"Handing out at the desk · {name}")}


def foot_of_table(hall: Hall, publication: Publication, number: int, folder: Path) -> str:
    """The words of a table's schedule."""
    table = hall.table(number)
    agenda = load_edition(publication, table_id=table).table(table)
    document = pdf.table_document(agenda, locale="en")
    return text_of(pdf.make_pdf(document, forum_id=hall.forum.id), folder)


# The papers of a new version


def test_a_meeting_at_another_table_makes_anew_what_says_so_and_nothing_else(hall: Hall) -> None:
    first = papers(hall.publish((0, 0), (1, 0), (NOON, 2)))
    second = papers(hall.publish((0, 1), (1, 0), (NOON, 2)))
    tables = {"Schedule of table 1", "Schedule of table 2"}
    people = of_people("Hub", "Near") | of_interpreters("Iryna")
    assert made_anew(first, second) == people | tables | {BY_TIME + "Morning"}


def test_another_interpreter_makes_anew_both_rosters_and_what_names_them(hall: Hall) -> None:
    first = papers(hall.publish((0, 0), (1, 0), (NOON, 2), by=(hall.iryna, hall.iryna)))
    second = papers(hall.publish((0, 0), (1, 0), (NOON, 2), by=(hall.pavlo, hall.iryna)))
    assert made_anew(first, second) == {
        *of_people("Hub", "Near"),
        *of_interpreters("Iryna", "Pavlo"),
        "Schedule of table 1",
        BY_TIME + "Morning",
        "Badges · Else Person – Pavlo",  # who comes now, too
    }


def test_what_an_earlier_version_changed_is_not_made_anew_by_the_next(hall: Hall) -> None:
    hall.publish((0, 0), (1, 0), (NOON, 2))
    second = papers(hall.publish((0, 0), (1, 1), (NOON, 2)))
    third = papers(hall.publish((0, 0), (1, 1), (NOON, 3)))
    assert made_anew(second, third) == {
        *of_people("Other", "Else"),
        "Schedule of table 4",
        BY_TIME + "Noon",
    }


@laid_out
def test_only_what_is_new_is_laid_out(hall: Hall) -> None:
    render_all(hall.publish((0, 0), (1, 0), (NOON, 2)))
    second = render_all(hall.publish((0, 1), (1, 0), (NOON, 2)))
    assert second.made == 4 + 4 + 2 + 2 + 1  # two companies with a person each, a roster, two tables, a list


def test_lists_stay_the_same_beside_somebody_who_lost_the_last_meeting(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handouts, "PEOPLE_A_PART", 2)  # in order: Else and Far, Hub and Iryna, Near and ...
    first = papers(hall.publish((0, 0), (1, 0), (NOON, 2)))
    second = papers(hall.publish((0, 0), None, (NOON, 2)))
    lists = {title for title in made_anew(first, second) if title.startswith("Handing out")}
    desk_list = "Handing out at the desk · "
    assert lists == {desk_list + "Else Person", desk_list + "Hub Person – Iryna"}
    assert desk_list + "Near Person – Other Person" in second
    assert not any("Far" in title for title in second)


def test_paper_of_one_table_is_that_of_the_pack(hall: Hall) -> None:
    hall.publish((0, 0), (1, 0), (NOON, 2))
    second = hall.publish((0, 1), (1, 0), (NOON, 2))
    for number in (0, 1, 2):
        table = hall.table(number)
        alone = pdf.table_document(load_edition(second, table_id=table).table(table), locale="en")
        assert alone.digest == papers(second)[f"Schedule of table {number + 1}"]


@laid_out
def test_a_table_s_paper_names_the_version_that_changed_it_last(hall: Hall, tmp_path: Path) -> None:
    hall.publish((0, 0), (1, 0), (NOON, 2))
    hall.publish((0, 1), (1, 0), (NOON, 2))
    third = hall.publish((0, 3), (1, 0), (NOON, 2))
    assert "Last changed in version 2," in foot_of_table(hall, third, 0, tmp_path)  # lost a meeting then
    lost = foot_of_table(hall, third, 1, tmp_path)
    assert "No meetings in this version." in lost
    assert "Last changed in version 3," in lost
    assert "Last changed in version 1," in foot_of_table(hall, third, 2, tmp_path)
    assert "Last changed in version 3," in foot_of_table(hall, third, 3, tmp_path)


def test_going_back_is_a_change_like_any_other(hall: Hall, tmp_path: Path) -> None:
    one = hall.publish((0, 0), (1, 0), (NOON, 2))
    first = papers(one)
    second = papers(hall.publish((0, 1), (1, 0), (NOON, 2)))
    again = hall.back_to(one)
    third = papers(again)
    people = of_people("Hub", "Near") | of_interpreters("Iryna")
    expected = people | {"Schedule of table 1", BY_TIME + "Morning"}
    assert made_anew(second, third) == expected
    assert made_anew(first, third) == expected  # else paper of version 2 would look like the newer one
    assert "Last changed in version 3," in foot_of_table(hall, again, 0, tmp_path)
    assert "Last changed in version 3," in foot_of_table(hall, again, 1, tmp_path)
    assert "Last changed in version 1," in foot_of_table(hall, again, 2, tmp_path)


@laid_out
def test_what_is_preliminary_says_so_and_stays_the_same_sheet(hall: Hall, tmp_path: Path) -> None:
    one = hall.publish((0, 0), (1, 0), (NOON, 2), preliminary=True)
    assert "Preliminary; last changed in version 1," in foot_of_table(hall, one, 0, tmp_path)
    first = papers(one)
    two = hall.publish((0, 1), (1, 0), (NOON, 2), preliminary=True)
    assert "Schedule of table 3" not in made_anew(first, papers(two))
    final = hall.again(db.session.get_one(Schedule, two.schedule_id))
    words = foot_of_table(hall, final, 0, tmp_path)
    assert "Last changed in version 2," in words
    assert "Preliminary" not in words


# Which papers of an earlier version are wrong


def test_paper_is_wrong_of_those_whose_schedule_differs(hall: Hall) -> None:
    hall.publish((0, 0), (1, 0), (NOON, 2))
    hall.publish((0, 1), (1, 0), (NOON, 2))
    third = hall.publish((0, 1), (1, 0), (NOON, 3))
    evening = {hall.person("Other"), hall.person("Else")}
    assert outdated_since(third) == {
        2: Outdated(people=frozenset(evening), tables=frozenset({hall.table(2), hall.table(3)})),
        1: Outdated(
            people=frozenset({hall.person("Hub"), hall.person("Near"), *evening}),
            tables=frozenset(hall.table(number) for number in range(4)),
            interpreters=frozenset({hall.iryna.id}),
        ),
    }


def test_who_is_replaced_and_who_comes_instead_hold_wrong_paper(hall: Hall) -> None:
    hall.publish((0, 0), (1, 0), (NOON, 2), by=(hall.iryna, hall.iryna))
    second = hall.publish((0, 0), (1, 0), (NOON, 2), by=(hall.pavlo, hall.iryna))
    assert outdated_since(second)[1] == Outdated(
        people=frozenset({hall.person("Hub"), hall.person("Near")}),
        tables=frozenset({hall.table(0)}),
        interpreters=frozenset({hall.iryna.id, hall.pavlo.id}),
    )


def test_what_went_away_and_came_back_leaves_the_first_paper_right(hall: Hall) -> None:
    hall.publish((0, 0), (1, 0), (NOON, 2))
    hall.publish((0, 1), (1, 0), (NOON, 3))
    third = hall.publish((0, 0), (1, 0), (NOON, 3))  # back for Hub and Near, not for Other and Else
    evening = frozenset({hall.person("Other"), hall.person("Else")})
    morning = frozenset({hall.person("Hub"), hall.person("Near")})
    found = outdated_since(third)
    assert (found[2].people, found[1].people) == (morning, evening)
    assert found[1].tables == {hall.table(2), hall.table(3)}
    assert found[1].interpreters == frozenset()
    assert bundle.changed_since(third) == {2: 3, 1: 2}
    assert bundle.changed_since(third, most=1) == {2: 3}
    names = [each.name for each in desk.changed_people(third, since=1)]
    assert names == ["Else Person", "Other Person"]
    names = [each.name for each in desk.changed_people(third, since=2)]
    assert names == ["Hub Person", "Iryna", "Near Person"]


def test_a_meeting_that_came_and_was_dropped_again_leaves_the_first_paper_right(hall: Hall) -> None:
    hall.publish((0, 0), (1, 0), None)
    hall.publish((0, 0), (1, 0), (NOON, 2))
    third = hall.publish((0, 0), (1, 0), None)
    assert outdated_since(third) == {
        2: Outdated(
            people=frozenset({hall.person("Other"), hall.person("Else")}),
            tables=frozenset({hall.table(2)}),
        ),
        1: Outdated(),
    }


def test_another_title_makes_every_earlier_paper_wrong(hall: Hall) -> None:
    first = hall.publish((0, 0), (1, 0), (NOON, 2))
    hall.meetings[2].title = "Radar masts"
    db.session.commit()
    second = hall.back_to(first)
    assert outdated_since(second)[1] == Outdated(
        people=frozenset({hall.person("Other"), hall.person("Else")}),
        tables=frozenset({hall.table(2)}),
    )


@laid_out
def test_the_file_of_wrong_papers_has_those_alone(hall: Hall, tmp_path: Path) -> None:
    hall.publish((0, 0), (1, 0), (NOON, 2))
    hall.publish((0, 1), (1, 0), (NOON, 3))
    third = hall.publish((0, 0), (1, 0), (NOON, 3))
    content = bundle.reprint(third, since=1, locale="en", paper=Paper.A4)
    assert content is not None
    words = text_of(content, tmp_path)
    assert "Other Person" in words
    assert "Near Person" not in words
    assert bundle.reprint(third, since=3, locale="en", paper=Paper.A4) is None
    assert bundle.reprint(third, since=0, locale="en", paper=Paper.A4) is None


def test_the_number_of_queries_does_not_grow_with_the_versions(hall: Hall) -> None:
    hall.publish((0, 0), (1, 0), (NOON, 2))
    second = hall.publish((0, 1), (1, 0), (NOON, 2))
    with count_queries() as few:
        load_edition(second)
        outdated_since(second)
    for version in range(6):
        last = hall.publish((0, version % 2), (1, 2), (NOON, 3 - version % 2))
    with count_queries() as many:
        load_edition(last)
        assert len(outdated_since(last)) == 7
    assert many.count <= few.count
