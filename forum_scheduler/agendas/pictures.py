"""Pictures for paper: logos of the companies that are met, photos of their people, small and ours.

What was uploaded is PNG that we wrote ourselves (companies/pictures.py). Paper follows the same rules as the
pages of companies: approved ones only, no pair that is blocked, nobody who took their consent back.
"""

from __future__ import annotations

import base64
import hashlib
import io
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from PIL import Image, ImageOps, UnidentifiedImageError
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute

from forum_scheduler.agendas.record import Agenda, AgendaParty, SubjectKind
from forum_scheduler.companies.models import BlockedPair, Company, CompanyStatus, Delegate
from forum_scheduler.companies.pictures import photo_agreed
from forum_scheduler.extensions import db

LOGO = (180, 72)  # pixels at most: 22 x 9 mm at 200 dots an inch
PHOTO = (96, 96)  # 9 x 9 mm at 270 dots an inch
FACE = (0.5, 0.35)  # what stays of a photo that is no square: faces are above the middle
QUALITY = 85  # of JPEG
HEAVY = 6_000  # bytes of a logo as PNG
AT_ONCE = 100  # uploaded pictures in memory
MADE = 10_000  # small ones that a process keeps, about 4 kB each
WITH_FACES = (SubjectKind.PERSON, SubjectKind.COMPANY)  # interpreters and tables know no directory


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """``images``: name (``logo:7``, ``photo:12``) -> ``data:`` address; ``blocked``: pairs of companies."""

    images: Mapping[str, str] = field(default_factory=dict)
    blocked: frozenset[tuple[int, int]] = frozenset()

    def shown_in(self, agenda: Agenda) -> frozenset[str]:
        """Names of those that its reader may see."""
        return frozenset(name for name in self._wanted(agenda) if name in self.images)

    def _wanted(self, agenda: Agenda) -> Iterator[str]:
        for entry in agenda.meetings:
            own = [party.company_id for party in entry.own]
            for party in entry.others:
                if not any(_pair(each, party.company_id) in self.blocked for each in own):
                    yield logo_name(party)
                    if agenda.subject.kind in WITH_FACES:
                        yield from (photo_name(who.id) for who in party.people)


def logo_name(party: AgendaParty) -> str:
    return f"logo:{party.company_id}"


def photo_name(delegate_id: int) -> str:
    return f"photo:{delegate_id}"


def pictures_of(agendas: Iterable[Agenda]) -> Pictures:
    """All that these agendas may show, in a handful of queries."""
    companies: set[int] = set()
    people: set[int] = set()
    forums: set[int] = set()
    for agenda in agendas:
        forums.add(agenda.forum.id)
        for entry in agenda.meetings:
            for party in entry.others:
                companies.add(party.company_id)
                if agenda.subject.kind in WITH_FACES:
                    people.update(who.id for who in party.people)
    approved = Company.status == CompanyStatus.APPROVED
    images: dict[str, str] = {}
    for id_, raw in _stored(Company.id, Company.logo, companies, approved):
        images[f"logo:{id_}"] = _small(raw, _logo)
    with_photo = (
        Delegate.has_photo,
        photo_agreed(),
        Delegate.company_id.in_(select(Company.id).where(approved)),
    )
    for id_, raw in _stored(Delegate.id, Delegate.photo, people, *with_photo):
        images[photo_name(id_)] = _small(raw, _photo)
    images = {name: image for name, image in images.items() if image}
    return Pictures(images=images, blocked=_blocked(forums) if images else frozenset())


def _stored(
    key: InstrumentedAttribute[int],
    content: InstrumentedAttribute[bytes | None],
    ids: set[int],
    *conditions: ColumnElement[bool] | InstrumentedAttribute[bool],
) -> Iterator[tuple[int, bytes]]:
    """What was uploaded for those of ``ids`` that have something, a few in memory at a time."""
    wanted = sorted(ids)
    for at in range(0, len(wanted), AT_ONCE):
        some: Sequence[int] = wanted[at : at + AT_ONCE]
        query = select(key, content).where(key.in_(some), content.is_not(None), *conditions)
        for id_, raw in db.session.execute(query):
            if raw is not None:
                yield id_, raw


def _blocked(forum_ids: set[int]) -> frozenset[tuple[int, int]]:
    query = select(BlockedPair.low_id, BlockedPair.high_id).where(BlockedPair.forum_id.in_(forum_ids))
    return frozenset((low, high) for low, high in db.session.execute(query))


def _pair(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)


# Drawing them small. A pack wants the same ones again and again: for people, for companies, for each reprint.


_made: OrderedDict[tuple[str, bytes], str] = OrderedDict()
_lock = threading.Lock()


def _small(content: bytes, draw: Callable[[bytes], bytes]) -> str:
    """A ``data:`` address, kept by the digest of what was uploaded: that itself is too large. "" for what is
    no picture of ours, a damaged one or one that came by another way: paper does without it."""
    key = (draw.__name__, hashlib.sha256(content).digest())
    with _lock:
        if key in _made:
            _made.move_to_end(key)
            return _made[key]
    try:
        drawn = draw(content)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        return ""
    kind = "png" if drawn.startswith(b"\x89PNG") else "jpeg"
    address = f"data:image/{kind};base64,{base64.b64encode(drawn).decode()}"
    with _lock:
        _made[key] = address
        while len(_made) > MADE:
            _made.popitem(last=False)
    return address


def _logo(content: bytes) -> bytes:
    """PNG, whose edges are sharp; JPEG where the logo is more of a photo and much smaller so."""
    with Image.open(io.BytesIO(content), formats=("PNG",)) as image:
        image.thumbnail(LOGO)
        drawn = _encoded(image, "PNG")
        if len(drawn) > HEAVY:
            return min(drawn, _encoded(_on_white(image), "JPEG"), key=len)
        return drawn


def _photo(content: bytes) -> bytes:
    with Image.open(io.BytesIO(content), formats=("PNG",)) as image:
        face = ImageOps.fit(_on_white(image), PHOTO, centering=FACE)
    return _encoded(face, "JPEG")


def _on_white(image: Image.Image) -> Image.Image:
    """Without transparency, which JPEG does not know."""
    ground = Image.new("RGBA", image.size, "#ffffff")
    ground.alpha_composite(image.convert("RGBA"))
    return ground.convert("RGB")


def _encoded(image: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    image.save(out, format=kind, optimize=True, quality=QUALITY)
    return out.getvalue()
