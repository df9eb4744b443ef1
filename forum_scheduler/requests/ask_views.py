"""Pages on which a company asks: one company, several at once, its ranking, all in one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload
from werkzeug.wrappers import Response

from forum_scheduler.accounts.viewer import current_viewer
from forum_scheduler.clock import now
from forum_scheduler.companies.directory import sides_to_ask, visible_to
from forum_scheduler.companies.models import Company
from forum_scheduler.errors import ForumError, Invalid
from forum_scheduler.extensions import db, transaction
from forum_scheduler.forums.window import window_at
from forum_scheduler.requests import caps, ranking, reading, services, wording
from forum_scheduler.requests.acting import Acting, ground_between, must_act, offered_pairs, this_forum
from forum_scheduler.requests.caps import LIVE
from forum_scheduler.requests.finding_views import SUGGESTED, suggested_to
from forum_scheduler.requests.forms import AskForm, PriorityForm, interpreter_choice
from forum_scheduler.requests.models import Priority, Request, RequestState
from forum_scheduler.requests.ranking import Way
from forum_scheduler.requests.views import blueprint
from forum_scheduler.requests.wishes import Wish
from forum_scheduler.undoing import offer_undo

Page = str | Response | tuple[str, int]
MOST_AT_ONCE = 40
NAMED = 4  # companies in one message


@blueprint.route("/companies/<int:company_id>/ask", methods=["GET", "POST"])
def ask(forum_slug: str, company_id: int) -> Page:
    """Ask a company for a meeting, or change what was asked."""
    us = must_act()
    other = _visible([company_id]).get(company_id)
    if other is None:
        return _gone(request.form.get("message", ""))
    existing = reading.between([us.company.id], company_id)
    editing = existing is not None and existing.asker_id == us.company.id and existing.state in LIVE
    form = _ask_form(us, other, existing if editing else None)
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                sent = _send(form, existing if editing else None, us.company.id, company_id)
            except Invalid as error:
                target = form[error.field if error.field in form else "message"]
                target.errors = [*target.errors, str(error)]
            except ForumError as error:
                # Nothing typed is lost: the form stands there again under the reason.
                status = error.status
                if str(error) != services.obstacle(asker_id=us.company.id, asked_id=company_id):
                    flash(str(error), "error")  # what stands against it anyway, the page says itself
            else:
                flash(_asked_text(sent, other.name), "success")
                return redirect(_where_it_stands(sent, us.company.id), 303)
    page = render_template(
        "requests/ask.html",
        form=form,
        us=us,
        other=other,
        existing=existing,
        editing=editing,
        obstacle=services.obstacle(asker_id=us.company.id, asked_id=company_id),
        stands=wording.standing_words(existing, us.company.id) if existing else None,
        window=window_at(this_forum(), now()),
    )
    return page, status


def _gone(typed: str) -> Page:
    """There is no such company (any more); what was typed for it is handed back."""
    if not typed.strip():
        abort(404)
    return render_template("requests/gone.html", typed=typed), 404


def _visible(company_ids: Sequence[int]) -> Mapping[int, Company]:
    """Those of the companies that the viewer may see, with what the pages show, in the order given."""
    seen = visible_to(forum_id=this_forum().id, company_ids=current_viewer().approved_company_ids)
    found = {
        each.id: each
        for each in db.session.scalars(
            select(Company)
            .where(seen, Company.id.in_(list(company_ids)))
            .options(joinedload(Company.side), selectinload(Company.delegates))
        )
    }
    return {id_: found[id_] for id_ in dict.fromkeys(company_ids) if id_ in found}


def _ask_form(us: Acting, other: Company, existing: Request | None) -> AskForm:
    pairs = offered_pairs()
    ground = ground_between(us.company, other, pairs)
    form = AskForm(data=_typed_before(existing), left=_left(us, besides=existing))
    form.offer(forum=this_forum(), mine=us.company, other=other, pairs=pairs, derived=ground.interpret)
    return form


def _typed_before(existing: Request | None) -> dict[str, object]:
    if existing is None:
        return {}
    wished = [each.delegate_id for each in existing.wished]
    return {
        "priority": existing.priority,
        "message": existing.message,
        "length_slots": existing.length_slots,
        "our_ids": wished,
        "their_ids": wished,
        "interpret": interpreter_choice(existing.interpret),
        "revision": str(existing.revision),
    }


def _send(form: AskForm, existing: Request | None, asker_id: int, asked_id: int) -> Request:
    if existing is not None:
        revision = int(form.revision.data) if str(form.revision.data).isdecimal() else 0
        return services.edit(request_id=existing.id, revision=revision or existing.revision, wish=form.wish())
    return services.ask(asker_id=asker_id, asked_id=asked_id, wish=form.wish())


def _asked_text(sent: Request, name: str) -> str:
    if sent.state == RequestState.ACCEPTED:
        return str(_("You both want to meet: the meeting with %(company)s is agreed.", company=name))
    return str(_("Your request to %(company)s is sent.", company=name))


def _where_it_stands(sent: Request, company_id: int) -> str:
    """The page that lists the request: its own of who asked first, the answers of who agreed by asking."""
    where = {"forum_slug": this_forum().slug, "company": company_id}
    if sent.asker_id == company_id:
        return url_for("requests.mine", **where)  # type: ignore[arg-type]  # values are str and int
    return url_for("requests.inbox", show="answered", **where)  # type: ignore[arg-type]  # as above


def _left(us: Acting, *, besides: Request | None = None) -> dict[Priority, int]:
    """How many of each limited priority the company has left."""
    counts = caps.sent(us.company.id, besides=besides.id if besides else None)
    limits = caps.Caps.of(this_forum()).by_priority
    return {priority: max(0, cap - counts[priority]) for priority, cap in limits.items()}


def _left_text(us: Acting) -> str:
    """Such as "Left: 2 of “Must”, 4 of “High”, 31 of all."; empty where nothing is limited."""
    parts = [
        _("%(number)s of “%(priority)s”", number=number, priority=wording.PRIORITIES[priority])
        for priority, number in _left(us).items()
    ]
    most = this_forum().max_requests
    if most is not None:
        parts.append(_("%(number)s of all", number=max(0, most - sum(caps.sent(us.company.id).values()))))
    return str(_("Left: %(list)s.", list=", ".join(parts))) if parts else ""


@blueprint.route("/requests/new", methods=["GET", "POST"])
def ask_many(forum_slug: str) -> Page:
    """Ask several companies at once, with one message."""
    us = must_act()
    chosen = _visible(request.values.getlist("to", type=int)[:MOST_AT_ONCE])
    may_ask = sides_to_ask(us.company.side_id)
    between = reading.between_all(us.company.id, list(chosen))
    others = [
        each
        for id_, each in chosen.items()
        if each.side_id in may_ask and not _asked_already(between.get(id_), us)
    ]
    form = PriorityForm(left=_left(us))
    status = 200
    if form.is_submitted() and others:
        status = 422
        if form.validate():
            wish = Wish(priority=Priority(form.priority.data), message=form.message.data or "")
            others = _send_all(us, others, wish)
            if not others:
                return redirect(url_for("requests.mine", forum_slug=forum_slug, company=us.company.id), 303)
    elif form.is_submitted() and not chosen:
        return _gone(form.message.data or "")
    elif form.is_submitted():
        return redirect(url_for("requests.mine", forum_slug=forum_slug, company=us.company.id), 303)
    page = render_template(
        "requests/ask_many.html",
        form=form,
        us=us,
        others=others,
        left_text=_left_text(us),
        window=window_at(this_forum(), now()),
    )
    return page, status


def _asked_already(existing: Request | None, us: Acting) -> bool:
    """Whether asking would change nothing; who was asked by them agrees by asking."""
    return existing is not None and existing.state in LIVE and existing.asker_id == us.company.id


def _send_all(us: Acting, others: Sequence[Company], wish: Wish) -> list[Company]:
    """Ask each in a transaction of its own; those that could not be asked stay, and the page says why."""
    sent, failed = 0, []
    troubles: dict[str, list[str]] = {}
    names = [(each.id, each.name) for each in others]
    for id_, name in names:
        try:
            services.ask(asker_id=us.company.id, asked_id=id_, wish=wish)
            sent += 1
        except ForumError as error:
            failed.append(id_)
            troubles.setdefault(str(error), []).append(name)
    for why, whom in troubles.items():  # a cap stands against many at once: said once
        flash(_("Not sent to %(companies)s: %(why)s", companies=_names(whom), why=why), "error")
    if sent:
        flash(ngettext("%(num)s request is sent.", "%(num)s requests are sent.", sent), "success")
    return list(_visible(failed).values()) if failed else []


def _names(names: Sequence[str]) -> str:
    """The first few, and how many more."""
    text = ", ".join(names[:NAMED])
    return (
        text if len(names) <= NAMED else _("%(names)s and %(num)s more", names=text, num=len(names) - NAMED)
    )


@blueprint.get("/requests")
def mine(forum_slug: str) -> Page:
    """The company's own requests in its order, and whom it might ask next."""
    us = must_act()
    sent = reading.sent_by(us.company.id)
    live = ranking.ranked([each for each in sent if each.state in LIVE])
    return render_template(
        "requests/mine.html",
        us=us,
        company=us.company,
        parts=[(each, [one for one in live if one.priority == each]) for each in Priority],
        live=live,
        closed=[each for each in sent if each.state not in LIVE],
        limits=caps.Caps.of(this_forum()).by_priority,
        suggested=suggested_to(4),
        window=window_at(this_forum(), now()),
        left_text=_left_text(us),
    )


