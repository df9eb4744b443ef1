"""Compiled inner loops. A kernel's module imports numba (half a second): import it only when needed.

Compiled code is kept on disk under a name made from the text of all kernels: numba itself looks only at the
file of the function that is called, and would run old code after a change of a file that it uses.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    Kernel = TypeVar("Kernel", bound=Callable[..., object])

_HERE = Path(__file__).parent


def _text_digest() -> str:
    digest = hashlib.sha256()
    for path in sorted(_HERE.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _keep_beside_source() -> None:
    import numba  # noqa: PLC0415 (the heavy import that this module puts off)

    if "NUMBA_CACHE_DIR" not in os.environ:
        place = _HERE / "__pycache__" / _text_digest()
        numba.config.CACHE_DIR = str(place)  # type: ignore[attr-defined]  # as below


def kernel(function: Kernel) -> Kernel:
    """Compile with numba: cached on disk, and run without the interpreter's lock (other threads go on)."""
    import numba  # noqa: PLC0415 (see above)

    if not numba.config.CACHE_DIR:  # type: ignore[attr-defined]  # set by numba at run time
        _keep_beside_source()
    compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    return cast("Kernel", compiled)
