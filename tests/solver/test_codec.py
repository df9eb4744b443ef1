"""The format: the same record gives the same bytes, and every bad input one clear error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from solver.codec import (
    FormatError,
    decode_problem,
    decode_schedule,
    digest,
    encode_problem,
    encode_schedule,
    problem_schema,
    schedule_schema,
)
from solver.problem import GoalName, Problem
from solver.schedule import Reason, Schedule, Status, Unplaced
from solver.verify import verify
from tests.solver.factories import meeting, place, problem, schedule
from tests.solver.strategies import problems

SMALL = problem(meeting("m", "ann", "bob", weight=2), meeting("n", "ann", "cat"))
SOLVED = schedule(
    place(SMALL, "m", "s0"),
    status=Status.FEASIBLE,
    goals={GoalName.VALUE: (2, 3)},
    unplaced=[Unplaced(meeting="n", reason=Reason.SLOTS_FULL, subjects=("ann", "m"))],
)


def as_json(record: Problem | Schedule) -> Any:
    return json.loads(encode_problem(record) if isinstance(record, Problem) else encode_schedule(record))


def refused(data: object) -> FormatError:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    with pytest.raises(FormatError) as caught:
        decode_problem(raw)
    assert "\n" not in str(caught.value)
    return caught.value


@settings(deadline=None, max_examples=50)
@given(problems())
def test_a_problem_read_back_is_the_same_with_the_same_bytes(tiny: Problem) -> None:
    data = encode_problem(tiny)

    assert decode_problem(data) == tiny
    assert encode_problem(decode_problem(data)) == data


def test_a_schedule_read_back_is_the_same_with_the_same_bytes() -> None:
    data = encode_schedule(SOLVED)

    assert decode_schedule(data) == SOLVED
    assert encode_schedule(decode_schedule(data)) == data


def test_spaces_order_of_fields_and_written_defaults_do_not_change_the_digest() -> None:
    loose = as_json(SMALL)
    loose["must_all"] = False
    reordered = json.dumps(dict(reversed(loose.items())), indent=3).encode()

    assert digest(decode_problem(reordered)) == digest(SMALL)


def test_a_change_of_weight_changes_the_digest() -> None:
    changed = problem(meeting("m", "ann", "bob", weight=3), meeting("n", "ann", "cat"))

    assert digest(changed) != digest(SMALL)


def changed(path: str, value: object) -> Any:
    """SMALL as JSON with one field set: ``meetings.0.weight``."""
    data = as_json(SMALL)
    *parents, last = path.split(".")
    node = data
    for parent in parents:
        node = node[int(parent) if parent.isdigit() else parent]
    node[int(last) if last.isdigit() else last] = value
    return data


@pytest.mark.parametrize(
    ("path", "value", "at", "message"),
    [
        ("meetings.1.weight", -1, "meetings[1].weight", "Expected `int` >= 1"),
        ("meetings.1.weight", 0, "meetings[1].weight", "Expected `int` >= 1"),
        ("meetings.1.weight", 1.5, "meetings[1].weight", "Expected `int`, got `float`"),
        ("meetings.1.weight", "3", "meetings[1].weight", "Expected `int`, got `str`"),
        ("meetings.1.weight", 10**30, "meetings[1].weight", "Expected `int` <= 1000000"),
        ("meetings.1.id", "m", "meetings[1]", "'m' stands twice"),
        ("meetings.0.parties.1.people.0", "x", "meetings[0].parties[1].people[0]", "there is no person 'x'"),
        ("meetings.0.parties.1.company", "x", "meetings[0].parties[1].company", "there is no company 'x'"),
        ("meetings.0.parties", [], "meetings[0].parties", "Expected `array` of length >= 2"),
        ("meetings.0.starts", ["x"], "meetings[0].starts[0]", "there is no slot 'x'"),
        ("meetings.0.locked_table", "x", "meetings[0].locked_table", "there is no table 'x'"),
        ("meetings.0.after", ["m"], "meetings", "precedences form a cycle through meeting 'm'"),
        ("meetings.0.weigth", 1, "meetings[0]", "Object contains unknown field `weigth`"),
        ("slots", [], "slots", "Expected `array` of length >= 1"),
        ("slots.0.block", "x", "slots[0].block", "there is no block 'x'"),
        ("slots.0.id", "", "slots[0].id", "Expected `str` of length >= 1"),
        ("tables.0.zone", "x", "tables[0].zone", "there is no zone 'x'"),
        ("people.0.unavailable", ["s0", "x"], "people[0].unavailable[1]", "there is no slot 'x'"),
        ("goals", ["fun"], "goals[0]", "Invalid enum value 'fun'"),
        ("goals", ["value", "value"], "goals[1]", "'value' stands twice"),
        ("version", 2, "version", "this program reads version 1, not 2"),
        ("version", "1", "version", 'this program reads version 1, not "1"'),
        ("version", True, "version", "this program reads version 1, not true"),
        ("version", None, "version", "missing; this program reads version 1"),
    ],
)
def test_a_field_that_is_wrong_is_named_by_its_path(path: str, value: object, at: str, message: str) -> None:
    error = refused(changed(path, value))

    assert (error.path, error.message) == (at, message)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty"),
        (b"  \n ", "the file is empty"),
        (b"hello", "not valid JSON: JSON is malformed: invalid character (line 1, column 1)"),
        (
            b'{"version": 1,\n "floor": NaN}',
            "not valid JSON: JSON is malformed: invalid character (line 2, column 11)",
        ),
        (b'{"version": 1', "not valid JSON: Input data was truncated"),
        (b"[]", "a problem is a JSON object: Expected `object`, got `array`"),
        (b"[" * 200_000, "a problem is a JSON object: Expected `object`, got `array`"),
        (
            b'{"version": 1, "name": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
            "the JSON is nested too deeply",
        ),
        (b'{"a":' * 200_000, "the JSON is nested too deeply"),
        (b'{"version": 1, "name": "\xff"}', "not UTF-8 text (byte 0)"),
    ],
    ids=[
        "empty",
        "blank",
        "text",
        "NaN",
        "cut off",
        "a list",
        "deep",
        "deep field",
        "deep objects",
        "not UTF-8",
    ],
)
def test_what_is_no_problem_at_all_is_refused_in_one_line(data: bytes, message: str) -> None:
    assert refused(data).message == message


def test_a_file_above_the_limit_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(FormatError, match=r"the file has 11 bytes, at most 10 are read"):
        decode_problem(b"x" * 11, max_bytes=10)


def test_a_problem_is_no_schedule() -> None:
    with pytest.raises(FormatError, match="unknown field"):
        decode_schedule(encode_problem(SMALL))


@pytest.mark.parametrize("schema", [problem_schema(), schedule_schema()], ids=["problem", "schedule"])
def test_the_schema_describes_every_record_and_field(schema: dict[str, Any]) -> None:
    for record in schema["$defs"].values():
        assert record["description"]
        for field in record.get("properties", {}).values():
            assert field["description"]


def test_the_schema_lists_the_fields_that_the_format_has() -> None:
    assert set(problem_schema()["$defs"]["Problem"]["properties"]) == set(Problem.__struct_fields__)
    assert set(schedule_schema()["$defs"]["Schedule"]["properties"]) == set(Schedule.__struct_fields__)


def test_the_examples_of_the_documentation_are_valid() -> None:
    page = (Path(__file__).parents[2] / "docs" / "problem-format.md").read_text()
    example, solved = (part.split("```")[0].encode() for part in page.split("```json\n")[1:])

    assert verify(decode_problem(example), decode_schedule(solved)).goals[GoalName.VALUE] == 5
