"""Who may do what: one table of rules, by endpoint. An endpoint without a rule answers nobody.

Before each request the forum of the address is loaded, every other object that the address names is checked
to belong to it, the Viewer is loaded, and the endpoint's rule is asked. Who may not see a thing is told that
it does not exist; who is not signed in is asked to sign in first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from flask import Flask, abort, g, redirect, request, session, url_for
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response

from forum_scheduler import interrupted
from forum_scheduler.accounts.models import Staff, StaffRole, User
from forum_scheduler.accounts.seeing import seen_as
from forum_scheduler.accounts.viewer import Viewer
from forum_scheduler.accounts.views import on_this_machine
from forum_scheduler.companies.models import (
    Company,
    CompanyInvitation,
    CompanyStatus,
    Delegate,
    Representative,
    SavedSearch,
)
from forum_scheduler.errors import Refused
from forum_scheduler.extensions import Base, db, forum_config
from forum_scheduler.forums.models import (
    Block,
    Capability,
    Forum,
    Interpreter,
    ProgrammeEntry,
    Side,
    Slot,
    Table,
    Zone,
)
from forum_scheduler.outbox.models import Mail
from forum_scheduler.publishing.models import Publication
from forum_scheduler.requests.models import Meeting, Request
from forum_scheduler.scheduling.models import Run, Schedule

Rule = Callable[[Viewer, Mapping[str, Any]], bool]

# Names of arguments in addresses -> the table that they name a row of; each row has a forum_id.
OBJECTS: Mapping[str, type[Base]] = {
    "company_id": Company,
    "delegate_id": Delegate,
    "request_id": Request,
    "meeting_id": Meeting,
    "run_id": Run,
    "schedule_id": Schedule,
    "publication_id": Publication,
    "table_id": Table,
    "slot_id": Slot,
    "interpreter_id": Interpreter,
    "capability_id": Capability,
    "block_id": Block,
    "zone_id": Zone,
    "programme_id": ProgrammeEntry,
    "side_id": Side,
    "invitation_id": CompanyInvitation,
    "mail_id": Mail,
    "staff_id": Staff,
    "search_id": SavedSearch,
}


WHILE_SEEING = frozenset({"accounts.stop_seeing", "accounts.sign_out", "accounts.set_language"})


def anyone(viewer: Viewer, arguments: Mapping[str, Any]) -> bool:
    """Pages that hold nothing private."""
    return True


def nobody(viewer: Viewer, arguments: Mapping[str, Any]) -> bool:
    """Endpoints that a library brings along and that are not used."""
    return False


def signed_in(viewer: Viewer, arguments: Mapping[str, Any]) -> bool:
    return viewer.is_authenticated


def operator(viewer: Viewer, arguments: Mapping[str, Any]) -> bool:
    return viewer.operator


def organiser(viewer: Viewer, arguments: Mapping[str, Any]) -> bool:
    return viewer.is_organiser


def organiser_or_demo(viewer: Viewer, arguments: Mapping[str, Any]) -> bool:
    """The organiser; in the demo's forum (on loopback only) everybody."""
    demo = forum_config().demo and g.forum is not None and g.forum.demo and on_this_machine()
    return viewer.is_organiser or bool(demo)


def staff(*roles: StaffRole) -> Rule:
    """Any of these roles in the forum."""
    wanted = frozenset(roles)
    return lambda viewer, arguments: bool(viewer.roles & wanted)


def approved_company(viewer: Viewer, arguments: Mapping[str, Any]) -> bool:
    """Who represents an approved company of the forum."""
    return bool(viewer.approved_company_ids)


def sees_companies(viewer: Viewer, arguments: Mapping[str, Any]) -> bool:
    """Who represents an approved company, and staff: the directory is for nobody else."""
    return bool(viewer.approved_company_ids or viewer.roles)


def sees_company(viewer: Viewer, arguments: Mapping[str, Any]) -> bool:
    """As the directory, and one's own company before it is approved. Blocked pairs: the page itself."""
    return sees_companies(viewer, arguments) or arguments["company_id"] in viewer.company_ids


def represents(viewer: Viewer, arguments: Mapping[str, Any]) -> bool:
    """Who represents the company in the address, whatever its status; and the organiser."""
    return viewer.is_organiser or arguments["company_id"] in viewer.company_ids


def acts_for(viewer: Viewer, arguments: Mapping[str, Any]) -> bool:
    """Who represents the company in the address, and nobody else."""
    return arguments["company_id"] in viewer.company_ids


