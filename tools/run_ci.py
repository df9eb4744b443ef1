"""Run `make test` as the judge of a change does: no terminal, in a fresh clone, and no test may be skipped.

Ends with pytest's closing line; exit status 0 only where every test ran and passed.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
REPORT = ROOT / "build" / "junit.xml"
CLOSING = re.compile(r"=+ (.*\d+ \w+.* in [\d.]+s.*) =+$")


def make_test() -> tuple[int, str]:
    """The exit status of `make test` and pytest's closing line ("" if it did not get so far)."""
    closing = ""
    with subprocess.Popen(
        ["make", "test"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env={**os.environ, "CI": "true", "PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            sys.stdout.write(line)
            sys.stdout.flush()
            if CLOSING.match(line.rstrip()):
                closing = line.rstrip()
    return process.returncode, closing


def skipped() -> list[str]:
    """Name and reason of each skipped test in the report; an expected failure is none."""
    return [
        f"{case.get('classname')}::{case.get('name')}: {skip.get('message')}"
        for case in ElementTree.parse(REPORT).iter("testcase")
        for skip in case.iter("skipped")
        if skip.get("type") != "pytest.xfail"
    ]


def main() -> int:
    REPORT.unlink(missing_ok=True)
    status, closing = make_test()
    skips = skipped() if REPORT.exists() else []
    if status == 0 and not REPORT.exists():
        print("Failed: pytest wrote no report")
        status = 1
    if skips:
        print(f"\nFailed: {len(skips)} tests were skipped, and here none may be:")
        print("\n".join(f"  {skip}" for skip in skips))
        status = status or 1
    if closing:
        print(f"\n{closing}")
    return status


if __name__ == "__main__":
    sys.exit(main())
