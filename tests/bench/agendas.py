"""One measurement of agendas in a process of its own: ``python -m tests.bench.agendas ics|pdf|pack N``.

Writes one line of JSON. Peers stand side by side with ours and alternate, so that both have the same machine.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from icalendar import Alarm, Calendar, Event, vText
from sqlalchemy import func, select

from forum_scheduler.agendas import pack, print_jobs
from forum_scheduler.agendas.addresses import page_url
from forum_scheduler.agendas.calendar import calendar_file
from forum_scheduler.agendas.edition import load_edition
from forum_scheduler.agendas.models import MadeFile, PrintJob, PrintState
from forum_scheduler.agendas.pack import Pack, pack_documents
from forum_scheduler.agendas.record import Agenda
from forum_scheduler.agendas.renderer import render_many
from forum_scheduler.extensions import db, forum_config
from forum_scheduler.publishing.models import Publication
from tests.bench.crowds import database, make_crowd, move_some, opened

ROUNDS = 5


def main() -> None:
    kind, argument = sys.argv[1], sys.argv[2]
    if kind == "worker":
        found = _worker(Path(argument))
    else:
        with database():
            found = {"ics": _ics, "pdf": _pdf, "pack": _pack}[kind](int(argument))
    print(json.dumps(found))  # noqa: T201


def _alternate(
    ours: Callable[[], object], bare: Callable[[], object], *, rounds: int = ROUNDS
) -> tuple[float, float]:
    """The best seconds of each, in turn."""
    best = [float("inf"), float("inf")]
    for _round in range(rounds):
        for index, work in enumerate((ours, bare)):
            began = time.perf_counter()
            work()
            best[index] = min(best[index], time.perf_counter() - began)
    return best[0], best[1]


# Calendars


def _ics(people: int) -> dict[str, Any]:
    edition = load_edition(make_crowd(people))
    agendas = [agenda for agenda in edition.people() if agenda.meetings]
    pages = [page_url(agenda) for agenda in agendas]
    texts = [
        _texts(Calendar.from_ical(calendar_file(a, locale="en", page_url=u)))
        for a, u in zip(agendas, pages, strict=True)
    ]

    def ours() -> None:
        for agenda, page in zip(agendas, pages, strict=True):
            calendar_file(agenda, locale="en", page_url=page)

    def bare() -> None:
        for agenda, page, words in zip(agendas, pages, texts, strict=True):
            _bare(agenda, page, words)

    seconds, peer = _alternate(ours, bare)
    return {"files": len(agendas), "seconds": seconds, "bare": peer, "ratio": peer / seconds}


def _texts(calendar: Any) -> list[tuple[str, str, str, list[str]]]:
    """What ours wrote, so that the bare library has the same to write and nothing to think of."""
    return [
        (str(e["SUMMARY"]), str(e["DESCRIPTION"]), str(e["LOCATION"]), [str(c) for c in e["CATEGORIES"].cats])
        for e in calendar.walk("VEVENT")
    ]


def _bare(agenda: Agenda, page: str, words: Sequence[tuple[str, str, str, list[str]]]) -> bytes:
    calendar = Calendar()
    head = {
        "prodid": "-//Bare//EN",
        "version": "2.0",
        "calscale": "GREGORIAN",
        "name": vText("F"),
        "url": page,
    }
    head |= {"x-wr-calname": vText("F"), "description": vText("V"), "x-wr-caldesc": vText("V")}
    for name, value in head.items():
        calendar.add(name, value)
    calendar.add("last-modified", agenda.published_at)
    for entry, (summary, description, place, categories) in zip(agenda.entries, words, strict=True):
        event, alarm = Event(), Alarm()
        for name, value in (
            *(("uid", entry.uid), ("sequence", entry.sequence), ("dtstamp", entry.changed_at)),
            *(("last-modified", entry.changed_at), ("dtstart", entry.starts_at), ("dtend", entry.ends_at)),
            *(("summary", summary), ("description", description), ("location", place), ("url", page)),
            *(("categories", categories), ("status", "CONFIRMED"), ("transp", "OPAQUE")),
        ):
            event.add(name, value)
        for name, value in (
            ("action", "DISPLAY"),
            ("description", summary),
            ("trigger", -timedelta(minutes=10)),
        ):
            alarm.add(name, value)
        event.add_component(alarm)
        calendar.add_component(event)
    return bytes(calendar.to_ical())


# PDF


def _pdf(people: int) -> dict[str, Any]:
    edition = load_edition(make_crowd(people))
    documents = pack_documents(edition, Pack.AGENDAS)
    pages = [(document.whole, document.paper.value) for document in documents]
    with TemporaryDirectory() as folder:
        for index, (html, _paper) in enumerate(pages):
            (Path(folder) / f"{index:06d}.html").write_text(html)
        ours, bare = _alternate(
            lambda: sum(1 for _each in render_many(pages)),
            lambda: subprocess.run([sys.executable, "-m", "tests.bench.bare_pdf", folder], check=True),
            rounds=2,
        )
    return {"files": len(pages), "seconds": ours, "bare": bare, "ratio": bare / ours}


# The whole pack


def _pack(people: int) -> dict[str, Any]:
    """Made by a worker's process, once for each version; its memory is that of a worker and nothing else."""
    publication = make_crowd(people)
    first = _printed(publication)
    pages, size = _extent(publication)
    again = move_some(publication, share=0.01)
    second = _printed(again)
    agendas = pack_documents(load_edition(again), Pack.AGENDAS)
    before = {d.digest for d in pack_documents(load_edition(publication), Pack.AGENDAS)}
    return {
        "people": people,
        "documents": first["made"],
        "pages": pages,
        "size": size / 1e6,
        "seconds": first["seconds"],
        "again": second["made"],
        "agendas_again": sum(d.digest not in before for d in agendas),
        "seconds_again": second["seconds"],
        "memory": max(first["memory"], second["memory"]),
        "child": max(first["child"], second["child"]),
    }


def _printed(publication: Publication) -> dict[str, Any]:
    """Ask for the pack as the page does, and have a worker's process do it."""
    print_jobs.ask(publication, locale="en")
    db.session.remove()
    command = [sys.executable, "-m", "tests.bench.agendas", "worker", str(forum_config().instance)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _worker(folder: Path) -> dict[str, Any]:
    """What the worker does when it looks around. MB: the peaks of this process and of its largest child."""
    with opened(folder):
        last = db.session.scalar(select(func.max(MadeFile.id))) or 0
        db.session.rollback()
        began = time.perf_counter()
        assert print_jobs.work() == 1
        seconds = time.perf_counter() - began
        job = db.session.scalars(select(PrintJob).order_by(PrintJob.id.desc()).limit(1)).one()
        assert job.state == PrintState.DONE, job.error
        new = select(func.count(MadeFile.id)).where(MadeFile.id > last, MadeFile.kind.not_like("pack-%"))
        return {
            "seconds": seconds,
            "made": db.session.scalar(new),
            "memory": _peak(),
            "child": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
        }


def _peak() -> float:
    """MB. Not the kernel's ru_maxrss, which begins with what the process that started this one had."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


def _extent(publication: Publication) -> tuple[int, int]:
    """Pages and bytes of the whole."""
    kept = pack.find_pack(publication, Pack.WHOLE)
    assert kept is not None
    import pikepdf  # noqa: PLC0415

    with TemporaryDirectory() as folder:
        path = Path(folder) / "pack.pdf"
        with path.open("wb") as out:
            kept.copy(out)
        with pikepdf.open(path) as file:
            return len(file.pages), path.stat().st_size


if __name__ == "__main__":
    main()
