"""The organiser's page of the forum's own programme."""

from __future__ import annotations

from datetime import timedelta

from flask import flash, g, redirect, render_template, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from forum_scheduler.errors import Invalid
from forum_scheduler.extensions import db
from forum_scheduler.forums import programme as services
from forum_scheduler.forums.fields import MomentField
from forum_scheduler.forums.models import Forum, ProgrammeEntry
from forum_scheduler.forums.views import Page, blueprint, spans


class EntryForm(FlaskForm):  # type: ignore[misc]  # WTForms ships no types
    """Something of the programme, in the two languages of the pages."""

    title_en = StringField(_l("Title in English"), validators=[InputRequired(), Length(max=200)])
    title_uk = StringField(_l("Title in Ukrainian"), validators=[Length(max=200)])
    place = StringField(_l("Place"), validators=[Length(max=120)])
    starts_at = MomentField(_l("From"), validators=[InputRequired(_l("When does it start?"))])
    ends_at = MomentField(_l("Until"), validators=[InputRequired(_l("When does it end?"))])

    def details(self) -> services.EntryDetails:
        """What was typed, as the service takes it; only after the form was found valid."""
        starts_at, ends_at = self.starts_at.moment, self.ends_at.moment
        assert starts_at is not None
        assert ends_at is not None
        return services.EntryDetails(
            titles={"en": self.title_en.data or "", "uk": self.title_uk.data or ""},
            place=self.place.data or "",
            starts_at=starts_at,
            ends_at=ends_at,
        )


@blueprint.route("/f/<forum_slug>/settings/programme", methods=["GET", "POST"])
def programme(forum_slug: str) -> Page:
    """What is on besides the meetings?"""
    forum: Forum = g.forum
    form = EntryForm()
    if form.validate_on_submit():
        try:
            entry = services.add_entry(forum_id=forum.id, details=form.details())
        except Invalid as error:
            _blame(form, error)
        else:
            flash(_("%(title)s is in the programme.", title=entry.title(_language())), "success")
            return redirect(url_for("forums.programme", forum_slug=forum_slug), 303)
    elif not form.is_submitted() and (span := spans(forum.id).get(forum.id)) is not None:
        # A day of the forum is the likeliest: then only the clock has to be changed.
        form.starts_at.process_data(span[0])
        form.ends_at.process_data(span[0] + timedelta(hours=1))
    page = render_template(
        "forums/programme.html",
        form=form,
        entries=services.programme_of(forum.id),
        language=_language(),
    )
    return (page, 422) if form.errors else page


@blueprint.route("/f/<forum_slug>/settings/programme/<int:programme_id>", methods=["GET", "POST"])
def edit_programme(forum_slug: str, programme_id: int) -> Page:
    """Change one entry."""
    entry = db.session.get_one(ProgrammeEntry, programme_id)
    form = EntryForm(
        obj=entry, data={"title_en": entry.titles.get("en", ""), "title_uk": entry.titles.get("uk", "")}
    )
    if form.validate_on_submit():
        try:
            services.edit_entry(entry_id=programme_id, details=form.details())
        except Invalid as error:
            _blame(form, error)
        else:
            flash(_("Saved."), "success")
            return redirect(url_for("forums.programme", forum_slug=forum_slug), 303)
    page = render_template(
        "forums/edit_programme.html", form=form, entry=entry, title=entry.title(_language())
    )
    return (page, 422) if form.errors else page


@blueprint.post("/f/<forum_slug>/settings/programme/<int:programme_id>/remove")
def remove_programme(forum_slug: str, programme_id: int) -> Page:
    """Take one entry out."""
    title = db.session.get_one(ProgrammeEntry, programme_id).title(_language())
    services.remove_entry(entry_id=programme_id)
    flash(_("%(title)s is no longer in the programme.", title=title), "success")
    return redirect(url_for("forums.programme", forum_slug=forum_slug), 303)


def _language() -> str:
    return str(get_locale() or "en")[:2]


def _blame(form: EntryForm, error: Invalid) -> None:
    field = error.field if error.field in form else "title_en"
    form[field].errors = [str(error)]
