"""The environment .venv, made from the lock files. Python's own library only."""

from __future__ import annotations

import compileall
import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

from tools.steps import ROOT, TOOLS, Command, Failed, run, say

VENV = ROOT / ".venv"
STAMP = VENV / ".set-up.json"
UNFINISHED = VENV / ".unfinished"
LOCKS = ROOT / "requirements"
PROJECT = ("forum_scheduler", "solver", "tools")


def digest_of(files: Iterable[Path]) -> str:
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()


def fingerprint(level: str) -> dict[str, str]:
    """What the environment was made from: as long as this is unchanged, there is nothing to do."""
    made_from = (LOCKS / "tools.txt", LOCKS / f"{level}.txt", ROOT / "pyproject.toml", Path(__file__))
    return {
        "level": level,
        "python": f"{sys.version_info[0]}.{sys.version_info[1]}",
        "folder": str(ROOT),
        "locks": digest_of(made_from),
    }


def read_stamp() -> dict[str, str]:
    with contextlib.suppress(OSError, ValueError):
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
        if isinstance(stamp, dict):
            return {str(key): str(value) for key, value in stamp.items()}
    return {}


def write_stamp(stamp: Mapping[str, str]) -> None:
    fresh = STAMP.with_suffix(".new")
    fresh.write_text(json.dumps(stamp, indent=1), encoding="utf-8")
    fresh.replace(STAMP)


def python_environment(level: str, lock: int) -> None:
    """Make .venv what the lock file says, with the project importable in it and its commands in bin."""
    stamp = read_stamp()
    wanted = fingerprint(level)
    if wanted.items() <= stamp.items():
        return
    uv = install_uv(lock)
    env = uv_settings()
    if must_be_made_anew():
        make_environment(uv, env, lock)
    UNFINISHED.touch()
    STAMP.unlink(missing_ok=True)
    fill_environment(uv, LOCKS / f"{level}.txt", env, lock)
    link_project()
    write_stamp(wanted)
    UNFINISHED.unlink()


def must_be_made_anew() -> bool:
    """An environment of another Python or folder, or one left half filled by a killed set-up, is no base."""
    settings = VENV / "pyvenv.cfg"
    if UNFINISHED.exists() or not (VENV / "bin" / "python").exists() or not settings.exists():
        return True
    found = dict(
        line.split(" = ", 1) for line in settings.read_text(encoding="utf-8").splitlines() if " = " in line
    )
    version = found.get("version_info") or found.get("version", "")
    moved = read_stamp().get("folder", str(ROOT)) != str(ROOT)
    return moved or version.split(".")[:2] != [str(part) for part in sys.version_info[:2]]


def install_uv(lock: int) -> Path | None:
    """Put the locked uv into .tools/uv by pip; None where this machine gets none, and pip does the work."""
    home = TOOLS / "uv"
    wanted = digest_of([LOCKS / "tools.txt"])
    mark = home / "locked"
    if not mark.exists() or mark.read_text(encoding="ascii") != wanted:
        fresh = TOOLS / "uv.new"
        shutil.rmtree(fresh, ignore_errors=True)
        pip = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--disable-pip-version-check",
            "--no-deps",
            "--require-hashes",
        ]
        try:
            run(
                "Installing uv",
                [*pip, "--only-binary", ":all:", "--target", fresh, "-r", LOCKS / "tools.txt"],
                inherit=[lock],
            )
        except Failed as failure:
            say(f"  {failure}\n  Going on with pip, which is slower.")
            return None
        (fresh / "locked").write_text(wanted, encoding="ascii")
        shutil.rmtree(home, ignore_errors=True)
        fresh.replace(home)
    return home / "bin" / "uv"


def uv_settings() -> dict[str, str]:
    """Settings for uv: download no Python; take the index and the certificates that pip is told to take."""
    env = {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    answer = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    )
    pip = dict(line.split("=", 1) for line in answer.stdout.splitlines() if "=" in line)
    for ours, variable in (("index-url", "UV_DEFAULT_INDEX"), ("cert", "SSL_CERT_FILE")):
        value = pip.get(f":env:.{ours}") or pip.get(f"global.{ours}") or pip.get(f"user.{ours}")
        if value and variable not in os.environ:
            env[variable] = value.strip("'")
    return env


def make_environment(uv: Path | None, env: Mapping[str, str], lock: int) -> None:
    # Inside another environment that one's base is taken: .venv must not depend on it.
    base = str(getattr(sys, "_base_executable", sys.executable))
    if uv:
        command: Command = [uv, "venv", "--no-project", "--clear", "--python", base, VENV]
    else:
        command = [base, "-m", "venv", "--without-pip", "--clear", VENV]
    run("Making the environment .venv", command, env=env, inherit=[lock])


def fill_environment(uv: Path | None, requirements: Path, env: Mapping[str, str], lock: int) -> None:
    python = VENV / "bin" / "python"
    if uv:
        sync: Command = [uv, "pip", "sync", "--require-hashes", "--compile-bytecode", "--python", python]
        command: Command = [*sync, requirements]
    else:
        pip: Command = [sys.executable, "-m", "pip", "--python", python, "install"]
        command = [*pip, "--require-hashes", "--no-deps", "-r", requirements]
    count = requirements.read_text(encoding="utf-8").count("==")
    try:
        run(f"Installing {count} Python packages of {requirements.name}", command, env=env, inherit=[lock])
    except Failed as failure:
        raise Failed(
            f"{failure}. Is the network there? Then run the same command again; details: .tools/log.txt"
        ) from None


def compile_project() -> None:
    """Compile the project's own Python now, as that of .venv was when it was installed.

    Images of Python for containers tell it, by PYTHONDONTWRITEBYTECODE, to keep nothing that it compiles:
    each process would compile all anew, and a solve begin half a second late.
    """
    for package in PROJECT:
        compileall.compile_dir(ROOT / package, quiet=2)


def link_project() -> None:
    """Install the checkout into .venv as it stands: importable, with its version and its commands.

    By hand, since an editable install by a build system needs one more download and leaves files here.
    """
    site = next((VENV / "lib").glob("python3*")) / "site-packages"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    stem = project["name"].replace("-", "_")
    for old in site.glob(f"{stem}-*.dist-info"):
        shutil.rmtree(old)
    metadata = site / f"{stem}-{project['version']}.dist-info"
    metadata.mkdir()
    headers = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (metadata / "METADATA").write_text(headers, encoding="utf-8")
    (metadata / "INSTALLER").write_text("bootstrap\n", encoding="utf-8")
    (site / f"{stem}.pth").write_text(f"{ROOT}\n", encoding="utf-8")
    scripts = [write_command(name, target) for name, target in project["scripts"].items()]
    made = [site / f"{stem}.pth", *scripts, *metadata.iterdir(), metadata / "RECORD"]
    record = "".join(f"{os.path.relpath(path, site)},,\n" for path in made)
    (metadata / "RECORD").write_text(record, encoding="utf-8")


def write_command(name: str, target: str) -> Path:
    """Write a command of pyproject.toml, target "module:function", into .venv/bin."""
    module, function = target.split(":")
    script = VENV / "bin" / name
    # By way of sh, since a path with a blank in it can't stand behind #!
    script.write_text(
        "#!/bin/sh\n"
        '\'\'\'exec\' "$(dirname -- "$(realpath -- "$0")")"/python "$0" "$@"\n'
        "' '''\n"
        f"import sys\n\nfrom {module} import {function}\n\nsys.exit({function}())\n",
        encoding="utf-8",
    )
    script.chmod(0o755)
    return script
