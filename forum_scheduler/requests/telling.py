"""Saved searches tell of companies that were approved since: each company once, at most once an hour.

Who may not see a company, or may not ask it, is not told of it. It needs to know with whom requests stand and
therefore lives here, as the directory does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from flask_babel import force_locale, gettext, ngettext
from sqlalchemy import Row, and_, exists, or_, select
from werkzeug.datastructures import MultiDict

from forum_scheduler.clock import now
from forum_scheduler.companies.directory import Match, Mine, matching, sides_to_ask
from forum_scheduler.companies.filters import Filters, Sort
from forum_scheduler.companies.index import index_of
from forum_scheduler.companies.models import Company, CompanyStatus, SavedSearch, SearchTold
from forum_scheduler.extensions import db, transaction
from forum_scheduler.forums.models import Forum
from forum_scheduler.forums.window import Window, window_at
from forum_scheduler.notices.models import NoticeKind
from forum_scheduler.notices.services import Message, Reader, tell
from forum_scheduler.requests.notices import address_of, path_of, representatives
from forum_scheduler.requests.reading import partners_of

PAUSE = timedelta(hours=1)  # between two looks at the same search
# An approval counts from when it was decided, and may be stored a while after.
LATE = timedelta(hours=1)
NAMED = 10  # companies that a notice names; the page has them all
LONGEST_PATH = 500


def tell_searches() -> int:
    """Tell of new companies whom a saved search matches; how many notices. For the worker."""
    due = _due(now())
    for forum_id in dict.fromkeys(forum_id for _search_id, forum_id in due):
        index_of(forum_id)  # made and kept here: what the transactions below read, they do not keep
    return sum(_tell_one(search_id) for search_id, _forum_id in due)


def _due(moment: datetime) -> Sequence[Row[int, int]]:
    """Searches that were not looked at for a while, and in whose forum companies were approved lately.

    Each with the forum's id.
    """
    fresh = exists().where(
        Company.forum_id == SavedSearch.forum_id,
        Company.status == CompanyStatus.APPROVED,
        Company.approved_at > SavedSearch.told_since,
        or_(
            SavedSearch.looked_at.is_(None),
            Company.approved_at > SavedSearch.looked_at,
            Company.approved_at > moment - PAUSE - LATE,
        ),
    )
    rested = or_(SavedSearch.looked_at.is_(None), SavedSearch.looked_at <= moment - PAUSE)
    return db.session.execute(
        select(SavedSearch.id, SavedSearch.forum_id)
        .where(and_(SavedSearch.told_since.is_not(None), rested, fresh))
        .order_by(SavedSearch.id)
    ).all()


def _tell_one(search_id: int) -> int:
    with transaction() as session:
        moment = now()
        # The row is the lock: of two workers the later finds it looked at.
        search = session.scalar(
            select(SavedSearch)
            .where(
                SavedSearch.id == search_id,
                or_(SavedSearch.looked_at.is_(None), SavedSearch.looked_at <= moment - PAUSE),
            )
            .with_for_update()
        )
        if search is None or search.told_since is None:
            return 0
        forum = session.get_one(Forum, search.forum_id)
        company = session.get_one(Company, search.company_id)
        since = max(search.told_since, (search.looked_at or search.told_since) - LATE)
        search.looked_at = moment
        if company.status != CompanyStatus.APPROVED or window_at(forum, moment) is Window.CLOSED:
            return 0
        found = _found(search, company, since=since)
        session.add_all(SearchTold(search_id=search.id, company_id=each.id) for each in found)
        session.flush()
        return _write(forum, company, search, found, moment) if found else 0


def _found(search: SavedSearch, company: Company, *, since: datetime) -> Sequence[Match]:
    told = select(SearchTold.company_id).where(SearchTold.search_id == search.id)
    may_ask = sides_to_ask(company.side_id)
    return matching(
        forum_id=search.forum_id,
        filters=filters_of(search),
        mine=Mine(company_id=company.id, may_ask=may_ask, partners=partners_of(company.id)),
        among=(Company.approved_at > since, Company.side_id.in_(may_ask), Company.id.not_in(told)),
    )


def filters_of(search: SavedSearch) -> Filters:
    """What a saved search looks for."""
    return Filters.from_query(MultiDict(parse_qsl(search.query)))


def _write(
    forum: Forum, company: Company, search: SavedSearch, found: Sequence[Match], moment: datetime
) -> int:
    page = _page(search)
    told = 0
    for person in representatives(db.session(), company.id):
        with force_locale(person.user.locale):
            subject = ngettext(
                "%(num)s new company matches “%(search)s”",
                "%(num)s new companies match “%(search)s”",
                len(found),
                search=search.name,
            )
            names = [f"• {each.name}" for each in found[:NAMED]]
            if len(found) > NAMED:
                names.append(gettext("… and %(count)s more.", count=len(found) - NAMED))
            text = "\n\n".join(
                (
                    gettext(
                        "They take part in %(forum)s since your company, %(company)s, saved this search:",
                        forum=forum.name,
                        company=company.name,
                    ),
                    "\n".join(names),
                    gettext("Look at them and ask for a meeting: %(url)s", url=address_of(forum, page)),
                )
            )
            message = Message(kind=NoticeKind.FOUND, subject=subject, text=text, path=path_of(forum, page))
            key = f"found:{search.id}:{found[0].uid}:{moment.isoformat()}:{person.user_id}"
            told += tell(Reader.of(person.user), message, key=key, forum=forum)
    return told


def _page(search: SavedSearch) -> str:
    """The directory with the search, the newest first; without its filters where they make it too long."""
    newest = replace(filters_of(search), sort=Sort.NEWEST).query()
    page = f"companies?company={search.company_id}&{newest}"
    return page if len(page) <= LONGEST_PATH - 100 else f"companies?company={search.company_id}&sort=newest"
