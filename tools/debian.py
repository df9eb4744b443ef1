"""The Debian packages that the application and its tests need. Python's own library only."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Sequence

from tools.steps import Failed, run, say

APP_PACKAGES = (
    "ca-certificates",  # for pip and uv
    "python3-pip",
    "libpango-1.0-0",  # WeasyPrint's text layout, for the agendas in PDF
    "libpangoft2-1.0-0",
    "libharfbuzz-subset0",  # without it WeasyPrint works three times slower and says nothing
    "fonts-dejavu-core",  # Latin and Cyrillic
    "fonts-dejavu-extra",  # the condensed cut in which papers are set: without it they run to more pages
)
DEV_PACKAGES = (
    *APP_PACKAGES,
    "chromium",  # the pages, as people see them
    "postgresql",
    "redis-server",
    "poppler-utils",  # reads the PDFs back
    "calcurse",  # three independent readers of .ics: calcurse, libical, and ical.js (from npm)
    "gir1.2-ical-3.0",
    "python3-gi",
)
PACKAGES = {"app": APP_PACKAGES, "dev": DEV_PACKAGES}


def missing_packages(wanted: Sequence[str]) -> list[str]:
    """Those of the wanted Debian packages that are not installed; none on a system without dpkg."""
    if shutil.which("dpkg-query") is None:
        return []
    form = "${Package} ${db:Status-Status}\n"
    answer = subprocess.run(
        ["dpkg-query", "-W", f"--showformat={form}", *wanted], capture_output=True, text=True, check=False
    )
    installed = {line.split()[0] for line in answer.stdout.splitlines() if line.endswith(" installed")}
    return [name for name in wanted if name not in installed]


def as_root() -> list[str] | None:
    """What to put before a command that needs root: nothing, sudo, or None where neither is possible."""
    if os.geteuid() == 0:
        return []
    if (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        return ["sudo", "-n"]
    return None


def install_packages(level: str) -> None:
    """Install what is missing, or say what to type; either way the set-up goes on."""
    if shutil.which("dpkg-query") is None:
        say(
            "This is not Debian: install Pango, HarfBuzz and the DejaVu fonts, condensed ones too, yourself"
            " (see CONTRIBUTING.md)."
        )
        return
    missing = missing_packages(PACKAGES[level])
    if not missing:
        return
    root = as_root()
    if root is not None:
        say(f"Debian packages that are missing: {' '.join(missing)}")
        _apt(root, missing)
        missing = missing_packages(missing)
    if missing:
        _ask_for(missing)


def _ask_for(missing: Sequence[str]) -> None:
    lost = ["agendas can't be written as PDF"] * any(name in APP_PACKAGES for name in missing)
    lost += ["tests are skipped"] * any(name not in APP_PACKAGES for name in missing)
    sudo = "sudo " if os.geteuid() != 0 and shutil.which("sudo") else ""
    who = "" if sudo or os.geteuid() == 0 else " as root"
    say(f"Debian packages are missing; until they are installed, {' and '.join(lost)}. Type{who}:")
    say(f"  {sudo}apt-get update && {sudo}apt-get install --no-install-recommends {' '.join(missing)}")


def _apt(root: Sequence[str], packages: Sequence[str]) -> None:
    quiet = [*root, "env", "DEBIAN_FRONTEND=noninteractive"]
    apt = [*quiet, "apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300", "-o", "APT::Status-Fd=1"]
    install = [*apt, "install", "--no-install-recommends", *packages]
    try:
        run("Reading Debian's package lists", [*apt, "update"])
    except Failed as failure:
        say(f"  {failure}")
    title = "Installing the Debian packages"
    try:
        run(title, install)
    except Failed as failure:
        say(f"  {failure}")
        # An installation that was killed half-way is finished first; then apt works again.
        with contextlib.suppress(Failed):
            run("Finishing earlier installations", [*quiet, "dpkg", "--configure", "-a"])
            run(title, install)
