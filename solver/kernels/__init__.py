"""Inner loops, written once and run in two ways: as they stand, or compiled by numba.

As they stand (on Python lists, which are quick to index) they need nothing but the interpreter: a forum of
some hundred meetings has its first schedule before numba is even imported. :func:`compile_kernels` then puts
the compiled form of every function in its place, a few hundred times faster on arrays. Call kernels as
attributes of their module (``moves.put``), so that the compiled form is found.

Compiled code is kept on disk under a name made from the text of all kernels: numba itself looks only at the
file of the function that is called, and would run old code after a change of a file that it uses.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Kernel = TypeVar("Kernel", bound="Callable[..., object]")

LOADING_SECONDS = 1.5
"""What importing numba and reading compiled code take on an ordinary machine; nothing can stop it."""

_HERE = Path(__file__).parent
_MODULES = (
    "moves",
    "fitting",
    "marks",
    "victims",
    "runs",
    "anneal",
    "kempe",
    "gaps",
    "places",
    "rows",
    "shifts",
    "sharing",
)
_kernels: list[Callable[..., object]] = []
_lock = threading.Lock()
_state = {"compiled": False}


def kernel(function: Kernel) -> Kernel:
    """Mark a function as one that :func:`compile_kernels` compiles. It may call other kernels only."""
    _kernels.append(function)
    return function


def compiled() -> bool:
    """Whether kernels run compiled by now."""
    return _state["compiled"]


@contextmanager
def as_they_stand(*, wanted: bool) -> Iterator[bool]:
    """Whether kernels run uncompiled inside (on lists); no other thread compiles them meanwhile.

    False where they are compiled by now, or where it is not ``wanted``: then they are compiled on entry.
    """
    if not wanted:
        compile_kernels()
    with _lock:
        stand = not _state["compiled"]
        if stand:
            yield True
    if not stand:
        yield False


def worth_compiling(seconds: float) -> bool:
    """Whether compiled kernels would be there early enough in what is left of the time."""
    return compiled() or seconds > LOADING_SECONDS


def compile_kernels() -> None:
    """Have all kernels compiled from now on (each at its first call, or read from disk). Thread-safe."""
    with _lock:
        if _state["compiled"]:
            return
        import numba  # noqa: PLC0415 (half a second: only where it pays)

        place = Path(os.environ.get("NUMBA_CACHE_DIR") or _HERE / "__pycache__") / _text_digest()
        numba.config.CACHE_DIR = str(place)  # type: ignore[attr-defined]  # set by numba at run time
        for name in _MODULES:
            importlib.import_module(f"{__name__}.{name}")
        made = {each: numba.njit(cache=True, nogil=True, error_model="numpy")(each) for each in _kernels}
        for module in [sys.modules[f"{__name__}.{name}"] for name in _MODULES]:
            for name, value in list(vars(module).items()):
                if callable(value) and value in made:
                    setattr(module, name, made[value])
        _state["compiled"] = True


def _text_digest() -> str:
    digest = hashlib.sha256()
    for path in sorted(_HERE.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
