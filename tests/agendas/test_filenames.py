"""File names from names."""

from __future__ import annotations

import pytest

from forum_scheduler.agendas.filenames import UniqueNames, safe_name


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("Олена Коваленко", "Олена_Коваленко"),
        ("../../etc/passwd", "etc_passwd"),
        ('a/b\\c:d*e?f"g<h>i|j', "a_b_c_d_e_f_g_h_i_j"),
        ("...", "name"),
        ("", "name"),
        ("CON", "_CON"),
        ("lpt1.txt", "_lpt1.txt"),
        ("-rf *", "rf"),
        ("tail. ", "tail"),
        ("line\nbreak\x00\u202e", "line_break"),
        ("מפגש", "מפגש"),
    ],
)
def test_a_name_becomes_safe_on_every_system(name: str, file: str) -> None:
    assert safe_name(name) == file


def test_a_long_name_is_cut_between_characters() -> None:
    made = safe_name("Ж" * 300)
    assert set(made) == {"Ж"}
    assert len(made.encode()) <= 120


def test_names_that_are_taken_get_numbers() -> None:
    names = UniqueNames()
    assert [names.take("Anna"), names.take("ANNA"), names.take("Anna"), names.take("Anna 2")] == [
        "Anna",
        "ANNA_2",
        "Anna_3",
        "Anna_2_2",
    ]


def test_looks_that_file_systems_fold_count_as_the_same() -> None:
    names = UniqueNames()
    assert names.take("Caf\u00e9") == "Café"
    assert names.take("Cafe\u0301") == "Café_2"