def sees_delegate(viewer: Viewer, arguments: Mapping[str, Any]) -> bool:
    """As the directory, and one's own company's delegates. Blocked pairs: the page itself."""
    return sees_companies(viewer, arguments) or own_delegate(viewer, arguments)


def own_delegate(viewer: Viewer, arguments: Mapping[str, Any]) -> bool:
    """The delegate themself, who represents their company, and the organiser."""
    delegate_id = arguments["delegate_id"]
    if viewer.is_organiser or delegate_id in viewer.delegate_ids:
        return True
    company_id = db.session.scalar(select(Delegate.company_id).where(Delegate.id == delegate_id))
    return company_id in viewer.company_ids


def organises(viewer: Viewer, arguments: Mapping[str, Any]) -> bool:
    """The organiser, and co-organisers of any side; what these see must be limited to their side."""
    return bool(viewer.roles & {StaffRole.ORGANISER, StaffRole.CO_ORGANISER})


def organises_company(viewer: Viewer, arguments: Mapping[str, Any]) -> bool:
    """The organiser, and the co-organiser of the side of the company in the address."""
    if viewer.is_organiser:
        return True
    if StaffRole.CO_ORGANISER not in viewer.roles or viewer.side_id is None:
        return False
    side_id = db.session.scalar(select(Company.side_id).where(Company.id == arguments["company_id"]))
    return side_id == viewer.side_id


def looks_after(viewer: Viewer, arguments: Mapping[str, Any]) -> bool:
    """Who represents the company in the address, the organiser, the co-organiser of its side."""
    return represents(viewer, arguments) or organises_company(viewer, arguments)


def looks_after_delegate(viewer: Viewer, arguments: Mapping[str, Any]) -> bool:
    """Who represents the delegate's company, the organiser, the co-organiser of its side."""
    company_id = db.session.scalar(select(Delegate.company_id).where(Delegate.id == arguments["delegate_id"]))
    return looks_after(viewer, {"company_id": company_id})


def knows_delegate(viewer: Viewer, arguments: Mapping[str, Any]) -> bool:
    """The delegate themself, and who looks after them."""
    return arguments["delegate_id"] in viewer.delegate_ids or looks_after_delegate(viewer, arguments)


def party_to_request(viewer: Viewer, arguments: Mapping[str, Any]) -> bool:
    """Who represents one of the request's two companies, approved."""
    pair = db.session.execute(
        select(Request.asker_id, Request.asked_id).where(Request.id == arguments["request_id"])
    ).one()
    return bool(set(pair) & set(viewer.approved_company_ids))


def at_the_desk(viewer: Viewer, arguments: Mapping[str, Any]) -> bool:
    """Who hands papers out in the hall, to everybody: the desk and the organiser."""
    return bool(viewer.roles & {StaffRole.ORGANISER, StaffRole.DESK})


def either(*rules: Rule) -> Rule:
    """Whom any of these rules lets in."""
    return lambda viewer, arguments: any(rule(viewer, arguments) for rule in rules)


def own_roster(viewer: Viewer, arguments: Mapping[str, Any]) -> bool:
    """The interpreter themself, and the organiser."""
    return viewer.is_organiser or arguments["interpreter_id"] in viewer.interpreter_ids


def attends(viewer: Viewer, arguments: Mapping[str, Any]) -> bool:
    """Who has any part in the forum: staff, representative, delegate, interpreter."""
    return bool(viewer.roles or viewer.company_ids or viewer.delegate_ids or viewer.interpreter_ids)


