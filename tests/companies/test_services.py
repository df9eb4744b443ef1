from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from forum_scheduler.accounts.models import AuditEntry
from forum_scheduler.companies import directory, services, vetting
from forum_scheduler.companies.models import Company, CompanyStatus, Delegate, Representative
from forum_scheduler.companies.services import DelegateDetails, Profile
from forum_scheduler.errors import Invalid, NotFound, Refused
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum, Side
from forum_scheduler.outbox.models import Mail
from tests.factories import make_blocked_pair, make_company, make_forum


def side_of(forum: Forum) -> int:
    return db.session.scalars(select(Side.id).where(Side.forum_id == forum.id)).first() or 0


def profile(forum: Forum, **fields: object) -> Profile:
    values: dict[str, object] = {"name": "Kvant Dynamics", "side_id": side_of(forum), "country": "BE"}
    return Profile(**(values | fields))  # type: ignore[arg-type]


def join(forum: Forum, **fields: object) -> Company:
    return services.join(
        forum_id=forum.id, profile=profile(forum, **fields), person_name="Anna", email="anna@example.org"
    )


def test_a_company_that_joins_waits_for_approval_with_its_first_delegate(app: Flask) -> None:
    forum = make_forum()
    company = join(forum)
    assert company.status == CompanyStatus.APPLIED
    delegate = db.session.scalars(select(Delegate).where(Delegate.company_id == company.id)).one()
    assert (delegate.name, delegate.email) == ("Anna", "anna@example.org")
    assert db.session.scalars(select(Representative.company_id)).all() == [company.id]


def test_a_name_that_looks_like_one_that_is_there_is_refused_and_nothing_is_stored(app: Flask) -> None:
    forum = make_forum()
    join(forum)
    with pytest.raises(Invalid, match="looks the same") as refusal:
        services.join(
            forum_id=forum.id,
            profile=profile(forum, name="KVАNT dynamics"),  # a Cyrillic А
            person_name="Bo",
            email="bo@example.org",
        )
    assert refusal.value.field == "name"
    assert len(db.session.scalars(select(Company.id)).all()) == 1


