"""Progress: a line that renews itself on a terminal, few plain lines elsewhere."""

from __future__ import annotations

from io import StringIO

import pytest

from solver.command_line.console import Console, sentence
from solver.problem import GoalName
from solver.progress import Progress, Stage


def progress(seconds: float, **fields: object) -> Progress:
    return Progress(seconds=seconds, stage=Stage.IMPROVE, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "   3.2 s  improve"),
        ({"placed": 1820}, "   3.2 s  improve: 1,820 meetings placed"),
        (
            {"goal": GoalName.VALUE, "value": 998, "bound": 1000},
            "   3.2 s  improve: value 998 of at most 1,000 (99.8 %)",
        ),
        ({"goal": GoalName.VALUE, "value": 7, "bound": 7}, "   3.2 s  improve: value 7 (proven optimal)"),
        (
            {"goal": GoalName.IDLE, "value": 12, "bound": 3},
            "   3.2 s  improve: idle 12, no less than 3 possible",
        ),
        ({"goal": GoalName.IDLE, "value": 12}, "   3.2 s  improve: idle 12"),
        ({"goal": GoalName.VALUE, "bound": 1000}, "   3.2 s  improve: value at most 1,000"),
        ({"goal": GoalName.IDLE, "bound": 3}, "   3.2 s  improve: idle at least 3"),
    ],
)
def test_a_sentence_says_what_is_known(fields: dict[str, object], text: str) -> None:
    assert sentence(progress(3.21, **fields)) == text


def test_elsewhere_than_on_a_terminal_lines_are_few_and_the_last_is_never_lost() -> None:
    stream = StringIO()
    console = Console(stream, terminal=False)

    for tenth in range(45):
        console.show(progress(tenth / 10, placed=tenth + 1))
    console.close()

    assert stream.getvalue().splitlines() == [
        "   0.0 s  improve: 1 meetings placed",
        "   2.0 s  improve: 21 meetings placed",
        "   4.0 s  improve: 41 meetings placed",
        "   4.4 s  improve: 45 meetings placed",
    ]


def test_on_a_terminal_one_line_renews_itself_and_ends_at_the_end() -> None:
    stream = StringIO()
    console = Console(stream, terminal=True)

    console.show(progress(0.0, placed=1))
    console.show(progress(0.05, placed=2))
    console.show(progress(1.0, placed=3))
    console.close()

    shown = stream.getvalue()
    assert shown.count("\n") == 1
    assert shown.split("\r\x1b[K")[1:] == [
        "   0.0 s  improve: 1 meetings placed",
        "   1.0 s  improve: 3 meetings placed\n",
    ]
