"""The Viewer: who asks for a page and what they are in its forum, loaded once a request by ``access``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import g

from forum_scheduler.accounts.models import StaffRole


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """A visitor (``user_id`` None) or a signed-in user, with their roles in the forum of the page."""

    user_id: int | None = None
    name: str = ""
    email: str = ""
    locale: str = ""  # the language of the account
    operator: bool = False
    forum_id: int | None = None
    roles: frozenset[StaffRole] = frozenset()
    side_id: int | None = None  # of a co-organiser: the delegation that they look after
    company_ids: tuple[int, ...] = ()  # that they represent in this forum, whatever the status
    approved_company_ids: tuple[int, ...] = ()
    delegate_ids: tuple[int, ...] = ()  # that they are in this forum
    interpreter_ids: tuple[int, ...] = ()
    seen_by: str = ""  # the organiser who looks through this person's eyes, and may change nothing

    @property
    def is_authenticated(self) -> bool:
        return self.user_id is not None

    @property
    def is_organiser(self) -> bool:
        return StaffRole.ORGANISER in self.roles

    @property
    def delegation_id(self) -> int | None:
        """The side that this viewer is limited to: of a co-organiser who does not organise the whole."""
        limited = StaffRole.CO_ORGANISER in self.roles and not self.is_organiser
        return self.side_id if limited else None

    @property
    def is_staff(self) -> bool:
        return bool(self.roles)


def current_viewer() -> Viewer:
    """The viewer of this request; only inside a request."""
    return cast(Viewer, g.viewer)
