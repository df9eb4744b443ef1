"""Pages on which a company answers: all requests to it, one or many at once, and the link in a mail."""

from __future__ import annotations

from collections.abc import Callable

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from werkzeug.wrappers import Response

from forum_scheduler.clock import now
from forum_scheduler.companies.models import Company, Seeks
from forum_scheduler.errors import ForumError
from forum_scheduler.extensions import csrf, db
from forum_scheduler.forums.window import window_at
from forum_scheduler.requests import answer_links, reading, replying, services, wording
from forum_scheduler.requests import availability as times
from forum_scheduler.requests.acting import (
    Acting,
    ground_between,
    language,
    must_act,
    offered_pairs,
    this_forum,
)
from forum_scheduler.requests.forms import ReplyForm, interpreter_choice
from forum_scheduler.requests.models import DeclineReason, Priority, Request, RequestState
from forum_scheduler.requests.views import blueprint
from forum_scheduler.undoing import offer_undo

Page = str | Response | tuple[str, int]
TAKE_BACK = "take-back"  # an answer that was a slip
MOST_AT_ONCE = 500


@blueprint.get("/inbox")
def inbox(forum_slug: str) -> Page:
    """The requests that wait for an answer, or those that were answered."""
    us = must_act()
    answered = request.args.get("show") == "answered"
    waiting = reading.open_count(us.company.id)
    number = max(1, min(request.args.get("page", 1, type=int), 10_000))
    fit = times.fit_of(us.company)
    received = reading.received_by(us.company.id, answered=answered, page=number)
    return render_template(
        "requests/inbox.html",
        us=us,
        company=us.company,
        page=received,
        answered=answered,
        tabs_of_inbox=[
            {
                "label": label,
                "url": url_for(".inbox", forum_slug=forum_slug, company=us.company.id, show=show),
                "current": (show == "answered") == answered,
                "count": count,
            }
            for label, show, count in (
                (_("To answer"), None, waiting),
                (_("Answered"), "answered", reading.answered_count(us.company.id)),
            )
        ],
        reasons=_reasons(),
        priorities=[(each.value, words) for each, words in reversed(wording.PRIORITIES.items())],
        match=lambda other: wording.match_words(
            other, needs=us.needs, offers=us.offers, language=language()
        ),
        fit=fit,
        advice=" ".join(times.advice(fit)),
        window=window_at(this_forum(), now()),
    )  # fmt: skip


def _reasons() -> list[tuple[str, str]]:
    """Ready words for a no, to choose from."""
    return [
        ("", _("No reason")),
        *((each.value, str(words)) for each, words in wording.DECLINE_REASONS.items()),
    ]


@blueprint.post("/inbox")
def answer(forum_slug: str) -> Page:
    """Accept or decline the named request, or all ticked ones; or take one answer back."""
    us = must_act()
    verb = request.form.get("verb", "")
    ids = list(dict.fromkeys(request.form.getlist("request", type=int)))[:MOST_AT_ONCE]
    verbs = _verbs(us.company.id)
    if verb not in verbs:
        abort(400)
    done: list[int] = []
    troubles, waited = [], False
    for id_ in ids:
        found = db.session.get(Request, id_)
        if found is None or found.forum_id != this_forum().id or found.asked_id != us.company.id:
            abort(404)
        waited = found.state == RequestState.PENDING
        try:
            verbs[verb](id_)
            done.append(id_)
        except ForumError as error:
            troubles.append(str(error))
    for trouble in dict.fromkeys(troubles):
        flash(trouble, "error")
    if not ids:
        flash(_("Tick the requests first."), "info")
    elif done:
        _tell(verb, done, us.company.id, waited=waited)
    return redirect(url_for(".inbox", forum_slug=forum_slug, company=us.company.id), 303)


@blueprint.route("/companies/<int:company_id>/answer", methods=["GET", "POST"])
def reply(forum_slug: str, company_id: int) -> Page:
    """Accept a request with a message, people and interpreter, or change these for an agreed meeting."""
    us = must_act()
    found = reading.between([us.company.id], company_id)
    if found is None or found.asked_id != us.company.id:
        abort(404)
    request_id, said = found.id, replying.reply_to(found)
    form = _reply_form(us, company_id, said)
    status, trouble = 200, ""
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                replying.reply(
                    request_id=request_id, company_id=us.company.id, reply=form.reply(), seen=form.seen.data
                )
            except ForumError as error:
                # Nothing typed is lost; sent once more, it stands against what is stored now.
                status, trouble = error.status, str(error)
                db.session.expire_all()
                found = reading.between([us.company.id], company_id) or abort(404)
                form.seen.data = replying.reply_to(found).digest
            else:
                flash(_("Saved. They are told."), "success")
                where = url_for(".inbox", forum_slug=forum_slug, company=us.company.id, show="answered")
                return redirect(where, 303)
    page = render_template(
        "requests/reply.html",
        form=form,
        us=us,
        found=found,
        trouble=trouble,
        obstacle="" if found.state == RequestState.ACCEPTED else services.answer_obstacle(found),
        window=window_at(this_forum(), now()),
    )
    return page, status


