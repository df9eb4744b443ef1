"""What staff change in a company's place stands in the audit log: which fields, of short ones was and is.

What companies do themselves does not. The log holds no personal data beyond ids: of delegates and
representatives it names the fields that changed, not what stands in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from flask import has_request_context
from flask_login import current_user
from sqlalchemy import select

from forum_scheduler.accounts import audit
from forum_scheduler.accounts.models import Staff
from forum_scheduler.companies.models import Company, CompanyCapability, Delegate, Seeks
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Capability, Side

SHORT = ("name", "country", "website", "size")
LISTS = ("programmes", "consortium_roles", "interests")
TYPED = (
    "topics",
    "certificates",
    "description",
)  # anything may stand there: the log says only that it changed
OF_DELEGATES = ("name", "email", "role", "languages", "max_per_day", "fixed_table")


@contextmanager
def profile_edit(company: Company) -> Iterator[None]:
    """Around a change of a company's profile; inside ``transaction()``."""
    if not _by_staff(company.forum_id):
        yield
        return
    before = _profile(company)
    yield
    after = _profile(company)
    details = {
        name: _difference(name, before[name], after[name]) for name in before if before[name] != after[name]
    }
    if details:
        audit.record(
            "company.edited", forum_id=company.forum_id, subject=f"company:{company.id}", details=details
        )


@contextmanager
def delegate_edit(delegate: Delegate) -> Iterator[None]:
    """Around a change of a delegate; inside ``transaction()``."""
    if not _by_staff(delegate.forum_id):
        yield
        return
    before = [getattr(delegate, name) for name in OF_DELEGATES]
    yield
    changed = [name for name, was in zip(OF_DELEGATES, before, strict=True) if getattr(delegate, name) != was]
    if changed:
        note_delegate("delegate.edited", delegate, {"changed": ", ".join(changed)})


def note_delegate(action: str, delegate: Delegate, details: Mapping[str, str] | None = None) -> None:
    """Note what was done with a delegate, where staff did it; inside ``transaction()``."""
    if _by_staff(delegate.forum_id):
        audit.record(
            action,
            forum_id=delegate.forum_id,
            subject=f"delegate:{delegate.id}",
            details={"company": delegate.company_id, **(details or {})},
        )


def note_company(action: str, company: Company, details: Mapping[str, int | str] | None = None) -> None:
    """Note what was done with a company, where staff did it; inside ``transaction()``."""
    if _by_staff(company.forum_id):
        audit.record(action, forum_id=company.forum_id, subject=f"company:{company.id}", details=details)


def _by_staff(forum_id: int) -> bool:
    """Whether somebody with a role in the forum asked for the page: companies' own people have none."""
    if not has_request_context() or not current_user.is_authenticated:
        return False
    role = select(Staff.id).where(Staff.forum_id == forum_id, Staff.user_id == current_user.id).limit(1)
    return db.session.scalar(role) is not None


def _profile(company: Company) -> dict[str, tuple[str, ...]]:
    """The profile as it stands, each field as a list of words; of an empty one none."""
    side = db.session.scalar(select(Side.code).where(Side.id == company.side_id))
    rows = db.session.execute(
        select(CompanyCapability.kind, Capability.code)
        .join(Capability, Capability.id == CompanyCapability.capability_id)
        .where(CompanyCapability.company_id == company.id)
        .order_by(Capability.position, Capability.id)
    ).all()
    return {
        "side": (side or "",),
        **{name: (str(getattr(company, name)),) for name in SHORT},
        **{f"{kind}s": tuple(code for of, code in rows if of == kind) for kind in Seeks},
        **{name: tuple(getattr(company, name)) for name in (*LISTS, "topics", "certificates")},
        "description": tuple(f"{locale}: {text}" for locale, text in sorted(company.description.items())),
    }


def _difference(name: str, was: Sequence[str], now: Sequence[str]) -> str:
    if name in TYPED:
        return "changed"
    if name in ("side", *SHORT):
        return f"{was[0] or '–'} → {now[0] or '–'}"
    gone = [f"-{each}" for each in was if each not in now]
    new = [f"+{each}" for each in now if each not in was]
    return " ".join([*gone, *new])
