"""Companies, their people, invitations and blocked pairs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.clock import now
from forum_scheduler.companies.models import (
    BlockedPair,
    Company,
    CompanyCapability,
    CompanyInvitation,
    CompanyStatus,
    Delegate,
    Representative,
    Seeks,
)
from forum_scheduler.companies.names import name_key, search_text
from forum_scheduler.companies.words import learn
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import (
    Forum,
)
from tests.factories.forums import capability_of, side_of, sides_of
from tests.factories.people import make_user
from tests.factories.storing import next_number, store, store_all


def make_company(
    forum: Forum,
    name: str | None = None,
    *,
    side: str | None = None,
    country: str | None = None,
    status: CompanyStatus = CompanyStatus.APPROVED,
    delegates: int = 1,
    representative: User | bool = True,
    offers: Sequence[str] = (),
    needs: Sequence[str] = (),
    **fields: Any,
) -> Company:
    """A company, by default approved, of the forum's first side, with a representative and one delegate.

    ``representative``: a user, or True for a new one (see :func:`representative_of`), or False for none.
    ``offers`` and ``needs``: codes of capabilities. ``fields``: of Company.
    """
    name = name or f"Company {next_number()}"
    code = side or sides_of(forum)[0].code
    company = store(
        Company(
            **{
                "forum_id": forum.id,
                "side_id": side_of(forum, code).id,
                "name": name,
                "name_key": name_key(name),
                "search_text": search_text([name]),
                "country": country or ("UA" if code == "ua" else "BE"),
                "status": status,
                **fields,
            }
        )
    )
    learn(db.session(), forum_id=forum.id, texts=[company.search_text])
    db.session.commit()
    if representative:
        user = representative if isinstance(representative, User) else make_user()
        make_representative(company, user)
    for _ in range(delegates):
        make_delegate(company)
    store_all(
        CompanyCapability(company_id=company.id, capability_id=capability_of(forum, code).id, kind=kind)
        for kind, codes in ((Seeks.OFFER, offers), (Seeks.NEED, needs))
        for code in codes
    )
    return company


def make_representative(company: Company, user: User | None = None) -> User:
    """Lets a user act for the company. Returns the user."""
    user = user or make_user()
    store(Representative(company_id=company.id, user_id=user.id))
    return user


def representative_of(company: Company) -> User:
    """The first who acts for the company."""
    return db.session.scalars(
        select(User)
        .join(Representative, Representative.user_id == User.id)
        .where(Representative.company_id == company.id)
        .order_by(User.id)
    ).first() or make_representative(company)


def make_delegate(
    company: Company, name: str | None = None, *, user: User | bool = False, **fields: Any
) -> Delegate:
    """``user``: who signs in as the delegate, True for a new one. ``fields``: of Delegate."""
    number = next_number()
    if user is True:
        user = make_user(name)
    values = {"name": name or f"Delegate {number}", "email": f"delegate{number}@example.org", **fields}
    return store(
        Delegate(
            forum_id=company.forum_id,
            company_id=company.id,
            user_id=user.id if isinstance(user, User) else None,
            **values,
        )
    )


def delegates_of(company: Company) -> list[Delegate]:
    return list(
        db.session.scalars(select(Delegate).where(Delegate.company_id == company.id).order_by(Delegate.id))
    )


def make_invitation(forum: Forum, *, token: str = "", **fields: Any) -> CompanyInvitation:
    """Sent now, for a month; ``token``: in its link. ``fields``: of CompanyInvitation."""
    number = next_number()
    name = str(fields.pop("company_name", f"Guest {number}"))
    values = {
        "email": f"guest{number}@example.org",
        "digest": hashlib.sha256((token or f"token-{number}").encode()).hexdigest(),
        "expires_at": now() + timedelta(days=30),
        **fields,
    }
    return store(CompanyInvitation(forum_id=forum.id, company_name=name, name_key=name_key(name), **values))


def make_blocked_pair(one: Company, other: Company, *, reason: str = "Export control") -> BlockedPair:
    low, high = sorted((one.id, other.id))
    return store(BlockedPair(forum_id=one.forum_id, low_id=low, high_id=high, reason=reason))
