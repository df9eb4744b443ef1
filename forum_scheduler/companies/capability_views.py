"""The organiser's page of the capability list."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, TextAreaField

from forum_scheduler.companies import capabilities as services
from forum_scheduler.companies.web import Page, blueprint, capabilities, forum, put_error
from forum_scheduler.errors import Invalid
from forum_scheduler.forums import outline
from forum_scheduler.forums.defence_list import text as defence_list


class CapabilitiesForm(FlaskForm):  # type: ignore[misc]  # WTForms ships no types
    """The whole list as text."""

    text = TextAreaField(_l("The list"))
    although_used = BooleanField(_l("Take it out all the same: these companies lose it"))


@blueprint.route("/capabilities", methods=["GET", "POST"], endpoint="capabilities")
def edit_capabilities(forum_slug: str) -> Page:
    """What can companies offer and need?"""
    start = defence_list() if request.args.get("start") == "defence" else outline.write(capabilities())
    form = CapabilitiesForm(data={"text": start})
    status, used = 200, False
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                services.replace(
                    forum_id=forum().id,
                    entries=outline.read(form.text.data or ""),
                    although_used=bool(form.although_used.data),
                )
            except Invalid as error:
                put_error(form, error)
            except services.StillUsed as error:
                status, used = error.status, True
                form.text.errors = [str(error)]
            else:
                flash(_("Saved."), "success")
                return redirect(url_for(".capabilities", forum_slug=forum_slug), 303)
    page = render_template("companies/capabilities.html", form=form, used=used, there=len(capabilities()))
    return page, status
