"""A real subscriber: vdirsyncer fetches a feed over HTTP, khal shows what it then has."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

BIN = Path(sys.executable).parent
SECONDS = 120


@dataclass(frozen=True)
class Subscriber:
    """Somebody's calendar program with its own folders; ``sync`` and then ``shown``."""

    folder: Path

    @classmethod
    def to(cls, address: str, folder: Path) -> Subscriber:
        """Subscribe to the feed at ``address``."""
        (folder / "events").mkdir(parents=True)
        (folder / "vdirsyncer").write_text(
            f"""[general]
status_path = "{folder}/status"
[pair forum]
a = "mine"
b = "feed"
collections = null
conflict_resolution = "b wins"
partial_sync = "revert"
[storage mine]
type = "filesystem"
path = "{folder}/events"
fileext = ".ics"
[storage feed]
type = "http"
url = "{address}"
"""
        )
        (folder / "khal").write_text(
            f"""[calendars]
[[forum]]
path = {folder}/events
readonly = True
[locale]
local_timezone = Europe/Brussels
default_timezone = Europe/Brussels
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
[sqlite]
path = {folder}/khal.db
"""
        )
        subscriber = cls(folder)
        subscriber._run("vdirsyncer", "-c", str(folder / "vdirsyncer"), "discover", "forum")
        return subscriber

    def sync(self) -> None:
        self._run("vdirsyncer", "-c", str(self.folder / "vdirsyncer"), "sync")

    def shown(self, day: str) -> list[str]:
        """The day's events as khal shows them: ``start|end|title|place|status``."""
        options = ("--format", "{start-time}|{end-time}|{title}|{location}|{status}", "--day-format", "")
        text = self._run("khal", "-c", str(self.folder / "khal"), "list", *options, day, "1d")
        return [line.strip() for line in text.splitlines() if line.strip()]

    def _run(self, program: str, *arguments: str) -> str:
        home = {"HOME": str(self.folder), "XDG_CACHE_HOME": str(self.folder / "cache"), "LC_ALL": "C.UTF-8"}
        done = subprocess.run(
            [str(BIN / program), *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
            input="y\n" * 20,
            env={**home, "PATH": "/usr/bin:/bin", "TZ": "Europe/Brussels"},
        )
        assert done.returncode == 0, f"{program}: {done.stdout}\n{done.stderr}"
        return done.stdout
