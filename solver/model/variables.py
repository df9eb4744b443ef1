"""The model's literals, and nothing else: what they mean is said by the rules.

* ``start[m][t]``: meeting m takes place and starts in slot t.
* ``person[m, p][t]``: ... and p comes, for people of a party with a choice (else ``start`` itself).
* ``unit[m, k][t]``: ... and is at unit k; the literal of ``start`` where there is only one unit for m in t.
* ``interpreter[m, i][t]``: ... and i interprets; the literal of ``start`` where only i can.
* ``busy(p, s)``, ``begun(p, s)``, ``more(p, s)``: made when a rule or goal asks for them, once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from solver.model.cpsat import cp_model
from solver.model.shape import Shape

Literal = cp_model.IntVar
ByStart = Mapping[int, Literal]


@dataclass(frozen=True, slots=True)
class Presence:
    """One meeting in somebody's (or a unit's) possible agenda: literal by start, and slots it occupies."""

    meeting: int
    length: int
    starts: ByStart


BySlot = Mapping[int, Sequence[Literal]]
"""For each slot the literals under which something is on in it; no entry where nothing can be."""


@dataclass(slots=True)
class Variables:
    """The literals of one model; make it by :meth:`of`, then apply rules and a goal, then solve it once.

    Where several questions are asked about the same rules, a :meth:`copy` is made for each.
    """

    shape: Shape
    model: cp_model.CpModel
    start: tuple[ByStart, ...]
    person: Mapping[tuple[int, int], ByStart]
    unit: Mapping[tuple[int, int], ByStart]
    interpreter: Mapping[tuple[int, int], ByStart]
    agenda: tuple[tuple[Presence, ...], ...]  # by person
    occupied: tuple[BySlot, ...]  # by person
    tasks: tuple[tuple[Presence, ...], ...]  # by interpreter
    engaged: tuple[BySlot, ...]  # by interpreter
    maximises: bool = False  # whether the model's objective, if any, is to be maximised
    breaks: dict[tuple[int, int], Literal] = field(default_factory=dict)  # by person and slot
    _busy: dict[tuple[int, int], Literal] = field(default_factory=dict)
    _interpreting: dict[tuple[int, int], Literal] = field(default_factory=dict)
    _begun: dict[tuple[int, int], Literal] = field(default_factory=dict)
    _more: dict[tuple[int, int], Literal] = field(default_factory=dict)
    _constants: dict[int, Literal] = field(default_factory=dict)

    @classmethod
    def of(cls, shape: Shape) -> Variables:
        """All literals of ``shape`` in a new model, without a rule yet."""
        model = cp_model.CpModel()
        start = tuple({t: model.new_bool_var("") for t in meeting.starts} for meeting in shape.meetings)
        person: dict[tuple[int, int], ByStart] = {}
        unit: dict[tuple[int, int], ByStart] = {}
        interpreter: dict[tuple[int, int], ByStart] = {}
        for m, meeting in enumerate(shape.meetings):
            for choice in meeting.choices:
                options = {
                    p: tuple(t for t in meeting.starts if not meeting.mask(t) & ~shape.free[p])
                    for p in choice
                }
                person.update(_split(model, m, start[m], options))
            unit.update(_split(model, m, start[m], meeting.unit_starts))
            interpreter.update(_split(model, m, start[m], meeting.interpreter_starts))
        agenda = _agendas(shape, start, person)
        tasks = _gather(shape, interpreter, len(shape.problem.interpreters))
        return cls(
            shape=shape,
            model=model,
            start=start,
            person=person,
            unit=unit,
            interpreter=interpreter,
            agenda=agenda,
            occupied=tuple(by_slot(each) for each in agenda),
            tasks=tasks,
            engaged=tuple(by_slot(each) for each in tasks),
        )

    def copy(self) -> Variables:
        """The same literals and all that was said of them, to be gone on with apart from these.

        A tenth of the time that applying the rules again takes.
        """
        return replace(
            self,
            model=self.model.clone(),
            breaks=dict(self.breaks),
            _busy=dict(self._busy),
            _interpreting=dict(self._interpreting),
            _begun=dict(self._begun),
            _more=dict(self._more),
            _constants=dict(self._constants),
        )

    def constant(self, value: int) -> Literal:
        """The literal that is always 0 or 1."""
        if value not in self._constants:
            self._constants[value] = self.model.new_constant(value)
        return self._constants[value]

    def busy(self, person: int, slot: int) -> Literal:
        """Whether ``person`` has a meeting in ``slot``; says at once that it is at most one."""
        key = (person, slot)
        if key not in self._busy:
            self._busy[key] = self._channel(self.covering(person, slot))
        return self._busy[key]

    def interpreting(self, interpreter: int, slot: int) -> Literal:
        """Whether ``interpreter`` works in ``slot``; says at once that it is at one meeting at most."""
        key = (interpreter, slot)
        if key not in self._interpreting:
            self._interpreting[key] = self._channel(self.engaged[interpreter].get(slot, ()))
        return self._interpreting[key]

    def covering(self, person: int, slot: int) -> Sequence[Literal]:
        """The literals under which ``person`` has a meeting in ``slot``."""
        return self.occupied[person].get(slot, ())

    def begun(self, person: int, slot: int) -> Literal:
        """Whether ``person`` has a meeting in ``slot`` or before it in the same block."""
        return self._chain(person, slot, -1, self._begun)

    def more(self, person: int, slot: int) -> Literal:
        """Whether ``person`` has a meeting in ``slot`` or after it in the same block."""
        return self._chain(person, slot, +1, self._more)

    def placed(self, meeting: int) -> list[Literal]:
        """Literals whose sum says whether ``meeting`` takes place."""
        return list(self.start[meeting].values())

    def _chain(self, person: int, slot: int, step: int, known: dict[tuple[int, int], Literal]) -> Literal:
        key = (person, slot)
        if key in known:
            return known[key]
        busy = self.busy(person, slot)
        beside = slot + step
        same_block = (
            0 <= beside < self.shape.slots and self.shape.block_of[beside] == self.shape.block_of[slot]
        )
        if not same_block:
            known[key] = busy
            return busy
        before = self._chain(person, beside, step, known)
        literal = self.model.new_bool_var("")
        self.model.add_implication(busy, literal)
        self.model.add_implication(before, literal)
        self.model.add_bool_or([busy, before, ~literal])
        known[key] = literal
        return literal

    def _channel(self, covering: Sequence[Literal]) -> Literal:
        if not covering:
            return self.constant(0)
        if len(covering) == 1:
            return covering[0]
        literal = self.model.new_bool_var("")
        self.model.add_exactly_one([*covering, ~literal])
        return literal


def _split(
    model: cp_model.CpModel, meeting: int, start: ByStart, options: Mapping[int, tuple[int, ...]]
) -> dict[tuple[int, int], ByStart]:
    """Literals for the options of a meeting; where a start leaves one option only, the start's own."""
    count: dict[int, int] = {}
    for starts in options.values():
        for t in starts:
            count[t] = count.get(t, 0) + 1
    return {
        (meeting, option): {t: start[t] if count[t] == 1 else model.new_bool_var("") for t in starts}
        for option, starts in options.items()
    }