# Every endpoint of the app, in the order of the rooms. tests/test_access.py walks the address map.
RULES: dict[str, Rule] = {
    "static": anyone,
    "healthz": anyone,
    # accounts
    "accounts.sign_in": anyone,
    "accounts.sign_in_sent": anyone,
    "accounts.sign_in_link": anyone,
    "accounts.use_sign_in_link": anyone,
    "accounts.sign_out": anyone,
    "accounts.sign_out_everywhere": signed_in,
    "accounts.set_language": anyone,
    "accounts.profile": signed_in,
    "accounts.stop_seeing": signed_in,
    "accounts.remove_password": signed_in,
    "accounts.audit": organiser,
    "accounts.audit_csv": organiser,
    # accounts: the pages of Flask-Security; it checks itself who is half signed in
    "security.static": anyone,
    "security.login": anyone,
    "security.logout": anyone,
    "security.verify": signed_in,
    "security.change_password": signed_in,
    "security.two_factor_setup": signed_in,
    "security.two_factor_setup_validate": signed_in,
    "security.two_factor_token_validation": anyone,
    "security.two_factor_rescue": nobody,
    "security.tf_select": anyone,
    "security.mf_recovery": anyone,
    "security.mf_recovery_codes": signed_in,
    "security.wan_register": signed_in,
    "security.wan_register_response": signed_in,
    "security.wan_delete": signed_in,
    "security.wan_verify": signed_in,
    "security.wan_verify_response": signed_in,
    "security.wan_signin": anyone,
    "security.wan_signin_response": anyone,
    # forums
    "forums.index": anyone,
    "forums.new": operator,
    "forums.new_from_file": operator,
    "forums.home": anyone,
    "forums.settings": organiser,
    "forums.frame": organiser,
    "forums.days": organiser,
    "forums.zones": organiser,
    "forums.tables": organiser,
    "forums.table": organiser,
    "forums.interpreters": organiser,
    "forums.roster": organiser,
    "forums.sides": organiser,
    "forums.window": organiser,
    "forums.limits": organiser,
    "forums.capabilities": organiser,
    "forums.capability_list": organiser,
    "forums.texts": organiser,
    "forums.text": organiser,
    "forums.people": organiser,
    "forums.remove_person": organiser,
    "forums.see_as": organiser,
    "forums.delegation": organises,
    "forums.programme": organiser,
    "forums.edit_programme": organiser,
    "forums.remove_programme": organiser,
    # notices
    "notices.page": signed_in,
    "notices.follow": signed_in,
    "notices.read_all": signed_in,
    "notices.choices": signed_in,
    "notices.stop": anyone,  # the address itself is the secret
    # privacy
    "privacy.mine": signed_in,
    "privacy.download": signed_in,
    "privacy.withdraw_consent": signed_in,
    "privacy.delete": signed_in,
    "privacy.gone": anyone,
    # importing
    "importing.upload": organiser,
    "importing.apply": organiser,
    "importing.template": organiser,
    # companies
    "companies.join": anyone,
    "companies.joined": anyone,
    "companies.directory": sees_companies,
    "companies.keep": approved_company,
    "companies.save_search": approved_company,
    "companies.forget_search": approved_company,
    "companies.watch_search": approved_company,
    "companies.show": sees_company,
    "companies.logo": sees_company,
    "companies.photo": sees_delegate,
    "companies.accept_invitation": anyone,  # the address itself is the secret
    "companies.invitations": organiser,
    "companies.invite_list": organiser,
    "companies.invite_again": organiser,
    "companies.change_invitation": organiser,
    "companies.act_for": acts_for,
    "companies.remove_representative": represents,
    "companies.edit": looks_after,
    "companies.delegates": looks_after,
    "companies.add_representative": looks_after,
    "companies.edit_delegate": looks_after_delegate,
    "companies.remove_delegate": looks_after_delegate,
    "companies.vetting": staff(StaffRole.ORGANISER, StaffRole.CO_ORGANISER, StaffRole.READER),
    "companies.vet": organises,
    "companies.blocked": organiser,
    "companies.unblock": organiser,
    # requests
    "requests.ask": approved_company,
    "requests.ask_many": approved_company,
    "requests.mine": approved_company,
    "requests.suggested": approved_company,
    "requests.move": approved_company,
    "requests.table": approved_company,
    "requests.inbox": approved_company,
    "requests.answer": approved_company,
    "requests.reply": approved_company,
    "requests.answer_link": anyone,  # the address itself is the secret
    "requests.withdraw": party_to_request,
    "requests.send_again": party_to_request,
    "requests.availability": knows_delegate,
    "requests.remind": organiser,
    "requests.overview": staff(StaffRole.ORGANISER, StaffRole.CO_ORGANISER, StaffRole.READER),
    # scheduling
    "scheduling.runs": organiser,
    "scheduling.solve_now": organiser,
    "scheduling.solve_tonight": organiser,
    "scheduling.stop_nights": organiser,
    "scheduling.capacity": organiser,
    "scheduling.run": organiser,
    "scheduling.run_live": organiser,
    "scheduling.stop": organiser,
    "scheduling.schedule": organiser,
    "scheduling.unplaced": organiser,
    "scheduling.remedies": organiser,
    "scheduling.ask_remedies": organiser,
    "scheduling.try_remedy": organiser,
    "scheduling.what_if": organiser,
    "scheduling.what_if_live": organiser,
    "scheduling.worth": organiser,
    "scheduling.ask_worth": organiser,
    "scheduling.extend": organiser,
    "scheduling.place": organiser,
    "scheduling.board": organiser,
    "scheduling.board_start": organiser,
    "scheduling.board_solve": organiser,
    "scheduling.board_meeting": organiser,
    "scheduling.board_fits": organiser,
    "scheduling.board_edit": organiser,
    "scheduling.board_changes": organiser,
    # publishing
    "publishing.meetings": organiser,
    "publishing.compare": organiser,
    "publishing.prepare": organiser,
    "publishing.publish": organiser,
    "publishing.notice": organiser,
    "publishing.versions": organiser,
    "publishing.outbox": organiser_or_demo,
    "publishing.mail": organiser_or_demo,
    "publishing.mail_again": organiser,
    # agendas
    "agendas.mine": attends,
    "agendas.desk": at_the_desk,
    "agendas.delegate_badge": at_the_desk,
    "agendas.interpreter_badge": at_the_desk,
    "agendas.delegate": either(at_the_desk, knows_delegate),
    "agendas.delegate_ics": knows_delegate,
    "agendas.delegate_pdf": either(at_the_desk, knows_delegate),
    "agendas.take_along": own_delegate,
    "agendas.change_feed": own_delegate,
    "agendas.feed": anyone,  # the address itself is the secret
    "agendas.stop_mails": anyone,  # as above
    "agendas.company_take_along": represents,
    "agendas.interpreter_take_along": own_roster,
    "agendas.table_take_along": at_the_desk,
    "agendas.company": either(at_the_desk, looks_after),
    "agendas.company_ics": looks_after,
    "agendas.company_pdf": either(at_the_desk, looks_after),
    "agendas.interpreter": either(at_the_desk, own_roster),
    "agendas.interpreter_ics": own_roster,
    "agendas.interpreter_pdf": either(at_the_desk, own_roster),
    "agendas.table": staff(StaffRole.ORGANISER, StaffRole.DESK, StaffRole.READER),
    "agendas.table_pdf": staff(StaffRole.ORGANISER, StaffRole.DESK, StaffRole.READER),
    "agendas.pack": at_the_desk,
    "agendas.make_pack": at_the_desk,
    "agendas.pack_file": at_the_desk,
    "agendas.pack_live": at_the_desk,
    "agendas.pack_zip": organiser,  # calendars of all people are in it
    "agendas.reprint": at_the_desk,
    "agendas.schedule_csv": organiser,
    "agendas.schedule_json": organiser,
    "agendas.workbook": organiser,
    "agendas.calendars": organiser,
}


