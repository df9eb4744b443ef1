"""What a run of CP-SAT may use and can show; on its own, so that naming it does not load CP-SAT."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Proof(StrEnum):
    """What a run showed."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """``seconds`` of wall clock (infinity: none); ``work``: deterministic time, then one worker only."""

    seconds: float
    workers: int = 2
    seed: int = 0
    work: float | None = None
