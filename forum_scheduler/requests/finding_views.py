"""The directory: find companies, see where one stands with them, keep and ask them.

It shows requests and therefore lives here; like the first page of a forum it stands on another room's
blueprint, that of companies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from forum_scheduler.accounts.viewer import current_viewer
from forum_scheduler.companies import directory as finding
from forum_scheduler.companies import keeping
from forum_scheduler.companies.facets import Counts, Facets
from forum_scheduler.companies.filters import Filters
from forum_scheduler.companies.models import SavedSearch
from forum_scheduler.companies.services import CONSORTIUM_ROLES, INTERESTS, PROGRAMMES, SIZES
from forum_scheduler.companies.suggestions import suggestions
from forum_scheduler.companies.views import country_name
from forum_scheduler.companies.web import blueprint
from forum_scheduler.errors import Invalid
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Capability, Side
from forum_scheduler.requests import reading, wording
from forum_scheduler.requests.acting import Acting, acting, language, must_act, this_forum
from forum_scheduler.undoing import offer_undo

Page = str | Response | tuple[str, int]
SUGGESTED = 12
MOST_TOPICS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A value of a filter, with the number of companies behind it."""

    value: int | str
    label: str
    count: int
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A filter with its choices; ``name`` in the address, ``field`` of Filters."""

    name: str
    field: str
    label: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A filter that is set, and the address without it."""

    label: str
    url: str


@blueprint.get("/companies")
def directory(forum_slug: str) -> Page:
    """Find companies to ask."""
    viewer = current_viewer()
    filters = Filters.from_query(request.args)
    us = acting()
    page = finding.search(
        forum_id=this_forum().id,
        company_ids=viewer.approved_company_ids,
        filters=filters,
        mine=us.looks() if us else None,
    )
    groups = _groups(page.facets, filters)
    return render_template(
        "companies/directory.html",
        page=page,
        filters=filters,
        us=us,
        groups=groups,
        chips=_chips(filters, groups),
        here_query=_query(filters),
        language=language(),
        **_ours(us, [each.id for each in page.items]),
    )


def _ours(us: Acting | None, shown: Sequence[int]) -> dict[str, object]:
    """What the company did about those shown, whom it may ask, and its saved searches."""
    if us is None:
        return {"standing": {}, "favourites": frozenset(), "searches": (), "may_ask": frozenset()}
    company_id = us.company.id
    between = reading.between_all(company_id, shown)
    return {
        "standing": {
            other_id: wording.standing_words(each, company_id) for other_id, each in between.items()
        },
        "favourites": keeping.favourites_of(company_id),
        "searches": keeping.searches_of(company_id),
        "may_ask": finding.sides_to_ask(us.company.side_id),
        "match": lambda other: wording.match_words(
            other, needs=us.needs, offers=us.offers, language=language()
        ),
    }


def _groups(facets: Facets, filters: Filters) -> tuple[Group, ...]:
    sides = db.session.execute(
        select(Side.id, Side.name).where(Side.forum_id == this_forum().id).order_by(Side.id)
    ).all()
    capabilities = db.session.scalars(
        select(Capability)
        .where(Capability.forum_id == this_forum().id)
        .order_by(Capability.position, Capability.id)
    ).all()
    names = {each.id: each.name(language()) for each in capabilities}
    programmes = {each: each for each in PROGRAMMES}
    tidy = (
        ("side", "sides", _("Side"), dict(sides), facets.sides),
        ("offers", "offers", _("They offer"), names, facets.offers),
        ("needs", "needs", _("They need"), names, facets.needs),
        ("country", "countries", _("Country"), _countries(facets, filters), facets.countries),
        ("size", "sizes", _("People in the company"), {each: each for each in SIZES}, facets.sizes),
        ("programme", "programmes", _("Programmes"), programmes, facets.programmes),
        ("topic", "topics", _("Topics and calls"), _topics(facets, filters), facets.topics),
        ("role", "roles", _("Consortium roles"), CONSORTIUM_ROLES, facets.roles),
        ("interest", "interests", _("Interested in"), INTERESTS, facets.interests),
    )  # fmt: skip
    groups = (
        Group(name=name, field=field, label=label, choices=_choices(labels, counts, getattr(filters, field)))
        for name, field, label, labels, counts in tidy
    )
    return tuple(group for group in groups if group.choices)


def _topics(facets: Facets, filters: Filters) -> Mapping[str, str]:
    """Those that most companies look at, and those that are chosen: anything may be typed as one."""
    most = sorted(facets.topics, key=lambda topic: (-facets.topics[topic], str(topic)))[:MOST_TOPICS]
    return {str(topic): str(topic) for topic in dict.fromkeys([*most, *filters.topics])}


def _countries(facets: Facets, filters: Filters) -> Mapping[str, str]:
    known = {str(code) for code in facets.countries} | set(filters.countries)
    codes = sorted(known, key=lambda code: (-facets.countries.get(code, 0), code))
    return {code: country_name(code) for code in codes}


def _choices(
    labels: Mapping[int, str] | Mapping[str, object], counts: Counts, chosen: Iterable[int | str]
) -> tuple[Choice, ...]:
    """Those with companies behind them, and those that are chosen."""
    wanted = set(chosen)
    return tuple(
        Choice(value=value, label=str(label), count=counts.get(value, 0), chosen=value in wanted)
        for value, label in labels.items()
        if counts.get(value) or value in wanted
    )


