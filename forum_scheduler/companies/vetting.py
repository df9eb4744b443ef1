"""What organisers decide about companies: who takes part, and which pairs never see each other."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _
from sqlalchemy import select

from forum_scheduler.accounts import audit
from forum_scheduler.companies import notices
from forum_scheduler.companies.models import BlockedPair, Company, CompanyStatus
from forum_scheduler.errors import Invalid, NotFound, Refused
from forum_scheduler.extensions import transaction
from forum_scheduler.forums.models import Forum


def set_status(
    *,
    forum_id: int,
    company_ids: Iterable[int],
    status: CompanyStatus,
    reason: str = "",
    side_id: int | None = None,
) -> tuple[Company, ...]:
    """Vet: approve or refuse; those already there stay as they are. Returns the ones that changed.

    ``side_id``: only companies of this side, whatever was asked for.

    Raises Invalid for a refusal without a reason.
    """
    if status is CompanyStatus.REFUSED and not reason.strip():
        raise Invalid(_("Say why: the company reads it, and the log keeps it."), field="reason")
    with transaction() as session:
        companies = session.scalars(
            select(Company)
            .where(
                Company.forum_id == forum_id,
                Company.id.in_(list(company_ids)),
                Company.status != status,
                *(() if side_id is None else (Company.side_id == side_id,)),
            )
            .order_by(Company.id)
            .with_for_update()  # of two who vet at once the later finds nothing left to do
        ).all()
        for company in companies:
            audit.record(
                f"company.{status}",
                forum_id=forum_id,
                subject=f"company:{company.id}",
                details={"was": company.status, "reason": reason.strip()},
            )
            company.status = status
            company.status_reason = reason.strip()[:500]
        session.flush()
        if status in (CompanyStatus.APPROVED, CompanyStatus.REFUSED):
            notices.vetted(companies, forum=session.get_one(Forum, forum_id))
    return tuple(companies)


def apply_again(*, company_id: int) -> Company:
    """Let the organiser look once more at an entry that was refused; the reason stays beside it.

    Twice is the same as once. Raises Refused where the company takes part or has left.
    """
    with transaction() as session:
        company = session.get_one(Company, company_id, with_for_update=True)
        if company.status == CompanyStatus.APPLIED:
            return company
        if company.status != CompanyStatus.REFUSED:
            raise Refused(_("This entry is settled: it can't be sent again."))
        company.status = CompanyStatus.APPLIED
        audit.record(
            "company.applied-again",
            forum_id=company.forum_id,
            subject=f"company:{company.id}",
            details={"reason": company.status_reason},
        )
    return company


def block_pair(*, forum_id: int, company_ids: tuple[int, int], reason: str) -> None:
    """Keep two companies from seeing and meeting each other. Raises Invalid without a reason."""
    if not reason.strip():
        raise Invalid(_("Say why: the log keeps it."), field="reason")
    low, high = sorted(company_ids)
    if low == high:
        raise Invalid(_("Choose two different companies."), field="other")
    with transaction() as session:
        known = session.scalars(
            select(Company.id)
            .where(Company.forum_id == forum_id, Company.id.in_([low, high]))
            .order_by(Company.id)
            .with_for_update()
        ).all()
        if len(known) != 2:
            raise NotFound(_("There is no such company in this forum."))
        if session.get(BlockedPair, (low, high)) is None:
            session.add(BlockedPair(forum_id=forum_id, low_id=low, high_id=high, reason=reason.strip()[:500]))
            audit.record(
                "pair.blocked",
                forum_id=forum_id,
                subject=f"company:{low}",
                details={"other": high, "reason": reason.strip()},
            )


def unblock_pair(*, forum_id: int, company_ids: tuple[int, int]) -> None:
    """Let two companies see each other again."""
    low, high = sorted(company_ids)
    with transaction() as session:
        pair = session.get(BlockedPair, (low, high))
        if pair is not None and pair.forum_id == forum_id:
            session.delete(pair)
            audit.record(
                "pair.unblocked", forum_id=forum_id, subject=f"company:{low}", details={"other": high}
            )