def test_the_same_name_may_join_another_forum(app: Flask) -> None:
    join(make_forum())
    join(make_forum())
    assert len(db.session.scalars(select(Company.id)).all()) == 2


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "!!!"}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"country": "XX"}, "country"),
        ({"country": "EU"}, "country"),
        ({"size": "many"}, "size"),
        ({"website": "javascript:alert(1)"}, "website"),
        ({"side_id": 999_999}, "side_id"),
        ({"description": {"en": "x" * 4001}}, "description"),
    ],
)
def test_a_field_that_can_not_be_used_is_named(app: Flask, fields: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        join(make_forum(), **fields)
    assert refusal.value.field == field


def test_where_registration_is_closed_only_the_invited_join(app: Flask) -> None:
    forum = make_forum(open_registration=False)
    with pytest.raises(Refused, match="invitation"):
        join(forum)
    services.join(
        forum_id=forum.id, profile=profile(forum), person_name="Anna", email="a@example.org", invited=True
    )


def test_an_address_that_mixes_alphabets_is_refused(app: Flask) -> None:
    forum = make_forum()
    with pytest.raises(Invalid, match="different alphabets"):
        services.join(forum_id=forum.id, profile=profile(forum), person_name="Anna", email="аnna@example.org")


def test_approval_is_logged_and_told_once(app: Flask) -> None:
    forum = make_forum()
    company = make_company(forum, status=CompanyStatus.APPLIED)
    for _again in range(2):
        vetting.set_status(forum_id=forum.id, company_ids=[company.id], status=CompanyStatus.APPROVED)
    assert db.session.scalars(select(AuditEntry.action)).all() == ["company.approved"]
    assert len(db.session.scalars(select(Mail)).all()) == 1


def test_a_refusal_needs_a_reason(app: Flask) -> None:
    forum = make_forum()
    company = make_company(forum, status=CompanyStatus.APPLIED)
    with pytest.raises(Invalid) as refusal:
        vetting.set_status(forum_id=forum.id, company_ids=[company.id], status=CompanyStatus.REFUSED)
    assert refusal.value.field == "reason"
    assert db.session.get_one(Company, company.id).status == CompanyStatus.APPLIED


def test_a_company_of_another_forum_is_not_vetted_here(app: Flask) -> None:
    foreign = make_company(make_forum(), status=CompanyStatus.APPLIED)
    changed = vetting.set_status(
        forum_id=make_forum().id, company_ids=[foreign.id], status=CompanyStatus.APPROVED
    )
    assert changed == ()


def test_the_last_delegate_stays(app: Flask) -> None:
    company = make_company(make_forum(), delegates=2)
    first, second = db.session.scalars(select(Delegate.id).where(Delegate.company_id == company.id)).all()
    services.remove_delegate(delegate_id=first)
    services.remove_delegate(delegate_id=first)  # the second click
    with pytest.raises(Refused, match="at least one delegate"):
        services.remove_delegate(delegate_id=second)


def test_two_delegates_of_a_company_have_different_addresses(app: Flask) -> None:
    company = make_company(make_forum())
    bo = services.add_delegate(
        company_id=company.id, details=DelegateDetails(name="Bo", email="bo@example.org")
    )
    with pytest.raises(Invalid, match=r"bo@example\.org"):
        services.add_delegate(
            company_id=company.id, details=DelegateDetails(name="Another", email="bo@example.org")
        )
    again = services.add_delegate(
        company_id=company.id, details=DelegateDetails(name="Bo", email="bo@example.org")
    )
    assert again.id == bo.id  # the second click


def test_a_blocked_pair_does_not_see_each_other(app: Flask) -> None:
    forum = make_forum()
    one, other, third = (make_company(forum) for _ in range(3))
    vetting.block_pair(forum_id=forum.id, company_ids=(other.id, one.id), reason="Export control")
    found = directory.search(forum_id=forum.id, company_ids=[one.id], filters=directory.Filters())
    assert [company.id for company in found.items] == [third.id]
    vetting.unblock_pair(forum_id=forum.id, company_ids=(one.id, other.id))
    found = directory.search(forum_id=forum.id, company_ids=[one.id], filters=directory.Filters())
    assert {company.id for company in found.items} == {other.id, third.id}


def test_a_pair_across_forums_can_not_be_blocked(app: Flask) -> None:
    forum = make_forum()
    with pytest.raises(NotFound):
        vetting.block_pair(
            forum_id=forum.id,
            company_ids=(make_company(forum).id, make_company(make_forum()).id),
            reason="No",
        )


def test_the_directory_shows_approved_companies_only(app: Flask) -> None:
    forum = make_forum()
    me, shown = make_company(forum), make_company(forum)
    make_company(forum, status=CompanyStatus.APPLIED)
    make_company(forum, status=CompanyStatus.REFUSED)
    found = directory.search(forum_id=forum.id, company_ids=[me.id], filters=directory.Filters())
    assert [company.id for company in found.items] == [shown.id]


@pytest.mark.parametrize("text", ["завод", "ЗАВОД", "zavod", "Zavod  kyiv"])
def test_a_ukrainian_company_is_found_in_both_alphabets(app: Flask, text: str) -> None:
    forum = make_forum()
    company = join(forum, name="Завод Київ")
    vetting.set_status(forum_id=forum.id, company_ids=[company.id], status=CompanyStatus.APPROVED)
    make_company(forum)
    found = directory.search(forum_id=forum.id, company_ids=[], filters=directory.Filters(text=text))
    assert [each.id for each in found.items] == [company.id]


def test_a_percent_sign_in_a_search_is_a_percent_sign(app: Flask) -> None:
    forum = make_forum()
    make_company(forum)
    found = directory.search(forum_id=forum.id, company_ids=[], filters=directory.Filters(text="_"))
    assert found.total == 0


def test_blocked_pairs_are_not_suggested(app: Flask) -> None:
    forum = make_forum()
    one, other = make_company(forum, side="eu"), make_company(forum, side="ua")
    make_blocked_pair(one, other)
    seen = db.session.scalars(
        select(Company.id).where(directory.visible_to(forum_id=forum.id, company_ids=[one.id]))
    ).all()
    assert other.id not in seen
