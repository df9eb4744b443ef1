"""How many companies stand behind each choice of a filter, given all the other filters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from forum_scheduler.companies.filters import Filters
from forum_scheduler.companies.index import Index, Value

Counts = Mapping[Value, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """Value -> number of companies, for each filter; ``total``: companies found with all filters."""

    sides: Counts
    countries: Counts
    sizes: Counts
    programmes: Counts
    topics: Counts
    roles: Counts
    interests: Counts
    offers: Counts
    needs: Counts
    total: int


def count(index: Index, among: int, filters: Filters) -> Facets:
    """``among``: the companies that are found whatever the choices (visible, words, favourites)."""
    chosen = _chosen(index, filters)
    counts: dict[str, Counts] = {}
    for name, column in index.columns.items():
        others = among
        for other, having in chosen.items():
            if other != name:
                others &= having
        counts[name] = column.count(others)
    return Facets(**counts, total=narrow(index, among, filters).bit_count())


def narrow(index: Index, among: int, filters: Filters) -> int:
    """Those ``among`` the companies that have what is chosen of each filter."""
    for having in _chosen(index, filters).values():
        among &= having
    return among


def _chosen(index: Index, filters: Filters) -> dict[str, int]:
    """Filter of which something is chosen -> the companies that have any of that."""
    values = {name: getattr(filters, name) for name in index.columns}
    return {name: index.columns[name].having(some) for name, some in values.items() if some}
