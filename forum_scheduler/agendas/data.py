"""The schedule as data: CSV for spreadsheets, JSON for programs, of the same record as everything else."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from forum_scheduler.agendas import wording
from forum_scheduler.agendas.record import Agenda, AgendaEntry, AgendaParty
from forum_scheduler.agendas.wording import Names, clean

CSV_TYPE = "text/csv; charset=utf-8"
JSON_TYPE = "application/json"
FORMULA_SIGNS = ("=", "+", "-", "@", "\t")
COLUMNS = (
    *("day", "start", "end", "time_zone", "table", "zone", "title", "companies", "people"),
    *("interpreter", "languages", "must", "version", "uid"),
)


def schedule_csv(agenda: Agenda) -> bytes:
    """A row a meeting, times of the forum's clocks; with a byte order mark, by which Excel knows UTF-8."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in _rows(agenda):
        writer.writerow([harmless(cell) for cell in row])
    return text.getvalue().encode("utf-8-sig")


def harmless(cell: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith((*FORMULA_SIGNS, "\r", "\n")) else cell


def _rows(agenda: Agenda) -> Iterator[tuple[str, ...]]:
    zone = agenda.forum.zone
    for entry in agenda.meetings:
        start, end = entry.starts_at.astimezone(zone), entry.ends_at.astimezone(zone)
        yield (
            *(f"{start:%Y-%m-%d}", f"{start:%H:%M}", f"{end:%H:%M}", agenda.forum.timezone),
            *(clean(entry.table), clean(entry.zone), clean(entry.title)),
            "; ".join(clean(party.company) for party in entry.parties),
            "; ".join(wording.person(who, Names.EXACT) for party in entry.parties for who in party.people),
            clean(entry.interpreter.name) if entry.interpreter else "",
            "-".join(entry.languages),
            "yes" if entry.must else "",
            *(str(entry.version), entry.meeting_uid),
        )


def schedule_json(agenda: Agenda) -> bytes:
    """The same, whole and with stable ids; times are UTC."""
    forum = agenda.forum
    whole = {
        "forum": {"uid": forum.uid, "name": clean(forum.name), "time_zone": forum.timezone},
        "version": agenda.version,
        "published_at": agenda.published_at.isoformat(),
        "preliminary": agenda.preliminary,
        "meetings": [_meeting(entry) for entry in agenda.meetings],
    }
    return (json.dumps(whole, ensure_ascii=False, indent=1) + "\n").encode()


def _meeting(entry: AgendaEntry) -> dict[str, Any]:
    return {
        "uid": entry.meeting_uid,
        "title": clean(entry.title),
        "must": entry.must,
        "starts_at": entry.starts_at.isoformat(),
        "ends_at": entry.ends_at.isoformat(),
        "table": clean(entry.table),
        "zone": clean(entry.zone),
        "parties": [_party(party) for party in entry.parties],
        "interpreter": clean(entry.interpreter.name) if entry.interpreter else None,
        "languages": list(entry.languages),
        "changed_in_version": entry.version,
    }


def _party(party: AgendaParty) -> dict[str, Any]:
    return {
        "uid": party.company_uid,
        "company": clean(party.company),
        "country": party.country,
        "side": clean(party.side),
        "people": [
            {"uid": who.uid, "name": clean(who.name), "role": clean(who.role)} for who in party.people
        ],
    }
