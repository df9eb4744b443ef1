"""What a company keeps for itself while it looks around: favourites, dismissed suggestions, searches."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto

from flask_babel import gettext as _
from sqlalchemy import delete, func, select

from forum_scheduler.clock import now
from forum_scheduler.companies.directory import visible_to
from forum_scheduler.companies.filters import Filters
from forum_scheduler.companies.models import Company, Dismissal, Favourite, SavedSearch
from forum_scheduler.companies.services import hold
from forum_scheduler.errors import Invalid, NotFound
from forum_scheduler.extensions import db, transaction

MAX_SEARCHES = 20
MAX_NAME = 80
MAX_QUERY = 1000


def favourites_of(company_id: int) -> frozenset[int]:
    """Ids of the companies that it keeps in mind."""
    return frozenset(db.session.scalars(select(Favourite.other_id).where(Favourite.company_id == company_id)))


def keep(*, company_id: int, other_id: int) -> None:
    """Keep a company in mind; twice is the same as once. Raises NotFound for one that is not to be seen."""
    with transaction() as session:
        _check_visible(company_id, other_id)
        hold(session, company_id)
        if session.get(Favourite, (company_id, other_id)) is None:
            session.add(Favourite(company_id=company_id, other_id=other_id))


def let_go(*, company_id: int, other_id: int) -> None:
    """Keep a company in mind no longer."""
    with transaction() as session:
        session.execute(
            delete(Favourite).where(Favourite.company_id == company_id, Favourite.other_id == other_id)
        )


def dismiss(*, company_id: int, other_id: int) -> None:
    """Suggest a company no more. Raises NotFound for one that is not to be seen."""
    with transaction() as session:
        _check_visible(company_id, other_id)
        hold(session, company_id)
        if session.get(Dismissal, (company_id, other_id)) is None:
            session.add(Dismissal(company_id=company_id, other_id=other_id))


def suggest_again(*, company_id: int, other_id: int) -> None:
    """Take a dismissal back."""
    with transaction() as session:
        session.execute(
            delete(Dismissal).where(Dismissal.company_id == company_id, Dismissal.other_id == other_id)
        )


def _check_visible(company_id: int, other_id: int) -> None:
    company = db.session.get_one(Company, company_id)
    seen = visible_to(forum_id=company.forum_id, company_ids=[company_id])
    if db.session.scalar(select(Company.id).where(seen, Company.id == other_id)) is None:
        raise NotFound(_("This company does not take part any more."))


def searches_of(company_id: int) -> Sequence[SavedSearch]:
    """The company's saved searches, by name."""
    return db.session.scalars(
        select(SavedSearch)
        .where(SavedSearch.company_id == company_id)
        .order_by(func.lower(SavedSearch.name), SavedSearch.id)
    ).all()


class Tell(Enum):
    """Whether a saved search tells of companies that are approved later."""

    NEW_COMPANIES = auto()
    NOTHING = auto()


def save_search(
    *, company_id: int, name: str, filters: Filters, tell: Tell = Tell.NEW_COMPANIES
) -> SavedSearch:
    """Keep a search under a name; the same name again replaces what it stood for. Raises Invalid."""
    words = " ".join(name.split())[:MAX_NAME]
    if not words:
        raise Invalid(_("Give the search a name."), field="name")
    query = filters.query()
    if not query:
        raise Invalid(_("Search for something or choose filters first."), field="name")
    if len(query) > MAX_QUERY:
        raise Invalid(_("This search has too many filters to be kept."), field="name")
    with transaction() as session:
        company = hold(session, company_id)
        mine = session.scalars(select(SavedSearch).where(SavedSearch.company_id == company_id)).all()
        found = next((each for each in mine if each.name == words), None)
        if found is None:
            if len(mine) >= MAX_SEARCHES:
                raise Invalid(
                    _("You have %(number)s saved searches: remove one first.", number=MAX_SEARCHES),
                    field="name",
                )
            found = SavedSearch(forum_id=company.forum_id, company_id=company_id, name=words)
            session.add(found)
        found.query = query
        found.told_since = now() if tell is Tell.NEW_COMPANIES else None
    return found


def watch(*, search_id: int, company_id: int, tell: Tell) -> SavedSearch:
    """Let a saved search tell of new companies from now on, or no longer. Raises NotFound."""
    with transaction() as session:
        found = session.get(SavedSearch, search_id)
        if found is None or found.company_id != company_id:
            raise NotFound(_("This search is not kept any more."))
        if tell is Tell.NOTHING:
            found.told_since = None
        elif found.told_since is None:
            found.told_since = now()
    return found


def forget_search(*, search_id: int, company_id: int) -> None:
    """Remove a saved search; one that is gone already stays gone."""
    with transaction() as session:
        session.execute(
            delete(SavedSearch).where(SavedSearch.id == search_id, SavedSearch.company_id == company_id)
        )
