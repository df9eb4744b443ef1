"""The desk in the hall: who stands there, where they must be, and what is printed for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

from forum_scheduler.accounts.models import StaffRole, User
from forum_scheduler.agendas import desk
from forum_scheduler.clock import frozen_at
from forum_scheduler.companies.models import CompanyStatus
from forum_scheduler.spelling import readable
from tests.agendas.factories import Scene, drop_and_move, go_back, make_scene
from tests.agendas.papers import pages_of
from tests.factories import (
    make_company,
    make_delegate,
    make_forum,
    make_staff,
    tables_of,
)
from tests.pages import Visitor
from tests.queries import count_queries

SignIn = Callable[[User], Visitor]
BETWEEN = datetime(2027, 5, 12, 7, 22, tzinfo=UTC)  # 09:22 in Brussels: one meeting is over, one to come


@pytest.fixture
def scene(app: Flask) -> Scene:
    return make_scene()


@pytest.fixture
def at_desk(scene: Scene, client_for: SignIn) -> Visitor:
    return client_for(make_staff(scene.forum, StaffRole.DESK))


def names(scene: Scene, text: str) -> list[str]:
    return [each.name for each in desk.search(scene.forum.id, text).people]


class TestFinding:
    @pytest.mark.parametrize(
        "text", ["олена", "Olena", "OLENA kovalenko", "kovalenk", "Kvant olena", "Olenna"]
    )
    def test_a_person_is_found_as_they_say_their_name(self, scene: Scene, text: str) -> None:
        assert names(scene, text) == ["Олена Коваленко"]

    @pytest.mark.parametrize("text", ["лук'яненко", "лукяненко", "Lukianenko", "o’neil", "oneil"])
    def test_an_apostrophe_need_not_be_typed(self, scene: Scene, text: str) -> None:
        make_delegate(make_company(scene.forum, "Vyrii"), "Лук’яненко O'Neil")
        assert names(scene, text) == ["Лук’яненко O'Neil"]

    def test_all_words_have_to_fit(self, scene: Scene) -> None:
        assert names(scene, "Olena Aerotec") == []

    def test_a_company_brings_its_people_and_names_go_before_it(self, scene: Scene) -> None:
        make_delegate(scene.aerotec, "Kvanta Ruiz")
        found = desk.search(scene.forum.id, "kvant")
        assert [each.name for each in found.people] == ["Kvanta Ruiz", "Taras Shevchuk", "Олена Коваленко"]
        assert [each.name for each in found.companies] == ["Квант Динамікс"]

    def test_an_interpreter_is_found_too(self, scene: Scene) -> None:
        assert scene.interpreter.name in names(scene, scene.interpreter.name)

    @pytest.mark.parametrize("text", ["2", "table 2", "Table 2"])
    def test_a_table_is_found_by_just_its_label(self, scene: Scene, text: str) -> None:
        assert [each.name for each in desk.search(scene.forum.id, text).tables] == ["2"]

    @pytest.mark.parametrize("text", ["", " ", "table", "%", "'; --", "\x00", "…" * 300])
    def test_what_names_nobody_finds_nobody(self, scene: Scene, text: str) -> None:
        assert not desk.search(scene.forum.id, text).any

    def test_nobody_of_another_forum_is_found(self, scene: Scene) -> None:
        make_delegate(make_company(make_forum(), "Elsewhere"), "Olena Elsewhere")
        assert names(scene, "olena") == ["Олена Коваленко"]

    def test_of_very_many_the_best_are_named_and_the_others_counted(self, scene: Scene) -> None:
        for number in range(desk.MOST + 3):
            make_delegate(scene.aerotec, f"Anna {number:02}")
        found = desk.search(scene.forum.id, "anna")
        assert (len(found.people), found.more) == (desk.MOST, 3)


class TestThePage:
    def test_it_says_where_somebody_must_be_now_and_next(self, at_desk: Visitor) -> None:
        with frozen_at(datetime(2027, 5, 12, 7, 5, tzinfo=UTC)):
            page = at_desk.page("/f/brussels/desk?q=olena")
        assert "CTO, Квант Динамікс / Kvant Dynamiks" in page.main
        assert "Now, until 09:20 Table 1, Hall A: Aerotec" in page.main
        assert "Next, 09:25 Table 3, Hall B: Borealis; Steel, Ltd." in page.main

    def test_another_day_is_named(self, at_desk: Visitor) -> None:
        with frozen_at(datetime(2027, 5, 11, 7, 5, tzinfo=UTC)):
            page = at_desk.page("/f/brussels/desk?q=olena")
        assert "Next, Wed 12 May, 09:00 Table 1" in page.main

    def test_who_has_no_meeting_left_is_told_so(self, scene: Scene, at_desk: Visitor) -> None:
        make_delegate(scene.aerotec, "Olena Late")
        with frozen_at(datetime(2027, 5, 13, 7, 5, tzinfo=UTC)):
            page = at_desk.page("/f/brussels/desk?q=olena")
        assert "No more meetings." in page.main
        assert "No meetings in this version." in page.main

    def test_a_table_and_an_interpreter_say_whom_they_have(self, scene: Scene, at_desk: Visitor) -> None:
        with frozen_at(datetime(2027, 5, 12, 7, 5, tzinfo=UTC)):
            table = at_desk.page("/f/brussels/desk?q=1")
            helper = at_desk.page(f"/f/brussels/desk?q={scene.interpreter.name}")
        assert "Now, until 09:20 Квант Динамікс / Kvant Dynamiks × Aerotec" in table.main
        assert "Now, until 09:20 Table 1, Hall A: Квант Динамікс / Kvant Dynamiks × Aerotec" in helper.main

    def test_who_comes_from_a_company_that_is_not_admitted_is_found_and_marked(
        self, scene: Scene, at_desk: Visitor
    ) -> None:
        applied = make_company(scene.forum, "Newcomer", status=CompanyStatus.APPLIED, delegates=0)
        make_delegate(applied, "Nora New")
        assert "Company not approved" in at_desk.page("/f/brussels/desk?q=nora").main
        assert "Company not approved" not in at_desk.page("/f/brussels/desk?q=olena").main

    def test_nobody_found_keeps_what_was_typed(self, at_desk: Visitor) -> None:
        page = at_desk.page("/f/brussels/desk?q=Zebulon")
        assert "Nobody and nothing of that name" in page.main
        assert page.by_id("f-q").get("value") == "Zebulon"

    def test_before_a_version_people_are_found_without_places(self, app: Flask, client_for: SignIn) -> None:
        forum = make_forum(slug="new")
        make_delegate(make_company(forum), "Olena Early")
        page = client_for(make_staff(forum, StaffRole.DESK)).page("/f/new/desk?q=olena")
        assert "Nothing is published yet" in page.main
        assert "Olena Early" in page.links
        assert not any("Badge" in link for link in page.links)

    def test_it_takes_as_many_queries_for_many_as_for_one(self, scene: Scene, at_desk: Visitor) -> None:
        def queries(text: str) -> int:
            with count_queries() as statements:
                at_desk.page(f"/f/brussels/desk?q={text}")
            return statements.count

        assert queries("olena") == queries("kvant")


class TestChanges:
    def test_a_first_version_has_changed_nobodys_agenda(self, at_desk: Visitor) -> None:
        page = at_desk.page("/f/brussels/desk")
        assert "Whose agenda has changed" not in page.main
        assert "Once another version is published" in page.main

    def test_those_whose_paper_is_out_of_date_are_named_and_printed_in_one_click(
        self, scene: Scene, at_desk: Visitor, tmp_path: Path
    ) -> None:
        untouched = make_delegate(scene.aerotec, "Untouched One")
        drop_and_move(scene)
        page = at_desk.page("/f/brussels/desk")
        assert "since version 1 5" in page.main
        for person in (scene.olena, scene.taras, scene.jan, scene.eva, scene.interpreter):
            assert readable(person.name, "en") in page.links
        assert readable(untouched.name, "en") not in page.links
        assert "Changed in version 2" in page.main
        words = " ".join(pages_of(at_desk.get(page.links["Print all of these"]).data, tmp_path))
        assert "Олена" in words
        assert "Untouched" not in words

    def test_paper_of_a_version_that_was_gone_back_to_is_right_again(
        self, scene: Scene, at_desk: Visitor
    ) -> None:
        drop_and_move(scene)
        go_back(scene)
        page = at_desk.page("/f/brussels/desk?since=1")
        assert "since version 2 5 since version 1 0" in page.main
        assert "Nobody’s agenda has changed since then." in page.main
        assert "Print all of these" not in page.links
        assert "Taras Shevchuk" not in page.links
        assert "Taras Shevchuk" in at_desk.page("/f/brussels/desk?since=2").links

    def test_a_version_that_is_not_there_is_taken_for_the_one_before(
        self, scene: Scene, at_desk: Visitor
    ) -> None:
        drop_and_move(scene)
        assert "Taras Shevchuk" in at_desk.page("/f/brussels/desk?since=77&page=9").links


class TestPapers:
    def test_agenda_and_badge_of_who_stands_there(self, at_desk: Visitor, tmp_path: Path) -> None:
        page = at_desk.page("/f/brussels/desk?q=olena")
        called = "Олена Коваленко / Olena Kovalenko"
        agenda = pages_of(at_desk.get(page.links[f"PDF: {called}"]).data, tmp_path)
        assert "Олена Коваленко" in agenda[0]
        (badge,) = pages_of(at_desk.get(page.links[f"Badge: {called}"]).data, tmp_path)
        assert "Олена Коваленко Olena Kovalenko Квант Динамікс / Kvant Dynamiks CTO" in badge
        assert "Taras" not in badge

    def test_an_interpreters_badge(self, scene: Scene, at_desk: Visitor, tmp_path: Path) -> None:
        page = at_desk.page(f"/f/brussels/desk?q={scene.interpreter.name}")
        (badge,) = pages_of(at_desk.get(page.links[f"Badge: {scene.interpreter.name}"]).data, tmp_path)
        assert scene.interpreter.name in badge

    def test_the_pack_is_made_and_fetched_at_the_desk(self, at_desk: Visitor) -> None:
        page = at_desk.press(at_desk.page("/f/brussels/print"), "Make them now")
        assert at_desk.get(page.links["Handing out at the desk"]).data.startswith(b"%PDF-")

    def test_only_what_the_desk_may_open_is_offered(self, scene: Scene, at_desk: Visitor) -> None:
        table = tables_of(scene.forum)[0]
        paths = (
            "print",
            f"delegates/{scene.olena.id}/agenda",
            f"companies/{scene.kvant.id}/agenda",
            f"interpreters/{scene.interpreter.id}/agenda",
            f"tables/{table.id}/schedule",
        )
        for path in paths:
            page = at_desk.page(f"/f/brussels/{path}")
            for label, link in page.links.items():
                if link.startswith("/f/"):
                    assert at_desk.get(link).status_code in (200, 302, 303), f"{label} on {path}"