def init_app(app: Flask) -> None:
    app.before_request(check_access)
    app.add_template_global(may_open, "may_open")


def check_access() -> Response | None:
    """Load forum and viewer; refuse what the rules refuse."""
    if request.endpoint == "static":
        return None  # a dozen a page, for everybody: they load nobody
    arguments = request.view_args or {}
    g.forum = None
    slug = arguments.get("forum_slug")
    if slug is not None:
        g.forum = db.session.scalar(select(Forum).where(Forum.slug == slug))
    g.viewer = load_viewer(g.forum)
    if request.routing_exception is not None:
        return None  # Flask answers it: a slash too few, a method that does not exist, no such address
    if request.endpoint is None or (slug is not None and g.forum is None):
        abort(404)
    if g.viewer.seen_by and request.method not in ("GET", "HEAD") and request.endpoint not in WHILE_SEEING:
        raise Refused(
            _l("You look through the eyes of %(name)s: nothing can be changed. Go back to yourself first.",
               name=g.viewer.name or g.viewer.email)
        )  # fmt: skip
    if _objects_belong(arguments) and may(request.endpoint, g.viewer, arguments):
        return None
    if g.viewer.is_authenticated or RULES.get(request.endpoint, nobody) is nobody:
        abort(404)
    if interrupted.has_typed_text():
        return interrupted.page()
    here = request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else None
    return redirect(url_for("accounts.sign_in", next=here), 303)


def may(endpoint: str, viewer: Viewer, arguments: Mapping[str, Any]) -> bool:
    """Whether the endpoint's rule lets ``viewer`` in; ``arguments`` name objects of the viewer's forum."""
    rule = RULES.get(endpoint)
    return rule is not None and rule(viewer, arguments)


