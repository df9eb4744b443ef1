"""Serving: the real server on a real port, and the worker that lives beside it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import pytest

from forum_scheduler.config import Config
from forum_scheduler.errors import Invalid
from forum_scheduler.serving import check_free, stop_without

FORUM = [sys.executable, "-m", "forum_scheduler.cli"]
SECONDS = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(config: Config) -> dict[str, str]:
    return {
        **os.environ,
        "FORUM_INSTANCE": str(config.instance),
        "DATABASE_URL": config.database_url,
        "FORUM_SECRET_KEY": config.secret_key,
    }


def wait_for(port: int, process: subprocess.Popen[str]) -> None:
    """Until somebody listens on the port."""
    waiter = threading.Event()
    for _ in range(int(SECONDS / 0.1)):
        assert process.poll() is None, process.communicate()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        waiter.wait(0.1)
    raise AssertionError("the server does not listen")


@pytest.mark.databases("sqlite")
def test_serve_answers_and_ends_when_asked_to(config: Config) -> None:
    port = free_port()
    process = subprocess.Popen(
        [*FORUM, "serve", "--bind", f"127.0.0.1:{port}", "--workers", "1"],
        env=environment(config), text=True, stderr=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        wait_for(port, process)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=SECONDS) as answer:
            assert answer.status == 200
    finally:
        process.send_signal(signal.SIGTERM)
        _out, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 0
    assert f"http://127.0.0.1:{port}" in err
    assert "Traceback" not in err


def test_a_port_that_is_taken_is_named_at_once() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Invalid, match=f"127.0.0.1:{port} can't be used"):
            check_free(f"127.0.0.1:{port}")


@pytest.mark.parametrize("bind", ["8000", "127.0.0.1:", "127.0.0.1:99999", "nowhere.invalid:80"])
def test_what_is_no_address_is_refused(bind: str) -> None:
    with pytest.raises(Invalid):
        check_free(bind)


WORKER_BESIDE = """
import sys
from pathlib import Path
from forum_scheduler.serving import worker_beside
with worker_beside({}, log=Path(sys.argv[1])):
    print("inside", flush=True)
    sys.stdin.readline()
"""


def children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split()]


def gone(pid: int) -> bool:
    """Within a while the process ends (a zombie counts)."""
    waiter = threading.Event()
    for _ in range(int(SECONDS / 0.1)):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        waiter.wait(0.1)
    return False


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("by", ["leaving", "SIGKILL"])
def test_the_worker_beside_ends_with_who_started_it(config: Config, by: str, tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER_BESIDE, str(log)],
        env=environment(config), text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stdout.readline() == "inside\n"
    (worker,) = children(process.pid)
    assert log.exists()  # the terminal stays free for what people are to read there
    if by == "leaving":
        process.stdin.write("\n")
        process.stdin.close()
    else:
        process.kill()
    process.wait(SECONDS)
    assert gone(worker)
    process.stdout.close()
    if by == "SIGKILL":
        process.stdin.close()


def test_a_worker_whose_lead_is_gone_already_stops() -> None:
    stop = threading.Event()
    stop_without(os.getpid(), stop)  # we are not our own parent
    assert stop.wait(SECONDS)


@pytest.mark.databases("sqlite")
def test_web_processes_load_neither_solver_nor_printer_nor_spreadsheets(config: Config) -> None:
    code = (
        "import sys; from forum_scheduler.app import create_app; create_app()\n"
        "print(sorted({'ortools', 'numba', 'weasyprint', 'openpyxl', 'numpy'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], env=environment(config), capture_output=True, text=True, check=True
    )
    assert result.stdout == "[]\n"


IN_A_WORKER = """
import gc
from forum_scheduler.serving import _Server
from forum_scheduler.app import create_app
app = _Server(create_app, {}).load()
"""
IN_ANY_SERVER = """
import gc
from wsgi import app
"""
LOOKED_AT = """
print(len(app.jinja_env.cache.keys()) > 50, gc.get_freeze_count() > 20 * len(gc.get_objects()))
"""


@pytest.mark.parametrize("made", [IN_A_WORKER, IN_ANY_SERVER], ids=["forum serve", "wsgi:app"])
def test_no_visitor_waits_for_what_start_up_made(config: Config, made: str) -> None:
    """The collector has nothing of it to look through, and templates are compiled."""
    done = subprocess.run(
        [sys.executable, "-c", made + LOOKED_AT],
        env=environment(config),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["True", "True"], done.stderr
