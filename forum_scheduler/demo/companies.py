"""The demo forum's companies and the people who come for them. All names are made up."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from forum_scheduler.demo import words
from forum_scheduler.demo.frame import BOOTHS, SLOTS
from forum_scheduler.forums.defence_list import leaves
from forum_scheduler.forums.description import CapabilityDescription
from forum_scheduler.spelling import transliterate

EU_COMPANIES, UA_COMPANIES = 110, 30
APPLIED = 4  # companies that wait for vetting


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


def make_companies(rng: random.Random) -> tuple[DemoCompany, ...]:
    """The European ones first, the last of them waiting for vetting, then the Ukrainian ones."""
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
