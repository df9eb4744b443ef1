"""The links in mails by which one answers without signing in.

Signed, for one person and one request. What the link may do is decided by the request as it is when the link
is used, so it ends with the request: no dates in it, and nothing in the database to clear up.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from forum_scheduler.companies.models import Company, CompanyCapability, Representative
from forum_scheduler.extensions import absolute_url, db
from forum_scheduler.forums.models import Forum
from forum_scheduler.requests.models import Request, RequestDelegate

SALT = "answer-link"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a link leads to: the request with its companies, to be answered for the asked one."""

    request: Request
    user_id: int


def make(request: Request, *, user_id: int) -> str:
    """The token for one representative of the asked company."""
    return str(_signer().dumps([request.uid, request.asked_id, user_id]))


def read(token: str, *, forum_id: int) -> Link | None:
    """What the token leads to; None where it is forged, or its reader acts for the company no more."""
    try:
        uid, asked_id, user_id = _signer().loads(token)
    except (BadSignature, ValueError, TypeError):
        return None
    request = db.session.scalar(
        select(Request)
        .join(
            Representative,
            (Representative.company_id == Request.asked_id) & (Representative.user_id == user_id),
        )
        .where(Request.uid == uid, Request.asked_id == asked_id, Request.forum_id == forum_id)
        .options(
            joinedload(Request.asker).joinedload(Company.side),
            joinedload(Request.asker)
            .selectinload(Company.capabilities)
            .joinedload(CompanyCapability.capability),
            joinedload(Request.asked).selectinload(Company.capabilities),
            selectinload(Request.wished).joinedload(RequestDelegate.delegate),
        )
    )
    return Link(request=request, user_id=user_id) if request is not None else None


def lines(request: Request, *, user_id: int, forum: Forum) -> str:
    """The lines of a mail that let its reader answer with one click."""
    token = make(request, user_id=user_id)

    def address(say: str) -> str:
        return absolute_url("requests.answer_link", forum_slug=forum.slug, token=token, say=say)

    return "\n".join(
        (
            _("Accept: %(url)s", url=address("accept")),
            _("Decline: %(url)s", url=address("decline")),
        )
    )


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt=SALT)
