"""Which column of a list of meetings is what: told by whose it is and what it says, in either order."""

from __future__ import annotations

from collections.abc import Mapping

from forum_scheduler.importing.reading import Sheet
from forum_scheduler.spelling import fold

# Whose: who sent the request, and who received it.
ROLES: Mapping[str, tuple[str, ...]] = {
    "asker": (
        *("participant 1", "participant a", "requested by", "sent by", "host", "requester", "requestor"),
        *("sender", "inviter", "initiator", "booker"),
    ),
    "asked": (
        *("participant 2", "participant b", "sent to", "guest", "receiver", "recipient", "invitee"),
        "requestee",
    ),
}
# What: the end of the column's key -> spellings.
THINGS: Mapping[str, tuple[str, ...]] = {
    "": (
        *("organization", "organisation", "company", "organization name", "organisation name"),
        *("company name", "institution"),
    ),
    "_email": ("email", "e mail", "mail", "email address", "e mail address"),
    "_name": ("", "name", "full name", "person", "contact"),
    "_first": ("first name", "firstname", "given name"),
    "_last": ("last name", "lastname", "family name", "surname"),
}
OTHERS: Mapping[str, tuple[str, ...]] = {
    "state": ("status", "state", "meeting status", "request status"),
    "message": ("message", "request message", "note", "comment"),
    "date": ("date", "meeting date", "start date", "day"),
    "time": (
        *("time", "start", "start time", "starts at", "begin", "date and time", "scheduled at", "time slot"),
        "timeslot",
    ),
    "table": ("table", "table number", "location", "meeting location"),
}
_FILLERS = frozenset({"participant", "s"})  # "Host's e-mail", "Guest participant name"


def meeting_columns(sheet: Sheet) -> dict[str, tuple[int, str]] | None:
    """Key -> (index, header) of a list of meetings, the first column of each; None for any other sheet.

    It is one when both organisations have a column.
    """
    found: dict[str, tuple[int, str]] = {}
    for index, value in sheet.rows[0].cells.items():
        title = str(value).strip()
        key = _key(fold(title))
        if key is not None:
            found.setdefault(key, (index, title))
    return found if {"asker", "asked"} <= found.keys() else None


def _key(folded: str) -> str | None:
    for key, spellings in OTHERS.items():
        if folded in spellings:
            return key
    for role, phrases in ROLES.items():
        for phrase in phrases:
            rest = _without(folded, phrase)
            for thing, spellings in THINGS.items():
                if rest in spellings:
                    return role + thing
    return None


def _without(folded: str, phrase: str) -> str | None:
    """What is left of a header that begins or ends with the phrase; None where it does not."""
    if folded != phrase and not folded.startswith(f"{phrase} ") and not folded.endswith(f" {phrase}"):
        return None
    rest = folded.removeprefix(phrase) if folded.startswith(phrase) else folded.removesuffix(phrase)
    return " ".join(word for word in rest.split() if word not in _FILLERS)
