"""Problem and Schedule as canonical, versioned JSON; every bad input is one clear :class:`FormatError`.

*Canonical*: the same record always gives the same bytes (fields in the order of their declaration, defaults
left out, no spaces), so that a digest of the bytes names the problem. Reading is strict: unknown fields,
wrong types, NaN, other versions and contradictions between records are refused with the path to the field.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, TypeVar

import msgspec

from solver.fields import describe
from solver.problem import FORMAT_VERSION, Problem, ProblemError
from solver.schedule import Schedule

DEFAULT_MAX_BYTES = 256 * 1024 * 1024
"""Largest input that is read unless the caller allows more; 100,000 meetings need about 25 MB."""

_Document = TypeVar("_Document", Problem, Schedule)
_AT_PATH = re.compile(r"^(?P<message>.*?)(?: - at `(?:key in )?\$\.?(?P<path>.*)`)?$", re.DOTALL)
_AT_BYTE = re.compile(r" \(byte (\d+)\)")


class FormatError(ValueError):
    """The input is no valid document. ``path`` is the field at fault (``meetings[3].weight``), or empty."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path
        self.message = message


class _Header(msgspec.Struct):
    """Read first, so that a file of a later version is told from a file with a mistake."""

    version: Any = None


def decode_problem(data: bytes, *, max_bytes: int = DEFAULT_MAX_BYTES) -> Problem:
    """The problem in ``data``, cross-checked. Raises :class:`FormatError` for anything bad."""
    return _decode(data, Problem, max_bytes)


def decode_schedule(data: bytes, *, max_bytes: int = DEFAULT_MAX_BYTES) -> Schedule:
    """The schedule in ``data``; whether it fits a problem is for ``verify``. Raises :class:`FormatError`."""
    return _decode(data, Schedule, max_bytes)


def encode_problem(problem: Problem) -> bytes:
    """Canonical JSON: equal problems give equal bytes."""
    return msgspec.json.encode(problem)


def encode_schedule(schedule: Schedule) -> bytes:
    """Canonical JSON: equal schedules give equal bytes."""
    return msgspec.json.encode(schedule)


def digest(problem: Problem) -> str:
    """SHA-256 of the canonical bytes, 64 hexadecimal digits."""
    return hashlib.sha256(encode_problem(problem)).hexdigest()


def problem_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the problem, every field described."""
    return describe(msgspec.json.schema(Problem))


def schedule_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the schedule, every field described."""
    return describe(msgspec.json.schema(Schedule))


def _decode(data: bytes, kind: type[_Document], max_bytes: int) -> _Document:
    if len(data) > max_bytes:
        raise FormatError("", f"the file has {len(data):,} bytes, at most {max_bytes:,} are read")
    try:
        _check_version(msgspec.json.decode(data, type=_Header))
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        raise _of_validation(error, kind) from None
    except msgspec.DecodeError as error:
        raise FormatError("", _not_json(data, str(error))) from None
    except RecursionError:
        raise FormatError("", "the JSON is nested too deeply") from None
    except UnicodeDecodeError as error:
        raise FormatError("", f"not UTF-8 text (byte {error.start})") from None


def _check_version(header: _Header) -> None:
    if header.version is None:
        raise FormatError("version", f"missing; this program reads version {FORMAT_VERSION}")
    if header.version != FORMAT_VERSION or isinstance(header.version, bool):
        found = json.dumps(header.version)[:40]
        raise FormatError("version", f"this program reads version {FORMAT_VERSION}, not {found}")


def _of_validation(error: msgspec.ValidationError, kind: type[_Document]) -> FormatError:
    cause = error.__cause__
    if isinstance(cause, ProblemError):
        return FormatError(cause.path, cause.message)
    match = _AT_PATH.match(str(error))
    message, path = (match["message"], match["path"] or "") if match else (str(error), "")
    if not path and message.startswith("Expected `object`"):
        message = f"a {kind.__name__.lower()} is a JSON object: {message}"
    return FormatError(path, message)


def _not_json(data: bytes, message: str) -> str:
    """``message`` with line and column instead of the byte, which no editor shows."""
    if not data.strip():
        return "the file is empty"
    match = _AT_BYTE.search(message)
    if match is None:
        return f"not valid JSON: {message}"
    before = data[: int(match[1])]
    line, column = before.count(b"\n") + 1, len(before) - (before.rfind(b"\n") + 1) + 1
    return f"not valid JSON: {_AT_BYTE.sub('', message)} (line {line}, column {column})"
