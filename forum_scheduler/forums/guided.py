"""From the few answers of the first page of set-up to a forum's description."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta

from flask_babel import gettext as _

from forum_scheduler.errors import Invalid
from forum_scheduler.forums.description import (
    BlockDescription,
    DayDescription,
    ForumDescription,
    convert,
)
from forum_scheduler.spelling import transliterate

_TABLES = re.compile(r"(?P<labels>.+?)(?:\s+(?:in|у|в)\s+|\s*:\s*)(?P<zone>.+)", re.IGNORECASE)
_NOT_CODE = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What was typed. ``stretches``: start and end of each block of a day; texts have a line for each."""

    name: str
    timezone: str
    venue: str
    contact_email: str
    first_day: date
    days: int
    stretches: tuple[tuple[time, time], ...]
    slot_minutes: int
    pause_minutes: int
    tables: str  # "1-40 in Hall A"
    sides: str
    within: bool  # companies of one side may ask each other too
    interpreters: str  # "Iryna Koval: uk-en, uk-fr"


def check_tables(text: str) -> None:
    """Raises Invalid for a line that names no tables."""
    list(_tables(text))


def check_interpreters(text: str) -> None:
    """Raises Invalid for a line without a name or a pair of languages."""
    list(_interpreters(text))


def describe(answers: Answers) -> ForumDescription:
    """The forum that the answers mean. Raises Invalid, with the answer's name as the field."""
    tables = list(_tables(answers.tables))
    days = tuple(_day(answers, number) for number in range(answers.days))
    description: ForumDescription = convert(
        {
            "name": answers.name.strip(),
            "timezone": answers.timezone.strip(),
            "venue": answers.venue.strip(),
            "contact_email": answers.contact_email.strip(),
            "days": [
                {
                    "date": day.date,
                    "blocks": [{"start": block.start, "end": block.end} for block in day.blocks],
                }
                for day in days
            ],
            "slot_minutes": answers.slot_minutes,
            "pause_minutes": answers.pause_minutes,
            "zones": list(dict.fromkeys(zone for _labels, zone in tables)),
            "tables": [{"labels": labels, "zone": zone} for labels, zone in tables],
            "sides": list(_sides(answers)),
            "interpreters": list(_interpreters(answers.interpreters)),
        }
    )
    return description


def _day(answers: Answers, number: int) -> DayDescription:
    day = answers.first_day + timedelta(days=number)
    blocks = tuple(
        BlockDescription(start=f"{start:%H:%M}", end=f"{end:%H:%M}") for start, end in answers.stretches
    )
    return DayDescription(date=day.isoformat(), blocks=blocks)


def _lines(text: str) -> Iterator[str]:
    yield from (line.strip() for line in text.splitlines() if line.strip())


def _tables(text: str) -> Iterator[tuple[str, str]]:
    for line in _lines(text):
        found = _TABLES.fullmatch(line)
        if found is None:
            raise Invalid(_("%(line)s: write it like “1-40 in Hall A”.", line=line), field="tables")
        yield found["labels"].strip(), found["zone"].strip()


def _sides(answers: Answers) -> Iterator[dict[str, object]]:
    names = list(dict.fromkeys(_lines(answers.sides)))
    codes: list[str] = []
    for number, name in enumerate(names, start=1):
        codes.append(_code(name, number, codes))
    for number, (code, name) in enumerate(zip(codes, names, strict=True)):
        asks = [other for index, other in enumerate(codes) if answers.within or index != number]
        yield {"code": code, "name": name, "asks": asks or codes}


def _code(name: str, number: int, taken: Collection[str]) -> str:
    """What the name sounds like in Latin letters: "Україна" is ``ukraina``; a second one gets its number."""
    code = _NOT_CODE.sub("-", transliterate(name)).strip("-")[:40].strip("-") or f"side-{number}"
    return f"{code[:36]}-{number}" if code in taken else code


def _interpreters(text: str) -> Iterator[dict[str, object]]:
    for line in _lines(text):
        name, colon, pairs = line.partition(":")
        languages = [pair.strip().lower() for pair in pairs.replace(";", ",").split(",") if pair.strip()]
        if not colon or not languages:
            raise Invalid(
                _("%(line)s: write it like “Iryna Koval: uk-en, uk-fr”.", line=line), field="interpreters"
            )
        yield {"name": name.strip(), "pairs": languages}
