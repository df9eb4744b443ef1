"""When a method found what: its first schedule, one within 1 % of the bound at the end, and the proof."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from typing import Any

BEGAN = "BENCH_BEGAN"
"""The environment's name for when the process was begun, in seconds since the epoch."""
NEAR = 0.01


@dataclass
class Timeline:
    """Values found, with seconds since the process was begun."""

    began: float = field(default_factory=lambda: float(os.environ.get(BEGAN, time.time())))
    found: list[tuple[float, float]] = field(default_factory=list)
    proof: float | None = None

    def note(self, value: float) -> None:
        """A schedule of this value was found now."""
        self.found.append((time.time() - self.began, value))

    def prove(self) -> None:
        """It is proven by now; the first time counts."""
        if self.proof is None:
            self.proof = time.time() - self.began

    def marks(self, bound: float | None) -> dict[str, float | None]:
        """Seconds to the first schedule, to one within 1 % of ``bound``, and to the proof."""
        near = None
        if bound is not None:
            allowed = NEAR * abs(bound)
            near = next((seconds for seconds, value in self.found if abs(bound - value) <= allowed), None)
        return {
            "first": self.found[0][0] if self.found else None,
            "near": near,
            "proof": self.proof,
        }


def cell(answer: dict[str, Any], mark: str) -> str:
    """A mark as a table shows it, of the JSON that a method printed."""
    value = answer.get(mark)
    return "" if value is None else f"{value:.2f}"
