"""The judge: each hard rule lets a schedule pass that keeps it, and names the rule when it is broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from solver.abandoning import AbandonedError
from solver.problem import Company, GoalName, Need, Problem
from solver.schedule import Placement
from solver.verify import verify
from tests.solver.factories import interpreter, meeting, party, person, place, problem, schedule, table

Places = Callable[[Problem], list[Placement]]


@dataclass(frozen=True)
class Rule:
    """A problem, placements that keep its rule, and placements that break this rule and no other."""

    name: str
    problem: Problem
    good: Places
    bad: Places


ONE = problem(meeting("m", "ann", "bob"))
ANN_TWICE = problem(meeting("m", "ann", "bob"), meeting("n", "ann", "cat"), tables=2)
TEAM = party("ann", "amy", company="A")
PAIR = party("ann", "amy", company="A", need=Need.ALL)
UKRAINIAN = interpreter("ivan", ("uk", "en"))

RULES = [
    Rule(
        "unknown: meeting, slot, table, person and interpreter exist",
        ONE,
        lambda p: [place(p, "m", "s0")],
        lambda p: [place(p, "m", "s9")],
    ),
    Rule(
        "once: a meeting is placed once",
        ONE,
        lambda p: [place(p, "m", "s0")],
        lambda p: [place(p, "m", "s0"), place(p, "m", "s1")],
    ),
    Rule(
        "length: a meeting of two slots stays in its block",
        problem(meeting("m", "ann", "bob", length=2), blocks=(2, 2)),
        lambda p: [place(p, "m", "s2")],
        lambda p: [place(p, "m", "s1")],
    ),
    Rule(
        "length: the last slot is too late for a meeting of two slots",
        problem(meeting("m", "ann", "bob", length=2)),
        lambda p: [place(p, "m", "s2")],
        lambda p: [place(p, "m", "s3")],
    ),
    Rule(
        "starts: only where it may start",
        problem(meeting("m", "ann", "bob", starts=("s1",))),
        lambda p: [place(p, "m", "s1")],
        lambda p: [place(p, "m", "s2")],
    ),
    Rule(
        "locked-slot: where it is locked to",
        problem(meeting("m", "ann", "bob", locked_slot="s1")),
        lambda p: [place(p, "m", "s1")],
        lambda p: [place(p, "m", "s2")],
    ),
    Rule(
        "locked-table: at the table that it is locked to",
        problem(meeting("m", "ann", "bob", locked_table="t1"), tables=2),
        lambda p: [place(p, "m", "s0", "t1")],
        lambda p: [place(p, "m", "s0", "t0")],
    ),
    Rule(
        "attendance: exactly one of a party that sends one",
        problem(meeting("m", TEAM, "bob")),
        lambda p: [place(p, "m", "s0", people=("amy", "bob"))],
        lambda p: [place(p, "m", "s0", people=("ann", "amy", "bob"))],
    ),
    Rule(
        "attendance: a party that sends one can't send none",
        problem(meeting("m", TEAM, "bob")),
        lambda p: [place(p, "m", "s0", people=("ann", "bob"))],
        lambda p: [place(p, "m", "s0", people=("bob",))],
    ),
    Rule(
        "attendance: all of a party that sends all",
        problem(meeting("m", PAIR, "bob")),
        lambda p: [place(p, "m", "s0", people=("ann", "amy", "bob"))],
        lambda p: [place(p, "m", "s0", people=("ann", "bob"))],
    ),
    Rule(
        "attendance: nobody who is not invited",
        problem(meeting("m", "ann", "bob"), people=(person("eve"),)),
        lambda p: [place(p, "m", "s0")],
        lambda p: [place(p, "m", "s0", people=("ann", "bob", "eve"))],
    ),
    Rule(
        "attendance: nobody is listed twice",
        ONE,
        lambda p: [place(p, "m", "s0")],
        lambda p: [place(p, "m", "s0", people=("ann", "bob", "bob"))],
    ),
    Rule(
        "available: a person in every slot of the meeting",
        problem(meeting("m", "ann", "bob", length=2), people=(person("ann", unavailable=("s1",)),)),
        lambda p: [place(p, "m", "s2")],
        lambda p: [place(p, "m", "s0")],
    ),
    Rule(
        "available: an interpreter too",
        problem(
            meeting("m", "ann", "bob", interpret=("en", "uk")),
            interpreters=(interpreter("ivan", ("uk", "en"), unavailable=("s1",)),),
        ),
        lambda p: [place(p, "m", "s0", interpreter="ivan")],
        lambda p: [place(p, "m", "s1", interpreter="ivan")],
    ),
    Rule(
        "table-open: not where the table is closed",
        problem(meeting("m", "ann", "bob", length=2), tables=(table("t0", closed=("s1",)),)),
        lambda p: [place(p, "m", "s2")],
        lambda p: [place(p, "m", "s0")],
    ),
    Rule(
        "features: the table has all that is asked for",
        problem(
            meeting("m", "ann", "bob", features=("quiet", "screen")),
            tables=(table("t0", features=("quiet",)), table("t1", features=("screen", "quiet"))),
        ),
        lambda p: [place(p, "m", "s0", "t1")],
        lambda p: [place(p, "m", "s0", "t0")],
    ),
    Rule(
        "zone: the table is in the zone asked for",
        problem(meeting("m", "ann", "bob", zone="gallery"), tables=(table("t0"), table("t1", "gallery"))),
        lambda p: [place(p, "m", "s0", "t1")],
        lambda p: [place(p, "m", "s0", "t0")],
    ),
    Rule(
        "host: a booth is for its company's meetings",
        problem(
            meeting("m", "ann", "bob"),
            meeting("n", "cat", "dan"),
            tables=(table("t0", host="Ann"), table("t1")),
        ),
        lambda p: [place(p, "m", "s0", "t0"), place(p, "n", "s1", "t1")],
        lambda p: [place(p, "n", "s1", "t0")],
    ),
    Rule(
        "seats: for everybody who comes",
        problem(meeting("m", PAIR, "bob"), tables=(table("t0", seats=2), table("t1", seats=3))),
        lambda p: [place(p, "m", "s0", "t1")],
        lambda p: [place(p, "m", "s0", "t0")],
    ),
    Rule(
        "seats: for the interpreter too",
        problem(
            meeting("m", "ann", "bob", interpret=("en", "uk")),
            tables=(table("t0", seats=2), table("t1", seats=3)),
            interpreters=(UKRAINIAN,),
        ),
        lambda p: [place(p, "m", "s0", "t1", interpreter="ivan")],
        lambda p: [place(p, "m", "s0", "t0", interpreter="ivan")],
    ),
    Rule(
        "interpreter: there where one is needed",
        problem(meeting("m", "ann", "bob", interpret=("en", "uk")), interpreters=(UKRAINIAN,)),
        lambda p: [place(p, "m", "s0", interpreter="ivan")],
        lambda p: [place(p, "m", "s0")],
    ),
    Rule(
        "interpreter: none where none is needed",
        problem(meeting("m", "ann", "bob"), interpreters=(UKRAINIAN,)),
        lambda p: [place(p, "m", "s0")],
        lambda p: [place(p, "m", "s0", interpreter="ivan")],
    ),
    Rule(
        "interpreter: one who covers the pair",
        problem(
            meeting("m", "ann", "bob", interpret=("en", "uk")),
            interpreters=(UKRAINIAN, interpreter("fred", ("fr", "uk"), ("en", "fr"))),
        ),
        lambda p: [place(p, "m", "s0", interpreter="ivan")],
        lambda p: [place(p, "m", "s0", interpreter="fred")],
    ),
    Rule(
        "one-person: one meeting a slot",
        ANN_TWICE,
        lambda p: [place(p, "m", "s0"), place(p, "n", "s1")],
        lambda p: [place(p, "m", "s0"), place(p, "n", "s0", "t1")],
    ),
    Rule(
        "one-person: also in the second slot of a long meeting",
        problem(meeting("m", "ann", "bob", length=2), meeting("n", "ann", "cat"), tables=2),
        lambda p: [place(p, "m", "s0"), place(p, "n", "s2")],
        lambda p: [place(p, "m", "s0"), place(p, "n", "s1", "t1")],
    ),
    Rule(
        "one-table: one meeting a slot",
        problem(meeting("m", "ann", "bob"), meeting("n", "cat", "dan"), tables=2),
        lambda p: [place(p, "m", "s0", "t0"), place(p, "n", "s0", "t1")],
        lambda p: [place(p, "m", "s0", "t0"), place(p, "n", "s0", "t0")],
    ),
    Rule(
        "one-interpreter: one meeting a slot",
        problem(
            meeting("m", "ann", "bob", interpret=("en", "uk")),
            meeting("n", "cat", "dan", interpret=("uk", "en")),
            tables=2,
            interpreters=(UKRAINIAN,),
        ),
        lambda p: [place(p, "m", "s0", interpreter="ivan"), place(p, "n", "s1", interpreter="ivan")],
        lambda p: [place(p, "m", "s0", interpreter="ivan"), place(p, "n", "s0", "t1", interpreter="ivan")],
    ),
    Rule(
        "limit: a person's meetings in all",
        problem(*ANN_TWICE.meetings, people=(person("ann", max_meetings=1),)),
        lambda p: [place(p, "m", "s0")],
        lambda p: [place(p, "m", "s0"), place(p, "n", "s2")],
    ),
    Rule(
        "limit: a person's meetings of a day, over its blocks",
        problem(
            *ANN_TWICE.meetings,
            blocks=(1, 1, 1),
            days=("mon", "mon", "tue"),
            people=(person("ann", max_per_day=1),),
        ),
        lambda p: [place(p, "m", "s0"), place(p, "n", "s2")],
        lambda p: [place(p, "m", "s0"), place(p, "n", "s1")],
    ),
    Rule(
        "limit: a person's slots in a row",
        problem(
            meeting("m", "ann", "bob", length=2),
            meeting("n", "ann", "cat"),
            people=(person("ann", max_in_row=2),),
        ),
        lambda p: [place(p, "m", "s0"), place(p, "n", "s3")],
        lambda p: [place(p, "m", "s0"), place(p, "n", "s2")],
    ),
    Rule(
        "limit: a row ends with its block",
        problem(*ANN_TWICE.meetings, blocks=(2, 2), people=(person("ann", max_in_row=1),)),
        lambda p: [place(p, "m", "s1"), place(p, "n", "s2")],
        lambda p: [place(p, "m", "s2"), place(p, "n", "s3")],
    ),
    Rule(
        "limit: an interpreter's slots of a day",
        problem(
            meeting("m", "ann", "bob", interpret=("en", "uk"), length=2),
            meeting("n", "cat", "dan", interpret=("en", "uk")),
            blocks=(3, 2),
            days=("mon", "tue"),
            interpreters=(interpreter("ivan", ("uk", "en"), max_per_day=2),),
        ),
        lambda p: [place(p, "m", "s0", interpreter="ivan"), place(p, "n", "s3", interpreter="ivan")],
        lambda p: [place(p, "m", "s0", interpreter="ivan"), place(p, "n", "s2", interpreter="ivan")],
    ),
    Rule(
        "limit: an interpreter's slots in a row",
        problem(
            meeting("m", "ann", "bob", interpret=("en", "uk")),
            meeting("n", "cat", "dan", interpret=("en", "uk")),
            interpreters=(interpreter("ivan", ("uk", "en"), max_in_row=1),),
        ),
        lambda p: [place(p, "m", "s0", interpreter="ivan"), place(p, "n", "s2", interpreter="ivan")],
        lambda p: [place(p, "m", "s0", interpreter="ivan"), place(p, "n", "s1", interpreter="ivan")],
    ),
    Rule(
        "limit: a company's meetings in all, whoever goes",
        problem(
            meeting("m", "ann", "bob"),
            meeting("n", party("amy", company="Ann"), "cat"),
            companies=(Company(id="Ann", max_meetings=1),),
        ),
        lambda p: [place(p, "n", "s0")],
        lambda p: [place(p, "m", "s0"), place(p, "n", "s1")],
    ),
    Rule(
        "after: the earlier meeting has ended",
        problem(meeting("m", "ann", "bob", length=2), meeting("n", "cat", "dan", after=("m",)), tables=2),
        lambda p: [place(p, "m", "s0"), place(p, "n", "s2")],
        lambda p: [place(p, "m", "s0"), place(p, "n", "s1", "t1")],
    ),
    Rule(
        "after: asks nothing where the earlier meeting does not take place",
        problem(meeting("m", "ann", "bob"), meeting("n", "cat", "dan", after=("m",)), tables=2),
        lambda p: [place(p, "n", "s0")],
        lambda p: [place(p, "n", "s0"), place(p, "m", "s0", "t1")],
    ),
    Rule(
        "walking: not between far zones in adjacent slots",
        problem(*ANN_TWICE.meetings, tables=(table("t0"), table("t1", "annex")), walks=(("hall", "annex"),)),
        lambda p: [place(p, "m", "s0", "t0"), place(p, "n", "s2", "t1")],
        lambda p: [place(p, "m", "s0", "t1"), place(p, "n", "s1", "t0")],
    ),
    Rule(
        "walking: a break between blocks is time enough",
        problem(
            *ANN_TWICE.meetings,
            blocks=(2, 2),
            tables=(table("t0"), table("t1", "annex")),
            walks=(("hall", "annex"),),
        ),
        lambda p: [place(p, "m", "s1", "t0"), place(p, "n", "s2", "t1")],
        lambda p: [place(p, "m", "s2", "t0"), place(p, "n", "s3", "t1")],
    ),
    Rule(
        "walking: interpreters walk too",
        problem(
            meeting("m", "ann", "bob", interpret=("en", "uk")),
            meeting("n", "cat", "dan", interpret=("en", "uk")),
            tables=(table("t0"), table("t1", "annex")),
            walks=(("hall", "annex"),),
            interpreters=(UKRAINIAN,),
        ),
        lambda p: [place(p, "m", "s0", interpreter="ivan"), place(p, "n", "s2", "t1", interpreter="ivan")],
        lambda p: [place(p, "m", "s0", interpreter="ivan"), place(p, "n", "s1", "t1", interpreter="ivan")],
    ),
    Rule(
        "fixed-table: one table a block",
        problem(*ANN_TWICE.meetings, blocks=(2, 2), tables=2, people=(person("ann", fixed_table=True),)),
        lambda p: [place(p, "m", "s0", "t0"), place(p, "n", "s2", "t1")],
        lambda p: [place(p, "m", "s0", "t0"), place(p, "n", "s1", "t1")],
    ),
    Rule(
        "must: a meeting that must take place",
        problem(meeting("m", "ann", "bob", must=True), meeting("n", "ann", "cat")),
        lambda p: [place(p, "m", "s0")],
        lambda p: [place(p, "n", "s0")],
    ),
    Rule(
        "must: all meetings, where all must take place",
        problem(*ANN_TWICE.meetings, must_all=True),
        lambda p: [place(p, "m", "s0"), place(p, "n", "s1")],
        lambda p: [place(p, "m", "s0")],
    ),
    Rule(
        "max-breaks: no person has more, however long they are",
        problem(*ANN_TWICE.meetings, meeting("o", "ann", "dan"), blocks=(5,), max_breaks=1),
        lambda p: [place(p, "m", "s0"), place(p, "n", "s3"), place(p, "o", "s4")],
        lambda p: [place(p, "m", "s0"), place(p, "n", "s2"), place(p, "o", "s4")],
    ),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_schedule_that_keeps_the_rule_is_accepted(rule: Rule) -> None:
    verdict = verify(rule.problem, schedule(*rule.good(rule.problem)))

    assert verdict.violations == ()
    assert verdict.accepted


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_schedule_that_breaks_the_rule_is_refused_by_its_name(rule: Rule) -> None:
    verdict = verify(rule.problem, schedule(*rule.bad(rule.problem)))

    assert {violation.rule for violation in verdict.violations} == {rule.name.split(":")[0]}
    assert not verdict.accepted


def test_a_violation_names_who_and_what_and_when() -> None:
    verdict = verify(ANN_TWICE, schedule(place(ANN_TWICE, "m", "s2"), place(ANN_TWICE, "n", "s2", "t1")))

    (violation,) = verdict.violations
    assert violation.message == "person 'ann' has meetings 'm' and 'n' in slot 's2'"
    assert violation.subjects == ("ann", "m", "n", "s2")


@pytest.mark.parametrize(
    ("changed", "unknown"),
    [
        ({"meeting": "x"}, "there is no meeting 'x'"),
        ({"slot": "x"}, "there is no slot 'x'"),
        ({"table": "x"}, "there is no table 'x'"),
        ({"people": ("ann", "x")}, "there is no person 'x'"),
        ({"interpreter": "x"}, "there is no interpreter 'x'"),
    ],
)
def test_a_placement_with_an_unknown_id_is_refused_and_counts_for_nothing(
    changed: dict[str, object], unknown: str
) -> None:
    fields = {"meeting": "m", "slot": "s0", "table": "t0", "people": ("ann", "bob"), **changed}

    verdict = verify(ONE, schedule(Placement(**fields)))  # type: ignore[arg-type]

    assert [violation.message.split(": ")[1] for violation in verdict.violations] == [unknown]
    assert verdict.goals[GoalName.VALUE] == 0


def test_judging_that_is_abandoned_has_no_verdict() -> None:
    made = schedule(place(ONE, "m", "s0"))
    answers = iter((False, True))

    with pytest.raises(AbandonedError):
        verify(ONE, made, abandon=lambda: True)
    with pytest.raises(AbandonedError):
        verify(ONE, made, abandon=lambda: next(answers))
    assert verify(ONE, made, abandon=lambda: False).accepted
