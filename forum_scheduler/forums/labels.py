"""Labels of tables as ranges: ``1-40, B1-B6, Terrace``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flask_babel import gettext as _

MOST_LABELS = 5000
_RANGE = re.compile(r"(?P<prefix>[^\W\d]*)(?P<first>\d+)\s*[-–]\s*(?P=prefix)(?P<last>\d+)")
_END = re.compile(r"(?P<prefix>[^\W\d]*)(?P<number>\d+)")


def expand_labels(text: str) -> tuple[str, ...]:
    """``"1-3, B7"`` -> ``("1", "2", "3", "B7")``. Raises ValueError with what to do."""
    labels: list[str] = []
    for part in (each.strip() for each in text.split(",")):
        if not part:
            continue
        match = _RANGE.fullmatch(part)
        if match is None:
            labels.append(part)
            continue
        first, last = int(match["first"]), int(match["last"])
        if last < first:
            raise ValueError(_("%(part)s: the range goes backwards", part=part))
        if last - first >= MOST_LABELS:
            raise ValueError(_("%(part)s: more than %(most)s tables", part=part, most=MOST_LABELS))
        labels.extend(f"{match['prefix']}{number}" for number in range(first, last + 1))
    if not labels:
        raise ValueError(_("no label: write them as 1-40, or B1-B6"))
    long = next((label for label in labels if len(label) > 40), None)
    if long is not None:
        raise ValueError(_("%(label)s: a label has at most 40 characters", label=long))
    return tuple(labels)


def join_labels(labels: Sequence[str]) -> str:
    """The shortest text that :func:`expand_labels` turns into the same labels."""
    runs: list[list[str]] = []
    for label in labels:
        if runs and _follows(runs[-1][-1], label):
            runs[-1].append(label)
        else:
            runs.append([label])
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def _follows(before: str, label: str) -> bool:
    a, b = _END.fullmatch(before), _END.fullmatch(label)
    if a is None or b is None or a["prefix"] != b["prefix"]:
        return False
    # "07" and "08" are no range: 7-8 would lose the zeros.
    plain = a["number"] == str(int(a["number"])) and b["number"] == str(int(b["number"]))
    return plain and int(b["number"]) == int(a["number"]) + 1
