from __future__ import annotations

import pytest

from forum_scheduler.companies.names import name_key, search_text
from forum_scheduler.spelling import fold, transliterate


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