def _chips(filters: Filters, groups: Sequence[Group]) -> tuple[Chip, ...]:
    def chip(label: str, name: str, value: object = None) -> Chip:
        return Chip(label=label, url=_address(filters.without(name, value)))

    chips = [chip(f"“{filters.text}”", "text")] if filters.text else []
    chips += [
        chip(f"{group.label}: {choice.label}", group.field, choice.value)
        for group in groups
        for choice in group.choices
        if choice.chosen
    ]
    if filters.kept:
        chips.append(chip(_("Favourites"), "kept"))
    if filters.fresh:
        chips.append(chip(_("Not asked yet"), "fresh"))
    return tuple(chips)


def _query(filters: Filters) -> str:
    """The search with its page, to come back to."""
    return urlencode([*filters.pairs(), *([("page", filters.page)] if filters.page > 1 else [])])


def _address(filters: Filters) -> str:
    query = _query(filters)
    return url_for("companies.directory", forum_slug=this_forum().slug) + (f"?{query}" if query else "")


@blueprint.context_processor
def _where_we_stand() -> dict[str, object]:
    """For the page of one company: what the viewer's company has to do with it."""
    us = acting() if request.endpoint == "companies.show" else None
    company_id = int((request.view_args or {}).get("company_id", 0))
    if us is None or company_id in current_viewer().company_ids:
        return {}
    between = reading.between_all(us.company.id, [company_id]).get(company_id)
    return {
        "us": us,
        "stands": wording.standing_words(between, us.company.id) if between else None,
        "kept": company_id in keeping.favourites_of(us.company.id),
    }


@blueprint.post("/companies/<int:company_id>/keep")
def keep(forum_slug: str, company_id: int) -> Page:
    """Keep a company in mind, or no longer; suggest it no more, or again."""
    us = must_act()
    verbs: Mapping[str, Callable[..., None]] = {
        "keep": keeping.keep,
        "let-go": keeping.let_go,
        "dismiss": keeping.dismiss,
        "suggest-again": keeping.suggest_again,
    }
    verb = request.form.get("verb", "")
    if verb not in verbs:
        abort(400)
    verbs[verb](company_id=us.company.id, other_id=company_id)
    if verb == "dismiss":
        offer_undo(
            _("It is suggested no more."),
            url=url_for(".keep", forum_slug=forum_slug, company_id=company_id),
            fields={"verb": "suggest-again", "company": us.company.id, "back": "suggestions"},
        )
    if request.form.get("back") == "suggestions":
        return redirect(url_for("requests.suggested", forum_slug=forum_slug, company=us.company.id), 303)
    if request.form.get("back") == "company":
        return redirect(url_for(".show", forum_slug=forum_slug, company_id=company_id), 303)
    return redirect(_address(Filters.from_query(request.args)), 303)


@blueprint.post("/searches")
def save_search(forum_slug: str) -> Page:
    """Keep the search of the address under a name."""
    us = must_act()
    filters = Filters.from_query(request.args)
    name = request.form.get("name", "").replace("\x00", "")
    try:
        tell = keeping.Tell.NEW_COMPANIES if request.form.get("tell") else keeping.Tell.NOTHING
        saved = keeping.save_search(company_id=us.company.id, name=name, filters=filters, tell=tell)
    except Invalid as error:
        flash(str(error), "error")
    else:
        flash(_("“%(name)s” is saved.", name=saved.name), "success")
    return redirect(_address(filters), 303)


@blueprint.post("/searches/<int:search_id>/watch")
def watch_search(forum_slug: str, search_id: int) -> Page:
    """Let a saved search tell of new companies, or no longer."""
    us = must_act()
    tell = keeping.Tell.NEW_COMPANIES if request.form.get("tell") == "1" else keeping.Tell.NOTHING
    saved = keeping.watch(search_id=search_id, company_id=us.company.id, tell=tell)
    if tell is keeping.Tell.NEW_COMPANIES:
        flash(_("You are told of new companies that match “%(name)s”.", name=saved.name), "success")
    else:
        flash(_("“%(name)s” tells you nothing any more.", name=saved.name), "success")
    return redirect(_address(Filters.from_query(request.args)), 303)


@blueprint.post("/searches/<int:search_id>/forget")
def forget_search(forum_slug: str, search_id: int) -> Page:
    """Remove a saved search."""
    us = must_act()
    found = db.session.get(SavedSearch, search_id)
    if found is None or found.company_id != us.company.id:
        abort(404)
    name = found.name
    keeping.forget_search(search_id=search_id, company_id=us.company.id)
    flash(_("“%(name)s” is removed.", name=name), "success")
    return redirect(_address(Filters.from_query(request.args)), 303)


def suggested_to(limit: int) -> list[tuple[object, str]]:
    """(suggestion, why) for the acting company, the best first."""
    us = must_act()
    found = suggestions(
        company=us.company, dealings=reading.dealings_of(us.company.id), limit=limit, locale=language()
    )
    return [(each, wording.why(each)) for each in found]
