"""What a request becomes when both sides agree: the meeting's weight, who may come, and who interprets.

Pure functions: no database. One place decides, whether a request was accepted on a page, imported, or made
for the demo.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from forum_scheduler.requests.models import Priority

POINTS: Mapping[Priority, int] = {Priority.MUST: 9, Priority.HIGH: 4, Priority.NORMAL: 2}
MUTUAL_POINTS = 3  # both asked before either answered: a wish on both sides counts more than consent


def meeting_weight(*, asker: Priority, answer: Priority | None, mutual: bool) -> int:
    """The meeting's weight, 4 to 21: both sides' points, an answer without a priority counting as normal."""
    return POINTS[asker] + POINTS[answer or Priority.NORMAL] + (MUTUAL_POINTS if mutual else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonGround:
    """Who may come so that both sides understand each other, and the pair of languages to interpret."""

    asker_delegates: tuple[int, ...]
    asked_delegates: tuple[int, ...]
    interpret: tuple[str, str] | None


def common_ground(
    *,
    asker: Mapping[int, Sequence[str]],
    asked: Mapping[int, Sequence[str]],
    offered: Iterable[tuple[str, str]] = (),
) -> CommonGround:
    """Find the language with the most delegates on both sides; without one, the pair to interpret.

    ``asker`` and ``asked``: delegate id -> languages, the best first. ``offered``: the pairs that the forum's
    interpreters cover; a pair that is covered is preferred to one that nobody interprets.
    """
    shared = {x for langs in asker.values() for x in langs} & {x for langs in asked.values() for x in langs}
    if shared:
        language = max(sorted(shared), key=lambda each: _speakers(asker, each) * _speakers(asked, each))
        return CommonGround(
            asker_delegates=tuple(id_ for id_, langs in asker.items() if language in langs),
            asked_delegates=tuple(id_ for id_, langs in asked.items() if language in langs),
            interpret=None,
        )
    pair = _pair_to_interpret(asker, asked, frozenset(frozenset(each) for each in offered))
    if pair is None:
        return CommonGround(asker_delegates=tuple(asker), asked_delegates=tuple(asked), interpret=None)
    return CommonGround(
        asker_delegates=tuple(id_ for id_, langs in asker.items() if pair[0] in langs),
        asked_delegates=tuple(id_ for id_, langs in asked.items() if pair[1] in langs),
        interpret=pair,
    )


def interpreted(wish: Sequence[str] | None, ground: CommonGround) -> list[str] | None:
    """The pair of languages to interpret at the meeting, or None.

    ``wish`` is what the request says: None leaves it to the languages, empty wants no interpreter.
    """
    if wish is not None:
        return list(wish) or None
    return list(ground.interpret) if ground.interpret else None


def _speakers(side: Mapping[int, Sequence[str]], language: str) -> int:
    return sum(language in languages for languages in side.values())


def _pair_to_interpret(
    asker: Mapping[int, Sequence[str]],
    asked: Mapping[int, Sequence[str]],
    offered: frozenset[frozenset[str]],
) -> tuple[str, str] | None:
    """The pair that most delegates can use, one that somebody interprets before any other."""
    pairs = product(
        sorted({x for langs in asker.values() for x in langs}),
        sorted({x for langs in asked.values() for x in langs}),
    )
    return max(
        pairs,
        key=lambda pair: (frozenset(pair) in offered, _speakers(asker, pair[0]) * _speakers(asked, pair[1])),
        default=None,
    )
