"""Pages of the room companies: join, profile, delegates, directory, vetting."""

from __future__ import annotations

from typing import Any, cast

from flask import Blueprint, Response, abort, flash, g, redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload, undefer
from werkzeug.wrappers import Response as AnyResponse
from wtforms.fields.choices import SelectChoice

from forum_scheduler.accounts.viewer import current_viewer
from forum_scheduler.companies import directory as finding
from forum_scheduler.companies import services
from forum_scheduler.companies.forms import (
    BlockForm,
    DelegateForm,
    JoinForm,
    ProfileForm,
    RepresentativeForm,
    language_name,
)
from forum_scheduler.companies.logos import set_logo
from forum_scheduler.companies.models import (
    BlockedPair,
    Company,
    CompanyCapability,
    CompanyStatus,
    Delegate,
    Representative,
    Seeks,
)
from forum_scheduler.errors import ForumError, Invalid
from forum_scheduler.extensions import db, limiter
from forum_scheduler.forums.models import AskRule, Capability, Forum, Side

blueprint = Blueprint("companies", __name__, url_prefix="/f/<forum_slug>")
Page = str | AnyResponse | tuple[str, int]
STATUS_WORDS = {
    CompanyStatus.APPLIED: _l("Waiting"),
    CompanyStatus.APPROVED: _l("Approved"),
    CompanyStatus.REFUSED: _l("Refused"),
    CompanyStatus.WITHDRAWN: _l("Withdrawn"),
}


@blueprint.app_template_filter("country")
def country_name(code: str) -> str:
    """The country's name in the reader's language."""
    locale = get_locale()
    return str(locale.territories.get(code, code)) if locale else code


blueprint.add_app_template_filter(language_name, "language")


@blueprint.app_template_filter("capability_name")
def capability_name(capability: Capability, locale: str) -> str:
    """The capability's name in ``locale``."""
    return capability.name(locale)


def _forum() -> Forum:
    return cast(Forum, g.forum)


def _language() -> str:
    return str(get_locale() or "en")[:2]


def _sides() -> list[Side]:
    return list(db.session.scalars(select(Side).where(Side.forum_id == _forum().id).order_by(Side.id)))


def _capabilities() -> list[Capability]:
    return list(
        db.session.scalars(
            select(Capability)
            .where(Capability.forum_id == _forum().id)
            .order_by(Capability.position, Capability.id)
        )
    )


def _company(company_id: int) -> Company:
    """The company with all that its pages show."""
    return db.session.scalars(
        select(Company)
        .where(Company.id == company_id)
        .options(
            joinedload(Company.side),
            selectinload(Company.delegates),
            selectinload(Company.capabilities).joinedload(CompanyCapability.capability),
        )
    ).one()


def _put_error(form: FlaskForm, error: Invalid) -> None:
    """Show a service's refusal at its field, or above the form where it names none."""
    if error.field in form:
        form[error.field].errors = [*form[error.field].errors, str(error)]
    else:
        flash(str(error), "error")


@blueprint.route("/join", methods=["GET", "POST"])
@limiter.limit("30/hour", methods=["POST"])
def join(forum_slug: str) -> Page:
    """Register a company for the forum."""
    form = JoinForm()
    form.offer_choices(sides=_sides(), capabilities=_capabilities(), locale=_language())
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                services.join(
                    forum_id=_forum().id,
                    profile=form.profile(),
                    person_name=form.person_name.data or "",
                    email=form.email.data or "",
                    locale=_language(),
                )
            except Invalid as error:
                _put_error(form, error)
            else:
                return redirect(url_for("companies.joined", forum_slug=forum_slug))
    return render_template("companies/join.html", form=form), status


@blueprint.get("/joined")
def joined(forum_slug: str) -> Page:
    """What happens next, after joining."""
    return render_template("companies/joined.html")


@blueprint.get("/companies/<int:company_id>")
def show(forum_slug: str, company_id: int) -> Page:
    """One company: what it offers and needs, and the way to ask it."""
    viewer = current_viewer()
    company = _company(company_id)
    own = company_id in viewer.company_ids
    if not own and not viewer.is_staff and not _visible(company_id):
        abort(404)
    foreign = viewer.delegation_id not in (None, company.side_id)
    if foreign and company.status != CompanyStatus.APPROVED and not own:
        abort(404)
    allowed = db.session.scalars(
        select(AskRule.asker_side_id).where(AskRule.asked_side_id == company.side_id)
    ).all()
    my_sides = db.session.scalars(
        select(Company.side_id).where(Company.id.in_(viewer.approved_company_ids))
    ).all()
    return render_template(
        "companies/show.html",
        company=company,
        own=own,
        looks_after=viewer.is_organiser or viewer.delegation_id == company.side_id,
        may_ask=not own and bool(set(allowed) & set(my_sides)),
        offers=[each.capability for each in company.capabilities if each.kind == Seeks.OFFER],
        needs=[each.capability for each in company.capabilities if each.kind == Seeks.NEED],
        language=_language(),
        has_logo=company.logo_type is not None,
        company_facts=_facts(company),
    )


