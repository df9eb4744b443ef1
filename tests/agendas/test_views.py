"""Pages, downloads and the private feed, as browsers and calendar programs ask for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import func, select

from forum_scheduler.accounts.models import StaffRole, User
from forum_scheduler.agendas import feeds
from forum_scheduler.agendas.pack import Pack, render_all
from forum_scheduler.clock import frozen_at
from forum_scheduler.errors import NotFound
from forum_scheduler.extensions import db
from forum_scheduler.publishing.models import FeedToken
from forum_scheduler.requests.models import Meeting, Party, RequestState
from tests.agendas.factories import drop_and_move, make_scene
from tests.agendas.papers import Broken
from tests.agendas.readers import by_libical
from tests.factories import (
    interpreters_of,
    make_company,
    make_delegate,
    make_forum,
    make_request,
    make_staff,
    make_user,
    representative_of,
    tables_of,
)
from tests.pages import Visitor
from tests.queries import count_queries

SignIn = Callable[[User], Visitor]


class TestAgendaPages:
    def test_during_the_forum_the_page_says_where_to_be_now(self, app: Flask, client_for: SignIn) -> None:
        user = make_user()
        scene = make_scene(olena=user)
        url = f"/f/brussels/delegates/{scene.olena.id}/agenda"
        with frozen_at(datetime(2027, 5, 12, 7, 5, tzinfo=UTC)):
            page = client_for(user).page(url)
        assert page.h1 == "Agenda of Олена Коваленко"
        head = page.main.split("Wednesday 12 May 2027")[0]
        assert "Now" in head
        assert "09:00–09:20 Table 1 Hall A Aerotec" in head
        assert "Offers: Radar. Needs: Drones" in page.main
        assert "Interpreter:" in page.main
        assert "Version 1, published Sat 1 May 2027, 18:00" in page.main

    def test_between_meetings_it_says_where_to_be_next(self, app: Flask, client_for: SignIn) -> None:
        user = make_user()
        scene = make_scene(olena=user)
        with frozen_at(datetime(2027, 5, 12, 7, 22, tzinfo=UTC)):
            page = client_for(user).page(f"/f/brussels/delegates/{scene.olena.id}/agenda")
        assert "Next meeting: Wed 12 May 09:25–09:45 Table 3 Hall B Borealis; Steel, Ltd." in page.main

    def test_after_the_forum_only_the_list_stays(self, app: Flask, client_for: SignIn) -> None:
        user = make_user()
        scene = make_scene(olena=user)
        with frozen_at(datetime(2027, 5, 13, 7, 22, tzinfo=UTC)):
            page = client_for(user).page(f"/f/brussels/delegates/{scene.olena.id}/agenda")
        assert "Next meeting" not in page.main
        assert "09:25" in page.main

    def test_cancelled_meetings_are_told(self, app: Flask, client_for: SignIn) -> None:
        user = make_user()
        scene = make_scene(olena=user)
        drop_and_move(scene)
        page = client_for(user).page(f"/f/brussels/delegates/{scene.olena.id}/agenda")
        assert "No longer in this agenda" in page.main
        assert "Wed 12 May, 09:00–09:20" in page.main.split("No longer in this agenda", 1)[1]

    def test_what_the_newest_version_brought_is_marked(self, app: Flask, client_for: SignIn) -> None:
        user = make_user()
        scene = make_scene(olena=user)
        url = f"/f/brussels/delegates/{scene.olena.id}/agenda"
        client = client_for(user)
        assert "New or changed" not in client.page(url).main  # the first version: all is new
        drop_and_move(scene)
        assert "New or changed in version 2" in client.page(url).main
        jan = client_for(make_staff(scene.forum)).page(f"/f/brussels/delegates/{scene.jan.id}/agenda")
        assert "New or changed" not in jan.main  # what he still has stayed as it was

    def test_before_the_first_version_the_page_says_what_will_be_here(
        self, app: Flask, client_for: SignIn
    ) -> None:
        user = make_user()
        forum = make_forum(slug="early")
        delegate = make_delegate(make_company(forum), "Olena", user=user)
        client = client_for(user)
        page = client.page(f"/f/early/delegates/{delegate.id}/agenda")
        assert "Nothing is published yet" in page.main
        assert client.get(f"/f/early/delegates/{delegate.id}/agenda.ics").status_code == 404
        assert client.get(f"/f/early/delegates/{delegate.id}/agenda.pdf").status_code == 404
        assert "Nothing is published yet" in client.page(f"/f/early/delegates/{delegate.id}/take-along").main

    def test_my_agenda_leads_each_to_their_own(self, app: Flask, client_for: SignIn) -> None:
        user, helper = make_user(), make_user()
        scene = make_scene(olena=user)
        interpreters_of(scene.forum)[0].user_id = helper.id
        db.session.commit()
        organiser = make_staff(scene.forum)
        for who, target in (
            (user, f"/delegates/{scene.olena.id}/agenda"),
            (helper, f"/interpreters/{scene.interpreter.id}/agenda"),
            (representative_of(scene.aerotec), f"/companies/{scene.aerotec.id}/agenda"),
            (organiser, "/print"),
        ):
            response = client_for(who).get("/f/brussels/agenda")
            assert response.headers["Location"] == f"/f/brussels{target}"
        assert client_for(make_user()).get("/f/brussels/agenda").status_code == 404

    def test_who_comes_for_two_companies_chooses(self, app: Flask, client_for: SignIn) -> None:
        user = make_user()
        scene = make_scene(olena=user)
        make_delegate(scene.borealis, "Olena again", user=user)
        page = client_for(user).page("/f/brussels/agenda")
        assert {"Квант Динамікс", "Borealis; Steel, Ltd."} <= set(page.links)

    def test_a_company_sees_all_its_meetings_and_its_people(self, app: Flask, client_for: SignIn) -> None:
        scene = make_scene()
        page = client_for(representative_of(scene.kvant)).page(
            f"/f/brussels/companies/{scene.kvant.id}/agenda"
        )
        assert "From us: Олена Коваленко (CTO), Taras Shevchuk" in page.main
        assert "Taras Shevchuk" in page.links

    def test_who_meets_reads_what_the_companies_wrote_to_each_other(
        self, app: Flask, client_for: SignIn
    ) -> None:
        user = make_user()
        scene = make_scene(olena=user)
        request = make_request(
            scene.aerotec,
            scene.kvant,
            state=RequestState.ACCEPTED,
            message="We need <b>radars</b>.",
            answer_message="Bring drawings.",
        )
        first = db.session.scalars(
            select(Meeting).join(Party).where(Party.company_id == scene.aerotec.id).order_by(Meeting.id)
        ).first()
        assert first is not None
        first.request_id = request.id
        db.session.commit()
        theirs = "They write: “We need <b>radars</b>.” You wrote: “Bring drawings.”"
        for who, page in (
            (user, f"delegates/{scene.olena.id}"),
            (representative_of(scene.kvant), f"companies/{scene.kvant.id}"),
        ):
            assert theirs in client_for(who).page(f"/f/brussels/{page}/agenda").main
        other = client_for(representative_of(scene.aerotec))
        page = other.page(f"/f/brussels/companies/{scene.aerotec.id}/agenda").main
        assert "They write: “Bring drawings.” You wrote: “We need <b>radars</b>.”" in page
        organiser = client_for(make_staff(scene.forum))
        assert "radars" not in organiser.page(f"/f/brussels/companies/{scene.kvant.id}/agenda").main

    def test_an_interpreter_sees_both_companies_and_the_languages(
        self, app: Flask, client_for: SignIn
    ) -> None:
        scene = make_scene()
        page = client_for(make_staff(scene.forum)).page(
            f"/f/brussels/interpreters/{scene.interpreter.id}/agenda"
        )
        assert "Квант Динамікс / Kvant Dynamiks × Aerotec" in page.main
        assert "English–Ukrainian" in page.main

    def test_a_table_shows_who_sits_there_when(self, app: Flask, client_for: SignIn) -> None:
        scene = make_scene()
        table = tables_of(scene.forum)[1]
        desk = make_staff(scene.forum, StaffRole.DESK)
        page = client_for(desk).page(f"/f/brussels/tables/{table.id}/schedule")
        assert page.h1 == "Schedule of table 2"
        assert "Steel for radar masts: Aerotec × Borealis; Steel, Ltd." in page.main

    def test_others_are_told_that_there_is_no_such_page(self, app: Flask, client_for: SignIn) -> None:
        scene = make_scene()
        stranger = client_for(representative_of(scene.aerotec))
        for path in (
            f"delegates/{scene.olena.id}/agenda",
            f"delegates/{scene.olena.id}/agenda.ics",
            f"delegates/{scene.olena.id}/agenda.pdf",
            f"delegates/{scene.olena.id}/take-along",
            f"companies/{scene.kvant.id}/agenda",
            f"interpreters/{scene.interpreter.id}/agenda",
            f"tables/{tables_of(scene.forum)[0].id}/schedule",
            "print",
            "print/agendas.pdf",
            "schedule.xlsx",
        ):
            assert stranger.get(f"/f/brussels/{path}").status_code == 404, path
        assert stranger.post(f"/f/brussels/delegates/{scene.olena.id}/feed").status_code == 404


class TestDownloads:
    def test_a_calendar_file_is_a_download_with_a_readable_name(self, app: Flask, client_for: SignIn) -> None:
        user = make_user()
        scene = make_scene(olena=user)
        client = client_for(user)
        url = f"/f/brussels/delegates/{scene.olena.id}/agenda.ics"
        response = client.get(url)
        assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
        assert response.headers["Content-Disposition"].startswith("attachment")
        assert "filename*=UTF-8''%D0%9E" in response.headers["Content-Disposition"]
        assert len(by_libical(response.data)["events"]) == 2
        again = client.get(url, headers={"If-None-Match": response.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")

    def test_a_calendar_file_is_written_once_a_version_and_language(
        self, app: Flask, client_for: SignIn
    ) -> None:
        user = make_user()
        scene = make_scene(olena=user)
        client = client_for(user)
        url = f"/f/brussels/delegates/{scene.olena.id}/agenda.ics"
        first = client.get(url)
        with count_queries() as again:
            assert client.get(url).data == first.data
        user.locale = "uk"
        db.session.commit()
        with count_queries() as anew:
            ukrainian = client.get(url)
        assert again.count < anew.count
        assert "12 трав. 2027".encode() in ukrainian.data.replace(b"\r\n ", b"")
        drop_and_move(scene)
        changed = client.get(url, headers={"If-None-Match": ukrainian.headers["ETag"]})
        assert changed.status_code == 200
        assert b"STATUS:CANCELLED" in changed.data

    @pytest.mark.databases("sqlite")
    def test_agendas_come_as_pdf(self, app: Flask, client_for: SignIn) -> None:
        scene = make_scene()
        client = client_for(make_staff(scene.forum))
        for path in (
            f"delegates/{scene.olena.id}/agenda.pdf?paper=letter",
            f"companies/{scene.kvant.id}/agenda.pdf",
            f"interpreters/{scene.interpreter.id}/agenda.pdf",
            f"tables/{tables_of(scene.forum)[0].id}/schedule.pdf",
        ):
            response = client.get(f"/f/brussels/{path}")
            assert (response.status_code, response.mimetype) == (200, "application/pdf"), path
            assert response.data.startswith(b"%PDF-")

    @pytest.mark.databases("sqlite")
    def test_when_no_pdf_comes_back_the_page_says_what_to_do(
        self, app: Flask, client_for: SignIn, no_rendering: Broken
    ) -> None:
        scene = make_scene()
        client = client_for(make_staff(scene.forum))
        with no_rendering():
            page = client.page(f"/f/brussels/delegates/{scene.olena.id}/agenda.pdf", status=503)
        assert "Try again" in page.main


class TestPrint:
    def test_the_organiser_has_the_pack_made_and_takes_it(self, app: Flask, client_for: SignIn) -> None:
        scene = make_scene()
        client = client_for(make_staff(scene.forum))
        assert client.get("/f/brussels/print/agendas.pdf").status_code == 404
        page = client.page("/f/brussels/print")
        assert "Not made yet" in page.main
        page = client.press(page, "Make them now")
        assert "Not made yet" not in page.main
        response = client.get(page.links["All agendas in order of name"])
        assert response.data.startswith(b"%PDF-")
        assert response.headers["Content-Disposition"] == "attachment; filename=brussels-agendas-v1.pdf"

    def test_the_schedule_comes_as_a_workbook(self, app: Flask, client_for: SignIn) -> None:
        scene = make_scene()
        client = client_for(make_staff(scene.forum))
        page = client.page("/f/brussels/print")
        response = client.get(page.links["XLSX: Schedule"])
        assert response.data.startswith(b"PK")
        assert "brussels-schedule-v1.xlsx" in response.headers["Content-Disposition"]

    @pytest.mark.databases("sqlite")
    def test_before_the_first_version_there_is_nothing_to_print(self, app: Flask, client_for: SignIn) -> None:
        forum = make_forum(slug="early")
        client = client_for(make_staff(forum))
        assert "Nothing is published yet" in client.page("/f/early/print").main
        assert client.get("/f/early/schedule.xlsx").status_code == 404

    @pytest.mark.databases("sqlite")
    def test_only_files_of_the_pack_have_an_address(self, app: Flask, client_for: SignIn) -> None:
        scene = make_scene()
        render_all(scene.publication)
        client = client_for(make_staff(scene.forum))
        for name in Pack:
            assert client.get(f"/f/brussels/print/{name.value}.pdf").status_code == 200
        assert client.get("/f/brussels/print/other.pdf").status_code == 404


class TestFeed:
    def address(self, client: Visitor, delegate_id: int) -> str:
        page = client.page(f"/f/brussels/delegates/{delegate_id}/take-along")
        if any(form for form in page.forms if "Make my calendar address" in "".join(form.itertext())):
            page = client.press(page, "Make my calendar address")
        value = page.by_id("feed-address").get("value", "")
        assert value.startswith("http://localhost/feed/")
        assert page.links["Open in my calendar"] == value.replace("http://", "webcal://")
        return value.removeprefix("http://localhost")

    def test_a_person_makes_renews_and_revokes_their_address(
        self, app: Flask, client: Visitor, client_for: SignIn
    ) -> None:
        user = make_user()
        scene = make_scene(olena=user)
        mine = client_for(user)
        first = self.address(mine, scene.olena.id)
        assert client.get(first).status_code == 200
        assert self.address(mine, scene.olena.id) == first
        page = mine.press(mine.page(f"/f/brussels/delegates/{scene.olena.id}/take-along"), "New address")
        second = self.address(mine, scene.olena.id)
        assert second != first
        assert (client.get(first).status_code, client.get(second).status_code) == (410, 200)
        page = mine.press(page, "Stop this address")
        assert client.get(second).status_code == 410
        assert "Make my calendar address" in page.main
        mine.press(page, "Undo")
        assert self.address(mine, scene.olena.id) == second
        assert (client.get(first).status_code, client.get(second).status_code) == (410, 200)

    def test_calendar_programs_get_the_calendar_without_signing_in(self, app: Flask, client: Visitor) -> None:
        scene = make_scene()
        feed = feeds.create_feed(delegate_id=scene.olena.id)
        url = f"/feed/{feed.token}.ics"
        response = client.get(url)
        assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in response.headers["X-Robots-Tag"]
        assert response.headers["Last-Modified"] == "Sat, 01 May 2027 16:00:00 GMT"
        assert "Set-Cookie" not in response.headers
        assert len(by_libical(response.data)["events"]) == 2
        assert b"REFRESH-INTERVAL;VALUE=DURATION" in response.data
        head = client.head(url)
        assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", response.headers["ETag"])
        options = client.options(url)
        assert options.status_code == 200
        assert set(options.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}

    def test_an_unchanged_calendar_is_not_sent_again_and_a_changed_one_is(
        self, app: Flask, client: Visitor
    ) -> None:
        scene = make_scene()
        url = f"/feed/{feeds.create_feed(delegate_id=scene.olena.id).token}.ics"
        first = client.get(url)
        by_tag = {"If-None-Match": first.headers["ETag"]}
        by_date = {"If-Modified-Since": first.headers["Last-Modified"]}
        assert [client.get(url, headers=each).status_code for each in (by_tag, by_date)] == [304, 304]
        drop_and_move(scene)
        assert [client.get(url, headers=each).status_code for each in (by_tag, by_date)] == [200, 200]
        assert b"STATUS:CANCELLED" in client.get(url).data

    def test_a_calendar_that_asks_again_costs_a_few_queries(self, app: Flask, client: Visitor) -> None:
        scene = make_scene()
        url = f"/feed/{feeds.create_feed(delegate_id=scene.olena.id).token}.ics"
        first = client.get(url)
        with count_queries() as again:
            assert client.get(url).data == first.data
        assert again.count <= 5  # the token, whose it is, the forum, its newest version

    @pytest.mark.databases("sqlite")
    def test_others_have_feeds_of_their_own_too(
        self, app: Flask, client: Visitor, client_for: SignIn
    ) -> None:
        scene = make_scene()
        organiser = client_for(make_staff(scene.forum))
        for path, count in (
            (f"companies/{scene.kvant.id}", 2),
            (f"interpreters/{scene.interpreter.id}", 1),
            (f"tables/{tables_of(scene.forum)[0].id}", 1),
        ):
            page = organiser.page(f"/f/brussels/{path}/take-along")
            page = organiser.press(page, "Make a calendar address")
            first = page.by_id("feed-address").get("value", "").removeprefix("http://localhost")
            assert len(by_libical(client.get(first).data)["events"]) == count
            page = organiser.press(page, "New address")
            second = page.by_id("feed-address").get("value", "").removeprefix("http://localhost")
            assert (client.get(first).status_code, client.get(second).status_code) == (410, 200)
            organiser.press(page, "Stop this address")
            assert client.get(second).status_code == 410
            assert organiser.post(f"/f/brussels/{path}/take-along", data={"do": "x"}).status_code == 400

    def test_an_unknown_address_is_not_found(self, app: Flask, client: Visitor) -> None:
        make_scene()
        response = client.get("/feed/0123456789abcdef.ics")
        assert response.status_code == 404
        assert response.headers["Referrer-Policy"] == "no-referrer"

    def test_subscribing_before_the_first_version_is_fine(self, app: Flask, client: Visitor) -> None:
        forum = make_forum(slug="early")
        delegate = make_delegate(make_company(forum))
        response = client.get(f"/feed/{feeds.create_feed(delegate_id=delegate.id).token}.ics")
        assert by_libical(response.data) == {"errors": [], "events": []}

    def test_a_person_has_one_address_at_a_time_and_it_can_t_be_guessed(self, app: Flask) -> None:
        scene = make_scene()
        one, other = (feeds.create_feed(delegate_id=scene.olena.id).token for _ in range(2))
        assert one == other
        assert len(one) >= 43
        assert feeds.renew_feed(delegate_id=scene.olena.id).token != one
        active = select(func.count()).select_from(FeedToken).where(FeedToken.revoked_at.is_(None))
        assert db.session.scalar(active) == 1
        with pytest.raises(NotFound):
            feeds.create_feed(delegate_id=987654)

    def test_taking_back_a_stop_brings_the_last_address_and_never_a_second_one(self, app: Flask) -> None:
        scene = make_scene()
        whose = {"company_id": scene.olena.company_id}
        assert feeds.restore_feed(**whose) is None
        feeds.create_feed(**whose)
        last = feeds.renew_feed(**whose).token
        feeds.revoke_feed(**whose)
        restored = feeds.restore_feed(**whose)
        again = feeds.restore_feed(**whose)
        assert restored is not None
        assert (restored.token, again) == (last, restored)
        with pytest.raises(NotFound):
            feeds.restore_feed(company_id=987654)

    @pytest.mark.databases("sqlite")
    def test_the_page_with_the_secret_is_not_kept_by_browsers(self, app: Flask, client_for: SignIn) -> None:
        user = make_user()
        scene = make_scene(olena=user)
        client = client_for(user)
        self.address(client, scene.olena.id)
        response = client.get(f"/f/brussels/delegates/{scene.olena.id}/take-along")
        assert "no-store" in response.headers["Cache-Control"]
        assert (
            client.post(f"/f/brussels/delegates/{scene.olena.id}/feed", data={"do": "x"}).status_code == 400
        )
