"""The solver's command line: ``python -m solver COMMAND``. Needs no database and no web.

Exit status: 0 done (solve and repair: a schedule was written; verify: accepted), 1 the answer is no
(infeasible, out of time, refused), 2 the input or the command can't be used.
"""

from __future__ import annotations

import argparse
import gc
import math
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from solver import __version__

# Its threads take 40 ms to start, and nothing here multiplies matrices; numpy is loaded after this.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

DESCRIPTION = """\
Schedules the meetings of a forum: a problem in (JSON), a schedule with its proof out (JSON).

A first try:
  python -m solver generate --companies 40 --requests 150 --slots 12 --tables 12 --out forum.json
  python -m solver solve forum.json --seconds 5 --out schedule.json
  python -m solver verify forum.json schedule.json
  python -m solver explain forum.json schedule.json
"""
EPILOG = """\
Exit status: 0 done (solve, repair: a schedule was written; verify: accepted), 1 the answer is no
(infeasible, out of time, refused), 2 the input or the command can't be used.
The format of problems and schedules is described in docs/problem-format.md.
"""
DEFAULT_MAX_MEGABYTES = 256
READS_NOTHING = ("generate", "schema", "warm")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit status."""
    options = parser().parse_args(arguments)
    from solver.command_line import commands, files  # noqa: PLC0415  # after --help, which needs none of it

    try:
        status = getattr(commands, options.command)(options)
        sys.stdout.flush()
    except (commands.BadInput, files.FileProblem) as error:
        sys.stdout.flush()
        sys.stderr.write(f"error: {' '.join(str(error).split())}\n")
        return commands.BAD
    except BrokenPipeError:
        # Who read our output has enough; nothing more can be said, and Python must not try at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return commands.DONE
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
        return commands.NO
    return int(status)


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = argparse.ArgumentParser(
        prog="python -m solver",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _solve(commands)
    _repair(commands)
    _judging(commands)
    _making(commands)
    return top


Commands = argparse._SubParsersAction  # argparse has no public name for it


def _command(
    commands: Commands[argparse.ArgumentParser], name: str, summary: str, description: str
) -> argparse.ArgumentParser:
    made = commands.add_parser(name, help=summary, description=description)
    if name not in READS_NOTHING:
        made.add_argument(
            "--max-size",
            type=_at_least(1),
            default=DEFAULT_MAX_MEGABYTES,
            metavar="MB",
            help=f"refuse larger input files (default {DEFAULT_MAX_MEGABYTES})",
        )
    return made


def _solve(commands: Commands[argparse.ArgumentParser]) -> None:
    solve = _command(
        commands,
        "solve",
        "solve a problem",
        "Solves PROBLEM and writes the best verified schedule when it is proven optimal or time is up; "
        "Ctrl-C writes the best so far. The last line of output is JSON: status, goals with value and proven "
        "bound, numbers of placed and unplaced meetings, seconds.",
    )
    solve.add_argument("problem", metavar="PROBLEM", help="the problem (JSON)")
    _run_options(solve)
    solve.add_argument("--start", metavar="SCHEDULE", help="go on from this schedule; the result is no worse")
    solve.add_argument("--published", metavar="SCHEDULE", help="the promises for the goal 'promises'")


def _repair(commands: Commands[argparse.ArgumentParser]) -> None:
    repair = _command(
        commands,
        "repair",
        "mend a published schedule with few changes",
        "Makes a schedule for the changed PROBLEM in which the fewest people have another agenda than "
        "in PUBLISHED, then the most value. Output as for solve.",
    )
    repair.add_argument("problem", metavar="PROBLEM", help="the problem as it is now (JSON)")
    repair.add_argument("published", metavar="PUBLISHED", help="the published schedule (JSON)")
    _run_options(repair)


def _run_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--out", metavar="FILE", help="write the schedule here; - is standard output")
    command.add_argument(
        "--seconds", type=_seconds, metavar="N", help="stop after N seconds (default: when proven optimal)"
    )
    command.add_argument("--workers", type=_at_least(1), default=2, metavar="N", help="threads (default 2)")
    command.add_argument("--seed", type=_at_least(0), default=0, metavar="N", help="seed (default 0)")
    command.add_argument(
        "--work-limit",
        type=_at_least(0),
        metavar="N",
        help="stop after N units of work: repeats exactly by seed",
    )
    command.add_argument(
        "--memory",
        type=_at_least(1),
        metavar="MB",
        help="do without proofs rather than take more (default: four fifths of what is free)",
    )
    command.add_argument("--quiet", action="store_true", help="no progress on standard error")


def _judging(commands: Commands[argparse.ArgumentParser]) -> None:
    verify = _command(
        commands,
        "verify",
        "check a schedule against every rule",
        "Checks SCHEDULE from PROBLEM alone and computes its goals again; lists what is broken.",
    )
    verify.add_argument("problem", metavar="PROBLEM", help="the problem (JSON)")
    verify.add_argument("schedule", metavar="SCHEDULE", help="the schedule (JSON)")
    verify.add_argument("--published", metavar="SCHEDULE", help="also count broken promises")
    explain = _command(
        commands,
        "explain",
        "why meetings are not placed, and what would place them",
        "Says for each unplaced meeting of SCHEDULE (or for MEETING) the tightest true reason, and what "
        "would place it; each remedy is tried and verified. Without SCHEDULE: why PROBLEM has none, as a "
        "smallest set of wishes and rules that can't hold together.",
    )
    explain.add_argument("problem", metavar="PROBLEM", help="the problem (JSON)")
    explain.add_argument("schedule", metavar="SCHEDULE", nargs="?", help="the schedule (JSON)")
    explain.add_argument("meeting", metavar="MEETING", nargs="?", help="only this meeting, with its remedies")
    explain.add_argument(
        "--remedies", action="store_true", help="remedies for all meetings, not only reasons"
    )
    explain.add_argument(
        "--worth", action="store_true", help="what one more table, slot, interpreter, delegate would be worth"
    )
    explain.add_argument(
        "--tables", action="store_true", help="who changes tables between slots, and how few could"
    )
    explain.add_argument(
        "--seconds", type=_seconds, default=60.0, metavar="N", help="time for solving again (default 60)"
    )
    explain.add_argument("--workers", type=_at_least(1), default=2, metavar="N", help="threads (default 2)")
    diff = _command(
        commands, "diff", "who is affected by a change", "Compares two schedules, person by person."
    )
    diff.add_argument("before", metavar="BEFORE", help="the schedule as it was (JSON)")
    diff.add_argument("after", metavar="AFTER", help="the schedule as it is (JSON)")


def _making(commands: Commands[argparse.ArgumentParser]) -> None:
    convert = _command(
        commands,
        "convert",
        "read an instance of the literature",
        "Turns a MiniZinc data file (.dzn) of the B2B meeting scheduling problem into a problem.",
    )
    convert.add_argument("dzn", metavar="FILE.dzn", help="the instance")
    convert.add_argument(
        "--max-breaks", type=_at_least(0), metavar="N", help="most breaks of any person (default: no limit)"
    )
    _out(convert)
    generate = _command(
        commands, "generate", "make a problem from a seed", "Makes a problem in the shape of a real forum."
    )
    for name, least in (("companies", 2), ("requests", 0), ("slots", 1), ("tables", 0)):
        generate.add_argument(f"--{name}", type=_at_least(least), required=True, metavar="N")
    generate.add_argument("--seed", type=_at_least(0), default=0, metavar="N", help="seed (default 0)")
    generate.add_argument(
        "--rich", action="store_true", help="several delegates, interpreters, rooms, zones, limits ..."
    )
    generate.add_argument(
        "--interpreters", type=_at_least(0), default=8, metavar="N", help="with --rich (default 8)"
    )
    generate.add_argument(
        "--far", action="store_true", help="with --rich: any two zones are too far apart to walk"
    )
    generate.add_argument(
        "--after",
        type=_at_least(0),
        default=1,
        metavar="PERCENT",
        help="with --rich: meetings that follow another (default 1)",
    )
    _out(generate)
    schema = _command(commands, "schema", "the format as JSON Schema", "Prints the JSON Schema.")
    schema.add_argument("kind", choices=("problem", "schedule"), nargs="?", default="problem")
    schema.add_argument("--markdown", action="store_true", help="the field tables of docs/problem-format.md")
    _command(commands, "warm", "compile once, start quickly ever after", "Compiles the solver's kernels.")


def _out(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--out", default="-", metavar="PROBLEM.json", help="write here (default: standard output)"
    )


class _at_least:  # noqa: N801  # used like a function; argparse shows its name in errors
    """An integer option from ``least`` to a billion."""

    def __init__(self, least: int) -> None:
        self.least = least

    def __call__(self, text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number") from None
        if not self.least <= value <= 1_000_000_000:
            raise argparse.ArgumentTypeError(f"{text} is not within {self.least} and 1,000,000,000")
        return value


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None
    if not math.isfinite(value) or value <= 0:
        raise argparse.ArgumentTypeError("a number above 0 was expected")
    return value


def _leave(status: int) -> NoReturn:
    """End at once: the interpreter would take a large problem apart first, object by object."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def collect_seldom() -> None:
    """Let the garbage collector run less often, in a process that is there for one command.

    A problem of 100,000 meetings is a million objects that stay; by default it looks through them again and
    again, and through what a model is built of.
    """
    gc.set_threshold(200_000, 20, 100)


if __name__ == "__main__":
    collect_seldom()
    _leave(main())
