"""What narrows and orders the directory: from the address of the page and back into it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

MAX_TEXT = 200
MAX_CHOICES = 60  # values of one filter


class Sort(StrEnum):
    """The order of the companies found."""

    BEST = "best"  # by the words searched for, else by what they need of ours and offer us
    NAME = "name"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Several values of one filter mean "any of these", several filters "all of these".

    ``text``: all of its words must be found. ``offers``, ``needs``: ids of capabilities. ``kept``: favourites
    only. ``fresh``: only companies that one may ask and has not. ``page`` counts from 1.
    """

    text: str = ""
    sides: tuple[int, ...] = ()
    countries: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    offers: tuple[int, ...] = ()
    needs: tuple[int, ...] = ()
    programmes: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    interests: tuple[str, ...] = ()
    kept: bool = False
    fresh: bool = False
    sort: Sort = Sort.BEST
    page: int = 1

    @classmethod
    def from_query(cls, query: MultiDict[str, str]) -> Filters:
        """What the address says; what makes no sense in it is left out."""
        values: dict[str, Any] = {}
        for name, key in _LISTS.items():
            found: list[int] | list[str] = (
                query.getlist(key, type=int) if name in _NUMBERS else query.getlist(key)
            )
            # "\x00" can't be in a text of PostgreSQL; ids beyond its integers neither.
            values[name] = tuple(dict.fromkeys(each for each in found if _possible(each)))[:MAX_CHOICES]
        sort = query.get("sort", "")
        return cls(
            text=query.get("q", "").replace("\x00", "")[:MAX_TEXT].strip(),
            kept=query.get("kept") == "1",
            fresh=query.get("fresh") == "1",
            sort=Sort(sort) if sort in {each.value for each in Sort} else Sort.BEST,
            page=max(1, min(query.get("page", 1, type=int), 10_000)),
            **values,
        )

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Names and values of the address, without the page."""
        if self.text:
            yield "q", self.text
        for name, key in _LISTS.items():
            for value in getattr(self, name):
                yield key, str(value)
        for name in ("kept", "fresh"):
            if getattr(self, name):
                yield name, "1"
        if self.sort is not Sort.BEST:
            yield "sort", self.sort.value

    def query(self) -> str:
        """As a query string, always the same for the same search."""
        return urlencode(list(self.pairs()))

    def without(self, name: str, value: object = None) -> Filters:
        """With one value of a filter taken out, or the whole filter."""
        current = getattr(self, name)
        if isinstance(current, tuple):
            left: object = tuple(each for each in current if each != value)
        else:
            left = type(current)()
        return replace(self, page=1, **{name: left})  # type: ignore[arg-type]  # of the field's own type

    @property
    def narrowed(self) -> int:
        """How many filters are set, words and order aside."""
        lists = sum(len(getattr(self, name)) for name in _LISTS)
        return lists + self.kept + self.fresh


_LISTS = {
    "sides": "side",
    "countries": "country",
    "sizes": "size",
    "offers": "offers",
    "needs": "needs",
    "programmes": "programme",
    "topics": "topic",
    "roles": "role",
    "interests": "interest",
}
_NUMBERS = {"sides", "offers", "needs"}
assert set(_LISTS) <= {each.name for each in fields(Filters)}


def _possible(value: str | int) -> bool:
    return 0 < value < 2**31 if isinstance(value, int) else bool(value) and "\x00" not in value
