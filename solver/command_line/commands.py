"""What each command of ``python -m solver`` does; parsing its arguments is ``__main__``'s part.

Every command gives its exit status: 0 done, 1 the answer is no, and raises :class:`BadInput` for what is
wrong with its input (status 2). Modules that cost time to import are imported where they are needed.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

import msgspec

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
from solver.command_line import files
from solver.command_line.console import Console
from solver.memory import MEGABYTE, Guard
from solver.problem import GoalName, Problem
from solver.progress import Control
from solver.schedule import Schedule, Status

LOOK_UP_SECONDS = 0.2
Result = TypeVar("Result")
DONE, NO, BAD = 0, 1, 2
WRITTEN = (Status.OPTIMAL, Status.FEASIBLE)


class BadInput(Exception):
    """The input can't be used; one line for the user."""


def _read_problem(options: Namespace) -> Problem:
    try:
        return decode_problem(_read(options.problem, options), max_bytes=options.max_size * MEGABYTE)
    except FormatError as error:
        raise BadInput(f"{options.problem}: {error}") from error


def _read_schedule(name: str, options: Namespace) -> Schedule:
    try:
        return decode_schedule(_read(name, options), max_bytes=options.max_size * MEGABYTE)
    except FormatError as error:
        raise BadInput(f"{name}: {error}") from error


def _read(name: str, options: Namespace) -> bytes:
    return files.read(name, max_bytes=options.max_size * MEGABYTE)


def _say(lines: Sequence[str]) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


# solve and repair


def solve(options: Namespace) -> int:
    """Solve a problem, write the schedule, end with one line of JSON."""
    began = time.monotonic()
    try:
        problem = _read_problem(options)
        start = None if options.start is None else _fitting_schedule(problem, options.start, options)
        published = None if options.published is None else _read_schedule(options.published, options)
        if options.out is not None:
            files.check_writable(options.out)
    except (BadInput, files.FileProblem):
        _say([_summary(None, 0, time.monotonic() - began)])
        raise

    def run(control: Control) -> Schedule:
        from solver.search import solve as search  # noqa: PLC0415  # heavy, and only needed here

        return search(
            problem,
            seconds=options.seconds,
            workers=options.workers,
            seed=options.seed,
            work_limit=options.work_limit,
            start=start,
            published=published,
            control=control,
        )

    return _run_to_file(run, problem, options, began)


def repair(options: Namespace) -> int:
    """Change a published schedule for as few people as possible, write it, end with one line of JSON."""
    began = time.monotonic()
    try:
        problem = _read_problem(options)
        published = _read_schedule(options.published, options)
        if options.out is not None:
            files.check_writable(options.out)
    except (BadInput, files.FileProblem):
        _say([_summary(None, 0, time.monotonic() - began)])
        raise

    def run(control: Control) -> Schedule:
        from solver.repair import repair as mend  # noqa: PLC0415  # heavy, and only needed here

        return mend(
            problem,
            published,
            seconds=options.seconds,
            workers=options.workers,
            seed=options.seed,
            work_limit=options.work_limit,
            control=control,
        )

    return _run_to_file(run, problem, options, began)


def _fitting_schedule(problem: Problem, name: str, options: Namespace) -> Schedule:
    """A schedule that keeps the problem's rules; musts may be missing, and what it says of itself old."""
    from solver.verify import verify as judge  # noqa: PLC0415

    found = _read_schedule(name, options)
    for violation in judge(problem, found).violations:
        if violation.rule not in ("goal", "must", "unplaced"):
            raise BadInput(f"{name}: does not fit the problem: {violation.message}")
    return found


def _run_to_file(
    run: Callable[[Control], Schedule], problem: Problem, options: Namespace, began: float
) -> int:
    console = Console(sys.stderr, terminal=sys.stderr.isatty())
    # What reading took is part of the time given: who plans with N seconds waits N seconds.
    control = Control(
        deadline=None if options.seconds is None else began + options.seconds,
        memory=Guard.of_machine() if options.memory is None else Guard(options.memory * MEGABYTE),
        on_progress=_ignore if options.quiet else console.show,
    )
    with _signals_stop(control):  # until it is written: a first signal must not lose what was found
        try:
            schedule = _in_thread(lambda: run(control))
        finally:
            console.close()
        written = schedule.status in WRITTEN
        if written and options.out is not None:
            files.write(options.out, encode_schedule(schedule))
    unexplained = len(problem.meetings) - len(schedule.placements) - len(schedule.unplaced)
    if written and unexplained:
        sys.stderr.write(
            f"note: stopped before it was known why {unexplained:,} of the meetings have no place: "
            "python -m solver explain says it\n"
        )
    _say([_summary(schedule, len(problem.meetings), time.monotonic() - began)])
    return DONE if written else NO


