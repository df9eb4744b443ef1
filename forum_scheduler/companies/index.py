"""The companies that a forum's directory may show, in the memory of the process: to count and to order them.

A set of companies is an ``int``: bit ``n`` stands for the company at place ``n`` of the forum's list by name.
So "and", "or" and counting a set of thousands take about a microsecond, and any set is in order of names.

Each search asks the database first whether the index is still right (``DirectoryChange``): a company that
another process approves, refuses, edits or deletes counts in the very next one. What depends on who looks
(blocked pairs, own companies, favourites, requests) stands in no index.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from flask import current_app
from sqlalchemy import Text, cast, func, select

from forum_scheduler.companies.models import (
    Company,
    CompanyCapability,
    CompanyStatus,
    DirectoryChange,
    Seeks,
)
from forum_scheduler.extensions import db

KEPT = 8  # forums; one of 4,000 companies takes about 1 MB
RARE = 8  # a value of so few companies keeps their places, which are smaller than a set
Value = int | str
Places = Mapping[Value, Sequence[int]]
Token = frozenset[str]
_LISTS = {
    "programmes": Company.programmes,
    "topics": Company.topics,
    "roles": Company.consortium_roles,
    "interests": Company.interests,
}
_CAPABILITIES = {"offers": Seeks.OFFER, "needs": Seeks.NEED}


@dataclass(frozen=True, slots=True)
class Column:
    """Value of a filter -> companies that have it: as sets, or as places where they are few."""

    sets: Mapping[Value, int]
    few: Places

    def having(self, values: Iterable[Value]) -> int:
        """The companies with any of the values."""
        found = 0
        for value in values:
            found |= self.sets.get(value, 0) | set_of(self.few.get(value, ()))
        return found

    def count(self, among: int) -> dict[Value, int]:
        """Value -> number of companies ``among`` those; without the values that none of them has."""
        numbers = {value: (some & among).bit_count() for value, some in self.sets.items()}
        if self.few:
            flags = _flags(among)
            numbers |= {
                value: sum(place < len(flags) and flags[place] == "1" for place in places)
                for value, places in self.few.items()
            }
        return {value: number for value, number in numbers.items() if number}


@dataclass(frozen=True, slots=True)
class Index:
    """The approved companies of a forum. ``ids``: by name; ``columns``: by the filters' names."""

    ids: Sequence[int]
    places: Mapping[int, int]  # id -> place in ``ids``
    columns: Mapping[str, Column]

    @property
    def everybody(self) -> int:
        return (1 << len(self.ids)) - 1

    def these(self, ids: Iterable[int]) -> int:
        """The set of the companies with these ids; who is none of the index is left out."""
        return set_of(self.places[each] for each in ids if each in self.places)

    def ids_of(self, companies: int) -> list[int]:
        """The ids of a set, in order of names."""
        return [self.ids[place] for place in places_of(companies)]


def set_of(places: Iterable[int]) -> int:
    found = 0
    some = list(places)
    if len(some) <= RARE:
        for place in some:
            found |= 1 << place
        return found
    flags = bytearray(max(some) // 8 + 1)
    for place in some:
        flags[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(flags, "little")


def places_of(companies: int) -> Iterator[int]:
    """Ascending."""
    flags = _flags(companies)
    place = flags.find("1")
    while place >= 0:
        yield place
        place = flags.find("1", place + 1)


def _flags(companies: int) -> str:
    return bin(companies)[:1:-1]  # "0b101" read from its end, where place 0 is


def index_of(forum_id: int) -> Index:
    """The index as it is now."""
    # First whether it changed, then what it is: what is newer than its token is only made once more.
    token: Token = frozenset(
        db.session.scalars(select(DirectoryChange.token).where(DirectoryChange.forum_id == forum_id))
    )
    kept = _kept()
    found = kept.get(forum_id, token)
    if found is None:
        found = _read(forum_id)
        # On PostgreSQL several changes of one transaction have one token: half of them is not to be kept.
        if not db.session().info.get("in_transaction"):
            kept.put(forum_id, token, found)
    return found


@dataclass(slots=True)
class _Kept:
    """The indexes used last, each with the token that it was made under; safe for threads."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _by_forum: OrderedDict[int, tuple[Token, Index]] = field(default_factory=OrderedDict)

    def get(self, forum_id: int, token: Token) -> Index | None:
        with self._lock:
            kept = self._by_forum.get(forum_id)
            if kept is None or kept[0] != token:
                return None
            self._by_forum.move_to_end(forum_id)
            return kept[1]

    def put(self, forum_id: int, token: Token, index: Index) -> None:
        with self._lock:
            self._by_forum[forum_id] = token, index
            self._by_forum.move_to_end(forum_id)
            while len(self._by_forum) > KEPT:
                self._by_forum.popitem(last=False)


def _kept() -> _Kept:
    """Those of the app in this process."""
    kept: _Kept = current_app.extensions.setdefault("directory_index", _Kept())
    return kept


def _read(forum_id: int) -> Index:
    shown = (Company.forum_id == forum_id, Company.status == CompanyStatus.APPROVED)
    rows = db.session.execute(
        select(
            Company.id, Company.side_id, Company.country, Company.size,
            *(cast(column, Text) for column in _LISTS.values()),
        )
        .where(*shown)
        .order_by(func.lower(Company.name), Company.id)
    ).all()  # fmt: skip
    ids = tuple(row[0] for row in rows)
    places = {id_: place for place, id_ in enumerate(ids)}
    found: dict[str, defaultdict[Value, list[int]]] = defaultdict(lambda: defaultdict(list))
    for place, (_id, side, country, size, *lists) in enumerate(rows):
        found["sides"][side].append(place)
        found["countries"][country].append(place)
        if size:
            found["sizes"][size].append(place)
        for name, text in zip(_LISTS, lists, strict=True):
            for value in _listed(text):
                found[name][value].append(place)
    for name, kind in _CAPABILITIES.items():
        capabilities = db.session.execute(
            select(CompanyCapability.capability_id, CompanyCapability.company_id)
            .join(Company, Company.id == CompanyCapability.company_id)
            .where(*shown, CompanyCapability.kind == kind)
        )
        for capability_id, company_id in capabilities:
            if company_id in places:  # approved since the first statement: the token has changed
                found[name][capability_id].append(places[company_id])
    names = ("sides", "countries", "sizes", *_LISTS, *_CAPABILITIES)
    return Index(ids=ids, places=places, columns={name: _column(found[name]) for name in names})


@lru_cache(maxsize=4096)
def _listed(text: str) -> tuple[str, ...]:
    """The values of a list as it is stored, each once."""
    return tuple(dict.fromkeys(json.loads(text)))


def _column(places: Places) -> Column:
    return Column(
        sets={value: set_of(some) for value, some in places.items() if len(some) > RARE},
        few={value: tuple(some) for value, some in places.items() if len(some) <= RARE},
    )
