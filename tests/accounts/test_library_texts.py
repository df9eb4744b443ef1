"""The texts of the library for accounts stand in our catalogues."""

from __future__ import annotations

from pathlib import Path

import flask_security
import pytest
from babel.messages.pofile import read_po

from forum_scheduler.accounts.library_texts import LABELS, MESSAGES, SUBJECTS
from tests.pages import Visitor

CATALOGUE = Path(flask_security.__file__).parent / "translations" / "flask_security.pot"


def test_each_text_is_spelt_as_the_library_spells_it() -> None:
    with CATALOGUE.open("rb") as file:
        known = {str(message.id) for message in read_po(file)}
    assert set(LABELS + MESSAGES + SUBJECTS) - known == set()


@pytest.mark.parametrize(
    ("language", "label", "answer"),
    [("en", "Email Address", "Authentication failed"), ("uk", "Електронна адреса", "Не вдалося ввійти")],
)
def test_signing_in_with_a_password_speaks_the_reader_s_language(
    client: Visitor, language: str, label: str, answer: str
) -> None:
    client.post("/language", data={"language": language})
    assert label in client.page("/account/login").text
    refused = client.post("/account/login", data={"email": "x@example.org", "password": "no"})
    assert answer in refused.get_data(as_text=True)