def _ignore(_: object) -> None:
    return None


def _in_thread(run: Callable[[], Result]) -> Result:
    """Run where a signal can't be delayed by native code: Python handles signals in the main thread only.

    That thread looks up now and then. A signal that comes the moment before it begins to wait, or that the
    system hands to another thread, does not wake it (CPython issue 85300): an endless wait would miss it.
    """
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="solve") as pool:
        running = pool.submit(run)
        while not running.done():
            wait((running,), timeout=LOOK_UP_SECONDS)
        return running.result()


@contextmanager
def _signals_stop(control: Control) -> Iterator[None]:
    """The first SIGINT or SIGTERM asks for the best so far; a second one ends the process."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, _: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        control.halt()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _summary(schedule: Schedule | None, meetings: int, seconds: float) -> str:
    """The last line of output; ``invalid`` where there was no problem to solve."""
    placed = 0 if schedule is None else len(schedule.placements)
    goals = () if schedule is None else schedule.goals
    return json.dumps(
        {
            "status": Status.INVALID if schedule is None else schedule.status,
            "goals": [{"name": goal.name, "value": goal.value, "bound": goal.bound} for goal in goals],
            "placed": placed,
            "unplaced": meetings - placed,
            "seconds": round(seconds, 3),
        }
    )


# Judging and explaining


def verify(options: Namespace) -> int:
    """Check a schedule against every rule; the violations are listed."""
    from solver.verify import verify as judge  # noqa: PLC0415

    problem = _read_problem(options)
    schedule = _read_schedule(options.schedule, options)
    published = None if options.published is None else _read_schedule(options.published, options)
    verdict = judge(problem, schedule, published=published)
    if schedule.problem_digest and schedule.problem_digest != digest(problem):
        sys.stderr.write("note: the schedule was made for another version of this problem\n")
    lines = [f"{violation.rule}: {violation.message}" for violation in verdict.violations]
    lines += [f"{name} = {value}" for name, value in verdict.goals.items()]
    count = len(verdict.violations)
    placed, total = len(schedule.placements), len(problem.meetings)
    lines.append(
        f"accepted: {placed} of {total} meetings placed, every rule kept"
        if verdict.accepted
        else f"refused: {count} {'violation' if count == 1 else 'violations'}"
    )
    _say(lines)
    return DONE if verdict.accepted else NO


def explain(options: Namespace) -> int:
    """Why meetings are not placed and what would place them; or why there is no schedule at all."""
    problem = _read_problem(options)
    if options.schedule is None:
        return _explain_conflict(problem, options)
    schedule = _fitting_schedule(problem, options.schedule, options)
    if options.worth:
        return _explain_worth(problem, schedule, options)
    if options.tables:
        return _explain_tables(problem, schedule)
    return _explain_unplaced(problem, schedule, options)


def _explain_unplaced(problem: Problem, schedule: Schedule, options: Namespace) -> int:
    from solver.command_line.wording import remedy_sentence, why  # noqa: PLC0415
    from solver.explain.reasons import reasons  # noqa: PLC0415
    from solver.explain.remedies import remedies  # noqa: PLC0415

    if options.meeting is not None and options.meeting not in {meeting.id for meeting in problem.meetings}:
        raise BadInput(f"there is no meeting {options.meeting!r}")
    if options.meeting in {placement.meeting for placement in schedule.placements}:
        _say([f"{options.meeting} is placed."])
        return DONE
    only = None if options.meeting is None else {options.meeting}
    found = reasons(problem, schedule.placements, only=only)
    for unplaced in found:
        lines = [f"{unplaced.meeting}: {why(problem, unplaced)}"]
        if options.remedies or options.meeting is not None:
            helpful = remedies(problem, schedule.placements, unplaced.meeting)
            lines += [f"  {remedy_sentence(remedy)}" for remedy in helpful]
        _say(lines)
    if not found:
        _say(["Every meeting is placed."])
    return DONE


def _explain_tables(problem: Problem, schedule: Schedule) -> int:
    from solver.explain.settled import steps  # noqa: PLC0415

    found = steps(problem, schedule.placements)
    lines = [
        f"{each.first} to {each.second}: {each.changes} of {each.people} change tables, at least {each.least}"
        for each in found
    ]
    changes, least = sum(each.changes for each in found), sum(each.least for each in found)
    lines.append(f"In all {changes}; with these times and people no fewer than {least} could.")
    _say(lines)
    return DONE


def _explain_conflict(problem: Problem, options: Namespace) -> int:
    from solver.command_line.wording import together  # noqa: PLC0415
    from solver.explain.conflict import NoConflictError, conflict  # noqa: PLC0415
    from solver.search import solve as search  # noqa: PLC0415

    control = Control.of_seconds(options.seconds)
    each = max(1.0, options.seconds / 4)

    def try_out(changed: Problem) -> Schedule:
        return search(changed, seconds=each, workers=options.workers, control=control)

    try:
        with _signals_stop(control):
            found = _in_thread(lambda: conflict(problem, solve=try_out, should_stop=control.should_stop))
    except NoConflictError:
        _say(["Not proven that there is no schedule: solve it, and explain what is not placed then."])
        return NO
    _say(list(together(problem, found)))
    return DONE


def _explain_worth(problem: Problem, schedule: Schedule, options: Namespace) -> int:
    from solver.command_line.wording import worth_sentence  # noqa: PLC0415
    from solver.explain.worth import changes, worth  # noqa: PLC0415
    from solver.search import solve as search  # noqa: PLC0415

    if GoalName.VALUE not in problem.goals:
        raise BadInput("the worth is counted in the goal value, which this problem does not have")
    goals = problem.goals[: problem.goals.index(GoalName.VALUE) + 1]
    wanted = msgspec.structs.replace(problem, goals=goals)
    control = Control.of_seconds(options.seconds)

    def work() -> None:
        base = search(
            wanted, seconds=options.seconds / 3, workers=options.workers, start=schedule, control=control
        )
        each = control.left() / max(1, sum(1 for _ in changes(wanted, base)))

        def again(changed: Problem, start: Schedule) -> Schedule:
            return search(changed, seconds=each, workers=options.workers, start=start, control=control)

        for found in worth(wanted, base, solve=again):
            if control.should_stop():
                break
            _say([worth_sentence(found)])

    with _signals_stop(control):
        _in_thread(work)
    return DONE


def diff(options: Namespace) -> int:
    """Who is affected by the change from one schedule to another."""
    from solver.command_line.wording import changes  # noqa: PLC0415
    from solver.diff import diff as compare  # noqa: PLC0415

    before = _read_schedule(options.before, options)
    after = _read_schedule(options.after, options)
    _say(list(changes(compare(before, after))))
    return DONE


# Making problems


def convert(options: Namespace) -> int:
    """A .dzn instance of the literature as a problem."""
    from solver.instances.dzn import parse_dzn  # noqa: PLC0415

    try:
        text = _read(options.dzn, options).decode()
        problem = parse_dzn(text, max_breaks=options.max_breaks)
    except UnicodeDecodeError as error:
        raise BadInput(f"{options.dzn}: not UTF-8 text (byte {error.start})") from error
    except FormatError as error:
        raise BadInput(f"{options.dzn}: {error}") from error
    files.write(options.out, encode_problem(problem) + b"\n")
    return DONE


def generate(options: Namespace) -> int:
    """A problem made from a seed."""
    from solver.instances.generate import generate as plain  # noqa: PLC0415
    from solver.instances.generate import generate_rich  # noqa: PLC0415

    sizes = {name: getattr(options, name) for name in ("companies", "requests", "slots", "tables", "seed")}
    try:
        problem = (
            generate_rich(**sizes, interpreters=options.interpreters, far=options.far, after=options.after)
            if options.rich
            else plain(**sizes)
        )
    except ValueError as error:
        raise BadInput(str(error)) from error
    files.write(options.out, encode_problem(problem) + b"\n")
    return DONE


def schema(options: Namespace) -> int:
    """The JSON Schema of a problem or a schedule, or the field tables of docs/problem-format.md."""
    from solver.fields import reference  # noqa: PLC0415

    found = problem_schema() if options.kind == "problem" else schedule_schema()
    if options.markdown:
        _say(list(reference(found)))
    else:
        _say([json.dumps(found, indent=2, ensure_ascii=False)])
    return DONE


def warm(_: Namespace) -> int:
    """Compile what is compiled once per machine, so that the first solve is as quick as all others."""
    from solver.command_line.warming import warm as compile_all  # noqa: PLC0415

    compile_all()
    return DONE
