"""The list of offers and needs as text: what is written is read again, and wrong lines are named."""

from __future__ import annotations

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forum_scheduler.errors import Invalid
from forum_scheduler.forums import outline
from forum_scheduler.forums.models import Capability

names = st.text("abcdefg хй", min_size=1, max_size=12).filter(lambda name: bool(name.strip()))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), names), max_size=12))
def test_any_outline_is_the_same_after_writing(rows: list[tuple[int, str]]) -> None:
    text = "\n".join(f"{'  ' * depth}c{number} | {name}" for number, (depth, name) in enumerate(rows))
    first = outline.read(text)
    ids = {entry.code: number for number, entry in enumerate(first, start=1)}
    made = [
        Capability(
            id=ids[e.code],
            code=e.code,
            names=e.names,
            position=ids[e.code],
            parent_id=ids.get(e.parent or ""),
        )
        for e in first
    ]
    assert outline.read(outline.write(made)) == first


def test_columns_of_a_spreadsheet_and_bare_names_are_understood() -> None:
    entries = outline.read("uas\tUnmanned aircraft\tБезпілотники\nElectronic warfare\n  Electronic warfare")
    assert [(each.code, each.parent) for each in entries] == [
        ("uas", None),
        ("electronic-warfare", None),
        ("electronic-warfare-2", "electronic-warfare"),
    ]
    assert entries[0].names == {"en": "Unmanned aircraft", "uk": "Безпілотники"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a | A\na | B", "Line 2: the code a stands there twice"),
        ("a | ", "Line 1: an English name is needed"),
        ("дрон | Drone", "Line 1: .* is no code"),
        ("a | A | B | C", "Line 1: more than three parts"),
        (f"a | {'x' * 201}", "Line 1: a name has at most 200 characters"),
        ("a | A\n b | B\n  c | C\n   d | D\n    e | E", "Line 5: more than 4 levels"),
        ("\n".join(f"c{n} | N" for n in range(1001)), "At most 1000 entries"),
    ],
)
def test_a_wrong_line_is_named(app: Flask, text: str, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        outline.read(text)
