"""Ways into calendars: the pages on which people choose one, the private feed, and stopping mails."""

from __future__ import annotations

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from sqlalchemy import select

from forum_scheduler.agendas import answers, calendar, choices, feeds, pdf
from forum_scheduler.agendas.addresses import feed_url, page_url, webcal_url
from forum_scheduler.agendas.feed_cache import Written, cache, written
from forum_scheduler.agendas.models import Way
from forum_scheduler.agendas.web import (
    Page,
    agenda_of,
    blueprint,
    chosen_language,
    published,
    sessions_for,
    this_forum,
)
from forum_scheduler.clock import now
from forum_scheduler.companies.models import Company, Delegate
from forum_scheduler.errors import Invalid
from forum_scheduler.extensions import csrf, db, forum_config
from forum_scheduler.forums.models import Forum, Interpreter, Table
from forum_scheduler.forums.programme import programme_of
from forum_scheduler.publishing.models import FeedToken
from forum_scheduler.publishing.reading import current_publication
from forum_scheduler.undoing import offer_undo


@blueprint.get("/delegates/<int:delegate_id>/take-along")
def take_along(forum_slug: str, delegate_id: int) -> Page:
    """One way to choose: a calendar that updates itself, invitations by mail, a download; and paper."""
    who = db.session.get_one(Delegate, delegate_id)
    page = render_template(
        "agendas/take_along.html",
        name=who.name,
        delegate_id=delegate_id,
        way=choices.chosen_way(delegate_id).value,
        email=choices.address_of(who),
        address=_address(delegate_id=delegate_id),
        answers=answers.counted(delegate_id),
        read=forum_config().imap_url is not None,
        published=current_publication(this_forum()) is not None,
        programme=choices.wants_programme(delegate_id),
        any_programme=bool(programme_of(this_forum().id)),
    )
    return _secret(page)


@blueprint.post("/delegates/<int:delegate_id>/feed")
def change_feed(forum_slug: str, delegate_id: int) -> Page:
    """Choose a way into the calendar, or renew the private address."""
    match request.form.get("do"):
        case "create":
            choices.choose(delegate_id=delegate_id, way=Way.FEED)
            flash(_("Your calendar address is ready."), "success")
        case "mail":
            try:
                choices.choose(delegate_id=delegate_id, way=Way.MAIL)
            except Invalid as trouble:
                flash(str(trouble), "error")
            else:
                flash(_("Invitations will come by mail, one for each meeting, in a few minutes."), "success")
        case "renew":
            feeds.renew_feed(delegate_id=delegate_id)
            flash(_("You have a new address. The old one has stopped working."), "success")
        case "revoke":
            choices.choose(delegate_id=delegate_id, way=Way.NONE)
            _offer_address_again()
        case "restore":
            choices.restore_feed(delegate_id=delegate_id)
            flash(_("The address works again."), "success")
        case "stop":
            choices.choose(delegate_id=delegate_id, way=Way.NONE)
            flash(
                _("No more invitations. Mails that take the meetings out again are on their way."), "success"
            )
        case "programme" | "no-programme" as wish:
            choices.choose_programme(delegate_id=delegate_id, wanted=wish == "programme")
            flash(_("Saved."), "success")
        case _other:
            abort(400)
    return redirect(url_for(".take_along", forum_slug=forum_slug, delegate_id=delegate_id), 303)


# Feeds of those who are no delegates: a company's assistants, interpreters, the desk at a table


@blueprint.route("/companies/<int:company_id>/take-along", methods=["GET", "POST"])
def company_take_along(forum_slug: str, company_id: int) -> Page:
    name = db.session.scalars(select(Company.name).where(Company.id == company_id)).one()
    back = url_for(".company", forum_slug=forum_slug, company_id=company_id)
    text = _("All meetings of all your people in one calendar, for those who look after their appointments.")
    return _shared(name, text, back, company_id=company_id)


@blueprint.route("/interpreters/<int:interpreter_id>/take-along", methods=["GET", "POST"])
def interpreter_take_along(forum_slug: str, interpreter_id: int) -> Page:
    name = db.session.scalars(select(Interpreter.name).where(Interpreter.id == interpreter_id)).one()
    back = url_for(".interpreter", forum_slug=forum_slug, interpreter_id=interpreter_id)
    return _shared(name, _("All meetings at which you interpret."), back, interpreter_id=interpreter_id)


