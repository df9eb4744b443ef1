"""Forums full of companies and requests, made by the same services as the pages call: for measuring those.

Several calls share a transaction, which is all that is different from people who click.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from flask_migrate import upgrade
from sqlalchemy import create_engine, func, select, text

from forum_scheduler.app import create_app
from forum_scheduler.companies import services as companies
from forum_scheduler.companies.models import Company, CompanyStatus
from forum_scheduler.companies.services import INTERESTS, PROGRAMMES, SIZES, Profile
from forum_scheduler.companies.vetting import set_status
from forum_scheduler.config import Config
from forum_scheduler.demo.words import EU, STEM_ENDS, STEM_STARTS, TRADES, UA_STEMS, UA_TRADES
from forum_scheduler.extensions import Base, db, transaction
from forum_scheduler.forums.models import Capability, Forum
from forum_scheduler.requests import services as requests
from forum_scheduler.requests.models import Priority, Request, RequestState
from forum_scheduler.requests.wishes import Wish
from tests.conftest import make_config
from tests.factories import make_forum, side_of
from tests.servers import postgresql

AT_ONCE = 100  # calls a transaction
ROWS_AT_ONCE = 1000
ANALYZE = text("ANALYZE")  # what PostgreSQL's autovacuum does by itself; the tests' server has none
CAPABILITIES = tuple(f"capability-{number:02d}" for number in range(45))
UKRAINIAN = 0.25  # of all companies
HUBS = 0.05  # of the Ukrainian ones: those whom everybody asks
ANSWERED = 0.6  # of all requests
Item = TypeVar("Item")


@contextmanager
def database(kind: str) -> Iterator[Config]:
    """The configuration of an empty, migrated database; ``kind``: sqlite or postgres."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="forum-bench-")))
        url = f"sqlite:///{folder / 'bench.sqlite'}"
        if kind == "postgres":
            url = stack.enter_context(postgresql())
        config = make_config(instance=folder, database_url=url)
        app = create_app(config)
        with app.app_context():
            upgrade()
            db.session.remove()
            db.engine.dispose()
        yield config


def fill(*, company_count: int, request_count: int, seed: int = 1) -> Forum:
    """A forum in its request window, in an app context; its two sides ask each other."""
    rng = random.Random(seed)
    forum = make_forum(slots=12, capabilities=CAPABILITIES, max_must_requests=10**6, max_high_requests=10**6)
    forum_id = forum.id
    ids = _companies(forum_id, company_count, rng)
    _requests(ids, request_count, rng)
    if db.engine.dialect.name == "postgresql":
        db.session.execute(ANALYZE)
        db.session.commit()
    return db.session.get_one(Forum, forum_id)


def copy_rows(source_url: str, target_url: str) -> None:
    """All rows of one migrated database into another, whatever was there."""
    source, target = create_engine(source_url), create_engine(target_url)
    tables = Base.metadata.sorted_tables
    with source.connect() as reading, target.begin() as writing:
        writing.execute(text("SET session_replication_role = replica"))  # rows in any order
        for table in reversed(tables):
            writing.execute(table.delete())
        for table in tables:
            rows = reading.execution_options(yield_per=ROWS_AT_ONCE).execute(table.select())
            for some in rows.mappings().partitions():
                writing.execute(table.insert(), [dict(row) for row in some])
            if "id" in table.c:
                place = f"pg_get_serial_sequence('\"{table.name}\"', 'id')"
                writing.execute(text(f'SELECT setval({place}, max(id)) FROM "{table.name}"'))
        writing.execute(ANALYZE)
    source.dispose()
    target.dispose()


