"""What pages and mails say of requests: states, priorities, reasons for a no, why two companies fit."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from forum_scheduler.companies.forms import language_name
from forum_scheduler.companies.models import Company, Delegate, Seeks
from forum_scheduler.companies.suggestions import Suggestion
from forum_scheduler.forums.models import Forum
from forum_scheduler.requests.models import DeclineReason, Priority, Request, RequestState

STATES = {
    RequestState.PENDING: (_l("Waiting for an answer"), "info"),
    RequestState.ACCEPTED: (_l("Accepted"), "good"),
    RequestState.DECLINED: (_l("Declined"), "neutral"),
    RequestState.WITHDRAWN: (_l("Withdrawn"), "neutral"),
    RequestState.EXPIRED: (_l("Expired"), "warn"),
}
PRIORITIES = {Priority.MUST: _l("Must"), Priority.HIGH: _l("High"), Priority.NORMAL: _l("Normal")}
DECLINE_REASONS = {
    DeclineReason.FULL: _l("Our calendar for the forum is full."),
    DeclineReason.FIELD: _l("What you look for is not our field."),
    DeclineReason.LATER: _l("We would rather talk after the forum: please write to us."),
    DeclineReason.OTHER_WAY: _l("We are in contact already and need no meeting here."),
}
MOST_NAMED = 3  # capabilities in one sentence


def decline_words(request: Request) -> str:
    """Why the company declined: the ready words in the reader's language, then its own; "" for neither."""
    known = {each.value for each in DeclineReason}
    ready = str(DECLINE_REASONS[DeclineReason(request.decline_code)]) if request.decline_code in known else ""
    return " ".join(part for part in (ready, request.decline_reason) if part)


def standing_words(request: Request, company_id: int) -> tuple[str, str]:
    """Where the request stands as ``company_id``, one of its two companies, sees it; and a tone."""
    asked_us = request.asked_id == company_id
    match RequestState(request.state):
        case RequestState.PENDING:
            return (_("They asked you"), "warn") if asked_us else (_("You asked"), "info")
        case RequestState.ACCEPTED:
            return _("Meeting agreed"), "good"
        case RequestState.DECLINED:
            return (_("You declined"), "neutral") if asked_us else (_("They declined"), "neutral")
        case RequestState.WITHDRAWN | RequestState.EXPIRED as state:
            word, tone = STATES[state]
            return str(word), tone


def particulars(
    request: Request, company_id: int, *, people: Sequence[Delegate], forum: Forum
) -> Sequence[str]:
    """Who comes, how long, with an interpreter or not, where that was said: as ``company_id`` reads it.

    ``people``: the delegates of both companies that were named.
    """
    agreed = request.state == RequestState.ACCEPTED
    ours_is_said = agreed or request.asker_id == company_id
    ours = ", ".join(each.name for each in people if each.company_id == company_id)
    theirs = ", ".join(each.name for each in people if each.company_id != company_id)
    found = []
    if theirs and (agreed or request.asked_id == company_id):
        found.append(_("From them come: %(names)s.", names=theirs))
    elif theirs:
        found.append(_("You want to meet: %(names)s.", names=theirs))
    if ours:
        found.append(
            _("From you come: %(names)s.", names=ours)
            if ours_is_said
            else _("They want to meet: %(names)s.", names=ours)
        )
    if request.length_slots > 1:
        found.append(length_words(request, forum))
    if request.interpret:
        found.append(_("Interpreter: %(pair)s.", pair=pair_words(request.interpret)))
    elif request.interpret is not None:
        found.append(_("No interpreter of the forum: none is needed, or somebody brings their own."))
    return found


def length_words(request: Request, forum: Forum) -> str:
    """How long the meeting is."""
    return str(_("It takes %(number)s minutes.", number=minutes_of(forum, request.length_slots)))


def minutes_of(forum: Forum, slots: int) -> int:
    """How long a meeting of so many slots is, with the pauses between them."""
    return slots * forum.slot_minutes + (slots - 1) * forum.pause_minutes


def pair_words(pair: Sequence[str]) -> str:
    """Two languages by name."""
    return str(_("%(one)s and %(other)s", one=language_name(pair[0]), other=language_name(pair[1])))


def match_words(other: Company, *, needs: frozenset[int], offers: frozenset[int], language: str) -> str:
    """Why the other company fits one that has these needs and offers, in one line; "" where it does not."""
    offered = _names(other, Seeks.OFFER, needs, language)
    needed = _names(other, Seeks.NEED, offers, language)
    parts = [
        _("They need what you offer: %(list)s.", list=", ".join(needed)) if needed else "",
        _("They offer what you need: %(list)s.", list=", ".join(offered)) if offered else "",
    ]
    return " ".join(part for part in parts if part)


def _names(company: Company, kind: Seeks, wanted: frozenset[int], language: str) -> Sequence[str]:
    found = [
        each.capability.name(language)
        for each in company.capabilities
        if each.kind == kind and each.capability_id in wanted
    ]
    return found[:MOST_NAMED]


def why(suggestion: Suggestion) -> str:
    """The reasons of a suggestion, the strongest first."""
    parts = [
        (_("They need what you offer: %(list)s."), suggestion.they_need),
        (_("They offer what you need: %(list)s."), suggestion.they_offer),
        (_("Both look at %(list)s."), [*suggestion.topics, *suggestion.programmes]),
        (_("As companies that you liked, they offer %(list)s."), suggestion.liked),
    ]
    # The names are put in afterwards: a "%" in one of them must not be taken for a place.
    found = [text.replace("%(list)s", ", ".join(names[:MOST_NAMED])) for text, names in parts if names]
    if suggestion.roles:
        found.append(_("One would coordinate, the other take part."))
    return " ".join(found)


def offered_and_needed(company: Company, language: str) -> str:
    """The first few offers and needs, for a line in a list."""
    parts = [
        (_("Offers"), Seeks.OFFER),
        (_("Needs"), Seeks.NEED),
    ]
    found = []
    for label, kind in parts:
        names = [each.capability.name(language) for each in company.capabilities if each.kind == kind]
        if names:
            more = "…" if len(names) > MOST_NAMED + 1 else ""
            found.append(f"{label}: {', '.join(names[: MOST_NAMED + 1])}{more}.")
    return " ".join(found)
