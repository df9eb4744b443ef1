"""What entries of the audit log say in the reader's language. The log itself keeps the short names."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

_WORDS: dict[str, LazyString] = {
    "account.deleted": _l("Account deleted"),
    "account.passkey-added": _l("Passkey added"),
    "account.passkey-removed": _l("Passkey removed"),
    "account.password-removed": _l("Password removed"),
    "agenda_feed.created": _l("Calendar address made"),
    "agenda_feed.revoked": _l("Calendar address revoked"),
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


def deed(action: str) -> str:
    """What was done, in words: "Company approved". An action without words is shown as it is kept."""
    words = _WORDS.get(action) or _OF_KIND.get(action.partition(".")[0])
    return action if words is None else str(words)


def actions_named(words: str) -> list[str]:
    """The actions whose name in the reader's language has ``words`` in it, however they are capitalised."""
    wanted = words.casefold()
    return [action for action, name in _WORDS.items() if wanted in str(name).casefold()]