@blueprint.get("/suggestions")
def suggested(forum_slug: str) -> Page:
    """Whom the company might ask, and why."""
    us = must_act()
    return render_template(
        "requests/suggested.html",
        us=us,
        suggested=suggested_to(SUGGESTED),
        described=bool(us.offers or us.needs or us.company.programmes),
    )


@blueprint.post("/requests/move")
def move(forum_slug: str) -> Page:
    """One request a step up or down, or all of them in a new order (dragged)."""
    us = must_act()
    way, one = request.form.get("way", ""), request.form.get("request", type=int)
    try:
        if way in {each.value for each in Way} and one is not None:
            ranking.move(company_id=us.company.id, request_id=one, way=Way(way))
        else:
            order = {each: request.form.getlist(each.value, type=int) for each in Priority}
            if not any(order.values()):
                abort(400)
            ranking.arrange(company_id=us.company.id, order=order)
    except ForumError as error:
        flash(str(error), "error")
    return redirect(url_for(".mine", forum_slug=forum_slug, company=us.company.id), 303)


@blueprint.route("/requests/table", methods=["GET", "POST"])
def table(forum_slug: str) -> Page:
    """All open and accepted requests in one table: priorities, order, and which to withdraw."""
    us = must_act()
    status = 200
    typed: Mapping[int, str] = {}
    if request.method == "POST":
        typed = {
            id_: request.form.get(f"priority-{id_}", "")
            for id_ in request.form.getlist("request", type=int)[:1000]
        }
        try:
            withdrawn = _store_table(us, typed)
        except ForumError as error:
            status = error.status
            flash(str(error), "error")
        else:
            if withdrawn:
                flash(ngettext("%(num)s request is withdrawn.", "%(num)s requests are withdrawn.", withdrawn),
                      "success")  # fmt: skip
            flash(_("Saved."), "success")
            return redirect(url_for(".table", forum_slug=forum_slug, company=us.company.id), 303)
    live = ranking.ranked([each for each in reading.sent_by(us.company.id) if each.state in LIVE])
    page = render_template(
        "requests/table.html",
        us=us,
        live=live,
        typed=typed,
        priorities=[(each.value, str(word)) for each, word in wording.PRIORITIES.items()],
        left_text=_left_text(us),
        window=window_at(this_forum(), now()),
    )
    return page, status


