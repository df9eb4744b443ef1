"""What the two companies of a meeting wrote to each other: for those who meet, and for nobody else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from forum_scheduler.accounts.viewer import Viewer
from forum_scheduler.agendas.record import Agenda, SubjectKind
from forum_scheduler.extensions import db
from forum_scheduler.requests.models import Meeting, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The words with the request and with the answer, by who reads; "" where nothing was written."""

    theirs: str
    ours: str


def written_for(agenda: Agenda, viewer: Viewer) -> Mapping[int, Written]:
    """Meeting -> what was written, as it is now; only of meetings of the viewer or their company."""
    own_page = agenda.subject.kind == SubjectKind.PERSON and agenda.subject.id in viewer.delegate_ids
    ours = {
        entry.meeting_id: {party.company_id for party in entry.own}
        for entry in agenda.meetings
        if own_page or any(party.company_id in viewer.company_ids for party in entry.own)
    }
    if not ours:
        return {}
    rows = db.session.execute(
        select(Meeting.id, Request.asker_id, Request.message, Request.answer_message)
        .join(Request, Request.id == Meeting.request_id)
        .where(Meeting.id.in_(list(ours)))
    )
    return {
        id_: Written(theirs=answered, ours=asked)
        if asker_id in ours[id_]
        else Written(theirs=asked, ours=answered)
        for id_, asker_id, asked, answered in rows
    }
