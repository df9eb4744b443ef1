"""Verbs of the room companies: join, describe, bring delegates, let colleagues act; see also vetting.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from babel import Locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from forum_scheduler.accounts import consent
from forum_scheduler.accounts.models import User
from forum_scheduler.accounts.users import ensure_user, normal_email
from forum_scheduler.clock import now
from forum_scheduler.companies import notices, staff_log
from forum_scheduler.companies.models import (
    Company,
    CompanyCapability,
    CompanyStatus,
    Delegate,
    Representative,
    Seeks,
)
from forum_scheduler.companies.names import name_key
from forum_scheduler.companies.signals import delegates_changed
from forum_scheduler.companies.words import learn, searched
from forum_scheduler.errors import Conflict, Invalid, Refused
from forum_scheduler.extensions import db, transaction
from forum_scheduler.forums.models import Capability, Forum, Side, new_uid

COUNTRIES = frozenset(
    code for code in map(str, Locale("en").territories) if len(code) == 2 and code.isalpha()
) - {"ZZ", "EU", "EZ", "UN", "XA", "XB"}
SIZES = ("1-9", "10-49", "50-249", "250+")
PROGRAMMES = ("EDF", "EDIP", "Horizon Europe", "SAFE", "UDF", "BraveTech EU")
CONSORTIUM_ROLES = {
    "coordinator": _l("coordinator"),
    "partner": _l("partner"),
    "subcontractor": _l("subcontractor"),
    "end user": _l("end user"),
}
INTERESTS = {
    "investment": _l("investment"),
    "joint-venture": _l("joint venture"),
    "localisation": _l("producing in the other country (localisation)"),
    "licence": _l("licences and transfer of technology"),
}
MAX_DESCRIPTION = 4000
SECOND_CLICK = timedelta(minutes=10)
MOST_LINES, LINE_LENGTH = 20, 80  # of certificates and of topics


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a company says of itself. ``description`` by locale; ``offers``, ``needs``: capability ids."""

    name: str
    side_id: int
    country: str
    website: str = ""
    size: str = ""
    description: Mapping[str, str] = field(default_factory=dict)
    offers: Sequence[int] = ()
    needs: Sequence[int] = ()
    programmes: Sequence[str] = ()
    consortium_roles: Sequence[str] = ()
    topics: Sequence[str] = ()
    interests: Sequence[str] = ()
    certificates: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegateDetails:
    """What is known of a delegate. ``languages``: codes, the best first."""

    name: str
    email: str | None = None
    role: str = ""
    languages: Sequence[str] = ("en",)
    max_per_day: int | None = None
    fixed_table: bool = False


def join(
    *,
    forum_id: int,
    profile: Profile,
    person_name: str,
    email: str,
    locale: str = "en",
    invited: bool = False,
    organisation_uid: str | None = None,
    consented: bool = False,
) -> Company:
    """Enter a company with its first representative, who is also its first delegate.

    Waits for vetting, unless the organiser invited it. ``organisation_uid``: of its entry in another forum.
    ``consented``: the person agreed to ``consent.TEXT``, which is put on record.
    Raises Refused where registration is closed, Invalid for a field that can't be used.
    """
    address = normal_email(email)
    person = _name(person_name, field_name="person_name")
    with transaction() as session:
        forum = session.get_one(Forum, forum_id)
        if not (forum.open_registration or invited):
            raise Refused(_("This forum takes companies by invitation only. Write to the organiser."))
        company = Company(
            forum_id=forum_id,
            status=CompanyStatus.APPROVED if invited else CompanyStatus.APPLIED,
            organisation_uid=organisation_uid or new_uid(),
        )
        _apply(company, profile)
        session.add(company)
        _flush_name(company)
        _set_capabilities(company, profile)
        user = ensure_user(email=address, name=person, locale=locale)
        session.add(Representative(company_id=company.id, user_id=user.id))
        if consented:
            consent.give(user_id=user.id, forum_id=forum_id)
        session.add(
            Delegate(
                forum_id=forum_id, company_id=company.id, user_id=user.id, name=person, email=address,
                languages=list(dict.fromkeys([locale, "en"])),
            )
        )  # fmt: skip
    return company


def joined_just_now(*, forum_id: int, name: str, email: str) -> bool:
    """Whether this person entered this company minutes ago: then it is a second click, no second company."""
    try:
        address = normal_email(email)
    except Invalid:
        return False
    found = (
        select(Company.id)
        .join(Representative, Representative.company_id == Company.id)
        .join(User, User.id == Representative.user_id)
        .where(
            Company.forum_id == forum_id,
            Company.name_key == name_key(name),
            Company.created_at > now() - SECOND_CLICK,
            User.email == address,
        )
    )
    return db.session.scalar(found.limit(1)) is not None


