"""Private servers for the tests (PostgreSQL, Redis, the site), gone with the process that started them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import psycopg
import redis
from werkzeug.serving import make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATIENCE = 60.0  # seconds for a server to answer on a busy machine
SETTINGS = {  # speed instead of durability: the data lives as long as the tests
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "listen_addresses": "127.0.0.1",
}

INITDB = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")


@runtime_checkable
class Closable(Protocol):
    """What has to be closed after use."""

    def close(self) -> None: ...


class Missing(RuntimeError):
    """A program that a server needs is not installed; the message is the reason of the skip."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _postgres_program(name: str) -> str:
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: path.parts[-3])
    found = str(places[-1]) if places else shutil.which(name)
    if found is None:
        raise Missing(f"PostgreSQL is not installed: no {name} (apt-get install postgresql)")
    return found


def _as_postgres() -> list[str]:
    """PostgreSQL refuses to run as root: words to put before its commands."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]


def _start(command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """A child that the kernel ends when this process dies, however it dies."""
    prefix = ["setpriv"] if command[0] != "setpriv" else [command[0]]
    rest = command if command[0] != "setpriv" else command[1:]
    with log.open("wb") as out:
        return subprocess.Popen([*prefix, "--pdeathsig", "QUIT", *rest], stdout=out, stderr=out)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def postgresql() -> Iterator[str]:
    """Address of a fresh server's database ``postgres``. Raises Missing."""
    initdb, server = _postgres_program("initdb"), _postgres_program("postgres")
    with TemporaryDirectory(prefix="forum-postgres-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        data, log = home / "data", home / "log"
        if os.geteuid() == 0:
            shutil.chown(home, "postgres", "postgres")
        subprocess.run(
            [*_as_postgres(), initdb, "-D", str(data), *INITDB],
            check=True,
            capture_output=True,
            cwd=home,
        )
        port = free_port()
        options = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        where = ["-D", str(data), "-p", str(port), "-k", folder]
        process = _start([*_as_postgres(), server, *where, *options], log)
        try:
            url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
            _wait_for_postgresql(url, process, log)
            yield url
        finally:
            process.send_signal(2)  # fast shutdown: open sessions are ended
            _stop(process)


def _wait_for_postgresql(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            psycopg.connect(url, connect_timeout=5).close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}") from None
            time.sleep(0.05)
        else:
            return


@contextmanager
def redis_server() -> Iterator[str]:
    """Address of a fresh Redis that stores nothing on disk. Raises Missing."""
    program = shutil.which("redis-server")
    if program is None:
        raise Missing("Redis is not installed: no redis-server (apt-get install redis-server)")
    with TemporaryDirectory(prefix="forum-redis-", ignore_cleanup_errors=True) as folder:
        port = free_port()
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        process = _start([program, *options, "--dir", folder], Path(folder) / "log")
        try:
            url = f"redis://127.0.0.1:{port}/0"
            _wait_for_redis(url, process)
            yield url
        finally:
            _stop(process)


def _wait_for_redis(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    with redis.Redis.from_url(url) as connection:
        while True:
            try:
                connection.ping()
            except redis.ConnectionError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("Redis did not start") from None
                time.sleep(0.05)
            else:
                return


@contextmanager
def site_server(app: WSGIApplication, *, port: int) -> Iterator[str]:
    """Address under which the application answers over HTTP, several requests at a time."""
    server = make_server("127.0.0.1", port, _closing(app), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _closing(app: WSGIApplication) -> WSGIApplication:
    """The application with every answer read and closed before it is sent.

    Werkzeug's server forgets to close an answer when the browser breaks the connection off
    (it reads the rest of the request first, and that raises): the file of a style sheet stayed
    open, and a later test failed on the ResourceWarning.
    """

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        parts = app(environ, start_response)
        try:
            return [b"".join(parts)]
        finally:
            if isinstance(parts, Closable):
                parts.close()

    return answer
