"""What the desk and the halls need on paper: badges, cards that stand on tables, the list of who comes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from flask_babel import gettext as _

from forum_scheduler.agendas import pdf, wording
from forum_scheduler.agendas.parts import people_parts
from forum_scheduler.agendas.pdf import Document, Paper
from forum_scheduler.agendas.record import Agenda

BADGES_A_PART = 40  # eight a page
CARDS_A_PART = 10
PEOPLE_A_PART = 150
Item = TypeVar("Item")


def badge_documents(
    people: Iterable[Agenda], *, address: Callable[[Agenda], str], locale: str, paper: Paper = Paper.A4
) -> tuple[Document, ...]:
    """Eight badges a page, to be cut. ``address``: what stands in the QR code."""
    made = []
    for part in _parts(list(people), BADGES_A_PART):
        with wording.speaking(locale):
            title = _range(_("Badges"), part)
            badges = [(agenda, pdf.qr_image(address(agenda))) for agenda in part]
            html = pdf.page_html("badges", title=title, agenda=part[0], badges=badges)
        made.append(Document.of(html, kind="badges", title=title, language=locale, paper=paper))
    return tuple(made)


def card_documents(tables: Iterable[Agenda], *, locale: str, paper: Paper = Paper.A4) -> tuple[Document, ...]:
    """A card a table, to be folded in the middle: its name stands on both sides."""
    made = []
    for part in _parts(list(tables), CARDS_A_PART):
        with wording.speaking(locale):
            title = _range(_("Cards for the tables"), part)
            html = pdf.page_html("cards", title=title, agenda=part[0], tables=part)
        made.append(Document.of(html, kind="cards", title=title, language=locale, paper=paper))
    return tuple(made)


def desk_documents(people: Sequence[Agenda], *, locale: str, paper: Paper = Paper.A4) -> tuple[Document, ...]:
    """Everybody in order of name, with a box to tick and room to sign. Who has no meetings is left out.

    What is handed out are agendas: so the foot names the version that changed one of these last.
    """
    made = []
    for part in people_parts(people, most=PEOPLE_A_PART):
        with wording.speaking(locale):
            shown = part.agendas
            title = _range(_("Handing out at the desk"), shown)
            html = pdf.page_html("desk", title=title, agenda=shown[0], changed=part.changed, people=shown)
        made.append(Document.of(html, kind="desk", title=title, language=locale, paper=paper))
    return tuple(made)


def _parts(items: Sequence[Item], size: int) -> Iterable[Sequence[Item]]:
    return (items[at : at + size] for at in range(0, len(items), size))


def _range(heading: str, part: Sequence[Agenda]) -> str:
    first, last = (wording.name_of(each.subject, wording.Names.EXACT) for each in (part[0], part[-1]))
    return f"{heading} · {first} – {last}" if len(part) > 1 else f"{heading} · {first}"
