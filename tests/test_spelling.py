"""Names in Latin letters, as Ukrainian passports write them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum_scheduler.spelling import in_latin, needs_latin

# The examples of the resolution itself, and names as they are typed.
EXAMPLES = {
    "Алушта": "Alushta", "Борщагівка": "Borshchahivka", "Вишгород": "Vyshhorod", "Згорани": "Zghorany",
    "Розгон": "Rozghon", "Галаґан": "Halagan", "Єнакієве": "Yenakiieve", "Гаєвич": "Haievych",
    "Короп’є": "Koropie", "Житомир": "Zhytomyr", "Їжакевич": "Yizhakevych", "Кадиївка": "Kadyivka",
    "Мар'їне": "Marine", "Йосипівна": "Yosypivna", "Стрий": "Stryi", "Щербухи": "Shcherbukhy",
    "Русь": "Rus", "Юрій": "Yurii", "Корюківка": "Koriukivka", "Ярошенко": "Yaroshenko",
    "Знам’янка": "Znamianka", "Хмельницький": "Khmelnytskyi", "КИЇВ": "KYIV", "Квант-Щит": "Kvant-Shchyt",
    "Роман Цвітогір": "Roman Tsvitohir", "ТОВ «Щит»": "TOV «Shchyt»", "Я": "Ya",
}  # fmt: skip


@pytest.mark.parametrize(("written", "latin"), EXAMPLES.items())
def test_ukrainian_names_are_written_as_in_passports(written: str, latin: str) -> None:
    assert in_latin(written) == latin


@pytest.mark.parametrize("text", ["Aerotec S.A.", "Łukasz Ødegård", "שלום", "12 – 3", "", "O'Neill"])
def test_what_is_not_cyrillic_stays(text: str) -> None:
    assert in_latin(text) == text
    assert not needs_latin(text)


@pytest.mark.parametrize("text", ["Квант", "Роман Цвітогір", "ТОВ «Щит» 3000"])
def test_cyrillic_alone_needs_latin_beside_it(text: str) -> None:
    assert needs_latin(text)


@pytest.mark.parametrize("text", ["Квант (Kvant)", "Kvant Україна", "Дніпровир Радар / Dniprovyr Radar"])
def test_who_wrote_both_is_left_alone(text: str) -> None:
    assert not needs_latin(text)


@given(st.text(alphabet=st.sampled_from("абвгґдеєжзиіїйклмнопрстуфхцчшщьюяАЄЗГЙЮЯ'’ -İßŉ"), max_size=40))
def test_nothing_cyrillic_is_left(text: str) -> None:
    assert re.search("[\u0400-\u04ff]", in_latin(text)) is None