def edit_profile(*, company_id: int, profile: Profile) -> Company:
    """Change what a company says of itself. Its side is the organiser's to change once it is approved."""
    with transaction() as session:
        company = session.get_one(Company, company_id)
        if company.status == CompanyStatus.APPROVED and profile.side_id != company.side_id:
            raise Invalid(
                _("Your side can't be changed after approval. Write to the organiser."), field="side_id"
            )
        with staff_log.profile_edit(company):
            _apply(company, profile)
            _flush_name(company)
            _set_capabilities(company, profile)
    return company


@dataclass(frozen=True, slots=True, kw_only=True)
class Inviter:
    """Who lets somebody in. ``locale``: of a person who is new here, until they choose."""

    name: str = ""
    user_id: int | None = None
    locale: str = "en"


NOBODY = Inviter()


def add_delegate(*, company_id: int, details: DelegateDetails, by: Inviter = NOBODY) -> Delegate:
    """Add a person who comes to meetings. One with an e-mail address can sign in and read their agenda.

    They are told so, once. The very same person again is a second click: they are there already.
    """
    with transaction() as session:
        company = hold(session, company_id)
        delegate = Delegate(forum_id=company.forum_id, company_id=company_id)
        user = _apply_delegate(delegate, details, by.locale)
        others = session.scalars(select(Delegate).where(Delegate.company_id == company_id)).all()
        twin = next((each for each in others if _told_of(each) == _told_of(delegate)), None)
        if twin is not None:
            return twin
        session.add(delegate)
        _flush_delegate(delegate)
        staff_log.note_delegate("delegate.added", delegate)
        _tell_delegate(session, delegate, user, company, by)
        delegates_changed.send(company_id)
    return delegate


def edit_delegate(*, delegate_id: int, details: DelegateDetails, by: Inviter = NOBODY) -> Delegate:
    """Change what is known of a delegate. Who can sign in from now on is told so."""
    with transaction() as session:
        delegate = session.get_one(Delegate, delegate_id)
        before = delegate.user_id
        with staff_log.delegate_edit(delegate):
            user = _apply_delegate(delegate, details, by.locale)
            _flush_delegate(delegate)
        if delegate.user_id != before:
            _tell_delegate(session, delegate, user, session.get_one(Company, delegate.company_id), by)
        delegates_changed.send(delegate.company_id)
    return delegate


def remove_delegate(*, delegate_id: int) -> None:
    """Take a delegate out. Raises Conflict while a schedule counts on them: then only a repair may."""
    with transaction() as session:
        delegate = session.get(Delegate, delegate_id)
        if delegate is None:
            return  # the second click
        hold(session, delegate.company_id)  # of two who remove the last two at once one stays
        others = session.scalars(
            select(Delegate.id).where(Delegate.company_id == delegate.company_id, Delegate.id != delegate_id)
        ).all()
        if not others:
            raise Refused(_("A company needs at least one delegate: add another one first."))
        session.delete(delegate)
        try:
            session.flush()
        except IntegrityError as error:
            raise Conflict(
                _("%(name)s is in a schedule already. Mark all their slots as unavailable instead.",
                  name=delegate.name)
            ) from error  # fmt: skip
        staff_log.note_delegate("delegate.removed", delegate)
        delegates_changed.send(delegate.company_id)


def add_representative(*, company_id: int, email: str, name: str, by: str = "", locale: str = "en") -> None:
    """Let one more person act for the company, and tell them; they sign in with this address.

    ``by``: who invites them, for the mail; ``locale``: of a person who is new here.
    """
    address = normal_email(email)
    with transaction() as session:
        company = hold(session, company_id)
        user = ensure_user(email=address, name=_name(name, field_name="name"), locale=locale)
        if session.get(Representative, (company_id, user.id)) is None:
            session.add(Representative(company_id=company_id, user_id=user.id))
            session.flush()
            staff_log.note_company("representative.added", company, {"user": user.id})
            notices.invited_colleague(user, company, forum=session.get_one(Forum, company.forum_id), by=by)


def remove_representative(*, company_id: int, user_id: int) -> None:
    """Somebody acts for the company no longer. Raises Refused for the last one."""
    with transaction() as session:
        company = hold(session, company_id)  # of two who remove each other at once one stays
        people = set(
            session.scalars(select(Representative.user_id).where(Representative.company_id == company_id))
        )
        if user_id not in people:
            return  # the second click
        if len(people) == 1:
            raise Refused(_("Somebody has to act for the company: add a colleague first."))
        session.execute(
            delete(Representative).where(
                Representative.company_id == company_id, Representative.user_id == user_id
            )
        )
        staff_log.note_company("representative.removed", company, {"user": user_id})


