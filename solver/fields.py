"""What every field of the format means: the one source of the JSON Schemas and of docs/problem-format.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

RECORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Problem": "A forum's scheduling problem: everything that a schedule depends on.",
        "Block": "A stretch of slots without a scheduled break, such as the first morning.",
        "Slot": "One meeting's time. Slots are listed in the order of time, those of a block together.",
        "Walk": "Two zones too far apart to change between them from one slot to the adjacent next one.",
        "Table": "A place for one meeting a slot.",
        "Company": "Who asks for meetings.",
        "Person": "A delegate.",
        "Interpreter": "Covers the meetings that need one of the language pairs.",
        "Party": "One side of a meeting.",
        "Meeting": "A meeting that both sides agreed to, or that the organiser set.",
        "Schedule": "A run's result, with the proof of how good it is.",
        "Placement": "Where and when a meeting takes place, and who comes.",
        "GoalResult": "A goal's value and its proven bound.",
        "Unplaced": "A meeting without a place, and why.",
        "GoalName": "What a schedule is judged by: coverage and value are maximised, all others minimised.",
        "Need": "Which of a party's people come to the meeting.",
        "Reason": "The tightest true statement of why a meeting is not placed.",
        "Status": "How a solve ended.",
    }
)

FIELDS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "Problem": {
            "version": "The format's version: 1.",
            "name": "A name for readers.",
            "blocks": "The blocks, in the order of time.",
            "slots": "All slots in the order of time; the slots of a block stand together.",
            "zones": "The zones of the place.",
            "walks": "Pairs of zones that nobody can change between from one slot to the adjacent next one.",
            "tables": "The tables and booths.",
            "companies": "The companies.",
            "people": "The delegates.",
            "interpreters": "The interpreters.",
            "meetings": "The meetings that are wanted.",
            "goals": "The goals, lexicographic: the first counts most; one that is not named does not count.",
            "floor": "The k of the goal coverage: a company's j-th meeting earns k + 1 - j, if that is > 0.",
            "max_breaks": "The most breaks that any person may have in all (hard); null: no limit.",
            "must_all": "Whether every meeting must take place (hard).",
        },
        "Block": {
            "id": "Unique among blocks.",
            "day": "The day's name; blocks of one day share the limits a day.",
        },
        "Slot": {
            "id": "Unique among slots.",
            "block": "The id of its block; two neighbours of one block are adjacent.",
            "start": "For readers only: the begin, RFC 3339 in UTC.",
            "end": "For readers only: the end, RFC 3339 in UTC.",
        },
        "Walk": {"a": "A zone.", "b": "The other zone. The order of the two does not matter."},
        "Table": {
            "id": "Unique among tables.",
            "zone": "The zone that it stands in.",
            "features": "What it offers, such as closed-room; meetings may ask for these.",
            "closed": "The slots in which nobody can use it.",
            "host": "The company whose booth it is: only meetings of that company; null: for all.",
            "seats": "Most people at the table, the interpreter included; null: no limit.",
        },
        "Company": {
            "id": "Unique among companies.",
            "side": "A group for readers, such as buyers; the solver does not use it.",
            "max_meetings": "Most meetings of the company in all; null: no limit.",
        },
        "Person": {
            "id": "Unique among people.",
            "unavailable": "The slots in which the person can't meet.",
            "max_meetings": "Most meetings in all; null: no limit.",
            "max_per_day": "Most meetings a day; null: no limit.",
            "max_in_row": "Most adjacent slots of a block with a meeting in each; null: no limit.",
            "liked": "Slots that the person prefers: each one used counts -1 in the goal preferences.",
            "disliked": "Slots that the person would avoid: each one used counts +1 in the goal preferences.",
            "fixed_table": "Whether all of the person's meetings of a block must be at one table (hard).",
        },
        "Interpreter": {
            "id": "Unique among interpreters.",
            "pairs": "The pairs of languages covered, each in any order.",
            "unavailable": "The slots in which the interpreter can't work.",
            "max_per_day": "Most slots of interpreting a day; null: no limit.",
            "max_in_row": "Most adjacent slots of a block without a rest; null: no limit.",
        },
        "Party": {
            "company": "The company that this side is.",
            "people": "The people who come, or of whom one comes. Nobody stands twice in a meeting.",
            "need": "all: all of the people come; one: exactly one of them.",
        },
        "Meeting": {
            "id": "Unique among meetings.",
            "parties": "Two sides or more.",
            "weight": "What the meeting counts in the goal value.",
            "length": "How many slots it takes, one after the other in one block.",
            "starts": "The slots that it may start in; null: any.",
            "features": "What its table must offer.",
            "zone": "The zone that it must be in; null: any.",
            "interpret": "The pair of languages that exactly one interpreter must cover; null: none.",
            "after": "Meetings that end before this one starts, where both take place.",
            "must": "Whether there is no schedule without it (hard).",
            "locked_slot": "Where it starts if it takes place; null: anywhere.",
            "locked_table": "Its table if it takes place; null: any.",
        },
        "Schedule": {
            "version": "The format's version: 1.",
            "status": "How the solve ended.",
            "problem_digest": "SHA-256 of the problem's canonical JSON; empty where unknown.",
            "solver_version": "The version of the solver that made it.",
            "placements": "The meetings that take place, in the problem's order of meetings.",
            "unplaced": "The meetings that do not, with the reason, in the problem's order of meetings. "
            "After a stop some may be missing: `explain` says their reasons.",
            "goals": "The problem's goals in their order.",
            "seed": "The seed of the run.",
        },
        "Placement": {
            "meeting": "The meeting.",
            "slot": "The slot that it starts in.",
            "table": "The table.",
            "people": "All who come, in the order of the parties.",
            "interpreter": "The interpreter; null where none is needed.",
        },
        "GoalResult": {
            "name": "The goal.",
            "value": "What the schedule reaches.",
            "bound": "What no schedule can pass that is as good in all earlier goals.",
        },
        "Unplaced": {
            "meeting": "The meeting.",
            "reason": "Why it is not placed.",
            "subjects": "The ids that the reason names: people, meetings, tables ...",
        },
    }
)


def describe(schema: dict[str, Any]) -> dict[str, Any]:
    """``schema`` (as msgspec makes it) with dialect, title and a description of every record and field.

    Raises ``KeyError`` for a record or field without a description.
    """
    described: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": schema["$ref"].rsplit("/", 1)[-1],
        "$ref": schema["$ref"],
        "$defs": {},
    }
    for name, record in schema["$defs"].items():
        properties = record.get("properties", {})
        described["$defs"][name] = {
            **record,
            "description": RECORDS[name],
            **({"properties": _described(name, properties)} if properties else {}),
        }
    return described


def _described(name: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {field: {"description": FIELDS[name][field], **body} for field, body in properties.items()}


def reference(schema: dict[str, Any]) -> Iterator[str]:
    """The lines of the field tables in docs/problem-format.md, for one schema made by :func:`describe`."""
    for name, record in schema["$defs"].items():
        yield f"### {name}"
        yield ""
        yield record["description"]
        yield ""
        if "enum" in record:
            yield "One of " + ", ".join(f"`{value}`" for value in record["enum"]) + "."
            yield ""
            continue
        yield "| field | type | default | meaning |"
        yield "|---|---|---|---|"
        required = record.get("required", ())
        for field, body in record["properties"].items():
            default = "required" if field in required else _default(body["default"])
            yield f"| `{field}` | {_type(body)} | {default} | {body['description']} |"
        yield ""


def _default(value: object) -> str:
    if isinstance(value, list | tuple):
        return "`[" + ", ".join(f'"{item}"' for item in value) + "]`"
    if value is None or isinstance(value, bool):
        return f"`{str(value).lower().replace('none', 'null')}`"
    return f'`"{value}"`' if isinstance(value, str) else f"`{value}`"


def _type(body: dict[str, Any]) -> str:
    if "$ref" in body:
        name = body["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in body:
        return " or ".join(_type(choice) for choice in body["anyOf"])
    if "enum" in body:
        return ", ".join(f"`{value}`" for value in body["enum"])
    return _plain_type(body)


def _plain_type(body: dict[str, Any]) -> str:
    kind = str(body["type"])
    if "prefixItems" in body:
        return "pair of " + _type(body["prefixItems"][0])
    if kind == "array":
        least = f", at least {body['minItems']}" if "minItems" in body else ""
        return f"list of {_type(body['items'])}{least}"
    if "minimum" in body:
        return f"{kind} {body['minimum']} to {body['maximum']:,}"
    if "maxLength" in body:
        return f"text of {body['minLength']} to {body['maxLength']} characters"
    return "text" if kind == "string" else kind
