from __future__ import annotations

import pytest
from flask import Flask
from flask_babel import force_locale

from forum_scheduler.companies.forms import country_choices
from forum_scheduler.companies.names import name_key, search_text
from forum_scheduler.spelling import alphabetical, fold, transliterate


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Aerotec", "AEROTEC"),
        ("Aerotec", "Аerotec"),  # the first letter of the second is Cyrillic
        ("Aerotec GmbH", "Aerotec  g.m.b.h"),
        ("Société Générale", "Societe Generale"),
    ],
)
def test_names_that_look_the_same_collide(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(("one", "other"), [("Kvant", "Kvart"), ("Їжак", "Ижак"), ("Drone 1", "Drone 2")])
def test_names_that_differ_do_not_collide(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


def test_ukrainian_letters_keep_their_dots() -> None:
    assert fold("Їжак-Й") == "їжак й"


def test_a_ukrainian_name_is_found_in_latin_letters() -> None:
    assert transliterate("Завод Київ") == "zavod kyiv"
    assert "zavod" in search_text(["Завод"])


def test_a_very_long_name_has_a_key_that_fits_its_column() -> None:
    assert len(name_key("ж" * 5000)) == 200


def test_ukrainian_names_stand_in_the_order_of_their_alphabet() -> None:
    right = ["Австрія", "В’єтнам", "Гана", "Ґана", "Ефіопія", "Єгипет", "Ірак", "Йорданія", "Україна"]
    by_code_point = sorted(right)
    assert by_code_point != right
    assert sorted(by_code_point, key=alphabetical) == right
    assert sorted(["Zambia", "Åland Islands", "Albania"], key=alphabetical)[0] == "Åland Islands"


def test_countries_are_named_and_sorted_in_the_readers_language(app: Flask) -> None:
    with app.test_request_context(), force_locale("uk"):
        names = [name for code, name in country_choices() if code]
    assert names[0] == "Австралія"
    assert names.index("Ефіопія") < names.index("Єгипет") < names.index("Йорданія")
    assert not any(len(name) == 2 for name in names)
