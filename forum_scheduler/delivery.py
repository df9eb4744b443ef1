"""What goes over the line: as little as can be. Many sit in Ukraine on a phone.

Styles, scripts and pictures stand under an address that changes with their content, so browsers keep them
for a year without asking again; scripts load each other by relative addresses and come along. Texts are
compressed. Neither needs a web server in front.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from flask import Flask, Response, send_from_directory
from flask_compress import Compress

STATIC = Path(__file__).parent / "static"
A_YEAR = 365 * 24 * 60 * 60
SETTINGS = {
    "COMPRESS_ALGORITHM": ["br", "gzip"],
    "COMPRESS_BR_LEVEL": 4,
    "COMPRESS_LEVEL": 5,
    "COMPRESS_MIN_SIZE": 800,
    "COMPRESS_EVALUATE_CONDITIONAL_REQUEST": True,  # a compressed answer has an ETag of its own
    # Calendars are cached as they are (an ETag each), and live pages are sent line by line.
    "COMPRESS_MIMETYPES": [
        "application/json",
        "application/javascript",
        "image/svg+xml",
        "text/css",
        "text/csv",
        "text/html",
        "text/javascript",
    ],
}


def init_app(app: Flask) -> None:
    """The route ``static``, and compression of what any route answers."""
    current = _version()

    def static(version: str, filename: str) -> Response:
        response = send_from_directory(STATIC, filename)
        response.direct_passthrough = False
        response.make_sequence()  # they are small, and only what is at hand as a whole gets compressed
        response.cache_control.no_cache = None
        if version == current:
            response.cache_control.public = True
            response.cache_control.max_age = A_YEAR
            response.cache_control.immutable = True
        else:  # a page that was opened before an update: it gets what there is, once
            response.cache_control.no_cache = True
        return response

    def name_version(endpoint: str, values: dict[str, object]) -> None:
        if endpoint == "static":
            values.setdefault("version", current)

    app.add_url_rule("/static/<version>/<path:filename>", endpoint="static", view_func=static)
    app.url_defaults(name_version)
    app.config.update(SETTINGS)
    Compress(app)


def _version() -> str:
    """A digest of all static files: names and contents."""
    digest = hashlib.sha256()
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(STATIC).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]
