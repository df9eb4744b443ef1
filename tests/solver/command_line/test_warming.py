"""Warming: afterwards no solve waits for a compiler."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent

from solver import kernels
from solver.__main__ import main

PROGRAM = dedent(
    """
    from importlib import import_module
    from solver import kernels
    from solver.instances.generate import generate, generate_rich
    from solver.search import solve
    from solver.command_line.warming import warm

    def forms():  # of those that are called from Python
        modules = [import_module(f"solver.kernels.{module}") for module in kernels._MODULES]
        kinds = [each for module in modules for each in vars(module).values() if hasattr(each, "signatures")]
        return {f"{each.__module__}.{each.__name__}": each.signatures for each in kinds if each.signatures}

    warm()
    before = {name: list(found) for name, found in forms().items()}
    sizes = {"companies": 80, "requests": 320, "slots": 16, "tables": 24, "seed": 1}
    for problem in (generate(**sizes), generate_rich(**sizes, interpreters=3)):
        schedule = solve(problem, seconds=8)
        assert schedule.placements
    print({name: found for name, found in forms().items() if found != before.get(name)})
    """
)


def test_after_warming_no_kernel_is_compiled_anew_for_a_plain_or_a_rich_forum() -> None:
    done = subprocess.run(  # a process of its own: other tests have compiled other forms in this one
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "{}"


def test_warming_compiles_the_kernels() -> None:
    assert main(["warm"]) == 0
    assert kernels.compiled()
