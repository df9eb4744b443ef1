"""Pages of joining: registering, invitations, colleagues, and for which company one acts."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user
from flask_security.utils import login_user
from sqlalchemy import select
from wtforms.fields.choices import SelectChoice

from forum_scheduler.accounts.models import User
from forum_scheduler.accounts.viewer import current_viewer
from forum_scheduler.companies import guest_lists, inviting, services
from forum_scheduler.companies.forms import (
    GuestListForm,
    InvitationForm,
    JoinForm,
    RepresentativeForm,
    country_choices,
    in_languages,
)
from forum_scheduler.companies.inviting import InvitationState
from forum_scheduler.companies.models import Company, CompanyInvitation, Representative
from forum_scheduler.companies.profiles import Carried, carried_from, earlier_companies
from forum_scheduler.companies.web import Page, blueprint, capabilities, forum, language, put_error, sides
from forum_scheduler.errors import Conflict, ForumError, ImportRefused, Invalid, Refused
from forum_scheduler.extensions import db, limiter, transaction

STATES = {
    InvitationState.SENT: (_l("Sent"), "info"),
    InvitationState.JOINED: (_l("Joined"), "good"),
    InvitationState.EXPIRED: (_l("Expired"), "warn"),
    InvitationState.REVOKED: (_l("Taken back"), "neutral"),
}


@blueprint.route("/join", methods=["GET", "POST"])
@limiter.limit("30/hour", methods=["POST"])
def join(forum_slug: str) -> Page:
    """Register a company for the forum."""
    carried = _carried()
    form = in_languages(JoinForm, forum().languages)(data=_values(carried))
    form.offer_choices(sides=sides(), capabilities=capabilities(), locale=language())
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                with transaction():
                    company = services.join(
                        forum_id=forum().id,
                        profile=form.profile(),
                        person_name=form.person_name.data or "",
                        email=form.email.data or "",
                        locale=language(),
                        organisation_uid=carried.organisation_uid if carried is not None else None,
                        consented=True,
                    )
                    _carry_logo(company, carried)
            except Invalid as error:
                name, email = form.name.data or "", form.email.data or ""
                if services.joined_just_now(forum_id=forum().id, name=name, email=email):
                    return redirect(url_for("companies.joined", forum_slug=forum_slug))
                put_error(form, error)
            except Refused as error:  # registration has closed meanwhile: what was typed stays to be copied
                status = error.status
                flash(str(error), "error")
            else:
                return redirect(url_for("companies.joined", forum_slug=forum_slug))
    return render_template("companies/join.html", form=form, earlier=_earlier(), invitation=None), status


@blueprint.get("/joined")
def joined(forum_slug: str) -> Page:
    """What happens next, after joining."""
    return render_template("companies/joined.html")


@blueprint.route("/invited/<token>", methods=["GET", "POST"])
@limiter.limit("60/hour", methods=["POST"])
def accept_invitation(forum_slug: str, token: str) -> Page:
    """Register the company that the organiser invited: it takes part at once."""
    try:
        invitation = inviting.find(token, forum_id=forum().id)
    except ForumError:
        return render_template("companies/invitation_over.html", state=None), 410
    if (state := inviting.state_of(invitation)) is not InvitationState.SENT:
        return render_template("companies/invitation_over.html", state=state.value), 410
    carried = _carried()
    form = in_languages(JoinForm, forum().languages)(
        data={**_invited(invitation), **(_values(carried) if carried is not None else {})}
    )
    form.offer_choices(sides=sides(), capabilities=capabilities(), locale=language())
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate():
            known = db.session.scalar(select(User.id).where(User.email == invitation.email))
            invited_email = invitation.email
            try:
                with transaction():
                    company = inviting.accept(
                        token,
                        forum_id=forum().id,
                        profile=form.profile(),
                        person_name=form.person_name.data or "",
                        email=form.email.data or "",
                        locale=language(),
                        organisation_uid=carried.organisation_uid if carried is not None else None,
                    )
                    _carry_logo(company, carried)
            except Invalid as error:
                put_error(form, error)
            except Refused as error:
                state = inviting.state_of(inviting.find(token, forum_id=forum().id))
                if state is InvitationState.JOINED:  # meanwhile, by a second click or a colleague
                    return render_template("companies/invitation_over.html", state=state.value), 410
                status = error.status
                flash(str(error), "error")
            else:
                return _welcome(company, new_email=invited_email if known is None else None)
    # A refused form has thrown away what was loaded.
    page = render_template("companies/join.html", form=form, earlier=_earlier(), invitation=token)
    return page, status


def _welcome(company: Company, *, new_email: str | None) -> Page:
    """Sign in who came by the link and is new here. ``new_email``: the invited address, if nobody had it.

    The link may have been passed on: it opens no account that was there before, and none of another address.
    """
    home = url_for("forums.home", forum_slug=forum().slug)
    user = db.session.scalar(
        select(User)
        .join(Representative, Representative.user_id == User.id)
        .where(Representative.company_id == company.id)
    )
    assert user is not None, "who joins represents the company"
    if not current_user.is_authenticated and user.email == new_email:
        login_user(user, remember=False, authn_via=["link"])
    said = _(
        "%(company)s takes part. Next: say when you can’t meet, and ask for meetings.", company=company.name
    )
    flash(said, "success")
    signed_in = current_user.is_authenticated and current_user.id == user.id
    return redirect(home if signed_in else url_for("accounts.sign_in", next=home), 303)


def _invited(invitation: CompanyInvitation) -> dict[str, object]:
    return {
        "name": invitation.company_name,
        "person_name": invitation.person_name,
        "email": invitation.email,
        "side_id": invitation.side_id,
        "country": invitation.country,
    }


def _values(carried: Carried | None) -> dict[str, object]:
    """What the form shows at first: the person who is signed in, the profile that is carried over."""
    viewer = current_viewer()
    person = {"person_name": viewer.name, "email": viewer.email} if viewer.is_authenticated else {}
    return {**person, **(carried.values if carried is not None else {})}


def _earlier() -> list[tuple[str, str]]:
    """Addresses that fill the form with the profile of another forum, and what they are called."""
    user_id = current_viewer().user_id
    if user_id is None or request.args.get("from"):
        return []
    return [
        (f"{request.path}?from={each.company_id}", f"{each.name} · {each.forum}")
        for each in earlier_companies(user_id=user_id, forum_id=forum().id)
    ]


def _carried() -> Carried | None:
    user_id, company_id = current_viewer().user_id, request.args.get("from", type=int)
    if user_id is None or company_id is None:
        return None
    return carried_from(company_id, user_id=user_id, forum_id=forum().id)


def _carry_logo(company: Company, carried: Carried | None) -> None:
    if carried is not None and carried.logo is not None:
        company.logo, company.logo_type = carried.logo, "image/png"


@blueprint.route("/invitations", methods=["GET", "POST"])
def invitations(forum_slug: str) -> Page:
    """Whom has the organiser invited, who joined, and whom else?"""
    form = _invitation_form()
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                sent = inviting.invite(forum_id=forum().id, guests=[form.guest()])
            except Invalid as error:
                put_error(form, error)
            else:
                flash(_sent_words(sent), "success")
                return redirect(url_for(".invitations", forum_slug=forum_slug), 303)
    return _invitations_page(form, GuestListForm(formdata=None)), status


@blueprint.post("/invitations/list")
def invite_list(forum_slug: str) -> Page:
    """Invite everybody on a list: all of them, or nobody."""
    form = GuestListForm()
    refused: ImportRefused | None = None
    if form.validate():
        try:
            guests = guest_lists.read(_listed(form), sides=inviting.sides_by_word(forum().id))
            sent = inviting.invite(forum_id=forum().id, guests=guests)
        except ImportRefused as error:
            refused = error
        except ForumError as error:
            form.rows.errors = [str(error)]
        else:
            flash(_sent_words(sent), "success")
            return redirect(url_for(".invitations", forum_slug=forum_slug), 303)
    return _invitations_page(_invitation_form(submitted=False), form, refused), 422


def _listed(form: GuestListForm) -> list[list[str]]:
    """Rows of the file, or else of what was pasted."""
    if form.file.data:
        return guest_lists.rows_of_file(form.file.data.filename, form.file.data.read())
    return guest_lists.split(form.rows.data or "")


def _invitation_form(*, submitted: bool = True) -> InvitationForm:
    form = InvitationForm() if submitted else InvitationForm(formdata=None)
    form.side_id.choices = [SelectChoice(0, "—"), *(SelectChoice(side.id, side.name) for side in sides())]
    form.country.choices = [SelectChoice(*each) for each in country_choices()]
    return form


def _invitations_page(
    form: InvitationForm, list_form: GuestListForm, refused: ImportRefused | None = None
) -> str:
    rows = inviting.invitations_of(forum().id)
    states = [inviting.state_of(each) for each in rows]
    return render_template(
        "companies/invitations.html",
        form=form,
        list_form=list_form,
        refused=refused,
        rows=list(zip(rows, states, strict=True)),
        words=STATES,
        joined=states.count(InvitationState.JOINED),
        waiting=states.count(InvitationState.SENT) + states.count(InvitationState.EXPIRED),
    )


def _sent_words(sent: inviting.Sent) -> str:
    parts = [
        ngettext("%(num)s invitation is on its way.", "%(num)s invitations are on their way.", sent.new)
        if sent.new
        else "",
        ngettext("%(num)s was sent again.", "%(num)s were sent again.", sent.again) if sent.again else "",
        ngettext("%(num)s company is here already.", "%(num)s companies are here already.", sent.joined)
        if sent.joined
        else "",
    ]
    return " ".join(part for part in parts if part)


@blueprint.post("/invitations/<int:invitation_id>")
def change_invitation(forum_slug: str, invitation_id: int) -> Page:
    """Send one again, or take it back."""
    verb = request.form.get("verb")
    try:
        if verb == "revoke":
            inviting.revoke(invitation_id=invitation_id)
            flash(_("The invitation is taken back: its link has ended."), "success")
        else:
            inviting.resend(invitation_id=invitation_id)
            flash(_("The invitation is on its way again; the link before has ended."), "success")
    except Conflict as error:
        flash(str(error), "info")
    return redirect(url_for(".invitations", forum_slug=forum_slug), 303)


@blueprint.post("/invitations/again")
def invite_again(forum_slug: str) -> Page:
    """Write again to all who have not joined."""
    number = inviting.resend_waiting(forum_id=forum().id)
    flash(
        ngettext("%(num)s was sent again.", "%(num)s were sent again.", number)
        if number
        else _("All of them were written to today."),
        "success" if number else "info",
    )
    return redirect(url_for(".invitations", forum_slug=forum_slug), 303)


@blueprint.post("/companies/<int:company_id>/representatives")
def add_representative(forum_slug: str, company_id: int) -> Page:
    """Let a colleague act for the company too."""
    form = RepresentativeForm()
    if form.validate_on_submit():
        try:
            services.add_representative(
                company_id=company_id,
                email=form.email.data or "",
                name=form.name.data or "",
                by=current_viewer().name,
                locale=language(),
            )
        except Invalid as error:
            flash(str(error), "error")
            return redirect(url_for(".delegates", forum_slug=forum_slug, company_id=company_id))
        flash(_("%(name)s can act for your company now, and gets a mail.", name=form.name.data), "success")
    else:
        flash(_("Type the colleague's name and e-mail address."), "error")
    return redirect(url_for(".delegates", forum_slug=forum_slug, company_id=company_id))


@blueprint.post("/companies/<int:company_id>/representatives/remove")
def remove_representative(forum_slug: str, company_id: int) -> Page:
    """Somebody acts for the company no longer."""
    user_id = request.form.get("user", 0, type=int)
    try:
        services.remove_representative(company_id=company_id, user_id=user_id)
    except Refused as error:
        flash(str(error), "error")
    else:
        flash(_("Done."), "success")
    if user_id == current_viewer().user_id:
        return redirect(url_for("forums.home", forum_slug=forum_slug), 303)
    return redirect(url_for(".delegates", forum_slug=forum_slug, company_id=company_id), 303)


@blueprint.post("/companies/<int:company_id>/act-for")
def act_for(forum_slug: str, company_id: int) -> Page:
    """From now on the pages are those of this company."""
    session["acting"] = company_id
    name = db.session.scalar(select(Company.name).where(Company.id == company_id))
    flash(_("You act for %(company)s now.", company=name), "success")
    return redirect(url_for("forums.home", forum_slug=forum_slug), 303)
