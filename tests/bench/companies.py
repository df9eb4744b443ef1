"""Pages of a full forum beside an empty page of the same app: ``python -m tests.bench.companies KIND N M``.

KIND is sqlite or postgres, N companies, M requests. Pages go through the whole app, but not over a network.
Writes one line of JSON. With a folder and the kinds that share it (``... FOLDER sqlite postgres``) these fill
their forums side by side, and then measure in turn, in the order in which they are named.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.app import create_app
from forum_scheduler.companies.models import Representative
from forum_scheduler.extensions import db
from forum_scheduler.serving import warm
from tests.bench.market import busiest, database, fill

ROUNDS = 60
PATIENCE = 1200.0  # seconds that one waits for the others
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
    kind, company_count, request_count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with database(kind) as config:
        app = create_app(config)
        with app.app_context():
            began = time.perf_counter()
            forum = fill(company_count=company_count, request_count=request_count)
            filled = time.perf_counter() - began
            company = busiest(forum)
            who = db.session.scalars(
                select(User.fs_uniquifier)
                .join(Representative, Representative.user_id == User.id)
                .where(Representative.company_id == company.id)
            ).first()
            slug = forum.slug
            db.session.remove()
        client = warm(app).test_client()  # as the server does
        with client.session_transaction() as session:
            session["_user_id"], session["_fresh"] = who, True
        with _turn(kind, sys.argv[4:]):
            found = measure(client, f"/f/{slug}")
        with app.app_context():
            db.engine.dispose()
    print(json.dumps({"filled": filled, **found}))  # noqa: T201


@contextmanager
def _turn(kind: str, shared: Sequence[str]) -> Iterator[None]:
    """Measure once all have filled their forums and those before have measured theirs."""
    if not shared:
        yield
        return
    folder, kinds = Path(shared[0]), shared[1:]
    (folder / f"{kind}.filled").touch()
    awaited = [f"{each}.filled" for each in kinds]
    awaited += [f"{each}.measured" for each in kinds[: kinds.index(kind)]]
    deadline = time.monotonic() + PATIENCE
    while not all((folder / name).exists() for name in awaited):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{kind}: waited in vain for {', '.join(awaited)}")
        time.sleep(0.2)
    try:
        yield
    finally:
        (folder / f"{kind}.measured").touch()


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
        "pages": {
            name: {"p50": _share(some, 0.5), "p95": _share(some, 0.95), "size": sizes[name]}
            for name, some in times.items()
        }
    }


def _share(values: list[float], share: float) -> float:
    return sorted(values)[int(share * (len(values) - 1))]


if __name__ == "__main__":
    main()
