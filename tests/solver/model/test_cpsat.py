"""CP-SAT is loaded without pandas, and pandas is not spoilt by it."""

from __future__ import annotations

import subprocess
import sys


def said(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_solve_loads_no_pandas() -> None:
    assert said("import sys, solver.stages.mandatory; print('pandas' in sys.modules)") == "False"


def test_pandas_loads_as_ever_afterwards() -> None:
    code = "import solver.model.cpsat, pandas; print(int(pandas.Series([1, 2]).sum()))"
    assert said(code) == "3"


def test_pandas_that_is_there_already_is_what_the_library_gets() -> None:
    code = (
        "import pandas\nfrom solver.model.cpsat import cp_model\n"
        "model = cp_model.CpModel()\n"
        "made = model.new_bool_var_series('x', pandas.Index(['a', 'b']))\n"
        "print(type(made).__module__.split('.')[0], len(made))"
    )
    assert said(code) == "pandas 2"
