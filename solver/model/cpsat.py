"""CP-SAT's Python module, loaded without pandas.

OR-Tools imports pandas for functions on series, none of which is called here; it takes four times as long to
load as all the rest, and as much memory. So a module that only has the two names stands in for it meanwhile.
"""

from __future__ import annotations

import sys
from types import ModuleType

_PANDAS = "pandas"
_absent = _PANDAS not in sys.modules
if _absent:
    _stand_in = ModuleType(_PANDAS)
    for _name in ("Series", "Index"):
        setattr(_stand_in, _name, type(_name, (), {}))
    sys.modules[_PANDAS] = _stand_in
try:
    from ortools.sat.python import cp_model
finally:
    if _absent:
        del sys.modules[_PANDAS]

__all__ = ["cp_model"]
