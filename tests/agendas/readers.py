"""Independent readers of calendars: libical, ical.js, calcurse. A missing one skips the test by its name."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

READERS = Path(__file__).parent.parent / "readers"
SYSTEM_PYTHON = "/usr/bin/python3"
SECONDS = 60


def by_libical(content: bytes) -> dict[str, Any]:
    """What libical finds: errors and events."""
    if not _has_libical():
        pytest.skip("libical: Debian's python3-gi and gir1.2-ical-3.0 are not installed")
    return _json([SYSTEM_PYTHON, str(READERS / "read_libical.py")], content)


@cache
def _has_libical() -> bool:
    probe = "import gi; gi.require_version('ICalGLib', '3.0')"
    python = Path(SYSTEM_PYTHON)
    return python.exists() and not subprocess.run([python, "-c", probe], check=False).returncode


def by_icaljs(content: bytes) -> dict[str, Any]:
    """What ical.js finds: the calendar's properties and events."""
    node = shutil.which("node", path=str(Path(pytest.__file__).parents[4] / "bin")) or shutil.which("node")
    if node is None or not (READERS / "node_modules" / "ical.js").is_dir():
        pytest.skip("ical.js: node, or `npm ci` in tests/readers, is missing")
    return _json([node, str(READERS / "read_icaljs.mjs")], content)


def by_calcurse(content: bytes, folder: Path) -> list[str]:
    """The events that calcurse takes over, one ``start|end|summary`` each; it must skip nothing."""
    calcurse = shutil.which("calcurse")
    if calcurse is None:
        pytest.skip("calcurse is not installed")
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "in.ics"
    file.write_bytes(content)
    home = folder / "calcurse"
    common = [calcurse, "-D", str(home), "-C", str(home)]
    environment = {"TZ": "UTC", "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin", "HOME": str(folder)}
    taken = subprocess.run(
        [*common, "-i", str(file)],
        capture_output=True,
        text=True,
        check=True,
        timeout=SECONDS,
        env=environment,
    )
    words = f"{taken.stdout}\n{taken.stderr}"
    skipped = re.search(r"(\d+) skipped", words)
    assert skipped is not None, words
    assert skipped[1] == "0", words
    shown = subprocess.run(
        [*common, "-G", "--filter-type", "apt", "--format-apt", "%(start:%Y-%m-%dT%H:%M)|%(end:%H:%M)|%m\\n"],
        capture_output=True,
        text=True,
        check=True,
        timeout=SECONDS,
        env=environment,
    )
    return shown.stdout.splitlines()


def _json(command: list[str], content: bytes) -> dict[str, Any]:
    done = subprocess.run(command, input=content, capture_output=True, check=False, timeout=SECONDS)
    assert done.returncode == 0, done.stderr.decode()
    found: dict[str, Any] = json.loads(done.stdout)
    return found
