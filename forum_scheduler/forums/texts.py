"""The organiser's own words in mails and on pages, one text a kind and language, with safe placeholders.

A mail keeps what it has to say: the own words stand between its greeting and that, so that nothing that the
reader needs can be lost by them. Every mail of a forum passes here on its way into the outbox.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from forum_scheduler.accounts.languages import LANGUAGES
from forum_scheduler.errors import Invalid
from forum_scheduler.extensions import absolute_url, db
from forum_scheduler.forums.description import wrong
from forum_scheduler.forums.models import Forum, MailText
from forum_scheduler.outbox import services as outbox

MOST_SUBJECT = 200
MOST_TEXT = 4000
_PLACEHOLDER = re.compile(r"\{\s*([\w-]*)\s*\}")
PLACEHOLDERS: Mapping[str, object] = {
    "name": _l("the reader's name"),
    "forum": _l("the forum's name"),
    "venue": _l("where it takes place"),
    "contact": _l("the contact e-mail"),
    "address": _l("the address of the forum's first page"),
}
OF_PAGES = frozenset(PLACEHOLDERS) - {"name"}  # visitors have no name


class Text(StrEnum):
    """What can have own words: kinds of mails, as the outbox has them, and pages."""

    VETTED = "vetted"
    REQUEST_RECEIVED = "request-received"
    REQUEST_ANSWERED = "request-answered"
    MEETING_WITHDRAWN = "meeting-withdrawn"
    REMINDER = "reminder"
    AGENDA = "agenda"
    INVITATION = "invitation"
    PAGE_ABOUT = "page-about"
    PAGE_JOIN = "page-join"
    PAGE_HOME = "page-home"

    @property
    def of_page(self) -> bool:
        return self.value.startswith("page-")


NAMES: Mapping[Text, object] = {
    Text.VETTED: _l("Approved, or refused"),
    Text.REQUEST_RECEIVED: _l("Another company asks for a meeting"),
    Text.REQUEST_ANSWERED: _l("A request is answered"),
    Text.MEETING_WITHDRAWN: _l("A meeting is taken back"),
    Text.REMINDER: _l("A reminder to ask and to answer"),
    Text.AGENDA: _l("The agenda, and what changed in it"),
    Text.INVITATION: _l("A meeting for the calendar"),
    Text.PAGE_ABOUT: _l("The forum's first page, for visitors"),
    Text.PAGE_JOIN: _l("Joining: above the form"),
    Text.PAGE_HOME: _l("The first page of companies that take part"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Own words as they are typed; empty: the standard ones."""

    subject: str = ""
    text: str = ""


def text_of(kind: str, locale: str) -> Text:
    """The mail or page of this name in a description, in a language that pages have. Raises Invalid."""
    if kind not in list(Text):
        known = ", ".join(Text)
        raise wrong(f"texts.{kind}", _("there is no such mail or page, only: %(known)s", known=known))
    if locale not in dict(LANGUAGES):
        known = ", ".join(code for code, _name in LANGUAGES)
        raise wrong(f"texts.{kind}.{locale}", _("mails and pages are in: %(known)s", known=known))
    return Text(kind)


def check(kind: Text, words: Words) -> Words:
    """The same without spaces around. Raises Invalid, with the name of a placeholder that there is not."""
    if kind.of_page and words.subject.strip():
        raise Invalid(_("A page has no subject."), field="subject")
    known = OF_PAGES if kind.of_page else frozenset(PLACEHOLDERS)
    found = Words(subject=" ".join(words.subject.split()), text=words.text.replace("\r\n", "\n").strip())
    for field, text, most in (("subject", found.subject, MOST_SUBJECT), ("text", found.text, MOST_TEXT)):
        if len(text) > most:
            raise Invalid(_("At most %(number)s characters.", number=most), field=field)
        for name in _PLACEHOLDER.findall(text):
            if name not in known:
                raise Invalid(
                    _(
                        "There is no placeholder {%(name)s}. There are: %(known)s.",
                        name=name,
                        known=", ".join(f"{{{each}}}" for each in PLACEHOLDERS if each in known),
                    ),
                    field=field,
                )
    return found


def fill(text: str, forum: Forum, *, name: str = "") -> str:
    """With the placeholders filled in; what is no placeholder stays as it is typed."""
    values = {
        "name": name,
        "forum": forum.name,
        "venue": forum.venue,
        "contact": forum.contact_email,
        "address": absolute_url("forums.home", forum_slug=forum.slug),
    }
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


def own_words(forum_id: int, kind: str, locale: str) -> Words | None:
    """What the organiser wrote for this kind and language; None: nothing."""
    row = db.session.scalar(
        select(MailText).where(
            MailText.forum_id == forum_id, MailText.kind == kind, MailText.locale == locale
        )
    )
    return None if row is None else Words(subject=row.subject, text=row.text)


def worded(words: Words, forum: Forum, *, name: str, subject: str, text: str) -> tuple[str, str]:
    """Subject and text of a mail with the own words: those of the text stand after its greeting."""
    own = fill(words.text, forum, name=name)
    greeting, gap, rest = text.partition("\n\n")
    if own and gap:
        text = f"{greeting}\n\n{own}\n\n{rest}"
    elif own:
        text = f"{own}\n\n{text}"
    return fill(words.subject, forum, name=name) or subject, text


def in_own_words(*, forum_id: int, kind: str, name: str, subject: str, text: str) -> tuple[str, str]:
    """A mail's subject and text in the language that is being written."""
    words = own_words(forum_id, kind, str(get_locale() or "en"))
    if words is None:
        return subject, text
    return worded(words, db.session.get_one(Forum, forum_id), name=name, subject=subject, text=text)


def page_words(forum: Forum, kind: str) -> str:
    """The organiser's words for a page, in the reader's language; "" for none. For templates."""
    words = own_words(forum.id, kind, str(get_locale() or "en"))
    return "" if words is None else fill(words.text, forum)


outbox.reworded_by(in_own_words)
