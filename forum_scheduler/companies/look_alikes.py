"""Names that were made to look like others: what the organiser has to know before letting a company in.

A name that wholly looks like another company's is refused when it is typed (``names.name_key``). What remains
are words that mix alphabets, and names that pass for another's at a glance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.companies.models import Company, Delegate, Representative
from forum_scheduler.companies.names import Alphabet, foreign_letters, skeleton
from forum_scheduler.extensions import db
from forum_scheduler.spelling import fold


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Why a name, of a company or of one of its people, has to be looked at closely.

    ``foreign``: letters of another alphabet in its words; ``like``: names of others that it passes for.
    """

    name: str
    foreign: Sequence[tuple[str, Alphabet]] = ()
    like: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """A name with the company that it stands in."""

    name: str
    company_id: int


def doubts_of(company_ids: Sequence[int], *, forum_id: int) -> Mapping[int, Sequence[Doubt]]:
    """Company -> what is odd about its name and its people's; nothing for those without doubts."""
    found: dict[int, list[Doubt]] = defaultdict(list)
    for names in (_companies(forum_id), _people(forum_id)):
        for each, doubt in _doubts(names, frozenset(company_ids)):
            if doubt not in found[each.company_id]:
                found[each.company_id].append(doubt)
    return {company_id: tuple(doubts) for company_id, doubts in found.items() if doubts}


def _doubts(names: Sequence[_Named], wanted: frozenset[int]) -> Sequence[tuple[_Named, Doubt]]:
    alike: dict[str, list[_Named]] = defaultdict(list)
    for each in names:
        alike[skeleton(each.name)].append(each)
    doubts: list[tuple[_Named, Doubt]] = []
    for each in names:
        if each.company_id not in wanted:
            continue
        # The same name, letter by letter, is no disguise: people share names, and act for two companies.
        like = [
            other.name
            for other in alike[skeleton(each.name)]
            if other.company_id != each.company_id and fold(other.name) != fold(each.name)
        ]
        foreign = foreign_letters(each.name)
        if like or foreign:
            doubts.append((each, Doubt(name=each.name, foreign=foreign, like=tuple(dict.fromkeys(like)))))
    return doubts


def _companies(forum_id: int) -> list[_Named]:
    rows = db.session.execute(select(Company.name, Company.id).where(Company.forum_id == forum_id))
    return [_Named(name=name, company_id=id_) for name, id_ in rows.all()]


def _people(forum_id: int) -> list[_Named]:
    delegates = db.session.execute(
        select(Delegate.name, Delegate.company_id).where(Delegate.forum_id == forum_id)
    ).all()
    representatives = db.session.execute(
        select(User.name, Representative.company_id)
        .join(Representative, Representative.user_id == User.id)
        .join(Company, Company.id == Representative.company_id)
        .where(Company.forum_id == forum_id)
    ).all()
    return [_Named(name=name, company_id=id_) for name, id_ in (*delegates, *representatives)]
