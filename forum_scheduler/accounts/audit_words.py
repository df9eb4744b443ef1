"""What entries of the audit log say in the reader's language. The log itself keeps the short names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

_WORDS: dict[str, LazyString] = {
    "account.deleted": _l("Account deleted"),
    "account.passkey-added": _l("Passkey added"),
    "account.passkey-removed": _l("Passkey removed"),
    "account.app-added": _l("Authenticator app set up"),
    "account.app-removed": _l("Authenticator app turned off"),
    "account.password-removed": _l("Password removed"),
    "agenda_feed.created": _l("Calendar address made"),
    "agenda_feed.revoked": _l("Calendar address revoked"),
    "agenda_feed.restored": _l("Calendar address works again"),
    "board.attend": _l("Board: other people in a meeting"),
    "board.lock": _l("Board: meeting locked"),
    "board.move": _l("Board: meeting moved"),
    "board.push": _l("Board: meeting moved, others pushed out"),
    "board.redo": _l("Board: step done again"),
    "board.remove": _l("Board: meeting taken out"),
    "board.started": _l("Board: draft begun"),
    "board.swap": _l("Board: meetings swapped"),
    "board.undo": _l("Board: step undone"),
    "board.unlock": _l("Board: meeting unlocked"),
    "calendar_way.chosen": _l("Way into the calendar chosen"),
    "companies.invited": _l("Companies invited"),
    "company.applied": _l("Company back in vetting"),
    "company.applied-again": _l("Company sent its entry again"),
    "company.approved": _l("Company approved"),
    "company.edited": _l("Company's page changed"),
    "company.joined-by-invitation": _l("Company joined by invitation"),
    "company.refused": _l("Company refused"),
    "company.withdrawn": _l("Company withdrawn"),
    "delegate.added": _l("Delegate added"),
    "delegate.edited": _l("Delegate changed"),
    "delegate.removed": _l("Delegate removed"),
    "forum.created": _l("Forum made"),
    "forum.imported": _l("File imported"),
    "invitation.revoked": _l("Invitation revoked"),
    "operator.made": _l("Operator made"),
    "pair.blocked": _l("Pair blocked"),
    "pair.unblocked": _l("Pair free again"),
    "reminders.sent": _l("Reminders sent"),
    "representative.added": _l("Representative added"),
    "representative.removed": _l("Representative removed"),
    "run.asked": _l("Question to the solver"),
    "run.extended": _l("Run given more time"),
    "run.nights-stopped": _l("Nightly runs stopped"),
    "run.requested": _l("Run asked for"),
    "run.stopped": _l("Run stopped"),
    "schedule.published": _l("Schedule published"),
    "seen-as.ended": _l("Seeing as somebody else ended"),
    "seen-as.started": _l("Seeing as somebody else begun"),
    "staff.added": _l("Staff added"),
    "staff.removed": _l("Staff removed"),
}
_OF_KIND: dict[str, LazyString] = {
    "programme": _l("Programme changed"),
    "settings": _l("Set-up changed"),
}

_ACTORS: dict[str, LazyString] = {
    "command line": _l("command line"),
    "visitor": _l("visitor"),
}
_DETAILS: dict[str, LazyString] = {
    "again": _l("invited again"),
    "at": _l("at"),
    "certificates": _l("certificates"),
    "changed": _l("changed"),
    "company": _l("company"),
    "consortium_roles": _l("roles sought"),
    "country": _l("country"),
    "counts": _l("made, changed"),
    "description": _l("text"),
    "file": _l("file"),
    "from": _l("from schedule"),
    "interests": _l("interests"),
    "joined": _l("joined before"),
    "kind": _l("kind"),
    "mails": _l("mails"),
    "meetings": _l("meetings"),
    "name": _l("name"),
    "needs": _l("needs"),
    "new": _l("new"),
    "notices": _l("notices"),
    "offers": _l("offers"),
    "other": _l("with"),
    "preliminary": _l("preliminary"),
    "programmes": _l("programmes"),
    "reason": _l("reason"),
    "revision": _l("step"),
    "role": _l("role"),
    "seconds": _l("time given"),
    "side": _l("side"),
    "size": _l("size"),
    "taken_out": _l("taken out"),
    "title": _l("title"),
    "topics": _l("topics"),
    "version": _l("version"),
    "was": _l("before"),
    "way": _l("way"),
    "website": _l("website"),
}
# What details hold as short names, where they are none of people's own words.
_VALUES: dict[str, dict[str, LazyString]] = {
    "kind": {
        "remedies": _l("what would place a meeting"),
        "try": _l("a remedy tried on a copy"),
        "worth": _l("what one more of each is worth"),
    },
    "role": {
        "organiser": _l("Organiser"),
        "co-organiser": _l("Co-organiser"),
        "desk": _l("Desk"),
        "reader": _l("Reader"),
    },
    "was": {
        "applied": _l("waiting for approval"),
        "approved": _l("Approved"),
        "refused": _l("Refused"),
        "withdrawn": _l("Withdrawn"),
    },
    "way": {
        "feed": _l("calendar address"),
        "mail": _l("mails of invitation"),
        "none": _l("files by hand"),
    },
}
# What the log's short names of things mean where the thing itself is gone.
_THINGS: dict[str, LazyString] = {
    "company": _l("company that is gone"),
    "delegate": _l("person who is gone"),
    "interpreter": _l("interpreter who is gone"),
    "invitation": _l("invitation that is gone"),
    "programme": _l("session of the programme"),
    "run": _l("run that is gone"),
    "schedule": _l("schedule that is gone"),
    "table": _l("table that is gone"),
    "user": _l("account without a name"),
}
COMPANIES = ("company", "other")
"""Details that are the id of a company."""
SIDES = ("side",)
"""Details that are the id of a side."""


def meetings_in(details: Mapping[str, object]) -> list[int]:
    """The ids of the meetings that a step on the board was about."""
    value = details.get("meetings")
    return [each for each in value if isinstance(each, int)] if isinstance(value, list) else []


def who(actor: str) -> str:
    """Whoever did it: the name of a person, or what else can do something."""
    return str(_ACTORS.get(actor, actor))


def thing(subject: str) -> str:
    """What an entry is about where it has no name (any more): "run that is gone (7)"."""
    kind, _colon, number = subject.partition(":")
    words = _THINGS.get(kind)
    return subject if words is None else f"{words} ({number})"


def told(details: Mapping[str, object], *, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Name and value of each detail, for people to read; ``names``: the texts of ``audit_names.names_of``."""
    for name, value in details.items():
        if value is None or value in ([], ""):
            continue
        if name in COMPANIES:
            words = _said(names.get(f"company:{value}", value))
        elif name == "meetings" and (ids := meetings_in(details)):
            words = ", ".join(names.get(f"meeting:{each}", str(each)) for each in ids)
        elif name in SIDES:
            words = _said(names.get(f"side:{value}", value))
        elif name == "seconds" and isinstance(value, int):
            words = str(timedelta(seconds=value))
        elif str(value) in _VALUES.get(name, {}):
            words = str(_VALUES[name][str(value)])
        else:
            words = _said(value)
        yield str(_DETAILS.get(name, name)), words


def _said(value: object) -> str:
    match value:
        case bool():
            return str(_l("yes") if value else _l("no"))
        case list():
            return ", ".join(_said(each) for each in value)
        case dict():
            return ", ".join(f"{name} {_said(each).replace(', ', ' / ')}" for name, each in value.items())
        case _:
            return str(value)


def deed(action: str) -> str:
    """What was done, in words: "Company approved". An action without words is shown as it is kept."""
    words = _WORDS.get(action) or _OF_KIND.get(action.partition(".")[0])
    return action if words is None else str(words)


def actions_named(words: str) -> list[str]:
    """The actions whose name in the reader's language has ``words`` in it, however they are capitalised."""
    wanted = words.casefold()
    return [action for action, name in _WORDS.items() if wanted in str(name).casefold()]