def _reply_form(us: Acting, other_id: int, said: replying.Reply) -> ReplyForm:
    other = db.session.scalars(
        select(Company).where(Company.id == other_id).options(selectinload(Company.delegates))
    ).one()
    pairs = offered_pairs()
    form = ReplyForm(
        data={
            "priority": said.priority,
            "message": said.message,
            "our_ids": said.delegate_ids,
            "length_slots": said.length_slots,
            "interpret": interpreter_choice(said.interpret),
            "seen": said.digest,
        },
        left={},
    )
    form.offer(
        forum=this_forum(),
        mine=us.company,
        length_slots=said.length_slots or 1,
        pairs=pairs,
        derived=ground_between(other, us.company, pairs).interpret,
    )
    return form


def _verbs(company_id: int) -> dict[str, Callable[[int], object]]:
    """What the buttons of the form do with one request."""
    reason = request.form.get("reason", "")
    priority = _priority(request.form.get("priority"))
    seen = request.form.get("seen")
    return {
        "accept": lambda id_: services.accept(
            request_id=id_, company_id=company_id, priority=priority, seen=seen
        ),
        "decline": lambda id_: services.decline(
            request_id=id_,
            company_id=company_id,
            reason=reason,
            code=_code(request.form.get("code")),
            seen=seen,
        ),
        TAKE_BACK: lambda id_: services.take_back_answer(
            request_id=id_,
            company_id=company_id,
            revision=request.form.get("revision", default=-1, type=int),
        ),
    }


def _tell(verb: str, ids: list[int], company_id: int, *, waited: bool) -> None:
    """What was done; one answer can be taken back at once. ``waited``: it was the first to that request."""
    done = len(ids)
    if verb == TAKE_BACK:
        flash(_("Your answer is taken back: the request waits for one again."), "success")
        return
    if verb == "accept":
        text = ngettext("%(num)s request is accepted.", "%(num)s requests are accepted.", done)
    else:
        text = ngettext("%(num)s request is declined.", "%(num)s requests are declined.", done)
    if done > 1:
        flash(text, "success")
        return
    fields: dict[str, object] = {"request": ids[0], "company": company_id}
    if waited:
        fields |= {"verb": TAKE_BACK, "revision": db.session.get_one(Request, ids[0]).revision}
    else:
        fields["verb"] = "decline" if verb == "accept" else "accept"
        fields["seen"] = RequestState.ACCEPTED.value if verb == "accept" else RequestState.DECLINED.value
    offer_undo(
        text,
        url=url_for(".answer", forum_slug=this_forum().slug),
        fields=fields,
    )


def _priority(text: str | None) -> Priority:
    return Priority(text) if text in {each.value for each in Priority} else Priority.NORMAL


def _code(text: str | None) -> DeclineReason | None:
    return DeclineReason(text) if text in {each.value for each in DeclineReason} else None


@blueprint.route("/answer/<token>", methods=["GET", "POST"])
def answer_link(forum_slug: str, token: str) -> Page:
    """The link of a mail. GET only shows a button, since programs that look mails over open their links."""
    link = answer_links.read(token, forum_id=this_forum().id)
    if link is None:
        return _private(render_template("requests/answer_link_refused.html"), 410)
    trouble = ""
    if request.method == "POST":
        try:
            _answer_by_link(link.request.id, link.request.asked_id)
        except ForumError as error:
            trouble = str(error)
        else:
            return _private(redirect(url_for(".answer_link", forum_slug=forum_slug, token=token), 303))
        link = answer_links.read(token, forum_id=this_forum().id)
        if link is None:
            return _private(render_template("requests/answer_link_refused.html"), 410)
    found = link.request
    kinds = {
        kind: frozenset(each.capability_id for each in found.asked.capabilities if each.kind == kind)
        for kind in Seeks
    }
    page = render_template(
        "requests/answer_link.html",
        found=found,
        token=token,
        say=request.values.get("say") if request.values.get("say") in ("accept", "decline") else None,
        trouble=trouble,
        obstacle=services.answer_obstacle(found),
        fits=wording.match_words(
            found.asker, needs=kinds[Seeks.NEED], offers=kinds[Seeks.OFFER], language=language()
        ),
        reasons=_reasons(),
        waiting=found.state == RequestState.PENDING,
    )  # fmt: skip
    return _private(page, 409 if trouble else 200)


def _answer_by_link(request_id: int, company_id: int) -> None:
    verb = _verbs(company_id).get(request.form.get("say", ""))
    if verb is None:
        abort(400)
    verb(request_id)


def _private(answer: str | Response, status: int | None = None) -> Response:
    """Nobody keeps it, and nobody learns the address from it."""
    response = answer if isinstance(answer, Response) else Response(answer, mimetype="text/html")
    if status is not None:
        response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


# Whoever has the address may answer: a token of a session would add nothing, and mail programs without
# cookies could not answer.
csrf.exempt(answer_link)
