"""The demo forum as plain records: the same seed and moment always give the same forum. No database."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from forum_scheduler.demo import words
from forum_scheduler.forums.defence_list import leaves, tree
from forum_scheduler.forums.description import (
    BlockDescription,
    CapabilityDescription,
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
from forum_scheduler.spelling import transliterate

NAME = "EU-Ukraine Defence Industry Forum (demo)"
SLUG = "demo"
EU_COMPANIES, UA_COMPANIES = 110, 30
REQUESTS = 900
DECLINED = PENDING = 12
# Proper names, the same in every language: a zone has one name only, as on the signs in the building.
HALLS = ("Europa", "Dnipro")
BOOTHS = ("B1", "B2", "B3", "B4", "B5", "B6")
SLOTS = 30  # that the days below come to
APPLIED = 4  # companies that wait for vetting
DECLINE_REASONS = ("Our products do not fit together.", "We have met this year already.", "No capacity left.")


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoDelegate:
    name: str
    email: str
    role: str
    languages: tuple[str, ...]
    blocked: tuple[int, ...]  # numbers of slots, from 0
    reason: str
    max_per_day: int | None
    fixed_table: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCompany:
    name: str
    side: str
    country: str
    website: str
    size: str
    description: Mapping[str, str]
    offers: tuple[str, ...]
    needs: tuple[str, ...]
    programmes: tuple[str, ...]
    applied: bool
    booth: str | None
    delegates: tuple[DemoDelegate, ...]  # the first represents the company


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoRequest:
    """``asker`` and ``asked`` are numbers of companies; ``wished`` numbers of delegates of the asked one."""

    asker: int
    asked: int
    state: str
    priority: str
    answer_priority: str | None
    mutual: bool
    message: str
    length: int
    closed_room: bool
    wished: tuple[int, ...]
    decline_reason: str
    days_ago: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoForum:
    description: ForumDescription
    companies: tuple[DemoCompany, ...]
    requests: tuple[DemoRequest, ...]
    kept_apart: tuple[tuple[int, int], ...]


def generate(*, seed: int, now: datetime) -> DemoForum:
    """The whole forum; its first day is a Wednesday about six weeks after ``now``."""
    rng = random.Random(f"forum-{seed}")
    companies = _companies(rng)
    kept_apart = ((0, EU_COMPANIES + 1), (5, EU_COMPANIES + 3))
    return DemoForum(
        description=_description(now),
        companies=companies,
        requests=_requests(rng, companies, frozenset(kept_apart)),
        kept_apart=kept_apart,
    )


# The frame


def first_day(now: datetime) -> date:
    day = now.date() + timedelta(days=42)
    return day + timedelta(days=(2 - day.weekday()) % 7)


def _description(now: datetime) -> ForumDescription:
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


# Companies


def _companies(rng: random.Random) -> tuple[DemoCompany, ...]:
    stems = [start + end for start in words.STEM_STARTS for end in words.STEM_ENDS]
    chosen = rng.sample(stems, EU_COMPANIES)
    countries = rng.choices(list(words.EU), weights=[each[0] for each in words.EU.values()], k=EU_COMPANIES)
    european = [_european(rng, stem, country) for stem, country in zip(chosen, countries, strict=True)]
    for number in range(APPLIED):
        place = EU_COMPANIES - 1 - number
        european[place] = replace(european[place], applied=True)
    ukrainian = [_ukrainian(rng, number) for number in range(UA_COMPANIES)]
    companies = european + ukrainian
    hosts = (2, 9, 17, EU_COMPANIES, EU_COMPANIES + 2, EU_COMPANIES + 6)
    for label, number in zip(BOOTHS, hosts, strict=True):
        companies[number] = replace(companies[number], booth=label)
    return tuple(companies)


def _european(rng: random.Random, stem: str, country: str) -> DemoCompany:
    _often, ending, tongues = words.EU[country]
    trade = rng.choice(words.TRADES)
    offers, needs = _capabilities(rng)
    return DemoCompany(
        name=f"{stem} {trade} {ending}",
        side="eu",
        country=country,
        website=f"https://{stem.lower()}.example",
        size=rng.choice(("1-9", "10-49", "10-49", "50-249", "250+")),
        description={"en": _english(offers, needs)},
        offers=_codes(offers),
        needs=_codes(needs),
        programmes=tuple(sorted(rng.sample(("EDF", "EDIP", "Horizon Europe", "SAFE"), rng.randint(0, 2)))),
        applied=False,
        booth=None,
        delegates=_people(rng, domain=stem.lower(), tongues=tongues, count=rng.choice((1, 2, 2, 2, 3, 3))),
    )


def _ukrainian(rng: random.Random, number: int) -> DemoCompany:
    cyrillic, latin = words.UA_STEMS[number]
    trade, trade_latin = rng.choice(words.UA_TRADES)
    offers, needs = _capabilities(rng)
    domain = latin.lower().replace("-", "")
    # Of each five, one has nobody who speaks anything but Ukrainian.
    tongues = ("uk",) if number % 5 == 3 else ("uk", "en")
    people = _ukrainians(rng, domain=domain, tongues=tongues, count=rng.choice((2, 2, 3, 3, 4)))
    return DemoCompany(
        name=f"{cyrillic} {trade} ({latin} {trade_latin})",
        side="ua",
        country="UA",
        website=f"https://{domain}.example",
        size=rng.choice(("10-49", "50-249", "50-249", "250+")),
        description={"en": _english(offers, needs), "uk": _in_ukrainian(offers, needs)},
        offers=_codes(offers),
        needs=_codes(needs),
        programmes=tuple(sorted(rng.sample(("EDF", "EDIP", "BraveTech EU", "UDF"), rng.randint(0, 2)))),
        applied=False,
        booth=None,
        delegates=people,
    )


Capabilities = Sequence[CapabilityDescription]


def _capabilities(rng: random.Random) -> tuple[Capabilities, Capabilities]:
    chosen = rng.sample(leaves(), rng.randint(4, 6))
    cut = rng.randint(2, 3)
    return chosen[:cut], chosen[cut:]


def _codes(capabilities: Capabilities) -> tuple[str, ...]:
    return tuple(each.code for each in capabilities)


def _english(offers: Capabilities, needs: Capabilities) -> str:
    made = ", ".join(each.names["en"].lower() for each in offers)
    wanted = ", ".join(each.names["en"].lower() for each in needs)
    return f"We work on {made}. We look for partners in {wanted}."


def _in_ukrainian(offers: Capabilities, needs: Capabilities) -> str:
    made = ", ".join(each.names["uk"].lower() for each in offers)
    wanted = ", ".join(each.names["uk"].lower() for each in needs)
    return f"Наш напрям: {made}. Шукаємо партнерів: {wanted}."


# People


def _people(
    rng: random.Random, *, domain: str, tongues: Sequence[str], count: int
) -> tuple[DemoDelegate, ...]:
    names = _names(rng, words.EU_FIRST, words.EU_LAST, count)
    found = []
    for name in names:
        own = tongues[:1] if rng.random() < 0.7 else tongues
        # A few speak no English: with a Ukrainian who does not either, an interpreter is needed.
        english = () if own and own[0] in ("fr", "de") and rng.random() < 0.2 else ("en",)
        found.append(_delegate(rng, name, domain, languages=(*own, *english), ukrainian=False))
    return tuple(found)


def _ukrainians(
    rng: random.Random, *, domain: str, tongues: Sequence[str], count: int
) -> tuple[DemoDelegate, ...]:
    found: list[DemoDelegate] = []
    for name in _names(rng, words.UA_FIRST, words.UA_LAST, count):
        languages: tuple[str, ...] = ("uk",)
        if "en" in tongues and (not found or rng.random() < 0.6):
            languages = ("uk", "en")
        found.append(_delegate(rng, name, domain, languages=languages, ukrainian=True))
    return tuple(found)


def _names(rng: random.Random, first: Sequence[str], last: Sequence[str], count: int) -> list[str]:
    return [
        f"{one} {two}" for one, two in zip(rng.sample(first, count), rng.sample(last, count), strict=True)
    ]


def _delegate(
    rng: random.Random, name: str, domain: str, *, languages: tuple[str, ...], ukrainian: bool
) -> DemoDelegate:
    role = rng.choice(words.ROLES)[1 if ukrainian else 0]
    blocked: tuple[int, ...] = ()
    if rng.random() < 0.3:
        start = rng.randrange(SLOTS - 3)
        blocked = tuple(range(start, start + rng.randint(2, 6)))
    elif rng.random() < 0.15:
        blocked = tuple(range(16)) if rng.random() < 0.5 else tuple(range(16, SLOTS))  # one day only
    return DemoDelegate(
        name=name,
        email=f"{transliterate(name).replace(' ', '.')}@{domain}.example",
        role=role,
        languages=languages,
        blocked=tuple(slot for slot in blocked if slot < SLOTS),
        reason=rng.choice(words.BLOCKED_REASONS) if blocked else "",
        max_per_day=6 if rng.random() < 0.1 else None,
        fixed_table=rng.random() < 0.03,
    )


# Requests


def _requests(
    rng: random.Random, companies: Sequence[DemoCompany], kept_apart: frozenset[tuple[int, int]]
) -> tuple[DemoRequest, ...]:
    pairs = _pairs(rng, companies, kept_apart)
    musts: dict[int, int] = defaultdict(int)
    highs: dict[int, int] = defaultdict(int)

    def priority(company: int) -> str:
        draw = rng.random()
        if draw < 0.15 and musts[company] < 3:
            musts[company] += 1
            return "must"
        if draw < 0.45 and highs[company] < 6:
            highs[company] += 1
            return "high"
        return "normal"

    special = rng.sample(range(len(pairs)), DECLINED + PENDING)
    declined, pending = frozenset(special[:DECLINED]), frozenset(special[DECLINED:])
    found = []
    for number, (asker, asked) in enumerate(pairs):
        state = "declined" if number in declined else "pending" if number in pending else "accepted"
        accepted = state == "accepted"
        mutual = accepted and rng.random() < 0.12
        found.append(
            DemoRequest(
                asker=asker,
                asked=asked,
                state=state,
                priority=priority(asker),
                answer_priority=priority(asked) if mutual or (accepted and rng.random() < 0.5) else None,
                mutual=mutual,
                message=_message(companies[asker], companies[asked]),
                length=2 if rng.random() < 0.02 else 1,
                closed_room=accepted and rng.random() < 0.03,
                wished=(0,) if rng.random() < 0.06 else (),
                decline_reason=rng.choice(DECLINE_REASONS) if state == "declined" else "",
                days_ago=rng.randint(1, 5) if state == "pending" else rng.randint(1, 29),
            )
        )
    return tuple(found)


def _pairs(
    rng: random.Random, companies: Sequence[DemoCompany], kept_apart: frozenset[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Who asks whom: what fits and what is popular is asked for most, so Ukrainian agendas fill up."""
    weighted: list[tuple[float, int, int]] = []
    for eu, company in enumerate(companies[: EU_COMPANIES - APPLIED]):
        for number in range(UA_COMPANIES):
            ua = EU_COMPANIES + number
            if (eu, ua) in kept_apart:
                continue
            popular = 1.0 / (number + 1) ** 0.5
            weight = popular * (0.6 + fit(company, companies[ua]))
            # The largest of these keys are a draw without replacement, by weight.
            weighted.append((rng.random() ** (1.0 / weight), eu, ua))
    weighted.sort(reverse=True)
    pairs = [(eu, ua) if rng.random() < 0.75 else (ua, eu) for _key, eu, ua in _limited(weighted)]
    rng.shuffle(pairs)
    return pairs


