"""Searching by words: both alphabets, sounds, slips."""

from __future__ import annotations

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from forum_scheduler.companies import directory
from forum_scheduler.companies.directory import Page
from forum_scheduler.companies.filters import Filters
from forum_scheduler.companies.models import Company, CompanyStatus
from forum_scheduler.companies.names import search_keys, search_text, slips, sound
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from tests.factories import make_blocked_pair, make_company, make_forum

WORDS = st.text(alphabet="abcdefghiklmnoprstuvz", min_size=4, max_size=12)


def find(forum: Forum, text: str, *, as_: Company | None = None) -> Page:
    mine = [as_.id] if as_ else []
    return directory.search(forum_id=forum.id, company_ids=mine, filters=Filters(text=text))


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Київ Моторс", "kyiv"),
        ("Зоряна Технолоджі", "zoryana"),
        ("Зоряна Технолоджі", "zoriana"),
        ("Харків Броня", "kharkiv"),
        ("Харків Броня", "harkiv"),
        ("Щит", "shchyt"),
        ("Ягуар", "yaguar"),
        ("Kvant Dynamics", "квант"),
        ("Kvant Dynamics", "КВАНТ динамікс"),
        ("Wagner & Søn A/S", "vagner son"),
        ("Aerotec Industries", "aerotec"),
        ("Aerotec Industries", "industries AEROTEC"),
    ],
)
def test_a_company_is_found_however_its_name_is_spelt(app: Flask, name: str, typed: str) -> None:
    forum = make_forum()
    company = make_company(forum, name)
    make_company(forum, "Other Works")
    page = find(forum, typed)
    assert [each.id for each in page.items] == [company.id]
    assert not page.guessed


@pytest.mark.parametrize(
    "typed", ["aeroteq", "aeroted", "areotec", "aerotecc", "aeroec", "aерotec", "промнь", "pormin", "Промінъ"]
)
def test_a_slip_of_the_finger_is_forgiven_and_said(app: Flask, typed: str) -> None:
    forum = make_forum()
    make_company(forum, "Aerotec Industries")
    make_company(forum, "Завод Промінь")
    make_company(forum, "Lumen Optics")
    page = find(forum, typed)
    assert page.total == 1


def test_a_slip_is_only_looked_for_where_nothing_else_is_found(app: Flask) -> None:
    forum = make_forum()
    exact = make_company(forum, "Nordvik")
    make_company(forum, "Nordvig")
    assert [each.id for each in find(forum, "nordvik").items][:1] == [exact.id]
    page = find(forum, "nordvin")
    assert page.guessed
    assert page.total == 2


def test_two_slips_are_no_longer_the_same_word(app: Flask) -> None:
    forum = make_forum()
    make_company(forum, "Aerotec")
    page = find(forum, "aeltic")
    assert (page.total, page.guessed) == (0, False)


def test_a_slip_tells_nothing_of_companies_that_one_may_not_see(app: Flask) -> None:
    forum = make_forum()
    me, kept_apart = make_company(forum), make_company(forum, "Secret Works")
    make_company(forum, "Unvetted Works", status=CompanyStatus.APPLIED)
    make_blocked_pair(me, kept_apart)
    for typed in ("sekret", "unveted"):
        page = find(forum, typed, as_=me)
        assert (page.total, page.guessed) == (0, False)


def test_names_that_begin_with_the_word_come_first(app: Flask) -> None:
    forum = make_forum()
    described = make_company(forum, "Ace", search_text=search_text(["Ace", "We make drones."]))
    within = make_company(forum, "Big Drones")
    first = make_company(forum, "Drone Yard")
    assert [each.id for each in find(forum, "drone").items] == [first.id, within.id, described.id]


@pytest.mark.parametrize("written", ["Зв'язок", "Зв’язок", "Звʼязок"])
@pytest.mark.parametrize("typed", ["зв'язок", "зв’язок", "звязок", "zviazok", "Zvyazok"])
def test_an_apostrophe_may_be_typed_in_any_way_or_left_out(app: Flask, written: str, typed: str) -> None:
    forum = make_forum()
    company = make_company(forum, written)
    page = find(forum, typed)
    assert ([each.id for each in page.items], page.guessed) == ([company.id], False)


@pytest.mark.parametrize("typed", ["%", "_", "' OR 1=1 --", "\\", "!!!", "a" * 5000, "😀", "<b>"])
def test_signs_are_no_wildcards_and_break_nothing(app: Flask, typed: str) -> None:
    forum = make_forum()
    make_company(forum, "Aerotec")
    assert find(forum, typed).total == 0


def test_the_keys_follow_the_search_text(app: Flask) -> None:
    company = make_company(make_forum(), "Завод")
    company.search_text = search_text(["Київ"])
    db.session.commit()
    assert company.search_keys == search_keys("kyiv") == " kiv "


@given(word=WORDS, place=st.integers(min_value=0, max_value=12), letter=st.sampled_from("abcdefghiklmnop"))
def test_words_one_slip_apart_share_a_slip(word: str, place: int, letter: str) -> None:
    place %= len(word)
    wrong = word[:place] + letter + word[place + 1 :]
    more = word[:place] + letter + word[place:]
    less = word[:place] + word[place + 1 :]
    for other in (wrong, more, less):
        assert slips(word) & slips(other)
    if place:
        swapped = word[: place - 1] + word[place] + word[place - 1] + word[place + 1 :]
        assert slips(word) & slips(swapped)


@given(WORDS)
def test_a_sound_is_never_longer_and_settles(word: str) -> None:
    key = sound(word)
    assert len(key) <= max(len(word) * 2, 1)
    assert sound(word.upper().lower()) == key