def _companies(forum_id: int, count: int, rng: random.Random) -> tuple[list[int], list[int]]:
    """Ids of European and of Ukrainian companies, approved, each joined and described by itself."""
    forum = db.session.get_one(Forum, forum_id)
    sides = {code: side_of(forum, code).id for code in ("eu", "ua")}
    known = list(db.session.scalars(select(Capability.id).where(Capability.forum_id == forum_id)))
    made: dict[str, list[int]] = {"eu": [], "ua": []}
    for numbers in _slices(range(count)):
        with transaction():
            some = []
            for number in numbers:
                code = "ua" if rng.random() < UKRAINIAN else "eu"
                company = companies.join(
                    forum_id=forum_id,
                    profile=_profile(number, code, sides[code], known, rng),
                    person_name=f"Person {number}",
                    email=f"person{number}@example.org",
                    locale="uk" if code == "ua" else "en",
                )
                made[code].append(company.id)
                some.append(company.id)
            set_status(forum_id=forum_id, company_ids=some, status=CompanyStatus.APPROVED)
        db.session.expunge_all()
    return made["eu"], made["ua"]


def _profile(number: int, code: str, side_id: int, known: Sequence[int], rng: random.Random) -> Profile:
    if code == "ua":
        stem, trade = rng.choice(UA_STEMS), rng.choice(UA_TRADES)
        name, country = f"{stem[0]} {trade[0]} {number}", "UA"
    else:
        country = rng.choices(list(EU), weights=[each[0] for each in EU.values()])[0]
        stem_ = rng.choice(STEM_STARTS) + rng.choice(STEM_ENDS)
        name = f"{stem_} {rng.choice(TRADES)} {number}"
    words = " ".join(rng.choice(STEM_STARTS) + rng.choice(STEM_ENDS) for _ in range(30))
    chosen = rng.sample(list(known), 7)
    own = random.Random(number)
    return Profile(
        name=name,
        side_id=side_id,
        country=country,
        size=rng.choice(SIZES),
        description={"en": f"We make {words}.", "uk": f"Ми виготовляємо {rng.choice(UA_STEMS)[0]}."},
        offers=chosen[:4],
        needs=chosen[4:],
        programmes=rng.sample(PROGRAMMES, rng.randint(0, 3)),
        consortium_roles=rng.sample(["coordinator", "partner", "subcontractor"], rng.randint(0, 2)),
        topics=[f"EDF-2027-{each:02}" for each in own.sample(range(40), own.randint(0, 3))],
        interests=own.sample(list(INTERESTS), own.randint(0, 2)),
    )


def _requests(ids: tuple[list[int], list[int]], count: int, rng: random.Random) -> None:
    """Of two sides, everybody asks the hubs of the other first; most are answered."""
    european, ukrainian = ids
    hubs = ukrainian[: max(1, int(HUBS * len(ukrainian)))]
    pairs: dict[tuple[int, int], tuple[int, int]] = {}  # European, Ukrainian -> asker, asked
    while len(pairs) < count:
        one = rng.choice(european)
        other = rng.choice(hubs if rng.random() < 0.3 else ukrainian)
        pairs.setdefault((one, other), (one, other) if rng.random() < 0.7 else (other, one))
    for some in _slices(pairs.values()):
        with transaction():
            for asker, asked in some:
                wish = Wish(priority=rng.choice(list(Priority)), message="Let us talk about engines.")
                request = requests.ask(asker_id=asker, asked_id=asked, wish=wish)
                if rng.random() < ANSWERED:
                    verb = requests.accept if rng.random() < 0.8 else requests.decline
                    verb(request_id=request.id, company_id=asked)
        db.session.expunge_all()


def _slices(items: Iterable[Item]) -> Iterator[list[Item]]:
    rest = iter(items)
    while some := list(islice(rest, AT_ONCE)):
        yield some


def busiest(forum: Forum) -> Company:
    """The company with the most requests that wait for its answer."""
    company_id = db.session.execute(
        select(Request.asked_id)
        .where(Request.forum_id == forum.id, Request.state == RequestState.PENDING)
        .group_by(Request.asked_id)
        .order_by(func.count().desc(), Request.asked_id)
        .limit(1)
    ).scalar_one()
    return db.session.get_one(Company, company_id)