@blueprint.route("/tables/<int:table_id>/take-along", methods=["GET", "POST"])
def table_take_along(forum_slug: str, table_id: int) -> Page:
    label = db.session.scalars(select(Table.label).where(Table.id == table_id)).one()
    back = url_for(".table", forum_slug=forum_slug, table_id=table_id)
    text = _("All meetings at this table, for a screen beside it or for who looks after it.")
    return _shared(_("Table %(name)s", name=label), text, back, table_id=table_id)


def _shared(name: str, text: str, back: str, **owner: int) -> Page:
    if request.method == "GET":
        values = {"name": name, "text": text, "back": back, "address": _address(**owner)}
        return _secret(render_template("agendas/take_along_shared.html", **values))
    match request.form.get("do"):
        case "create":
            feeds.create_feed(locale=chosen_language(), **owner)
            flash(_("The calendar address is ready."), "success")
        case "renew":
            feeds.renew_feed(locale=chosen_language(), **owner)
            flash(_("There is a new address. The old one has stopped working."), "success")
        case "revoke":
            feeds.revoke_feed(**owner)
            _offer_address_again()
        case "restore":
            feeds.restore_feed(**owner)
            flash(_("The address works again."), "success")
        case _other:
            abort(400)
    return redirect(request.path, 303)


def _offer_address_again() -> None:
    """Programs that know a stopped address give it up within days: so the same one comes back, no new one."""
    offer_undo(_("The address has stopped working."), url=request.path, fields={"do": "restore"})


def _address(**owner: int) -> dict[str, str] | None:
    feed = feeds.current_feed(**owner)
    if feed is None:
        return None
    webcal = webcal_url(feed.token)
    return {"https": feed_url(feed.token), "webcal": webcal, "qr": pdf.qr_image(webcal, border=3)}


def _secret(page: str) -> Response:
    response = Response(page)
    response.cache_control.no_store = True  # the address is a secret
    return response


# The feed itself


def feed(token: str) -> Response:
    """A calendar by its secret address: 404 for an unknown one, 410 for one that was revoked."""
    known = feeds.find_feed(token)
    if known is None or known.revoked_at is not None:
        status, words = (404, "Unknown address.") if known is None else (410, "This address was revoked.")
        return _private(Response(f"{words}\n", status=status, mimetype="text/plain"))
    made = _calendar_of(known)
    response = Response(made.content, content_type=calendar.MEDIA_TYPE)
    response.set_etag(made.etag)
    response.last_modified = made.changed
    response.headers["Content-Disposition"] = 'inline; filename="agenda.ics"'
    response.cache_control.private = True
    response.cache_control.no_cache = True
    response.make_conditional(request)
    return _private(response)


def _calendar_of(feed: FeedToken) -> Written:
    """The feed's calendar in the newest version."""
    forum = db.session.get_one(Forum, feeds.forum_id_of(feed))
    publication = current_publication(forum)
    if publication is None:
        # Subscribing before the first version is fine: the meetings come later.
        return written(calendar.empty_feed(forum.name), feed.created_at)
    key = (feed.id, publication.id, sessions_for(forum, **feeds.owner_of(feed)))
    return cache().get(key, lambda: _write(forum, feed))


def _write(forum: Forum, feed: FeedToken) -> Written:
    owner = feeds.owner_of(feed)
    agenda = published(agenda_of(forum=forum, **owner))
    own_language = "delegate_id" in owner or "interpreter_id" in owner
    locale = agenda.subject.locale if own_language else feed.locale
    content = calendar.calendar_feed(agenda, locale=locale, page_url=page_url(agenda))
    # Sessions change without a version: then only the ETag tells whether something did.
    return written(content, now() if agenda.sessions else agenda.published_at)


def _private(response: Response) -> Response:
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


# Stopping invitation mails from the mail itself (RFC 8058): without signing in, by the secret in it


def stop_mails(secret: str) -> Page:
    """GET shows a button, since programs that look links over must not stop anything; POST stops."""
    if request.method == "POST" and not choices.stop_mails(secret):
        abort(404)
    if request.method == "GET" and not choices.known_secret(secret):
        abort(404)
    response = Response(render_template("agendas/stop_mails.html", stopped=request.method == "POST"))
    response.cache_control.no_store = True
    return _private(response)


@blueprint.record
def _add_rules(state: BlueprintSetupState) -> None:
    # Outside of any forum's address: short, and they say nothing of the forum.
    state.app.add_url_rule("/feed/<token>.ics", endpoint=f"{state.name}.feed", view_func=feed)
    csrf.exempt(stop_mails)  # mail programs post there by themselves; all that it can do is stop mails
    state.app.add_url_rule(
        "/calendar-mails/<secret>",
        endpoint=f"{state.name}.stop_mails",
        view_func=stop_mails,
        methods=["GET", "POST"],
    )
