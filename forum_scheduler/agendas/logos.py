"""Logos for paper: small pictures of what companies uploaded, which is PNG that we wrote ourselves."""

from __future__ import annotations

import base64
import io
from collections.abc import Collection

from PIL import Image
from sqlalchemy import select

from forum_scheduler.companies.models import Company
from forum_scheduler.extensions import db

SIZE = (180, 72)  # pixels at most: 22 x 9 mm at 200 dots an inch
AT_ONCE = 200


def logo_images(company_ids: Collection[int]) -> dict[int, str]:
    """Company -> its logo as a ``data:`` address; those without one are left out."""
    wanted = sorted(company_ids)
    found: dict[int, str] = {}
    for at in range(0, len(wanted), AT_ONCE):
        query = select(Company.id, Company.logo).where(
            Company.id.in_(wanted[at : at + AT_ONCE]), Company.logo.is_not(None)
        )
        for id_, content in db.session.execute(query):
            if content is not None:
                found[id_] = _small(content)
    return found


def _small(content: bytes) -> str:
    with Image.open(io.BytesIO(content), formats=("PNG",)) as image:
        image.thumbnail(SIZE)
        out = io.BytesIO()
        image.save(out, format="PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}"
