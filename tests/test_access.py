"""Who may open what: every address of the app, for every kind of person, with own and foreign objects.

``TABLE`` says it in words; the walk compares it with what the app does. Who adds an endpoint adds a line
here: the endpoint and who gets in, where the objects in the address (company, delegate, request ...) are
those of company A: ``rep`` represents it, ``delegate`` is its delegate. Company B is another approved one of
the same forum, with ``other-rep`` and ``other-delegate``; ``applicant`` represents one that is not approved
yet. ``organiser-elsewhere`` runs another forum. ``co-organiser`` looks after B's side, not A's;
``own-co-organiser`` after A's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from flask import Flask
from flask_login import login_user
from werkzeug.exceptions import NotFound
from werkzeug.routing import Rule

from forum_scheduler import access
from forum_scheduler.accounts.models import User
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from tests.factories import (
    interpreters_of,
    make_forum,
    make_user,
)
from tests.pages import Visitor, apart
from tests.world import World, make_world

ROLES = (
    *("visitor", "stranger", "applicant", "other-rep", "rep", "other-delegate", "delegate", "interpreter"),
    *("reader", "desk", "co-organiser", "own-co-organiser", "organiser", "organiser-elsewhere", "operator"),
)
GROUPS = {
    "everybody": set(ROLES),
    "signed-in": set(ROLES) - {"visitor"},
    "approved": {"rep", "other-rep"},
    "staff": {"reader", "desk", "co-organiser", "own-co-organiser", "organiser"},
    "nobody": set(),
}

TABLE = """
static                                everybody
healthz                               everybody
accounts.sign_in                      everybody
accounts.sign_in_sent                 everybody
accounts.sign_in_link                 everybody
accounts.use_sign_in_link             everybody
accounts.sign_out                     everybody
accounts.sign_out_everywhere          signed-in
accounts.set_language                 everybody
accounts.profile                      signed-in
accounts.stop_seeing                  signed-in
accounts.remove_password              signed-in
accounts.audit                        organiser
accounts.audit_csv                    organiser
security.static                       everybody
security.login                        everybody
security.logout                       everybody
security.verify                       signed-in
security.change_password              signed-in
security.two_factor_setup             signed-in
security.two_factor_setup_validate    signed-in
security.two_factor_token_validation  everybody
security.two_factor_rescue            nobody
security.tf_select                    everybody
security.mf_recovery                  everybody
security.mf_recovery_codes            signed-in
security.wan_register                 signed-in
security.wan_register_response        signed-in
security.wan_delete                   signed-in
security.wan_verify                   signed-in
security.wan_verify_response          signed-in
security.wan_signin                   everybody
security.wan_signin_response          everybody
forums.index                          everybody
forums.new                            operator
forums.new_from_file                  operator
forums.home                           everybody
forums.settings                       organiser
forums.frame                          organiser
forums.days                           organiser
forums.zones                          organiser
forums.tables                         organiser
forums.table                          organiser
forums.interpreters                   organiser
forums.roster                         organiser
forums.sides                          organiser
forums.window                         organiser
forums.limits                         organiser
forums.capabilities                   organiser
forums.capability_list                organiser
forums.texts                          organiser
forums.text                           organiser
forums.people                         organiser
forums.remove_person                  organiser
forums.see_as                         organiser
forums.delegation                     co-organiser own-co-organiser organiser
forums.programme                      organiser
forums.edit_programme                 organiser
forums.remove_programme               organiser
notices.page                          signed-in
notices.follow                        signed-in
notices.read_all                      signed-in
notices.choices                       signed-in
notices.stop                          everybody
privacy.mine                          signed-in
privacy.download                      signed-in
privacy.withdraw_consent              signed-in
privacy.delete                        signed-in
privacy.gone                          everybody
importing.upload                      organiser
importing.apply                       organiser
importing.template                    organiser
companies.join                        everybody
companies.joined                      everybody
companies.directory                   staff approved
companies.keep                        approved
companies.save_search                 approved
companies.forget_search               approved
companies.watch_search                approved
companies.show                        staff approved
companies.logo                        staff approved
companies.photo                       staff approved delegate
companies.accept_invitation           everybody
companies.invitations                 organiser
companies.invite_list                 organiser
companies.invite_again                organiser
companies.change_invitation           organiser
companies.act_for                     rep
companies.remove_representative       rep organiser
companies.edit                        rep own-co-organiser organiser
companies.delegates                   rep own-co-organiser organiser
companies.add_representative          rep own-co-organiser organiser
companies.edit_delegate               rep own-co-organiser organiser
companies.remove_delegate             rep own-co-organiser organiser
companies.vetting                     reader co-organiser own-co-organiser organiser
companies.vet                         co-organiser own-co-organiser organiser
companies.blocked                     organiser
companies.unblock                     organiser
requests.ask                          approved
requests.ask_many                     approved
requests.mine                         approved
requests.suggested                    approved
requests.move                         approved
requests.table                        approved
requests.inbox                        approved
requests.answer                       approved
requests.reply                        approved
requests.answer_link                  everybody
requests.send_again                   rep
requests.withdraw                     rep
requests.availability                 rep delegate own-co-organiser organiser
requests.remind                       organiser
requests.overview                     reader co-organiser own-co-organiser organiser
scheduling.runs                       organiser
scheduling.solve_now                  organiser
scheduling.solve_tonight              organiser
scheduling.stop_nights                organiser
scheduling.capacity                   organiser
scheduling.run                        organiser
scheduling.run_live                   organiser
scheduling.stop                       organiser
scheduling.schedule                   organiser
scheduling.unplaced                   organiser
scheduling.remedies                   organiser
scheduling.ask_remedies               organiser
scheduling.try_remedy                 organiser
scheduling.what_if                    organiser
scheduling.what_if_live               organiser
scheduling.worth                      organiser
scheduling.ask_worth                  organiser
scheduling.extend                     organiser
scheduling.place                      organiser
scheduling.board                      organiser
scheduling.board_start                organiser
scheduling.board_solve                organiser
scheduling.board_meeting              organiser
scheduling.board_fits                 organiser
scheduling.board_edit                 organiser
scheduling.board_changes              organiser
publishing.meetings                   organiser
publishing.compare                    organiser
publishing.prepare                    organiser
publishing.publish                    organiser
publishing.notice                     organiser
publishing.versions                   organiser
publishing.outbox                     organiser
publishing.mail                       organiser
publishing.mail_again                 organiser
agendas.mine                          staff approved applicant other-delegate delegate interpreter
agendas.delegate                      desk rep delegate own-co-organiser organiser
agendas.desk                          desk organiser
agendas.delegate_badge                desk organiser
agendas.interpreter_badge             desk organiser
agendas.delegate_ics                  rep delegate own-co-organiser organiser
agendas.delegate_pdf                  desk rep delegate own-co-organiser organiser
agendas.take_along                    rep delegate organiser
agendas.change_feed                   rep delegate organiser
agendas.feed                          everybody
agendas.stop_mails                    everybody
agendas.company_take_along            rep organiser
agendas.interpreter_take_along        interpreter organiser
agendas.table_take_along              desk organiser
agendas.company                       desk rep own-co-organiser organiser
agendas.company_ics                   rep own-co-organiser organiser
agendas.company_pdf                   desk rep own-co-organiser organiser
agendas.interpreter                   desk interpreter organiser
agendas.interpreter_ics               interpreter organiser
agendas.interpreter_pdf               desk interpreter organiser
agendas.table                         reader desk organiser
agendas.table_pdf                     reader desk organiser
agendas.pack                          desk organiser
agendas.make_pack                     desk organiser
agendas.pack_file                     desk organiser
agendas.pack_live                     desk organiser
agendas.pack_zip                      organiser
agendas.reprint                       desk organiser
agendas.schedule_csv                  organiser
agendas.schedule_json                 organiser
agendas.workbook                      organiser
agendas.calendars                     organiser
"""


def expected() -> dict[str, set[str]]:
    """Endpoint -> the roles that get in."""
    table: dict[str, set[str]] = {}
    for line in TABLE.strip().splitlines():
        endpoint, *words = line.split()
        assert endpoint not in table, f"{endpoint} twice in the table"
        table[endpoint] = set().union(*(GROUPS.get(word, {word}) for word in words))
        assert table[endpoint] <= set(ROLES), f"unknown role in the line of {endpoint}"
    return table


@pytest.fixture
def world(app: Flask) -> World:
    return make_world(ROLES)


def routes(app: Flask) -> list[Rule]:
    return sorted(app.url_map.iter_rules(), key=lambda rule: rule.endpoint)


def answer(app: Flask, rule: Rule, user: User | None, *, slug: str, objects: Mapping[str, int]) -> str:
    """``in``, ``sign-in`` or ``404``: what ``access`` says to ``user`` about an address."""
    words = dict.fromkeys(rule.arguments, "1")
    values: dict[str, Any] = {**words, **{k: v for k, v in objects.items() if k in rule.arguments}}
    if "forum_slug" in rule.arguments:
        values["forum_slug"] = slug
    adapter = app.url_map.bind("localhost")
    methods = rule.methods or set()
    method = "GET" if "GET" in methods else "POST"

    def ask() -> str:
        with app.test_request_context(adapter.build(rule.endpoint, values, method=method), method=method):
            if user is not None:
                login_user(db.session.get_one(User, user.id))
            try:
                response = access.check_access()
            except NotFound:
                return "404"
            finally:
                db.session.remove()
            if response is None:
                return "in"
            assert response.location.startswith("/sign-in")
            return "sign-in"

    result = apart(ask)
    assert isinstance(result, str)
    return result


def refusal(role: str) -> str:
    return "sign-in" if role == "visitor" else "404"


def walk(app: Flask) -> Iterator[tuple[Rule, set[str]]]:
    table = expected()
    for rule in routes(app):
        assert rule.endpoint in table, f"say in TABLE who may open {rule.endpoint}"
        yield rule, table[rule.endpoint]


@pytest.mark.databases("sqlite")
def test_every_endpoint_has_a_rule_and_every_rule_an_endpoint(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in routes(app)}
    assert endpoints - set(access.RULES) == set(), "without a rule nobody gets in"
    assert set(access.RULES) - endpoints == set(), "rules of pages that do not exist"


@pytest.mark.databases("sqlite")
def test_every_object_in_an_address_is_checked_to_belong_to_the_forum(app: Flask) -> None:
    for rule in routes(app):
        named = {name for name in rule.arguments if name.endswith("_id")}
        assert named <= set(access.OBJECTS), f"{rule.rule}: {named} must be in access.OBJECTS"
        assert not named or "forum_slug" in rule.arguments, f"{rule.rule}: objects without their forum"


def test_who_gets_in_is_as_the_table_says(app: Flask, world: World) -> None:
    wrong = []
    for rule, allowed in walk(app):
        for role, user in world.people.items():
            got = answer(app, rule, user, slug=world.slug, objects=world.objects)
            wanted = "in" if role in allowed else refusal(role)
            if allowed == set():
                wanted = "404"
            if got != wanted:
                wrong.append(f"{rule.endpoint}: {role} gets {got} instead of {wanted}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.databases("sqlite")
def test_nobody_gets_at_objects_of_another_forum(app: Flask, world: World) -> None:
    for rule, allowed in walk(app):
        if not set(rule.arguments) & set(access.OBJECTS):
            continue
        for role, user in world.people.items():
            wanted = refusal(role) if allowed else "404"
            mixed = answer(app, rule, user, slug=world.slug, objects=world.other_objects)
            assert mixed == wanted, f"{rule.endpoint}: {role} in their forum, the other's objects"
            mixed = answer(app, rule, user, slug=world.other_slug, objects=world.objects)
            assert mixed == wanted, f"{rule.endpoint}: {role} in the other forum, their objects"


@pytest.mark.databases("sqlite")
def test_a_part_in_one_forum_is_none_in_another(app: Flask, world: World) -> None:
    for rule, allowed in walk(app):
        if "forum_slug" not in rule.arguments:
            continue
        for role, user in world.people.items():
            if role in ("organiser-elsewhere", "operator", "visitor"):
                continue
            got = answer(app, rule, user, slug=world.other_slug, objects=world.other_objects)
            wanted = "in" if "stranger" in allowed else "404"
            assert got == wanted, f"{rule.endpoint}: {role} in a forum that is not theirs"


@pytest.mark.databases("sqlite")
def test_a_forum_that_is_not_there_looks_like_a_forbidden_one(app: Flask, world: World) -> None:
    for rule, _allowed in walk(app):
        if "forum_slug" in rule.arguments:
            for user in (None, world.people["organiser"]):
                assert answer(app, rule, user, slug="no-such-forum", objects=world.objects) == "404"


@pytest.mark.databases("sqlite")
def test_an_object_that_is_not_there_looks_like_a_forbidden_one(app: Flask, world: World) -> None:
    nothing = dict.fromkeys(access.OBJECTS, 987654)
    for rule, allowed in walk(app):
        if set(rule.arguments) & set(access.OBJECTS) and allowed:
            user = world.people["organiser"]
            assert answer(app, rule, user, slug=world.slug, objects=nothing) == "404", rule.endpoint


def test_what_is_forbidden_and_what_is_missing_are_the_same_page(client: Visitor, app: Flask) -> None:
    forum = make_forum()
    client.sign_in(make_user())
    forbidden = client.page(f"/f/{forum.slug}/audit", status=404)
    missing = client.page("/f/no-such-forum/audit", status=404)
    assert forbidden.main == missing.main


def test_a_visitor_is_led_to_signing_in_and_back(client: Visitor) -> None:
    forum = make_forum()
    answer = client.get(f"/f/{forum.slug}/audit?search=x")
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/sign-in?next=/f/{forum.slug}/audit?search%3Dx"


def test_a_form_sent_after_the_session_ended_leads_to_signing_in(client: Visitor) -> None:
    assert client.post("/profile", data={"name": "Ann"}).headers["Location"] == "/sign-in"


@pytest.mark.databases("sqlite")
def test_interpreters_of_the_forum_are_not_confused(app: Flask, world: World) -> None:
    ids = [one.id for one in interpreters_of(db.session.query(Forum).filter_by(slug=world.slug).one())]
    assert world.objects["interpreter_id"] == ids[-1]
    assert len(ids) == 2
