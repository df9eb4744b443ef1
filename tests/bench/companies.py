"""Pages of a full forum beside an empty page of the app: ``python -m tests.bench.companies N M KIND ...``.

N companies, M requests, KIND sqlite or postgres: the first is filled, the others get a copy of its rows.
Pages go through the whole app, but not over a network. Writes one line of JSON.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import ExitStack
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.app import create_app
from forum_scheduler.companies.models import Representative
from forum_scheduler.config import Config
from forum_scheduler.extensions import db
from forum_scheduler.serving import warm
from tests.bench.market import busiest, copy_rows, database, fill

ROUNDS = 60
PAGES = {
    "directory": "/companies",
    "directory, last page by name": "/companies?sort=name&page=9999",
    "directory, a word": "/companies?q=dynamika",
    "directory, a word with a slip": "/companies?q=zorevyi+dynamkka",
    "directory, three filters": "/companies?country=DE&programme=EDF&size=1-9",
    "directory, two capabilities": "/companies?offers={capability}&needs={capability_too}",
    "suggestions": "/suggestions",
    "answers (the busiest company)": "/inbox",
    "own requests": "/requests",
}


def main() -> None:
    company_count, request_count, kinds = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    with ExitStack() as stack:
        configs = {kind: stack.enter_context(database(kind)) for kind in kinds}
        first = configs[kinds[0]]
        began = time.perf_counter()
        who, root = _filled(first, company_count, request_count)
        filled = time.perf_counter() - began
        for kind in kinds[1:]:
            copy_rows(first.database_url, configs[kind].database_url)
        found = {kind: _pages(config, who, root) for kind, config in configs.items()}
    print(json.dumps({"filled": filled, "databases": found}))  # noqa: T201


def _filled(config: Config, company_count: int, request_count: int) -> tuple[str, str]:
    """Who acts for the busiest company of a full forum, and where the forum is."""
    app = create_app(config)
    with app.app_context():
        forum = fill(company_count=company_count, request_count=request_count)
        company = busiest(forum)
        who = db.session.scalars(
            select(User.fs_uniquifier)
            .join(Representative, Representative.user_id == User.id)
            .where(Representative.company_id == company.id)
            .limit(1)
        ).one()
        root = f"/f/{forum.slug}"
        db.session.remove()
        db.engine.dispose()
    return who, root


def _pages(config: Config, who: str, root: str) -> dict[str, Any]:
    app = create_app(config)
    client = warm(app).test_client()  # as the server does
    with client.session_transaction() as session:
        session["_user_id"], session["_fresh"] = who, True
    found = measure(client, root)
    with app.app_context():
        db.engine.dispose()
    return found


def measure(client: FlaskClient, root: str) -> dict[str, Any]:
    """Milliseconds of each page, in turn with the empty one, so that both have the same machine."""
    paths = {
        "empty": f"{root}/joined",
        **{name: root + path.format(capability=3, capability_too=7) for name, path in PAGES.items()},
    }
    times: dict[str, list[float]] = {name: [] for name in ("empty", *PAGES)}
    sizes: dict[str, int] = {}
    for round_ in range(ROUNDS + 3):
        for name, path in paths.items():
            began = time.perf_counter()
            answer = client.get(path)
            took = time.perf_counter() - began
            assert answer.status_code == 200, (path, answer.status_code)
            sizes[name] = len(answer.data)
            if round_ >= 3:  # the first ones compile templates and statements
                times[name].append(1000 * took)
    return {
        name: {"p50": _share(some, 0.5), "p95": _share(some, 0.95), "size": sizes[name]}
        for name, some in times.items()
    }


def _share(values: list[float], share: float) -> float:
    return sorted(values)[int(share * (len(values) - 1))]


if __name__ == "__main__":
    main()
