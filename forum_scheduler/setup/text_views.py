"""Pages of the organiser's own words for mails and pages."""

from __future__ import annotations

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from forum_scheduler.accounts.languages import LANGUAGES
from forum_scheduler.errors import ForumError, Invalid
from forum_scheduler.forums.texts import NAMES, OF_PAGES, PLACEHOLDERS, Text, Words
from forum_scheduler.forums.views import blueprint
from forum_scheduler.setup import texts as texts_
from forum_scheduler.setup.forms import WordsForm
from forum_scheduler.setup.saving import Section
from forum_scheduler.setup.web import Page, seen, shown, this_forum


@blueprint.get("/f/<forum_slug>/settings/texts")
def texts(forum_slug: str) -> Page:
    """Which mails and pages are there, and which have own words?"""
    own = texts_.own_of(this_forum().id)
    rows = [
        (kind, NAMES[kind], [(code, name, (kind.value, code) in own) for code, name in LANGUAGES])
        for kind in Text
    ]
    return shown("texts", Section.TEXTS, rows=rows)


@blueprint.route("/f/<forum_slug>/settings/texts/<kind>/<locale>", methods=["GET", "POST"])
def text(forum_slug: str, kind: str, locale: str) -> Page:
    """The own words of one kind in one language, as they are typed and as they are read."""
    forum = this_forum()
    if kind not in list(Text) or locale not in dict(LANGUAGES):
        abort(404)
    what = Text(kind)
    stored = texts_.own_of(forum.id).get((kind, locale), Words())
    form = WordsForm(data={"subject": stored.subject, "text": stored.text})
    words = Words(subject=form.subject.data or "", text=form.text.data or "")
    try:
        if form.validate_on_submit() and "preview" not in request.form:
            texts_.store_words(
                forum.id, what, locale, Words() if "reset" in request.form else words, seen=seen()
            )
            return _done(what, locale)
        sample = texts_.sample(forum, what, locale, words)
    except ForumError as error:
        field = error.field if isinstance(error, Invalid) and error.field in form else "text"
        form[field or "text"].errors = [str(error)]
        sample = texts_.sample(forum, what, locale, stored)
    known = OF_PAGES if what.of_page else set(PLACEHOLDERS)
    return shown(
        "text",
        Section.TEXTS,
        form=form,
        kind=what,
        name=NAMES[what],
        language=dict(LANGUAGES)[locale],
        locale_of_text=locale,
        sample=sample,
        own=stored != Words(),
        placeholders=[(name, meaning) for name, meaning in PLACEHOLDERS.items() if name in known],
        failed=bool(form.errors),
    )


def _done(kind: Text, locale: str) -> Response:
    again = "reset" in request.form
    flash(_("The standard text is back.") if again else _("Saved."), "success")
    return redirect(url_for("forums.text", forum_slug=this_forum().slug, kind=kind.value, locale=locale), 303)
