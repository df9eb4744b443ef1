"""The demo forum as plain records: the same seed and moment always give the same forum. No database."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime

from forum_scheduler.demo.companies import EU_COMPANIES, DemoCompany, make_companies
from forum_scheduler.demo.frame import describe
from forum_scheduler.demo.requests import DemoRequest, make_requests
from forum_scheduler.forums.description import ForumDescription


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoForum:
    description: ForumDescription
    companies: tuple[DemoCompany, ...]
    requests: tuple[DemoRequest, ...]
    kept_apart: tuple[tuple[int, int], ...]


def generate(*, seed: int, now: datetime) -> DemoForum:
    """The whole forum; its first day is a Wednesday about six weeks after ``now``."""
    rng = random.Random(f"forum-{seed}")
    companies = make_companies(rng)
    kept_apart = ((0, EU_COMPANIES + 1), (5, EU_COMPANIES + 3))
    return DemoForum(
        description=describe(now),
        companies=companies,
        requests=make_requests(rng, companies, frozenset(kept_apart)),
        kept_apart=kept_apart,
    )