def _store_table(us: Acting, typed: Mapping[int, str]) -> int:
    """All or nothing; withdraw first, which makes room under the caps. Returns how many were withdrawn."""
    leaving = [id_ for id_ in request.form.getlist("withdraw", type=int) if id_ in typed]
    known = {each.value for each in Priority}
    if any(word not in known for word in typed.values()):
        abort(400)
    seen = {id_: request.form.get(f"revision-{id_}", 0, type=int) for id_ in typed if id_ not in leaving}
    order = {
        priority: [id_ for id_, word in typed.items() if word == priority and id_ not in leaving]
        for priority in Priority
    }
    company_id = us.company.id
    with transaction() as session:
        services.hold_company(session, company_id)  # companies before requests, as everywhere
        asked = session.scalars(
            select(Request.id)
            .where(Request.id.in_(leaving), Request.asker_id == company_id)
            .order_by(Request.id)
        ).all()
        for id_ in asked:
            services.withdraw(request_id=id_, company_id=company_id, seen=request.form.get(f"state-{id_}"))
        ranking.arrange(company_id=company_id, order=order, seen=seen)
    return len(asked)


@blueprint.post("/requests/<int:request_id>/withdraw")
def withdraw(forum_slug: str, request_id: int) -> Page:
    """Take a request or an agreed meeting back."""
    found = db.session.get_one(Request, request_id)
    ours = [id_ for id_ in current_viewer().approved_company_ids if id_ in (found.asker_id, found.asked_id)]
    if not ours:
        abort(404)
    agreed = found.state == RequestState.ACCEPTED
    try:
        services.withdraw(request_id=request_id, company_id=ours[0], seen=request.form.get("seen"))
    except ForumError as error:
        flash(str(error), "error")
    else:
        _tell_withdrawn(request_id, ours[0], agreed=agreed)
    return redirect(url_for(".mine", forum_slug=forum_slug, company=ours[0]), 303)


def _tell_withdrawn(request_id: int, company_id: int, *, agreed: bool) -> None:
    """Whom it concerns; a request that nobody had answered can be sent again as it was."""
    asker_id, asked_id = db.session.execute(
        select(Request.asker_id, Request.asked_id).where(Request.id == request_id)
    ).one()
    other_id = asked_id if asker_id == company_id else asker_id
    name = db.session.scalar(select(Company.name).where(Company.id == other_id))
    if agreed or asker_id != company_id:
        flash(_("The meeting with %(company)s is taken back. They are told.", company=name), "success")
        return
    offer_undo(
        _("Your request to %(company)s is withdrawn.", company=name),
        url=url_for(".send_again", forum_slug=this_forum().slug, request_id=request_id),
        fields={"company": company_id},
    )


@blueprint.post("/requests/<int:request_id>/again")
def send_again(forum_slug: str, request_id: int) -> Page:
    """Send a withdrawn request as it was."""
    asker_id = db.session.scalar(select(Request.asker_id).where(Request.id == request_id)) or 0
    if asker_id not in current_viewer().approved_company_ids:
        abort(404)
    try:
        sent = services.ask_again(request_id=request_id)
    except ForumError as error:
        flash(str(error), "error")
    else:
        name = db.session.scalar(select(Company.name).where(Company.id == sent.asked_id))
        flash(_asked_text(sent, name or ""), "success")
    return redirect(url_for(".mine", forum_slug=forum_slug, company=asker_id), 303)
