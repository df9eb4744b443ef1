"""One address, one user, however it was typed."""

from __future__ import annotations

import pytest
from flask import Flask

from forum_scheduler.accounts.users import ensure_user, normal_email
from forum_scheduler.errors import Invalid
from forum_scheduler.extensions import transaction


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("ann@example.org", "ann@example.org"),
        (" Ann.Smith@EXAMPLE.org\n", "ann.smith@example.org"),
        ("a+b@example.org", "a+b@example.org"),
    ],
)
def test_an_address_is_stored_in_one_form(app: Flask, typed: str, stored: str) -> None:
    assert normal_email(typed) == stored


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    "typed",
    [
        "аnn@example.org",  # a Cyrillic а
        "ann@exаmple.org",
        "αnn@example.org",  # a Greek α
        "ａnn@example.org",  # full width
        "ﬁnn@example.org",  # a ligature
        "ann\u200b@example.org",  # an invisible space
        "ann@example.org\x00",
        "ann@@example.org",
        "ann@example",
        "ann example@example.org",
        "x" * 250 + "@example.org",
    ],
)
def test_an_address_that_is_none_or_looks_like_another_is_refused(app: Flask, typed: str) -> None:
    with pytest.raises(Invalid) as caught:
        normal_email(typed)
    assert caught.value.field == "email"


def test_a_user_is_made_once(app: Flask) -> None:
    with transaction():
        first = ensure_user(email="ann@example.org", name="Ann")
    with transaction():
        second = ensure_user(email="ann@example.org", name="Somebody else")
    assert (first.id, second.name) == (second.id, "Ann")
