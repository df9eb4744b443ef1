"""Pages of the room requests: ask, my requests, inbox, availability, and the organiser's list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload
from werkzeug.wrappers import Response

from forum_scheduler.accounts.viewer import current_viewer
from forum_scheduler.clock import now
from forum_scheduler.companies.directory import suggestions, visible_to
from forum_scheduler.companies.models import Company, CompanyCapability, Delegate, Seeks
from forum_scheduler.errors import ForumError, Invalid
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.forums.window import Window, window_at
from forum_scheduler.requests import availability as times
from forum_scheduler.requests import reading, reminding, services
from forum_scheduler.requests.forms import AskForm
from forum_scheduler.requests.models import Priority, Request, RequestState

blueprint = Blueprint("requests", __name__, url_prefix="/f/<forum_slug>")
Page = str | Response | tuple[str, int]

STATES = {
    RequestState.PENDING: (_l("Waiting for an answer"), "info"),
    RequestState.ACCEPTED: (_l("Accepted"), "good"),
    RequestState.DECLINED: (_l("Declined"), "neutral"),
    RequestState.WITHDRAWN: (_l("Withdrawn"), "neutral"),
    RequestState.EXPIRED: (_l("Expired"), "warn"),
}
PRIORITIES = {Priority.MUST: _l("Must"), Priority.HIGH: _l("High"), Priority.NORMAL: _l("Normal")}


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    """Words for states and priorities, for every page that shows a request."""
    return {
        "request_state": lambda state: STATES[RequestState(state)],
        "priority_word": lambda priority: PRIORITIES[Priority(priority)],
    }


def _forum() -> Forum:
    return cast(Forum, g.forum)


def _language() -> str:
    return str(get_locale() or "en")[:2]


def _my_companies() -> list[Company]:
    """The viewer's approved companies with what the pages show of them."""
    return list(
        db.session.scalars(
            select(Company)
            .where(Company.id.in_(current_viewer().approved_company_ids))
            .options(
                joinedload(Company.side),
                selectinload(Company.delegates),
                selectinload(Company.capabilities).joinedload(CompanyCapability.capability),
            )
            .order_by(Company.id)
        )
    )


def _acting_company() -> Company:
    """The company that the page is for: the one asked for, or the viewer's first."""
    companies = _my_companies()
    if not companies:
        abort(404)
    wanted = request.values.get("company", type=int)
    return next((company for company in companies if company.id == wanted), companies[0])


@blueprint.route("/companies/<int:company_id>/ask", methods=["GET", "POST"])
def ask(forum_slug: str, company_id: int) -> Page:
    """Ask a company for a meeting, or change what was asked."""
    mine = _acting_company()
    seen = visible_to(forum_id=_forum().id, company_ids=current_viewer().approved_company_ids)
    other = db.session.scalar(
        select(Company)
        .where(seen, Company.id == company_id)
        .options(joinedload(Company.side), selectinload(Company.delegates))
    )
    if other is None:
        abort(404)
    existing = reading.between([mine.id], company_id)
    form = AskForm(data=_typed_before(existing, mine))
    form.offer_delegates(
        [*((mine.name, each) for each in mine.delegates), *((other.name, each) for each in other.delegates)]
    )
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                sent = _send(form, existing, mine, company_id)
            except Invalid as error:
                target = form[error.field if error.field in form else "message"]
                target.errors = [*target.errors, str(error)]
            except ForumError as error:
                # Nothing typed is lost: the form stands there again under the reason.
                status = error.status
                flash(str(error), "error")
            else:
                flash(_asked_text(sent, other), "success")
                return redirect(url_for("requests.mine", forum_slug=forum_slug, company=mine.id))
    page = render_template(
        "requests/ask.html",
        form=form,
        mine=mine,
        other=other,
        existing=existing,
        left_text=_left_text(mine),
        window=window_at(_forum(), now()),
    )
    return page, status


def _typed_before(existing: Request | None, mine: Company) -> dict[str, object]:
    if existing is None or existing.asker_id != mine.id or existing.state not in services.LIVE:
        return {}
    return {
        "priority": existing.priority,
        "message": existing.message,
        "length_slots": existing.length_slots,
        "delegate_ids": [each.delegate_id for each in existing.wished],
        "revision": str(existing.revision),
    }