def _facts(company: Company) -> list[tuple[str, str]]:
    """The profile's short fields that are filled."""
    roles = [str(services.CONSORTIUM_ROLES.get(role, role)) for role in company.consortium_roles]
    pairs = [
        (_("Website"), company.website),
        (_("People in the company"), company.size),
        (_("Programmes"), ", ".join(company.programmes)),
        (_("Consortium roles"), ", ".join(roles)),
    ]
    return [(label, value) for label, value in pairs if value]


def _visible(company_id: int) -> bool:
    viewer = current_viewer()
    seen = finding.visible_to(forum_id=_forum().id, company_ids=viewer.approved_company_ids)
    return db.session.scalar(select(Company.id).where(seen, Company.id == company_id)) is not None


@blueprint.get("/companies/<int:company_id>/logo.png")
def logo(forum_slug: str, company_id: int) -> Response:
    """The company's logo."""
    company = db.session.scalars(
        select(Company).where(Company.id == company_id).options(undefer(Company.logo))
    ).one()
    viewer = current_viewer()
    if company.logo is None or not (
        company_id in viewer.company_ids or viewer.is_staff or _visible(company_id)
    ):
        abort(404)
    return Response(company.logo, mimetype="image/png", headers={"Cache-Control": "private, max-age=3600"})


@blueprint.route("/companies/<int:company_id>/edit", methods=["GET", "POST"])
def edit(forum_slug: str, company_id: int) -> Page:
    """Describe the company."""
    company = _company(company_id)
    form = ProfileForm(data=_profile_data(company))
    form.offer_choices(sides=_sides(), capabilities=_capabilities(), locale=_language())
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                picture = form.logo.data.read() if form.logo.data else b""
                services.edit_profile(company_id=company_id, profile=form.profile())
                if picture:
                    set_logo(company_id=company_id, content=picture)
            except Invalid as error:
                _put_error(form, error)
            else:
                flash(_("Saved."), "success")
                return redirect(url_for("companies.show", forum_slug=forum_slug, company_id=company_id))
    return render_template("companies/edit.html", form=form, company=company), status


def _profile_data(company: Company) -> dict[str, Any]:
    kinds = {
        kind: [each.capability_id for each in company.capabilities if each.kind == kind] for kind in Seeks
    }
    return {
        "name": company.name,
        "side_id": company.side_id,
        "country": company.country,
        "website": company.website,
        "size": company.size,
        "description_en": company.description.get("en", ""),
        "description_uk": company.description.get("uk", ""),
        "offers": kinds[Seeks.OFFER],
        "needs": kinds[Seeks.NEED],
        "programmes": company.programmes,
        "consortium_roles": company.consortium_roles,
    }


@blueprint.route("/companies/<int:company_id>/delegates", methods=["GET", "POST"])
def delegates(forum_slug: str, company_id: int) -> Page:
    """Who comes to meetings: list, and a form to add one."""
    form = DelegateForm(data={"languages": ["en"]}) if request.method == "GET" else DelegateForm()
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                delegate = services.add_delegate(company_id=company_id, details=form.details())
            except Invalid as error:
                _put_error(form, error)
            else:
                flash(_("%(name)s is added.", name=delegate.name), "success")
                return redirect(url_for(".delegates", forum_slug=forum_slug, company_id=company_id))
    representatives = db.session.scalars(
        select(Representative)
        .where(Representative.company_id == company_id)
        .options(joinedload(Representative.user))
        .order_by(Representative.user_id)
    ).all()
    return (
        render_template(
            "companies/delegates.html",
            company=_company(company_id),
            form=form,
            representatives=representatives,
            representative_form=RepresentativeForm(formdata=None),
        ),
        status,
    )


@blueprint.route("/delegates/<int:delegate_id>/edit", methods=["GET", "POST"])
def edit_delegate(forum_slug: str, delegate_id: int) -> Page:
    """Change one delegate."""
    delegate = db.session.get_one(Delegate, delegate_id)
    company_id = delegate.company_id
    form = DelegateForm(obj=delegate)
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                services.edit_delegate(delegate_id=delegate_id, details=form.details())
            except Invalid as error:
                _put_error(form, error)
            else:
                flash(_("Saved."), "success")
                return redirect(url_for(".delegates", forum_slug=forum_slug, company_id=company_id))
    return (
        render_template("companies/edit_delegate.html", form=form, delegate=delegate, company_id=company_id),
        status,
    )


