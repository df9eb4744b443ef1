"""Pages of the room companies: join, profile, delegates, directory, vetting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload, undefer
from wtforms.fields.choices import SelectChoice

from forum_scheduler.accounts.viewer import current_viewer
from forum_scheduler.companies import directory as finding
from forum_scheduler.companies import services
from forum_scheduler.companies.forms import (
    BlockForm,
    DelegateForm,
    ProfileForm,
    RepresentativeForm,
    in_languages,
    language_name,
)
from forum_scheduler.companies.look_alikes import doubts_of
from forum_scheduler.companies.models import (
    BlockedPair,
    Company,
    CompanyCapability,
    CompanyStatus,
    Delegate,
    Representative,
    Seeks,
)
from forum_scheduler.companies.names import Alphabet
from forum_scheduler.companies.pictures import as_png, photo_agreed, set_logo, set_photo
from forum_scheduler.companies.profiles import profile_values
from forum_scheduler.companies.reading import person_name
from forum_scheduler.companies.vetting import apply_again, block_pair, set_status, unblock_pair
from forum_scheduler.companies.web import Page, blueprint
from forum_scheduler.companies.web import capabilities as _capabilities
from forum_scheduler.companies.web import forum as _forum
from forum_scheduler.companies.web import language as _language
from forum_scheduler.companies.web import put_error as _put_error
from forum_scheduler.companies.web import sides as _sides
from forum_scheduler.errors import ForumError, Invalid
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import AskRule, Capability, Side
from forum_scheduler.spelling import fold

STATUS_WORDS = {
    CompanyStatus.APPLIED: _l("Waiting"),
    CompanyStatus.APPROVED: _l("Approved"),
    CompanyStatus.REFUSED: _l("Refused"),
    CompanyStatus.WITHDRAWN: _l("Withdrawn"),
}
ALPHABETS = {
    Alphabet.LATIN: _l("Latin"),
    Alphabet.CYRILLIC: _l("Cyrillic"),
    Alphabet.GREEK: _l("Greek"),
}


@blueprint.app_template_filter("country")
def country_name(code: str) -> str:
    """The country's name in the reader's language."""
    locale = get_locale()
    return str(locale.territories.get(code, code)) if locale else code


blueprint.add_app_template_filter(language_name, "language")
blueprint.add_app_template_filter(person_name, "person_name")


@blueprint.app_template_filter("capability_name")
def capability_name(capability: Capability, locale: str) -> str:
    """The capability's name in ``locale``."""
    return capability.name(locale)


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
        doubts=doubts_of([company_id], forum_id=_forum().id).get(company_id, ()) if viewer.is_staff else (),
        alphabets=ALPHABETS,
        company_facts=_facts(company),
    )


