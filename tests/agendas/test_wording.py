"""Words of agendas: times where the clocks change, names as strangers type them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from forum_scheduler.agendas import wording
from forum_scheduler.agendas.record import AgendaPerson

BRUSSELS = ZoneInfo("Europe/Brussels")
pytestmark = pytest.mark.databases("sqlite")


def test_an_hour_that_comes_twice_says_which_one_it_is() -> None:
    assert wording.clock(datetime(2027, 10, 31, 0, 20, tzinfo=UTC), BRUSSELS) == "02:20 (UTC+2)"
    assert wording.clock(datetime(2027, 10, 31, 1, 20, tzinfo=UTC), BRUSSELS) == "02:20 (UTC+1)"


def test_an_hour_that_comes_once_says_nothing_more() -> None:
    assert wording.clock(datetime(2027, 10, 31, 2, 20, tzinfo=UTC), BRUSSELS) == "03:20"
    assert wording.clock(datetime(2027, 5, 12, 7, 20, tzinfo=UTC), BRUSSELS) == "09:20"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("a" + "\u0308" * 40 + "b", "ä" + "\u0308" * 4 + "b"),  # a tower of marks: NFC takes one of them
        ("Anna\r\nBEGIN:VEVENT", "Anna BEGIN:VEVENT"),
        ("nul\x00 and bell\x07", "nul and bell"),
        ("\u202eevil\u202c", "evil"),
        ("  two   words \u2028 ", "two words"),
        ("Їжак Ґудзик", "Їжак Ґудзик"),
        ("שלום", "שלום"),
    ],
)
def test_names_are_cleaned_and_otherwise_left_alone(typed: str, shown: str) -> None:
    assert wording.clean(typed) == shown


def test_lines_stay_lines_where_they_may() -> None:
    assert wording.clean("one\r\ntwo\u2029three", lines=True) == "one\ntwo\nthree"


def test_the_zone_is_named_by_its_city(app: Flask) -> None:
    with wording.speaking("en"):
        assert wording.time_zone(BRUSSELS) == "Brussels time"
        assert wording.time_zone(ZoneInfo("UTC")) == "UTC"


def test_days_are_written_in_the_chosen_language(app: Flask) -> None:
    day = datetime(2027, 5, 12, tzinfo=UTC).date()
    with wording.speaking("en"):
        assert wording.short_day(day) == "Wed 12 May"
    with wording.speaking("uk"):
        assert wording.long_day(day) == "середа, 12 травня 2027 р."


def test_who_reads_latin_letters_can_read_each_name(app: Flask) -> None:
    roman = AgendaPerson(id=1, uid="1", name="Роман Цвітогір", role="CEO")
    with wording.speaking("en"):
        assert wording.person(roman) == "Роман Цвітогір / Roman Tsvitohir (CEO)"
        assert wording.name("Kvant Україна") == "Kvant Україна"
        assert wording.person(roman, wording.Names.EXACT) == "Роман Цвітогір (CEO)"


def test_who_reads_ukrainian_sees_names_as_they_are(app: Flask) -> None:
    with wording.speaking("uk"):
        assert wording.name("Роман Цвітогір") == "Роман Цвітогір"
        assert wording.name("Jan Peeters") == "Jan Peeters"


def test_each_language_keeps_its_own_words_whichever_was_written_before(app: Flask) -> None:
    written = []
    for code in ("en", "uk", "en", "uk"):
        with wording.speaking(code):
            written.append(wording.time_zone(BRUSSELS))
    assert written == ["Brussels time", "місцевий час (Брюссель)"] * 2