@blueprint.post("/delegates/<int:delegate_id>/remove")
def remove_delegate(forum_slug: str, delegate_id: int) -> Page:
    """Take a delegate out."""
    delegate = db.session.get_one(Delegate, delegate_id)
    name, company_id = delegate.name, delegate.company_id
    try:
        services.remove_delegate(delegate_id=delegate_id)
    except ForumError as error:
        flash(str(error), "error")
    else:
        flash(_("%(name)s is removed.", name=name), "success")
    return redirect(url_for(".delegates", forum_slug=forum_slug, company_id=company_id))


@blueprint.post("/companies/<int:company_id>/representatives")
def add_representative(forum_slug: str, company_id: int) -> Page:
    """Let a colleague act for the company too."""
    form = RepresentativeForm()
    if form.validate_on_submit():
        try:
            services.add_representative(
                company_id=company_id, email=form.email.data or "", name=form.name.data or ""
            )
        except Invalid as error:
            flash(str(error), "error")
            return redirect(url_for(".delegates", forum_slug=forum_slug, company_id=company_id))
        flash(_("%(name)s can act for your company now.", name=form.name.data), "success")
    else:
        flash(_("Type the colleague's name and e-mail address."), "error")
    return redirect(url_for(".delegates", forum_slug=forum_slug, company_id=company_id))


@blueprint.get("/vetting")
def vetting(forum_slug: str) -> Page:
    """The organiser's queue of companies."""
    viewer = current_viewer()
    chosen = request.args.get("status", CompanyStatus.APPLIED.value)
    status = chosen if chosen in {each.value for each in CompanyStatus} else CompanyStatus.APPLIED.value
    mine = [Company.forum_id == _forum().id]
    if viewer.delegation_id is not None:
        mine.append(Company.side_id == viewer.delegation_id)
    counts = dict(
        db.session.execute(select(Company.status, func.count()).where(*mine).group_by(Company.status)).all()
    )
    companies = db.session.scalars(
        select(Company)
        .where(*mine, Company.status == status)
        .options(joinedload(Company.side), selectinload(Company.delegates))
        .order_by(Company.created_at, Company.id)
    ).all()
    return render_template(
        "companies/vetting.html",
        companies=companies,
        status=status,
        status_tabs=[
            {
                "label": label,
                "url": url_for(".vetting", forum_slug=forum_slug, status=each.value),
                "current": each == status,
                "count": counts.get(each.value, 0),
            }
            for each, label in STATUS_WORDS.items()
        ],
    )


@blueprint.post("/vetting")
def vet(forum_slug: str) -> Page:
    """Approve or refuse the ticked companies."""
    verb = request.form.get("verb")
    status = {"approve": CompanyStatus.APPROVED, "refuse": CompanyStatus.REFUSED}.get(verb or "")
    if status is None:
        abort(400)
    ids = request.form.getlist("company", type=int)
    try:
        changed = services.set_status(
            forum_id=_forum().id,
            company_ids=ids,
            status=status,
            reason=request.form.get("reason", ""),
            side_id=current_viewer().delegation_id,
        )
    except Invalid as error:
        flash(str(error), "error")
    else:
        names = ", ".join(company.name for company in changed[:5])
        if not changed:
            flash(_("Nothing to change: tick the companies first."), "info")
        elif status is CompanyStatus.APPROVED:
            flash(_("Approved: %(names)s. They have been told.", names=names), "success")
        else:
            flash(_("Refused: %(names)s. They have been told.", names=names), "success")
    return redirect(url_for(".vetting", forum_slug=forum_slug, status=request.form.get("back") or None))


@blueprint.route("/blocked", methods=["GET", "POST"])
def blocked(forum_slug: str) -> Page:
    """Pairs that never see each other."""
    companies = db.session.scalars(
        select(Company).where(Company.forum_id == _forum().id).order_by(func.lower(Company.name))
    ).all()
    names = {company.id: company.name for company in companies}
    form = BlockForm()
    form.one.choices = form.other.choices = [SelectChoice(id_, name) for id_, name in names.items()]
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                services.block_pair(
                    forum_id=_forum().id,
                    company_ids=(form.one.data, form.other.data),
                    reason=form.reason.data or "",
                )
            except Invalid as error:
                _put_error(form, error)
            else:
                flash(_("They don't see each other any more."), "success")
                return redirect(url_for(".blocked", forum_slug=forum_slug))
    pairs = db.session.scalars(
        select(BlockedPair)
        .where(BlockedPair.forum_id == _forum().id)
        .order_by(BlockedPair.created_at.desc(), BlockedPair.low_id, BlockedPair.high_id)
    ).all()
    return render_template("companies/blocked.html", form=form, pairs=pairs, names=names), status


@blueprint.post("/blocked/remove")
def unblock(forum_slug: str) -> Page:
    """Let a pair see each other again."""
    low, high = request.form.get("low", type=int), request.form.get("high", type=int)
    if low is None or high is None:
        abort(400)
    services.unblock_pair(forum_id=_forum().id, company_ids=(low, high))
    flash(_("They see each other again."), "success")
    return redirect(url_for(".blocked", forum_slug=forum_slug))