def _send(form: AskForm, existing: Request | None, mine: Company, company_id: int) -> Request:
    live = existing is not None and existing.asker_id == mine.id and existing.state in services.LIVE
    if existing is not None and live:
        revision = int(form.revision.data) if str(form.revision.data).isdecimal() else 0
        return services.edit(request_id=existing.id, revision=revision or existing.revision, wish=form.wish())
    return services.ask(asker_id=mine.id, asked_id=company_id, wish=form.wish())


def _asked_text(sent: Request, other: Company) -> str:
    if sent.state == RequestState.ACCEPTED:
        return str(_("You both want to meet: the meeting with %(company)s is agreed.", company=other.name))
    return str(_("Your request to %(company)s is sent.", company=other.name))


def _left(mine: Company) -> dict[Priority, int]:
    """How many "must" and "high" the company has left; only those that are limited."""
    forum = _forum()
    live = [each.priority for each in reading.sent_by(mine.id) if each.state in services.LIVE]
    caps = {Priority.MUST: forum.max_must_requests, Priority.HIGH: forum.max_high_requests}
    return {priority: max(0, cap - live.count(priority)) for priority, cap in caps.items() if cap is not None}


def _left_text(mine: Company) -> str:
    """Such as "Left: 2 of “Must”, 4 of “High”."; empty where nothing is limited."""
    parts = [
        _("%(number)s of “%(priority)s”", number=number, priority=PRIORITIES[priority])
        for priority, number in _left(mine).items()
    ]
    return _("Left: %(list)s.", list=", ".join(parts)) if parts else ""


@blueprint.get("/requests")
def mine(forum_slug: str) -> Page:
    """The company's own requests, and whom it might ask next."""
    company = _acting_company()
    return render_template(
        "requests/mine.html",
        company=company,
        companies=_my_companies(),
        requests=reading.sent_by(company.id),
        suggestions=suggestions(
            company=company, asked=reading.partners_of(company.id), limit=4, locale=_language()
        ),
        window=window_at(_forum(), now()),
        left_text=_left_text(company),
    )


@blueprint.get("/inbox")
def inbox(forum_slug: str) -> Page:
    """All requests to the company, open ones first."""
    company = _acting_company()
    needs = {each.capability_id for each in company.capabilities if each.kind == Seeks.NEED}
    offers = {each.capability_id for each in company.capabilities if each.kind == Seeks.OFFER}
    received = reading.received_by(company.id)
    return render_template(
        "requests/inbox.html",
        company=company,
        companies=_my_companies(),
        requests=received,
        waiting=[each for each in received if each.state == RequestState.PENDING],
        match=lambda asker: _match_text(asker, needs=needs, offers=offers),
        fit=times.fit_of(company),
        window=window_at(_forum(), now()),
    )


def _match_text(asker: Company, *, needs: set[int], offers: set[int]) -> str:
    """Why the asking company fits, in one line."""
    language = _language()
    offered = [
        each.capability.name(language)
        for each in asker.capabilities
        if each.kind == Seeks.OFFER and each.capability_id in needs
    ]
    needed = [
        each.capability.name(language)
        for each in asker.capabilities
        if each.kind == Seeks.NEED and each.capability_id in offers
    ]
    parts = [
        _("They offer what you need: %(list)s.", list=", ".join(offered[:3])) if offered else "",
        _("They need what you offer: %(list)s.", list=", ".join(needed[:3])) if needed else "",
    ]
    return " ".join(part for part in parts if part)


@blueprint.post("/inbox")
def answer(forum_slug: str) -> Page:
    """Accept or decline the named request, or all ticked ones."""
    company = _acting_company()
    verb = request.form.get("verb", "")
    ids = request.form.getlist("request", type=int)
    verbs: dict[str, Callable[[int], object]] = {
        "accept": lambda id_: services.accept(
            request_id=id_, company_id=company.id, priority=_priority(request.form.get("priority"))
        ),
        "decline": lambda id_: services.decline(
            request_id=id_, company_id=company.id, reason=request.form.get("reason", "")
        ),
    }
    if verb not in verbs:
        abort(400)
    done = 0
    for id_ in ids:
        found = db.session.get(Request, id_)
        if found is None or found.forum_id != _forum().id or found.asked_id != company.id:
            abort(404)
        try:
            verbs[verb](id_)
            done += 1
        except ForumError as error:
            flash(str(error), "error")
    if not ids:
        flash(_("Tick the requests first."), "info")
    elif done:
        flash(_("Accepted.") if verb == "accept" else _("Declined."), "success")
    return redirect(url_for(".inbox", forum_slug=forum_slug, company=company.id))


