"""What the roles of a forum are called, what they may do, and the mail to who is given one."""

from __future__ import annotations

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from forum_scheduler.accounts.models import Staff, StaffRole, User
from forum_scheduler.clock import now
from forum_scheduler.forums.models import Forum
from forum_scheduler.notices.models import NoticeKind
from forum_scheduler.notices.services import Message, Reader, tell

ROLES = {
    StaffRole.ORGANISER: (_l("Organiser"), _l("everything")),
    StaffRole.CO_ORGANISER: (
        _l("Co-organiser"),
        _l("one delegation: its companies, their requests and meetings"),
    ),
    StaffRole.DESK: (
        _l("Desk"),
        _l("finds people on the day, says where they must be, prints for them"),
    ),
    StaffRole.READER: (_l("Reader"), _l("companies and requests, without changing anything")),
}


def tell_role(user: User, post: Staff, *, forum: Forum, by: str) -> None:
    """Tell somebody which role they have now, and where to sign in; inside ``transaction()``."""
    with force_locale(user.locale):
        role, may = ROLES[StaffRole(post.role)]
        names = {"forum": forum.name, "role": role, "may": may}
        said = (
            _("%(who)s gave you a role at %(forum)s: %(role)s (%(may)s).", who=by, **names)
            if by
            else _("You have a role at %(forum)s now: %(role)s (%(may)s).", **names)
        )
        address = f"{current_app.extensions['forum_config'].base_url}/f/{forum.slug}/"
        message = Message(
            kind=NoticeKind.COMPANY,
            subject=_("Your role at %(forum)s: %(role)s", forum=forum.name, role=role),
            text="\n\n".join((said, _("Sign in with this e-mail address: %(path)s", path=address))),
            path=f"/f/{forum.slug}/",
            mail_kind="role",
        )
        # Given again after it was taken away is told again.
        tell(Reader.of(user), message, key=f"role:{forum.id}:{user.id}:{now().isoformat()}", forum=forum)
