"""Searching by words: as they are written, as they sound, and with a slip of the finger.

A word is found in a company's ``search_text`` (folded, also spelt in Latin letters) or, from its beginning,
in ``search_keys`` (sounds). Only where that finds nothing, words of the forum are tried that are one slip
away.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from forum_scheduler.companies.models import Company, SearchWord
from forum_scheduler.companies.names import search_keys, search_text, slips, sound
from forum_scheduler.extensions import db
from forum_scheduler.spelling import fold, transliterate

MAX_WORDS = 8  # of a search; the rest is left out
SHORTEST_GUESSED = 4  # letters of a sound; shorter words have too many neighbours
MAX_NEIGHBOURS = 20
AT_ONCE = 300  # rows a statement: databases take only so many parameters


def searched(company: Company) -> str:
    """What a search looks through: to be stored as ``search_text`` whenever the profile changes."""
    told = [each or () for each in (company.programmes, company.topics, company.certificates)]
    lists = [entry for entries in told for entry in entries]
    return search_text([company.name, *(company.description or {}).values(), *lists])


def words_of(text: str) -> list[str]:
    """The words of a search, folded, each once."""
    return list(dict.fromkeys(fold(text).split()))[:MAX_WORDS]


def as_written(words: Sequence[str]) -> ColumnElement[bool]:
    """The condition "has all these words", as they are written or as they sound."""
    return and_(*(_has(word) for word in words))


def _has(word: str) -> ColumnElement[bool]:
    spellings = {word, transliterate(word)} - {""}
    found = [Company.search_text.contains(each, autoescape=True) for each in sorted(spellings)]
    key = sound(word)
    if len(key) >= 2:
        found.append(Company.search_keys.contains(f" {key}", autoescape=True))
    return or_(*found)


def with_a_slip(words: Sequence[str], *, forum_id: int) -> ColumnElement[bool] | None:
    """As :func:`as_written`, but a word may be one slip away from the company's; None: no such word."""
    near = _neighbours({sound(word) for word in words}, forum_id=forum_id)
    if not any(near.values()):
        return None
    return and_(
        *(
            or_(
                _has(word),
                *(
                    Company.search_keys.contains(f" {each} ", autoescape=True)
                    for each in near.get(sound(word), ())
                ),
            )
            for word in words
        )
    )


def _neighbours(keys: Collection[str], *, forum_id: int) -> dict[str, list[str]]:
    """Key -> keys of words of the forum that are at most one slip away."""
    wanted = {key: slips(key) for key in keys if len(key) >= SHORTEST_GUESSED}
    every = sorted(set().union(*wanted.values())) if wanted else []
    rows = db.session.execute(
        select(SearchWord.slip, SearchWord.key).where(
            SearchWord.forum_id == forum_id, SearchWord.slip.in_(every)
        )
    ).all()
    return {
        key: sorted({row.key for row in rows if row.slip in mine})[:MAX_NEIGHBOURS]
        for key, mine in wanted.items()
    }


def nearness(words: Sequence[str]) -> ColumnElement[int]:
    """To order what was found: names that begin with the first word, that have it, all others."""
    spellings = sorted({words[0], transliterate(words[0])} - {""})
    # The search text begins with the folded name.
    begins = or_(*(Company.search_text.startswith(each, autoescape=True) for each in spellings))
    has = or_(*(func.lower(Company.name).contains(each, autoescape=True) for each in spellings))
    written = or_(*(Company.search_text.contains(each, autoescape=True) for each in spellings))
    return case((begins, literal(0)), (has, literal(1)), (written, literal(2)), else_=literal(3))


def learn(session: Session, *, forum_id: int, texts: Iterable[str]) -> None:
    """Note the words of search texts, so that slips are understood; inside ``transaction()``."""
    keys = {key for text in texts for key in search_keys(text).split() if len(key) >= SHORTEST_GUESSED}
    for some in _slices(sorted(keys)):
        known = set(
            session.scalars(
                select(SearchWord.key).where(
                    SearchWord.forum_id == forum_id,
                    SearchWord.slip.in_(some),
                    SearchWord.slip == SearchWord.key,
                )
            )
        )
        rows = [
            {"forum_id": forum_id, "slip": slip, "key": key}
            for key in some
            if key not in known
            for slip in sorted(slips(key))
        ]
        for start in range(0, len(rows), AT_ONCE):
            _insert(session, rows[start : start + AT_ONCE])


def _slices(keys: Sequence[str]) -> Iterable[Sequence[str]]:
    """Slices of ``keys`` that a statement takes."""
    return (keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE))


def _insert(session: Session, rows: list[dict[str, object]]) -> None:
    # Two companies that bring the same new word at once: the second insert does nothing.
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(dialect.insert(SearchWord).on_conflict_do_nothing(), rows)