def _priority(text: str | None) -> Priority:
    return Priority(text) if text in {each.value for each in Priority} else Priority.NORMAL


@blueprint.post("/requests/<int:request_id>/withdraw")
def withdraw(forum_slug: str, request_id: int) -> Page:
    """Take a request or an agreed meeting back."""
    found = db.session.get_one(Request, request_id)
    ours = [id_ for id_ in current_viewer().approved_company_ids if id_ in (found.asker_id, found.asked_id)]
    if not ours:
        abort(404)
    services.withdraw(request_id=request_id, company_id=ours[0])
    flash(_("Withdrawn."), "success")
    return redirect(url_for(".mine", forum_slug=forum_slug, company=ours[0]))


@blueprint.route("/delegates/<int:delegate_id>/availability", methods=["GET", "POST"])
def availability(forum_slug: str, delegate_id: int) -> Page:
    """The slots in which a delegate can't meet."""
    delegate = db.session.scalars(
        select(Delegate).where(Delegate.id == delegate_id).options(joinedload(Delegate.company))
    ).one()
    blocks = times.blocks_with_slots(_forum().id)
    if request.method == "POST":
        free = set(request.form.getlist("free", type=int))
        every = {slot.id for block in blocks for slot in block.slots}
        times.set_unavailable(delegate_id=delegate_id, slot_ids=every - free)
        flash(_("Saved."), "success")
        return redirect(url_for(".availability", forum_slug=forum_slug, delegate_id=delegate_id))
    return render_template(
        "requests/availability.html",
        delegate=delegate,
        blocks=blocks,
        blocked=times.unavailable_slots([delegate_id])[delegate_id],
        fit=times.fit_of(delegate.company),
    )


@blueprint.get("/organise/requests")
def overview(forum_slug: str) -> Page:
    """All requests of the forum, for the organiser."""
    state = request.args.get("state")
    known = state if state in {each.value for each in RequestState} else None
    number = max(1, request.args.get("page", 1, type=int))
    side_id = current_viewer().delegation_id
    counts = reading.counts_by_state(_forum().id, side_id=side_id)
    total = counts[known] if known else sum(counts.values())
    pages = max(1, -(-total // reading.PAGE_SIZE))
    return render_template(
        "requests/overview.html",
        requests=reading.of_forum(_forum().id, state=known, page=min(number, pages), side_id=side_id),
        state_tabs=_state_tabs(forum_slug, counts, known),
        quiet=reminding.quiet_companies(_forum(), side_id=side_id),
        may_remind=current_viewer().is_organiser and window_at(_forum(), now()) is Window.OPEN,
        page={
            "page": min(number, pages),
            "pages": pages,
            "total": total,
            "has_prev": number > 1,
            "has_next": number < pages,
        },
    )


@blueprint.post("/organise/requests/remind")
def remind(forum_slug: str) -> Page:
    """Remind all companies that have not answered, or not asked anybody."""
    sent = reminding.remind(_forum())
    flash(
        ngettext("%(num)s mail is on its way.", "%(num)s mails are on their way.", sent)
        if sent
        else _("Everybody was reminded today already."),
        "success",
    )
    return redirect(url_for(".overview", forum_slug=forum_slug))


def _state_tabs(forum_slug: str, counts: Mapping[str, int], chosen: str | None) -> list[dict[str, object]]:
    every = {
        "label": _("All"),
        "url": url_for(".overview", forum_slug=forum_slug),
        "current": chosen is None,
        "count": sum(counts.values()),
    }
    return [
        every,
        *(
            {
                "label": STATES[state][0],
                "url": url_for(".overview", forum_slug=forum_slug, state=state.value),
                "current": chosen == state.value,
                "count": counts[state.value],
            }
            for state in RequestState
        ),
    ]
