"""The demo forum's frame: its days, halls, tables, interpreters, limits and programme."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from forum_scheduler.forums.defence_list import tree
from forum_scheduler.forums.description import (
    BlockDescription,
    DayDescription,
    ForumDescription,
    InterpreterDescription,
    LimitsDescription,
    ProgrammeDescription,
    SideDescription,
    SpanDescription,
    TablesDescription,
    WalkDescription,
    WindowDescription,
)

NAME = "EU-Ukraine Defence Industry Forum (demo)"
SLUG = "demo"
# Proper names, the same in every language: a zone has one name only, as on the signs in the building.
HALLS = ("Europa", "Dnipro")
BOOTHS = ("B1", "B2", "B3", "B4", "B5", "B6")
SLOTS = 30  # that the days below come to


def first_day(now: datetime) -> date:
    day = now.date() + timedelta(days=42)
    return day + timedelta(days=(2 - day.weekday()) % 7)


def describe(now: datetime) -> ForumDescription:
    """Two days in two halls, from the first day on."""
    day = first_day(now)
    mornings = BlockDescription(start="09:00", end="12:30")
    days = (
        DayDescription(
            date=str(day),
            blocks=(mornings, BlockDescription(start="14:00", end="17:30")),
        ),
        DayDescription(
            date=str(day + timedelta(days=1)),
            blocks=(mornings, BlockDescription(start="13:30", end="16:00")),
        ),
    )
    return ForumDescription(
        name=NAME,
        slug=SLUG,
        timezone="Europe/Brussels",
        venue="Brussels, a conference centre",
        description={
            "en": "Two days of meetings between European and Ukrainian companies. All names are made up.",
            "uk": "Два дні зустрічей європейських та українських компаній. Усі назви вигадані.",
        },
        contact_email="organiser@forum.example",
        languages=("en", "uk", "fr", "de"),
        days=days,
        zones=HALLS,
        walks=(WalkDescription(between=HALLS, minutes=6),),
        tables=(
            TablesDescription(labels="1-20", zone=HALLS[0]),
            TablesDescription(labels="21-24", zone=HALLS[0], features=("screen",)),
            TablesDescription(labels="25-36", zone=HALLS[1]),
            TablesDescription(labels="37-40", zone=HALLS[1], features=("closed-room", "screen")),
            TablesDescription(labels="B1-B6", zone=HALLS[1], seats=10),
        ),
        interpreters=_interpreters(days),
        sides=(
            SideDescription(code="eu", name="European Union", asks=("ua",)),
            SideDescription(code="ua", name="Ukraine", asks=("eu",)),
        ),
        requests=WindowDescription(
            opens=f"{now.date() - timedelta(days=30)} 09:00",
            closes=f"{now.date() + timedelta(days=21)} 18:00",
            most=25,
            expire_after_days=14,
        ),
        limits=LimitsDescription(most_per_company=30, most_in_row=4, most_per_day=10),
        capabilities=tree(),
        programme=_programme(days),
    )


def _programme(days: Sequence[DayDescription]) -> tuple[ProgrammeDescription, ...]:
    first, second = days[0].date, days[1].date
    rows = (
        (first, "08:30", "09:20", "Opening", "Відкриття", HALLS[0]),
        (first, "11:00", "12:00", "Panel: calls of the European Defence Fund",
         "Панель: конкурси Європейського оборонного фонду", "Auditorium"),
        (first, "18:00", "20:00", "Reception", "Прийом", "Foyer"),
        (second, "10:00", "11:00", "Panel: producing together in Ukraine",
         "Панель: спільне виробництво в Україні", "Auditorium"),
        (second, "16:00", "16:30", "Closing", "Закриття", HALLS[0]),
    )  # fmt: skip
    return tuple(
        ProgrammeDescription(
            titles={"en": english, "uk": ukrainian}, start=f"{day} {start}", end=f"{day} {end}", place=place
        )
        for day, start, end, english, ukrainian, place in rows
    )


def _interpreters(days: Sequence[DayDescription]) -> tuple[InterpreterDescription, ...]:
    first, second = days[0].date, days[1].date
    rows: tuple[tuple[str, tuple[str, ...], tuple[tuple[str, str], ...]], ...] = (
        ("Соломія Перекладач", ("uk-en",), ()),
        ("Marek Dragomanski", ("uk-en",), ()),
        ("Léa Interval", ("uk-en", "uk-fr"), ()),
        ("Орест Товмач", ("uk-en", "uk-de"), ((f"{first} 14:00", f"{first} 17:30"),)),
        ("Claire Parlante", ("uk-fr",), ()),
        ("Юрій Мовник", ("uk-fr", "uk-en"), ((f"{second} 13:30", f"{second} 16:00"),)),
        ("Jutta Wortfeld", ("uk-de",), ()),
        ("Таміла Речник", ("uk-de", "uk-en"), ((f"{first} 09:00", f"{first} 10:45"),)),
    )
    return tuple(
        InterpreterDescription(
            name=name,
            email=f"interpreter{number}@forum.example",
            pairs=pairs,
            most_per_day=12,
            absent=tuple(SpanDescription(start=start, end=end) for start, end in absent),
        )
        for number, (name, pairs, absent) in enumerate(rows, start=1)
    )