def by_slot(presences: Iterable[Presence]) -> BySlot:
    """The literals of all of ``presences`` by the slots that they occupy."""
    found: dict[int, list[Literal]] = {}
    for presence in presences:
        for t, literal in presence.starts.items():
            for slot in range(t, t + presence.length):
                found.setdefault(slot, []).append(literal)
    return found


def _agendas(
    shape: Shape, start: tuple[ByStart, ...], person: Mapping[tuple[int, int], ByStart]
) -> tuple[tuple[Presence, ...], ...]:
    agendas: list[list[Presence]] = [[] for _ in shape.free]
    for m, meeting in enumerate(shape.meetings):
        for p in meeting.always:
            agendas[p].append(Presence(m, meeting.length, start[m]))
        for p in (each for choice in meeting.choices for each in choice):
            agendas[p].append(Presence(m, meeting.length, person[m, p]))
    return tuple(tuple(agenda) for agenda in agendas)


def _gather(
    shape: Shape, literals: Mapping[tuple[int, int], ByStart], count: int
) -> tuple[tuple[Presence, ...], ...]:
    gathered: list[list[Presence]] = [[] for _ in range(count)]
    for (m, option), starts in literals.items():
        gathered[option].append(Presence(m, shape.meetings[m].length, starts))
    return tuple(tuple(each) for each in gathered)


def at_units(variables: Variables) -> tuple[tuple[Presence, ...], ...]:
    """For each unit the meetings that may be at it."""
    return _gather(variables.shape, variables.unit, len(variables.shape.units))


def days(variables: Variables) -> dict[int, list[int]]:
    """The slots of each day."""
    found: dict[int, list[int]] = {}
    for slot, day in enumerate(variables.shape.day_of):
        found.setdefault(day, []).append(slot)
    return found


def within(presences: Iterable[Presence], slots: Iterable[int]) -> list[tuple[Literal, int]]:
    """Start literals within ``slots``, each with the length of its meeting."""
    wanted = frozenset(slots)
    return [(lit, each.length) for each in presences for t, lit in each.starts.items() if t in wanted]
