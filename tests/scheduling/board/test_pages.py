"""The board without scripts: pages and plain forms; and the answers that scripts get."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.scheduling.models import Run, Schedule
from forum_scheduler.scheduling.solving import result_of, run_now
from tests.factories import (
    make_company,
    make_forum,
    make_meeting,
    make_publication,
    make_schedule,
    make_staff,
    make_user,
)
from tests.pages import Page, Visitor
from tests.queries import count_queries

ClientFor = Callable[[User], Visitor]
JSON = {"Accept": "application/json"}


def _forum(*, meetings: int = 3, slots: int = 4) -> Forum:
    forum = make_forum(blocks=1, slots=slots, tables=2)
    wanted = make_company(forum, "Kvant Dynamics", side="ua")
    for number in range(meetings):
        make_meeting(between=[wanted, make_company(forum, f"Aerotec {number}")])
    return forum


def _solved(forum: Forum) -> Schedule:
    schedule = result_of(run_now(forum, seconds=60, workers=1))
    assert schedule is not None
    return schedule


def _draft(client: Visitor, forum: Forum) -> Page:
    page = client.page(f"/f/{forum.slug}/schedules/{_solved(forum).id}/board")
    assert "Fixed" in page.h1
    return client.press(page, "Make a draft")


def _with(page: Page, tag: str, attribute: str) -> list[Any]:
    return [each for each in page.elements(tag) if each.get(attribute)]


def test_a_result_is_shown_as_it_is_and_a_draft_can_be_made(app: Flask, client_for: ClientFor) -> None:
    forum = _forum()
    page = _draft(client_for(make_staff(forum)), forum)
    assert page.flashes == ["Schedule 2 is a draft that you can adjust."]
    assert "Draft" in page.h1
    assert "Kvant Dynamics × Aerotec 1" in page.main
    assert "Every meeting has a place." in page.main


def test_a_draft_is_found_again_among_the_runs(app: Flask, client_for: ClientFor) -> None:
    forum = _forum()
    client = client_for(make_staff(forum, user=make_user(name="Olha Olena")))
    page = _draft(client, forum)
    card = _open_card(client, page, "Aerotec 1")
    client.press(card, "Take it out")
    found = client.page(f"/f/{forum.slug}/runs")
    row = next(row for row in found.rows if row[0] == "Schedule 2")
    assert (row[1], row[2], row[3], row[5], row[6]) == ("schedule 1", "Olha Olena", "1", "2", "1")
    assert found.links["Open the board: Schedule 2"] == page.url


def _open_card(client: Visitor, page: Page, name: str) -> Page:
    link = next(each for each in page.elements("a", class_="board-card") if name in " ".join(each.itertext()))
    return client.page(str(link.get("href")))


def _tables_offered(card: Page) -> dict[str, bool]:
    """Value -> whether it is chosen."""
    options = card.by_id("f-table").iter("option")
    return {str(each.get("value")): each.get("selected") is not None for each in options}


def test_a_meeting_is_moved_locked_and_taken_out_by_plain_forms(app: Flask, client_for: ClientFor) -> None:
    forum = _forum()
    client = client_for(make_staff(forum))
    board = _draft(client, forum)
    card = _open_card(client, board, "Aerotec 0")
    assert "In another meeting then" in card.main
    other = next(value for value, chosen in _tables_offered(card).items() if not chosen)
    assert client.press(card, "Put it there").flashes == ["Nothing changed."]  # its own table is chosen
    moved = client.press(card, "Put it there", table=other)
    assert moved.flashes == ["Moved: Kvant Dynamics × Aerotec 0"]
    assert _tables_offered(_open_card(client, moved, "Aerotec 0"))[other]
    locked = client.press(_open_card(client, moved, "Aerotec 0"), "Lock it there")
    assert "locked" in locked.main
    card = _open_card(client, locked, "Aerotec 0")
    assert "Unlock it to move it" in card.main
    unlocked = client.press(card, "Unlock")
    out = client.press(_open_card(client, unlocked, "Aerotec 0"), "Take it out")
    assert "Without a place 1" in out.main
    back = client.press(out, "Undo")
    assert "Without a place 0" in back.main
    assert client.press(back, "Redo").by_id("tray") is not None


def test_two_meetings_change_places_by_a_form(app: Flask, client_for: ClientFor) -> None:
    forum = _forum()
    client = client_for(make_staff(forum))
    card = _open_card(client, _draft(client, forum), "Aerotec 0")
    (told,) = client.press(card, "Change places").flashes
    assert told.startswith("Changed places: ")
    assert "Kvant Dynamics × Aerotec 0" in told


def test_who_comes_says_who_is_taken_and_a_refused_choice_stays_as_typed(
    app: Flask, client_for: ClientFor
) -> None:
    forum = make_forum(blocks=1, slots=1, tables=2)
    kvant = make_company(forum, "Kvant Dynamics", side="ua", delegates=2)
    for number in range(2):
        make_meeting(between=[kvant, make_company(forum, f"Aerotec {number}")])
    client = client_for(make_staff(forum))
    board = _draft(client, forum)
    card = _open_card(client, board, "Aerotec 0")
    here, taken = _people_offered(card)
    other = str(card.elements("input", name="person")[0].get("value"))  # the one delegate of the other side
    assert "(" not in here[1]
    assert taken[1].endswith("(in another meeting then)")
    refused = client.press(card, "Keep", status=422, person=[taken[0], other])
    assert "Somebody is in two meetings at once" in refused.main
    assert _people_offered(refused)[0][0] == taken[0]
    freed = client.press(_open_card(client, board, "Aerotec 1"), "Take it out")
    kept = client.press(_open_card(client, freed, "Aerotec 0"), "Keep", person=[taken[0], other])
    assert kept.flashes == ["Changed who comes: Kvant Dynamics × Aerotec 0"]


def _people_offered(card: Page) -> list[tuple[str, str]]:
    """Ids and words of the delegates to choose from, the chosen one first."""
    choice = next(each for each in card.elements("select", name="person"))
    own = list(choice.iter("option"))
    own.sort(key=lambda each: each.get("selected") is None)
    return [(str(each.get("value")), "".join(each.itertext())) for each in own]


def test_a_form_from_before_somebody_elses_step_is_refused_in_words(
    app: Flask, client_for: ClientFor
) -> None:
    forum = _forum()
    ann = client_for(make_staff(forum, user=make_user("Ann Organiser")))
    ben = client_for(make_staff(forum))
    board = _draft(ann, forum)
    theirs = _open_card(ben, ben.page(board.url), "Aerotec 0")
    tables = [str(each.get("value")) for each in theirs.by_id("f-table").iter("option")]
    ann.press(_open_card(ann, board, "Aerotec 0"), "Take it out")
    refused = ben.press(theirs, "Put it there", status=409, table=tables[-1])
    assert "Ann Organiser has changed this meeting meanwhile. Look again, then decide." in refused.main
    chosen = [each for each in refused.by_id("f-table").iter("option") if each.get("selected") is not None]
    assert [each.get("value") for each in chosen] == [tables[-1]]
    assert ben.press(refused, "Put it there").flashes == ["Moved: Kvant Dynamics × Aerotec 0"]


def test_who_comes_back_after_many_steps_of_others_is_told_of_the_newest_and_how_many_there_were(
    app: Flask, client_for: ClientFor
) -> None:
    forum = _forum()
    ann, ben = client_for(make_staff(forum)), client_for(make_staff(forum))
    board = _draft(ann, forum)
    meetings = [card.get("data-meeting") for card in board.elements("a", class_="board-card")]
    for meeting in meetings[:2]:
        for action in ("lock", "unlock"):
            edit = {"action": action, "meeting": meeting, "seen": "9"}
            assert ann.post(f"{board.url}/edit", data=edit, headers=JSON).status_code == 200

    def told(since: int) -> list[str]:
        news = ben.get(f"{board.url}/changes?since={since}", headers=JSON).get_json()
        return [line.split(":")[0] for line in news["told"]]

    assert len(told(1)) == 3
    assert told(0)[0] == "1 earlier step of others"
    assert told(0)[1:] == told(1)


def test_scripts_learn_where_a_meeting_fits_and_what_a_step_would_break(
    app: Flask, client_for: ClientFor
) -> None:
    forum = _forum()
    client = client_for(make_staff(forum))
    board = _draft(client, forum)
    card = board.elements("a", class_="board-card")[0]
    fits = client.get(f"{card.get('href')}/fits").get_json()
    assert len(fits["slots"]) == 2  # the company's other two meetings
    assert all("In another meeting then: " in why for why in fits["slots"].values())
    busy = next(iter(fits["slots"]))
    table = _with(board, "th", "data-table")
    tried = client.get(
        f"{card.get('href')}/fits", query_string={"slot": busy, "table": table[1].get("data-table")}
    ).get_json()
    assert tried["fits"] is False
    assert "Somebody is in two meetings at once" in " ".join(tried["why"])


def test_scripts_get_the_changed_cards_and_what_others_did(app: Flask, client_for: ClientFor) -> None:
    forum = _forum()
    ann, ben = client_for(make_staff(forum)), client_for(make_staff(forum))
    board = _draft(ann, forum)
    meeting = board.elements("a", class_="board-card")[0].get("data-meeting")
    edit = {"action": "remove", "meeting": meeting, "seen": "0"}
    done = ann.post(f"{board.url}/edit", data=edit, headers=JSON).get_json()
    assert (done["revision"], done["told"], done["undo"]) == (1, [], True)
    assert done["cards"][0]["table"] is None
    news = ben.get(f"{board.url}/changes?since=0", headers=JSON).get_json()
    assert news["revision"] == 1
    assert "has taken out: Kvant Dynamics × Aerotec" in news["told"][0]
    again = ben.post(f"{board.url}/edit", data=edit, headers=JSON)
    assert again.status_code == 409
    assert "meanwhile" in again.get_json()["message"]
    assert ben.get(f"{board.url}/changes?since=1", headers=JSON).get_json()["cards"] == []


def test_the_rest_is_solved_around_the_locks(app: Flask, client_for: ClientFor) -> None:
    forum = _forum()
    client = client_for(make_staff(forum))
    page = client.press(_draft(client, forum), "Solve the rest around the locks")
    assert "Waiting for a worker" in page.main
    assert db.session.scalars(select(Run.goals).order_by(Run.id)).all()[-1] is None


def test_the_rest_is_solved_around_what_is_published_too(app: Flask, client_for: ClientFor) -> None:
    forum = _forum()
    client = client_for(make_staff(forum))
    draft = _draft(client, forum)
    make_publication(make_schedule(forum))
    client.press(draft, "Solve the rest around the locks")
    assert db.session.scalars(select(Run.goals).order_by(Run.id)).all()[-1] == ["promises", *forum.goals]


def test_the_board_takes_as_many_queries_at_any_size(app: Flask, client_for: ClientFor) -> None:
    counts = []
    for size in (1, 3):
        forum = _forum(meetings=size)
        client = client_for(make_staff(forum))
        url = _draft(client, forum).url
        with count_queries() as statements:
            client.page(url)
        counts.append(statements.count)
    assert counts[0] == counts[1]


def test_days_and_zones_choose_what_is_shown(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum(blocks=4, slots=2, tables=3, zones=2)
    make_meeting(between=[make_company(forum), make_company(forum, side="ua")])
    client = client_for(make_staff(forum))
    page = _draft(client, forum)
    whole = client.page(f"{page.url}?day=all&zone=0")
    assert len(_with(whole, "tr", "data-slot")) == 8
    assert len(_with(whole, "tr", "data-slot")) >= len(_with(page, "tr", "data-slot"))
    zone = _with(whole, "th", "data-zone")[-1].get("data-zone")
    part = client.page(f"{page.url}?zone={zone}")
    assert len(_with(part, "th", "data-table")) < len(_with(whole, "th", "data-table"))
