"""Names that were made to look like others: refused where they wholly do, else shown to who vets."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from forum_scheduler.accounts.models import StaffRole, User
from forum_scheduler.companies.look_alikes import Doubt, doubts_of
from forum_scheduler.companies.models import Company, CompanyStatus
from forum_scheduler.companies.names import Alphabet, foreign_letters, name_key, skeleton
from forum_scheduler.forums.models import Forum
from tests.companies.test_races import entry
from tests.factories import make_company, make_delegate, make_forum, make_staff, make_user, representative_of
from tests.pages import Visitor
from tests.queries import count_queries

ClientFor = Callable[[User], Visitor]
CYRILLIC_A = "А"


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Аerotec", {"А": Alphabet.CYRILLIC}),
        ("Кванt", {"t": Alphabet.LATIN}),
        ("Οrion Aero", {"Ο": Alphabet.GREEK}),
        ("Rоhdе", {"о": Alphabet.CYRILLIC, "е": Alphabet.CYRILLIC}),
    ],
)
def test_letters_of_another_alphabet_within_a_word_are_found(name: str, letters: dict[str, Alphabet]) -> None:
    assert dict(foreign_letters(name)) == letters


@pytest.mark.parametrize(
    "name",
    ["Aerotec", "Квант Динаміка", "Квант Dynamics", "Укрспецтех-UA", "Société 3D", "Т-84", "Łódź", "雷达"],
)
def test_words_of_one_alphabet_each_are_no_disguise(name: str) -> None:
    assert foreign_letters(name) == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [("Aerotec", "Aer0tec"), ("Rheinmetall", "Rheinrnetall"), ("Lumen", "Iumen"), ("Wave", "VVave")],
)
def test_names_that_pass_for_one_another_share_a_skeleton(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other)
    assert name_key(one) != name_key(other)


def doubts(forum: Forum, company: Company) -> tuple[Doubt, ...]:
    return tuple(doubts_of([company.id], forum_id=forum.id).get(company.id, ()))


def test_a_company_that_passes_for_another_is_told_with_its_name(app: Flask) -> None:
    forum = make_forum()
    make_company(forum, "Aerotec")
    make_company(make_forum(), "Aer0tec")
    false = make_company(forum, "Aer0tec", status=CompanyStatus.APPLIED)
    assert doubts(forum, false) == (Doubt(name="Aer0tec", like=("Aerotec",)),)


def test_a_person_whose_name_is_spelt_with_other_letters_is_told(app: Flask) -> None:
    forum = make_forum()
    make_delegate(make_company(forum), "Anna Schmidt")
    false = make_company(forum, delegates=0, representative=make_user("Anna Schmidt"))
    assert doubts(forum, false) == ()  # people share names
    make_delegate(false, f"{CYRILLIC_A}nna Schmidt")
    (doubt,) = doubts(forum, false)
    assert dict(doubt.foreign) == {CYRILLIC_A: Alphabet.CYRILLIC}


def test_the_same_person_in_two_companies_is_no_doubt(app: Flask) -> None:
    forum = make_forum()
    user = make_user("Олена Приклад")
    one = make_company(forum, representative=user)
    make_company(forum, representative=user)
    assert doubts(forum, one) == ()


def test_a_name_that_wholly_looks_like_another_is_refused_when_it_is_typed(
    app: Flask, client: Visitor
) -> None:
    forum = make_forum()
    make_company(forum, "Aerotec")
    page = client.send(f"/f/{forum.slug}/join", entry(forum, name=f"{CYRILLIC_A}erotec"), status=422)
    assert "or one that looks the same, is here already" in page.main


@pytest.mark.parametrize("role", [StaffRole.ORGANISER, StaffRole.READER])
def test_who_vets_sees_what_to_look_at(app: Flask, client_for: ClientFor, role: StaffRole) -> None:
    forum = make_forum()
    make_company(forum, "Nordvik")
    waiting = make_company(forum, "N0rdvik", status=CompanyStatus.APPLIED)
    make_delegate(waiting, f"{CYRILLIC_A}nna Schmidt")
    client = client_for(make_staff(forum, role))
    for path in ("vetting", f"companies/{waiting.id}"):
        page = client.page(f"/f/{forum.slug}/{path}")
        assert "“N0rdvik” looks like Nordvik." in page.main
        assert f"“{CYRILLIC_A}nna Schmidt” mixes alphabets: {CYRILLIC_A} (Cyrillic)." in page.main


def test_the_company_itself_and_others_are_not_told(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    other = make_company(forum, "Nordvik", side="ua")
    company = make_company(forum, "N0rdvik", side="eu")
    for each in (company, other):
        page = client_for(representative_of(each)).page(f"/f/{forum.slug}/companies/{company.id}")
        assert "looks like" not in page.main


def test_the_queue_asks_the_database_as_often_for_many_as_for_one(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    client = client_for(make_staff(forum))
    numbers = []
    for number in (1, 4):
        for index in range(number):
            make_company(forum, f"N0rdvik {number} {index}", status=CompanyStatus.APPLIED)
        with count_queries() as queries:
            client.page(f"/f/{forum.slug}/vetting")
        numbers.append(queries.count)
    assert numbers[0] == numbers[1]
