"""Pictures: only real ones come in, and they go out smaller and without what cameras add."""

from __future__ import annotations

import io

from flask_babel import gettext as _
from PIL import Image, UnidentifiedImageError
from sqlalchemy import ColumnElement, or_, select

from forum_scheduler.accounts.models import Consent
from forum_scheduler.companies import staff_log
from forum_scheduler.companies.models import Company, Delegate
from forum_scheduler.errors import Invalid
from forum_scheduler.extensions import transaction

MAX_BYTES = 4 * 1024 * 1024
MAX_PIXELS = 30_000_000
SIDE = 512  # pixels of the stored picture's longer side
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")  # not SVG: that is a document, with scripts and links of its own


def set_logo(*, company_id: int, content: bytes) -> None:
    """Store a PNG of the picture. Raises Invalid (field ``logo``) for what is none."""
    picture = as_png(content, field="logo")
    with transaction() as session:
        company = session.get_one(Company, company_id)
        company.logo, company.logo_type = picture, "image/png"
        staff_log.note_company("company.edited", company, {"logo": "changed"})


def set_photo(*, delegate_id: int, content: bytes | None) -> None:
    """Store a PNG of the photo, or take it away. Raises Invalid (field ``photo``) for what is none."""
    picture = as_png(content, field="photo") if content is not None else None
    with transaction() as session:
        delegate = session.get_one(Delegate, delegate_id)
        delegate.photo, delegate.has_photo = picture, picture is not None
        staff_log.note_delegate("delegate.edited", delegate, {"changed": "photo"})


def photo_agreed() -> ColumnElement[bool]:
    """Of delegates: those whose photo others may see, which ends when they take their consent back."""
    given = select(Consent.id).where(
        Consent.user_id == Delegate.user_id,
        or_(Consent.forum_id == Delegate.forum_id, Consent.forum_id.is_(None)),
    )
    taken_back = given.where(Consent.withdrawn_at.is_not(None)).exists()
    stands = given.where(Consent.withdrawn_at.is_(None)).exists()
    return or_(stands, ~taken_back)


def as_png(content: bytes, *, field: str) -> bytes:
    """The picture drawn anew, so that nothing else of the file is kept. Raises Invalid."""
    if len(content) > MAX_BYTES:
        raise Invalid(_("The picture is larger than 4 MB: make it smaller."), field=field)
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise Invalid(_("The picture has too many pixels: make it smaller."), field=field)
            image.thumbnail((SIDE, SIDE))
            out = io.BytesIO()
            image.convert("RGBA").save(out, format="PNG", optimize=True)
            return out.getvalue()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Invalid(_("The picture has too many pixels: make it smaller."), field=field) from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise Invalid(_("This is no picture that we can read: use PNG or JPEG."), field=field) from error
