"""Pages of the people who run the forum, and of looking through somebody else's eyes."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from forum_scheduler.accounts.models import StaffRole, User
from forum_scheduler.accounts.seeing import see_as as start_seeing
from forum_scheduler.accounts.viewer import current_viewer
from forum_scheduler.errors import ForumError, Invalid, NotFound
from forum_scheduler.extensions import db
from forum_scheduler.forums.describing import sides_of
from forum_scheduler.forums.views import blueprint
from forum_scheduler.setup import staff
from forum_scheduler.setup.forms import StaffForm
from forum_scheduler.setup.roles import ROLES
from forum_scheduler.setup.web import Page, sections, this_forum
from forum_scheduler.undoing import offer_undo


@blueprint.route("/f/<forum_slug>/settings/people", methods=["GET", "POST"])
def people(forum_slug: str) -> Page:
    """Who runs the forum?"""
    forum = this_forum()
    form = StaffForm()
    sides = sides_of(forum.id)
    form.role.choices = [(role.value, f"{words[0]}: {words[1]}") for role, words in ROLES.items()]
    form.side_id.choices = [(0, "–"), *((side.id, side.name) for side in sides)]
    if form.validate_on_submit():
        try:
            user = staff.add_staff(
                forum.id,
                email=form.email.data,
                name=form.name.data or "",
                role=StaffRole(form.role.data),
                side_id=form.side_id.data or None,
                by=current_viewer().name,
            )
        except Invalid as error:
            form[error.field if error.field in form else "email"].errors = [str(error)]
        else:
            flash(_("%(name)s signs in with the address %(email)s, and was told by mail.",
                    name=user.name or user.email, email=user.email), "success")  # fmt: skip
            return redirect(url_for("forums.people", forum_slug=forum_slug), 303)
    page = render_template(
        "forums/people.html",
        sections=sections(forum),
        form=form,
        roles=ROLES,
        posts=staff.staff_of(forum.id),
        side_names={side.id: side.name for side in sides},
    )
    return (page, 422) if form.errors else page


@blueprint.post("/f/<forum_slug>/settings/people/<int:staff_id>/remove")
def remove_person(forum_slug: str, staff_id: int) -> Page:
    try:
        gone = staff.remove_staff(this_forum().id, staff_id)
    except ForumError as error:
        flash(str(error), "error")
    else:
        if gone is not None:
            name, role = gone.name or gone.email, ROLES[gone.role][0]
            offer_undo(
                _("%(name)s: the role is taken away (%(role)s).", name=name, role=role),
                url=url_for("forums.people", forum_slug=forum_slug),
                fields={
                    "email": gone.email,
                    "name": gone.name,
                    "role": gone.role,
                    "side_id": gone.side_id or 0,
                },
            )
    return redirect(url_for("forums.people", forum_slug=forum_slug), 303)


@blueprint.route("/f/<forum_slug>/see-as", methods=["GET", "POST"])
def see_as(forum_slug: str) -> Page:
    """Whose pages should be looked at?"""
    forum = this_forum()
    if request.method == "POST":
        user = db.session.get(User, request.form.get("user", 0, type=int))
        known = {each.user_id for each in staff.eyes_in(forum.id, search=user.email if user else "-")}
        if user is None or user.id not in known:
            raise NotFound(_("There is nobody of this name in the forum."))
        start_seeing(user, forum_id=forum.id)
        return redirect(url_for("forums.home", forum_slug=forum_slug), 303)
    search = request.args.get("q", "").strip()[:100]
    eyes = staff.eyes_in(forum.id, search=search, company_id=request.args.get("company", type=int))
    return render_template("forums/see_as.html", eyes=eyes, search=search)
