"""Long lists page by page."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from forum_scheduler.paging import Paging


@given(total=st.integers(0, 200), size=st.integers(1, 60))
def test_the_pages_of_a_list_hold_every_item_once_and_none_is_too_long(total: int, size: int) -> None:
    items = list(range(total))
    page = Paging.at(1, size=size, total=total)
    assert not page.has_prev
    found = items[: page.size]
    while page.has_next:
        page = Paging.at(page.page + 1, size=size, total=total)
        assert page.has_prev
        found += items[page.start : page.start + page.size]
    assert page.page == page.pages
    assert found == items


@given(wanted=st.integers(), total=st.integers(0, 200))
def test_a_page_that_there_is_not_is_the_nearest_one(wanted: int, total: int) -> None:
    page = Paging.at(wanted, size=30, total=total)
    assert 1 <= page.page <= page.pages
    assert page.has_prev == (page.page > 1)
    assert page.page in (wanted, 1 if wanted < 1 else page.pages)
