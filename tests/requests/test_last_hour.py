"""The last hour before the window closes, in short: real server, both databases. The long form: make load."""

from __future__ import annotations

import pytest

from forum_scheduler.app import create_app
from forum_scheduler.extensions import db
from tests.bench.last_hour import Found, faults, run
from tests.bench.market import database


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_companies_that_send_and_answer_at_once_lose_nothing_and_double_nothing(kind: str) -> None:
    found, wrong, _seconds = run(kind, company_count=6)
    assert wrong == []
    assert set(found.statuses) <= {200, 303, 409}  # 409: changed by the other company between two clicks


def test_what_the_load_looks_for_is_found() -> None:
    with database("sqlite") as config:
        app = create_app(config)
        found = Found(asked={(1, 2)}, answered={5})
        found.statuses[500] += 1
        wrong = faults(app, found)
        with app.app_context():
            db.engine.dispose()
    assert len(wrong) == 4
