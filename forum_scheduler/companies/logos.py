"""Logos: only real pictures come in, and they go out smaller and without what cameras add."""

from __future__ import annotations

import io

from flask_babel import gettext as _
from PIL import Image, UnidentifiedImageError

from forum_scheduler.companies.models import Company
from forum_scheduler.errors import Invalid
from forum_scheduler.extensions import transaction

MAX_BYTES = 4 * 1024 * 1024
MAX_PIXELS = 30_000_000
SIDE = 512  # pixels of the stored picture's longer side


def set_logo(*, company_id: int, content: bytes) -> None:
    """Store a PNG of the picture (PNG, JPEG, WebP, GIF). Raises Invalid for anything else."""
    picture = _as_png(content)
    with transaction() as session:
        company = session.get_one(Company, company_id)
        company.logo, company.logo_type = picture, "image/png"


def _as_png(content: bytes) -> bytes:
    if len(content) > MAX_BYTES:
        raise Invalid(_("The picture is larger than 4 MB: make it smaller."), field="logo")
    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG", "WEBP", "GIF")) as image:
            if image.width * image.height > MAX_PIXELS:
                raise Invalid(_("The picture has too many pixels: make it smaller."), field="logo")
            image.thumbnail((SIDE, SIDE))
            out = io.BytesIO()
            image.convert("RGBA").save(out, format="PNG", optimize=True)
            return out.getvalue()
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise Invalid(_("This is no picture that we can read: use PNG or JPEG."), field="logo") from error
