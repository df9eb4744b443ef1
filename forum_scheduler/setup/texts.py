"""Own words for mails and pages: stored, taken back, and shown as they will be read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask_babel import force_locale, gettext, ngettext
from sqlalchemy import delete, select

from forum_scheduler.extensions import absolute_url, db
from forum_scheduler.forums.models import Forum, MailText
from forum_scheduler.forums.texts import Text, Words, check, fill, worded
from forum_scheduler.setup.saving import Section, saving

SAMPLE_COMPANY, SAMPLE_NAME = "Aerotec Industries", "Olha Kovalenko"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A mail or page as somebody would read it; a page has no subject."""

    subject: str
    text: str


def own_of(forum_id: int) -> Mapping[tuple[str, str], Words]:
    """(kind, locale) -> own words, of all that there are."""
    rows = db.session.scalars(select(MailText).where(MailText.forum_id == forum_id))
    return {(row.kind, row.locale): Words(subject=row.subject, text=row.text) for row in rows}


def store_words(forum_id: int, kind: Text, locale: str, words: Words, *, seen: str) -> None:
    """Empty words bring the standard ones back. Raises Invalid (``subject``, ``text``), Overtaken."""
    found = check(kind, words)
    with saving(forum_id, Section.TEXTS, seen=seen) as (session, _forum):
        session.execute(
            delete(MailText).where(
                MailText.forum_id == forum_id, MailText.kind == kind, MailText.locale == locale
            )
        )
        if found.subject or found.text:
            session.add(
                MailText(forum_id=forum_id, kind=kind, locale=locale, subject=found.subject, text=found.text)
            )


def sample(forum: Forum, kind: Text, locale: str, words: Words) -> Sample:
    """With a made-up company and reader. Raises Invalid."""
    found = check(kind, words)
    with force_locale(locale):
        if kind.of_page:
            return Sample(subject="", text=fill(found.text, forum))
        subject, body = STANDARD[kind](forum)
        text = "\n\n".join((gettext("Hello %(name)s,", name=SAMPLE_NAME), body))
        subject, text = worded(found, forum, name=SAMPLE_NAME, subject=subject, text=text)
        return Sample(subject=subject, text=text)


# What the mails say by themselves: the same texts as in the rooms that write them.


def _vetted(forum: Forum) -> tuple[str, str]:
    address = absolute_url("forums.home", forum_slug=forum.slug)
    return (
        gettext("%(company)s takes part in %(forum)s", company=SAMPLE_COMPANY, forum=forum.name),
        gettext("You are approved. Find companies and ask for meetings: %(path)s", path=address),
    )


def _received(forum: Forum) -> tuple[str, str]:
    return (
        gettext("%(company)s asks you for a meeting at %(forum)s", company=SAMPLE_COMPANY, forum=forum.name),
        "\n\n".join(
            (
                gettext(
                    "%(company)s would like to meet you at %(forum)s.",
                    company=SAMPLE_COMPANY,
                    forum=forum.name,
                ),
                gettext(
                    "Answer on your page of open requests: %(path)s",
                    path=absolute_url("requests.inbox", forum_slug=forum.slug),
                ),
            )
        ),
    )


def _answered(forum: Forum) -> tuple[str, str]:
    return (
        gettext("%(company)s accepted your request", company=SAMPLE_COMPANY),
        gettext("%(company)s will meet you. You get time and table with the agenda.", company=SAMPLE_COMPANY),
    )


def _withdrawn(forum: Forum) -> tuple[str, str]:
    return (
        gettext("%(company)s took your meeting back", company=SAMPLE_COMPANY),
        gettext(
            "%(company)s can't meet you at %(forum)s after all.", company=SAMPLE_COMPANY, forum=forum.name
        ),
    )


def _reminder(forum: Forum) -> tuple[str, str]:
    return (
        gettext("A reminder: your meetings at %(forum)s", forum=forum.name),
        gettext(
            "Find companies to meet: %(path)s",
            path=absolute_url("companies.directory", forum_slug=forum.slug),
        ),
    )


def _agenda(forum: Forum) -> tuple[str, str]:
    planned = ngettext(
        "%(num)s meeting is planned for you at %(forum)s.",
        "%(num)s meetings are planned for you at %(forum)s.",
        5,
        forum=forum.name,
    )
    address = absolute_url("agendas.mine", forum_slug=forum.slug)
    return (
        gettext("Your meetings at %(forum)s", forum=forum.name),
        "\n\n".join(
            (planned, gettext("Your whole agenda, version %(n)s: %(address)s", n=1, address=address))
        ),
    )


def _invitation(forum: Forum) -> tuple[str, str]:
    return (
        gettext("Meeting: %(whom)s, %(when)s", whom=SAMPLE_COMPANY, when="09:20"),
        gettext(
            "Your calendar shows this meeting by itself. Another way, or no such mails: %(address)s",
            address=absolute_url("agendas.mine", forum_slug=forum.slug),
        ),
    )


STANDARD: Mapping[Text, Callable[[Forum], tuple[str, str]]] = {
    Text.VETTED: _vetted,
    Text.REQUEST_RECEIVED: _received,
    Text.REQUEST_ANSWERED: _answered,
    Text.MEETING_WITHDRAWN: _withdrawn,
    Text.REMINDER: _reminder,
    Text.AGENDA: _agenda,
    Text.INVITATION: _invitation,
}
