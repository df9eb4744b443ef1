"""The navigation of a forum by role, and the sentence on how far the forum is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from flask import current_app, g, request, url_for
from flask_babel import format_datetime, pgettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from forum_scheduler import access
from forum_scheduler.accounts.models import StaffRole
from forum_scheduler.accounts.viewer import Viewer
from forum_scheduler.clock import now
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum, Slot
from forum_scheduler.forums.window import Window, window_at
from forum_scheduler.publishing.models import Publication
from forum_scheduler.scheduling.models import Run, RunKind, RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class NavItem:
    """A link of the navigation; ``current``: it leads to the page that is shown."""

    label: str
    url: str
    current: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForumState:
    """How far the forum is, in two or three words, and until when."""

    label: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class _Entry:
    endpoint: str
    label: object
    names: Callable[[Viewer], dict[str, int] | None] = lambda viewer: {}  # None: not for this viewer
    below: bool = False  # pages below its address belong to it


def _own_company(viewer: Viewer) -> dict[str, int] | None:
    return {"company_id": viewer.company_ids[0]} if viewer.company_ids else None


def _self(viewer: Viewer) -> dict[str, int] | None:
    return {"delegate_id": viewer.delegate_ids[0]} if viewer.delegate_ids else None


def _representative(viewer: Viewer) -> dict[str, int] | None:
    return {} if viewer.approved_company_ids else None


def _visitor(viewer: Viewer) -> dict[str, int] | None:
    forum = g.get("forum")
    invited_only = forum is not None and not forum.open_registration
    part = viewer.roles or viewer.company_ids or viewer.delegate_ids or viewer.interpreter_ids
    return None if invited_only or part else {}


# In the order of the journey. Shown where the page exists and the rules of ``access`` let the viewer in.
ENTRIES = (
    _Entry("forums.home", _l("Overview"), lambda viewer: None if _only_desk(viewer) else {}),
    _Entry("agendas.desk", _l("Desk"), lambda viewer: {} if _only_desk(viewer) else None),
    _Entry("forums.delegation", _l("Delegation"), lambda viewer: {} if viewer.delegation_id else None),
    _Entry("companies.join", _l("Take part"), _visitor),
    _Entry("companies.directory", _l("Companies")),
    _Entry("requests.suggested", _l("Worth asking"), _representative),
    _Entry("companies.vetting", _l("Vetting")),
    _Entry("requests.inbox", _l("Inbox"), _representative),
    _Entry("requests.mine", _l("My requests"), _representative),
    _Entry("companies.show", _l("Our company"), _own_company),
    _Entry("companies.delegates", _l("Our delegates"), _own_company),
    _Entry("agendas.company", _l("Our agendas"), _own_company),
    _Entry("requests.overview", _l("Requests")),
    _Entry("scheduling.runs", _l("Runs")),
    _Entry("publishing.versions", _l("Versions")),
    _Entry("agendas.mine", _l("My agenda"), lambda viewer: {} if _has_agenda(viewer) else None),
    _Entry("requests.availability", _l("When I can't"), _self),
    _Entry("agendas.desk", _l("Desk"), lambda viewer: None if _only_desk(viewer) else {}),
    _Entry("agendas.pack", _l("Print")),
    _Entry("publishing.outbox", _l("Mails")),
    _Entry("forums.settings", _l("Set-up"), below=True),
    _Entry("accounts.audit", _l("Audit log")),
)


def _only_desk(viewer: Viewer) -> bool:
    """The first page of who works at the desk is the desk's; no second link has to lead there."""
    return viewer.roles == {StaffRole.DESK}


def _has_agenda(viewer: Viewer) -> bool:
    return bool(viewer.delegate_ids or viewer.interpreter_ids)


def forum_nav(viewer: Viewer, forum: Forum) -> list[NavItem]:
    """What this viewer may open in the forum; empty where that is one page only."""
    items = list(_items(viewer, forum))
    return items if len(items) > 1 else []


def _items(viewer: Viewer, forum: Forum) -> Iterator[NavItem]:
    for entry in ENTRIES:
        names = entry.names(viewer)
        if names is None or entry.endpoint not in current_app.view_functions:
            continue
        if not access.may(entry.endpoint, viewer, names):
            continue
        values: dict[str, str | int] = {"forum_slug": forum.slug, **names}
        url = url_for(entry.endpoint, **values)  # type: ignore[arg-type]  # its options share the keywords
        here = request.endpoint == entry.endpoint and request.view_args == values
        yield NavItem(
            label=str(entry.label),
            url=url,
            current=here or (entry.below and request.path.startswith(f"{url}/")),
        )


def forum_state(forum: Forum) -> ForumState:
    """One query: whether the forum is over, published, solving, or where its request window is."""
    moment = now()
    version, last_end, solving = db.session.execute(
        select(
            select(func.max(Publication.version)).where(Publication.forum_id == forum.id).scalar_subquery(),
            select(func.max(Slot.ends_at)).where(Slot.forum_id == forum.id, Slot.live()).scalar_subquery(),
            select(func.count())
            .where(Run.forum_id == forum.id, Run.kind == RunKind.SCHEDULE, Run.state == RunState.RUNNING)
            .scalar_subquery(),
        )
    ).one()
    if last_end is not None and last_end < moment:
        return ForumState(label=_("Over"))
    if solving:
        return ForumState(label=_("Solving"), detail=_version(version))
    if version is not None:
        return ForumState(label=_version(version), detail=_still_open(forum, moment))
    return _window_state(forum, moment)


def _window_state(forum: Forum, moment: datetime) -> ForumState:
    opens, closes = forum.requests_open_at, forum.requests_close_at
    match window_at(forum, moment):
        case Window.BEFORE:
            detail = _("requests from %(time)s", time=_when(opens)) if opens else ""
            return ForumState(label=pgettext("how far a forum is", "Set-up"), detail=detail)
        case Window.OPEN:
            detail = _("until %(time)s", time=_when(closes)) if closes else ""
            return ForumState(label=_("Requests open"), detail=detail)
        case Window.CLOSED:
            detail = _("since %(time)s", time=_when(closes)) if closes else ""
            return ForumState(label=_("Requests closed"), detail=detail)


def _still_open(forum: Forum, moment: datetime) -> str:
    """Requests may stay open after a first version is out; who only saw the version would not ask."""
    if window_at(forum, moment) is not Window.OPEN:
        return ""
    closes = forum.requests_close_at
    return str(_("requests open until %(time)s", time=_when(closes)) if closes else _("requests open"))


def _version(version: int | None) -> str:
    return _("Version %(number)s published", number=version) if version is not None else ""


def _when(moment: datetime) -> str:
    """In one piece: on a phone the line breaks before it, not within."""
    return str(format_datetime(moment, _("EEE d MMM, HH:mm"))).replace(" ", "\N{NO-BREAK SPACE}")