def _facts(company: Company) -> list[tuple[str, str]]:
    """The profile's short fields that are filled."""
    roles = [str(services.CONSORTIUM_ROLES.get(role, role)) for role in company.consortium_roles]
    interests = [str(services.INTERESTS.get(each, each)) for each in company.interests]
    pairs = [
        (_("Website"), company.website),
        (_("People in the company"), company.size),
        (_("Certificates"), ", ".join(company.certificates)),
        (_("Programmes"), ", ".join(company.programmes)),
        (_("Topics and calls"), ", ".join(company.topics)),
        (_("Consortium roles"), ", ".join(roles)),
        (_("Interested in"), ", ".join(interests)),
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
    form = in_languages(ProfileForm, _forum().languages)(data=profile_values(company))
    form.offer_choices(sides=_sides_open_to(company), capabilities=_capabilities(), locale=_language())
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                picture = form.logo.data.read() if form.logo.data else b""
                if picture:
                    as_png(picture, field="logo")  # refused before anything is stored
                services.edit_profile(company_id=company_id, profile=form.profile())
                if picture:
                    set_logo(company_id=company_id, content=picture)
                again = "again" in request.form and _is_refused(company_id)
                if again:
                    apply_again(company_id=company_id)
            except Invalid as error:
                _put_error(form, error)
            else:
                flash(_("Sent again: the organiser looks at your entry once more.") if again else _("Saved."),
                      "success")  # fmt: skip
                return redirect(url_for("companies.show", forum_slug=forum_slug, company_id=company_id))
    # A refused form has thrown away what was loaded.
    return render_template("companies/edit.html", form=form, company=_company(company_id)), status


def _is_refused(company_id: int) -> bool:
    status = db.session.scalar(select(Company.status).where(Company.id == company_id))
    return status == CompanyStatus.REFUSED and company_id in current_viewer().company_ids


def _sides_open_to(company: Company) -> Sequence[Side]:
    """All of the forum; only its own once it is approved, since then the organiser decides."""
    settled = company.status == CompanyStatus.APPROVED
    return [each for each in _sides() if not settled or each.id == company.side_id]


@blueprint.route("/companies/<int:company_id>/delegates", methods=["GET", "POST"])
def delegates(forum_slug: str, company_id: int) -> Page:
    """Who comes to meetings: list, and a form to add one."""
    form = DelegateForm(data={"languages": ["en"]}) if request.method == "GET" else DelegateForm()
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                delegate = services.add_delegate(company_id=company_id, details=form.details(), by=_inviter())
            except Invalid as error:
                _put_error(form, error)
            else:
                told = delegate.user_id not in (None, current_viewer().user_id)
                flash(
                    _("%(name)s is added, and gets a mail.", name=delegate.name)
                    if told
                    else _("%(name)s is added.", name=delegate.name),
                    "success",
                )
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


def _inviter() -> services.Inviter:
    viewer = current_viewer()
    return services.Inviter(name=viewer.name, user_id=viewer.user_id, locale=_language())


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
                picture = form.picture.data.read() if form.picture.data else b""
                if picture:
                    as_png(picture, field="picture")  # refused before anything is stored
                services.edit_delegate(delegate_id=delegate_id, details=form.details(), by=_inviter())
                if picture or form.without_photo.data:
                    set_photo(delegate_id=delegate_id, content=picture or None)
            except Invalid as error:
                _put_error(form, error)
            else:
                flash(_("Saved."), "success")
                return redirect(url_for(".delegates", forum_slug=forum_slug, company_id=company_id))
    return (
        render_template("companies/edit_delegate.html", form=form, delegate=delegate, company_id=company_id),
        status,
    )


@blueprint.get("/delegates/<int:delegate_id>/photo.png")
def photo(forum_slug: str, delegate_id: int) -> Response:
    """A delegate's photo, for those who see the company, as long as the delegate agrees."""
    delegate = db.session.scalars(
        select(Delegate).where(Delegate.id == delegate_id).options(undefer(Delegate.photo))
    ).one()
    viewer = current_viewer()
    own = delegate.company_id in viewer.company_ids or delegate_id in viewer.delegate_ids
    agreed = select(Delegate.id).where(Delegate.id == delegate_id, photo_agreed())
    seen = viewer.is_staff or _visible(delegate.company_id)
    if delegate.photo is None or not (own or (seen and db.session.scalar(agreed))):
        abort(404)
    return Response(delegate.photo, mimetype="image/png", headers={"Cache-Control": "private, max-age=3600"})


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


@blueprint.get("/vetting")
def vetting(forum_slug: str) -> Page:
    """The organiser's queue of companies."""
    viewer = current_viewer()
    chosen = request.args.get("status", CompanyStatus.APPLIED.value)
    status = chosen if chosen in {each.value for each in CompanyStatus} else CompanyStatus.APPLIED.value
    mine = [Company.forum_id == _forum().id]
    if viewer.delegation_id is not None:
        mine.append(Company.side_id == viewer.delegation_id)
    of_side, words = request.args.get("side", type=int), request.args.get("q", "").strip()[:100]
    if of_side is not None:
        mine.append(Company.side_id == of_side)
    if words:
        mine.append(Company.search_text.contains(fold(words), autoescape=True))
    counts = dict(
        db.session.execute(select(Company.status, func.count()).where(*mine).group_by(Company.status)).all()
    )
    kept: dict[str, Any] = {"side": of_side, "q": words or None}
    companies = db.session.scalars(
        select(Company)
        .where(*mine, Company.status == status)
        .options(joinedload(Company.side), selectinload(Company.delegates))
        .order_by(Company.created_at, Company.id)
    ).all()
    return render_template(
        "companies/vetting.html",
        companies=companies,
        doubts=doubts_of([each.id for each in companies], forum_id=_forum().id),
        alphabets=ALPHABETS,
        status=status,
        status_tabs=[
            {
                "label": label,
                "url": url_for(".vetting", forum_slug=forum_slug, status=each.value, **kept),
                "current": each == status,
                "count": counts.get(each.value, 0),
            }
            for each, label in STATUS_WORDS.items()
        ],
        sides=[] if viewer.delegation_id is not None else [(each.id, each.name) for each in _sides()],
        of_side=of_side,
        words=words,
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
        changed = set_status(
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
    kept = {"status": request.form.get("back"), "side": request.form.get("side"), "q": request.form.get("q")}
    shown: dict[str, Any] = {name: value for name, value in kept.items() if value}
    return redirect(url_for(".vetting", forum_slug=forum_slug, **shown))


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
                block_pair(
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
    unblock_pair(forum_id=_forum().id, company_ids=(low, high))
    flash(_("They see each other again."), "success")
    return redirect(url_for(".blocked", forum_slug=forum_slug))
