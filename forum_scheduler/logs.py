"""Logs: JSON, one object a line, with the request's id and without personal data.

Everything that logs, libraries too, goes through the same last step: addresses of mail, secrets in paths and
query strings are masked there, so that no message of a library can carry them out.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

MASKS = (
    (re.compile(r"://[^\s/@]+@"), "://<secret>@"),
    (re.compile(r"[^\s@<>\"'(),;:/]+@[^\s@<>\"'(),;:]+"), "<e-mail>"),
    (re.compile(r"(/(?:sign-in|feed|calendar-mails|tf-setup)/)[^\s\"'?/]+"), r"\1<secret>"),
    (re.compile(r"(\?)[^\s\"'=]+=[^\s\"']*"), r"\1<query>"),
    (re.compile(r"(?i)\b((?:access_)?token|password|secret|csrf_token|code)=[^\s\"'&]+"), r"\1=<secret>"),
)
Event = MutableMapping[str, Any]


def mask(text: str) -> str:
    """``text`` without e-mail addresses, secrets in paths and query strings."""
    for pattern, instead in MASKS:
        text = pattern.sub(instead, text)
    return text


def _mask_event(_logger: object, _method: str, event: Event) -> Event:
    return {name: mask(value) if isinstance(value, str) else value for name, value in event.items()}


SHARED: tuple[Any, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
)

structlog.configure(
    processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger whose methods take an event and its facts: ``log.info("run-claimed", run_id=7)``."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger


class _Stderr(logging.Handler):
    """Writes to what standard error is at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()
        except Exception:
            self.handleError(record)


def make_handler(stream: TextIO | None = None) -> logging.Handler:
    """A handler for the root logger that writes JSON lines, to standard error unless told otherwise."""
    handler = logging.StreamHandler(stream) if stream is not None else _Stderr()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=list(SHARED),
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _mask_event,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    return handler


def configure(*, level: int = logging.INFO) -> None:
    """Log to standard error from now on; a second call only sets the level. For servers and workers."""
    root = logging.getLogger()
    if not any(isinstance(handler, _Stderr) for handler in root.handlers):
        root.addHandler(make_handler())
    root.setLevel(level)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # its lines hold whole addresses, and repeat ours
    logging.getLogger("alembic").setLevel(logging.WARNING)  # /healthz would have it talk each time
