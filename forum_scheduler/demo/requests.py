"""Who asks whom in the demo forum, with which words, and what comes of it."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from forum_scheduler.demo.companies import APPLIED, EU_COMPANIES, UA_COMPANIES, DemoCompany
from forum_scheduler.forums.defence_list import leaves

REQUESTS = 900
DECLINED = PENDING = 12
DECLINE_REASONS = ("Our products do not fit together.", "We have met this year already.", "No capacity left.")


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


def make_requests(
    rng: random.Random, companies: Sequence[DemoCompany], kept_apart: frozenset[tuple[int, int]]
) -> tuple[DemoRequest, ...]:
    """Of companies that are not kept apart; most are accepted, and musts and highs are few for each."""
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