def _limited(weighted: Sequence[tuple[float, int, int]]) -> list[tuple[float, int, int]]:
    """The first of them, so that no European company asks for more than it may, and every one has some."""
    counts: dict[int, int] = defaultdict(int)
    chosen: list[tuple[float, int, int]] = []
    for each in weighted:
        if counts[each[1]] < 14 and len(chosen) < REQUESTS:
            counts[each[1]] += 1
            chosen.append(each)
    return chosen


def fit(one: DemoCompany, other: DemoCompany) -> int:
    """How many offers of each meet needs of the other."""
    return len({*one.offers} & {*other.needs}) + len({*one.needs} & {*other.offers})


def _message(asker: DemoCompany, asked: DemoCompany) -> str:
    names = {each.code: each.names for each in leaves()}
    ours = [code for code in asker.offers if code in asked.needs]
    theirs = [code for code in asker.needs if code in asked.offers]
    language = "uk" if asker.side == "ua" else "en"
    parts = []
    if ours:
        what = names[ours[0]][language].lower()
        parts.append(
            f"Ви шукаєте: {what}. Це наш напрям." if language == "uk" else f"You look for {what}: we make it."
        )
    if theirs:
        what = names[theirs[0]][language].lower()
        parts.append(f"Нас цікавить: {what}." if language == "uk" else f"We would like to see your {what}.")
    return " ".join(parts)
