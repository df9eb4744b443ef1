"""What all pages of the room companies share."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, flash, g
from flask_babel import get_locale
from flask_wtf import FlaskForm
from sqlalchemy import select
from werkzeug.wrappers import Response

from forum_scheduler.errors import Invalid
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Capability, Forum, Side

blueprint = Blueprint("companies", __name__, url_prefix="/f/<forum_slug>")
Page = str | Response | tuple[str, int]


def forum() -> Forum:
    """The forum of the address."""
    return cast(Forum, g.forum)


def language() -> str:
    """The reader's language, two letters."""
    return str(get_locale() or "en")[:2]


def sides() -> list[Side]:
    """The forum's sides."""
    return list(db.session.scalars(select(Side).where(Side.forum_id == forum().id).order_by(Side.id)))


def capabilities() -> list[Capability]:
    """The forum's whole list, by position."""
    return list(
        db.session.scalars(
            select(Capability)
            .where(Capability.forum_id == forum().id)
            .order_by(Capability.position, Capability.id)
        )
    )


def put_error(form: FlaskForm, error: Invalid) -> None:
    """Show a service's refusal at its field, or above the form where it names none."""
    if error.field in form:
        form[error.field].errors = [*form[error.field].errors, str(error)]
    else:
        flash(str(error), "error")