def may_open(endpoint: str, **arguments: int) -> bool:
    """The same of who asks for this page: whether it may lead them there."""
    return may(endpoint, g.viewer, arguments)


def _objects_belong(arguments: Mapping[str, Any]) -> bool:
    for name, value in arguments.items():
        model: Any = OBJECTS.get(name)
        if model is None:
            continue
        owner = db.session.scalar(select(model.forum_id).where(model.id == value))
        if owner is None or g.forum is None or owner != g.forum.id:
            return False
    return True


def load_viewer(forum: Forum | None) -> Viewer:
    """What the signed-in user is, in ``forum`` if there is one; or who they look through the eyes of."""
    if not current_user.is_authenticated:
        return Viewer(forum_id=forum.id if forum else None)
    viewer = _named_first(viewer_of(current_user, forum))
    _go_on_with_the_first(viewer)
    other = seen_as(forum.id) if forum is not None and viewer.is_organiser else None
    if other is None:
        return viewer
    return replace(_named_first(viewer_of(other, forum)), seen_by=viewer.name or viewer.email)


def _named_company() -> int | None:
    """The company that an address names, as links in notices do for those who act for several."""
    return request.args.get("company", type=int)


def _company_of_the_page() -> int | None:
    """The company whose own page this is: of its profile, its people, their times and agendas."""
    arguments = request.view_args or {}
    rule = RULES.get(request.endpoint or "")
    if rule in (represents, looks_after):
        return arguments.get("company_id")
    if rule in (own_delegate, looks_after_delegate, knows_delegate):
        return db.session.scalar(
            select(Delegate.company_id).where(Delegate.id == arguments.get("delegate_id"))
        )
    return None


def _named_first(viewer: Viewer) -> Viewer:
    """Who acts for several companies acts for the one that the page names, or whose page it is."""
    named = _named_company() or _company_of_the_page() if len(viewer.company_ids) > 1 else None
    if named not in viewer.company_ids:
        return viewer

    def first(ids: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(sorted(ids, key=lambda id_: id_ != named))

    return replace(
        viewer,
        company_ids=first(viewer.company_ids),
        approved_company_ids=first(viewer.approved_company_ids),
    )


def _go_on_with_the_first(viewer: Viewer) -> None:
    """The pages that are opened next are those of the same company, not of the one chosen before."""
    if len(viewer.company_ids) > 1 and session.get("acting") != viewer.company_ids[0]:
        session["acting"] = viewer.company_ids[0]


def viewer_of(user: User, forum: Forum | None) -> Viewer:
    """What ``user`` is, in ``forum`` if there is one."""
    user_id = user.id
    base: dict[str, Any] = {
        "user_id": user_id,
        "name": user.name,
        "email": user.email,
        "locale": user.locale,
        "operator": any(role.name == "operator" for role in user.roles),
    }
    if forum is None:
        return Viewer(**base)
    posts = db.session.execute(
        select(Staff.role, Staff.side_id).where(Staff.forum_id == forum.id, Staff.user_id == user_id)
    ).all()
    # Chosen by companies.act_for or by an address before; checked here by being one of theirs.
    chosen = session.get("acting")
    companies = sorted(
        db.session.execute(
            select(Company.id, Company.status)
            .join(Representative, Representative.company_id == Company.id)
            .where(Representative.user_id == user_id, Company.forum_id == forum.id)
            .order_by(Company.id)
        ),
        key=lambda row: row[0] != chosen,
    )
    delegates = db.session.scalars(
        select(Delegate.id).where(Delegate.user_id == user_id, Delegate.forum_id == forum.id)
    ).all()
    interpreters = db.session.scalars(
        select(Interpreter.id).where(Interpreter.user_id == user_id, Interpreter.forum_id == forum.id)
    ).all()
    return Viewer(
        **base,
        forum_id=forum.id,
        roles=frozenset(StaffRole(role) for role, _ in posts),
        side_id=next((side for role, side in posts if role == StaffRole.CO_ORGANISER), None),
        company_ids=tuple(id_ for id_, _ in companies),
        approved_company_ids=tuple(id_ for id_, status in companies if status == CompanyStatus.APPROVED),
        delegate_ids=tuple(delegates),
        interpreter_ids=tuple(interpreters),
    )