def _apply(company: Company, profile: Profile) -> None:
    name = _name(profile.name, field_name="name")
    side = db.session.get(Side, profile.side_id)
    if side is None or side.forum_id != company.forum_id:
        raise Invalid(_("Choose a side."), field="side_id")
    if profile.country not in COUNTRIES:
        raise Invalid(_("Choose a country."), field="country")
    if profile.size and profile.size not in SIZES:
        raise Invalid(_("Choose a size."), field="size")
    if profile.website and not profile.website.startswith(("https://", "http://")):
        raise Invalid(_("A web address starts with https://"), field="website")
    for text in profile.description.values():
        if len(text) > MAX_DESCRIPTION:
            raise Invalid(_("At most %(number)s characters.", number=MAX_DESCRIPTION), field="description")
    company.name, company.name_key = name, name_key(name)
    company.side_id, company.country = profile.side_id, profile.country
    company.website, company.size = profile.website[:300], profile.size
    company.description = {key: text.strip() for key, text in profile.description.items() if text.strip()}
    company.programmes = [each for each in PROGRAMMES if each in profile.programmes]
    company.consortium_roles = [each for each in CONSORTIUM_ROLES if each in profile.consortium_roles]
    company.interests = [each for each in INTERESTS if each in profile.interests]
    company.topics = distinct_lines(profile.topics, field_name="topics")
    company.certificates = distinct_lines(profile.certificates, field_name="certificates")
    company.search_text = searched(company)
    learn(db.session(), forum_id=company.forum_id, texts=[company.search_text])


def distinct_lines(texts: Sequence[str], *, field_name: str) -> list[str]:
    """Each a line, once, in the order given. Raises Invalid for too many, or too long ones."""
    lines = list(dict.fromkeys(" ".join(text.split()) for text in texts if text.strip()))
    if len(lines) > MOST_LINES or any(len(line) > LINE_LENGTH for line in lines):
        raise Invalid(
            _("At most %(lines)s lines of %(length)s characters.", lines=MOST_LINES, length=LINE_LENGTH),
            field=field_name,
        )
    return lines


def _set_capabilities(company: Company, profile: Profile) -> None:
    known = set(
        db.session.scalars(select(Capability.id).where(Capability.forum_id == company.forum_id)).all()
    )
    db.session.execute(delete(CompanyCapability).where(CompanyCapability.company_id == company.id))
    wanted = {(id_, Seeks.OFFER) for id_ in profile.offers} | {(id_, Seeks.NEED) for id_ in profile.needs}
    for capability_id, kind in sorted(wanted):
        if capability_id in known:
            db.session.add(CompanyCapability(company_id=company.id, capability_id=capability_id, kind=kind))


def hold(session: Session, company_id: int) -> Company:
    """The company, its row held until the transaction ends: what several do to it at once is done in turn."""
    return session.scalars(select(Company).where(Company.id == company_id).with_for_update()).one()


def _told_of(delegate: Delegate) -> tuple[object, ...]:
    """All that was typed of a delegate."""
    return (
        *(delegate.name, delegate.email, delegate.role, delegate.languages),
        *(delegate.max_per_day, delegate.fixed_table),
    )


def _tell_delegate(
    session: Session, delegate: Delegate, user: User | None, company: Company, by: Inviter
) -> None:
    """Nobody is told what they have just done themself."""
    if user is not None and user.id != by.user_id:
        forum = session.get_one(Forum, company.forum_id)
        notices.named_delegate(user, delegate, company, forum=forum, by=by.name)


def _apply_delegate(delegate: Delegate, details: DelegateDetails, locale: str) -> User | None:
    """Returns who signs in as the delegate. ``locale``: of a person who is new here."""
    delegate.name = _name(details.name, field_name="name")
    delegate.role = details.role.strip()[:120]
    delegate.languages = list(dict.fromkeys(details.languages))
    if not delegate.languages:
        raise Invalid(_("Choose at least one language."), field="languages")
    delegate.max_per_day = details.max_per_day
    delegate.fixed_table = details.fixed_table
    delegate.email = normal_email(details.email) if details.email else None
    user = (
        None
        if delegate.email is None
        else ensure_user(email=delegate.email, name=delegate.name, locale=locale)
    )
    delegate.user_id = user.id if user is not None else None
    return user


def _flush_name(company: Company) -> None:
    try:
        db.session.flush()
    except IntegrityError as error:
        raise Invalid(
            _("A company with this name, or one that looks the same, is here already. Ask a colleague, or "
              "write to the organiser."),
            field="name",
        ) from error  # fmt: skip


def _flush_delegate(delegate: Delegate) -> None:
    email = delegate.email
    try:
        db.session.flush()
    except IntegrityError as error:
        raise Invalid(
            _("A delegate with the address %(email)s is here already.", email=email), field="email"
        ) from error


def _name(text: str, *, field_name: str) -> str:
    """One line of 1 to 200 characters. Raises Invalid."""
    name = " ".join(text.split())
    if not name or not name_key(name):
        raise Invalid(_("Type a name."), field=field_name)
    if len(name) > 200:
        raise Invalid(_("At most 200 characters."), field=field_name)
    return name
