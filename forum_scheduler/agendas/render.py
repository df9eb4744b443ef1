"""The process that makes PDFs: ``python -m forum_scheduler.agendas.render``, fed over its standard input.

Only this process loads WeasyPrint. It knows no database and no app: HTML in, PDF out. It reads nothing but
the project's own static files, and nothing from the net.

One message, either way: a header of JSON and the parts that it counts in ``sizes`` (bytes)::

    length of the header (4 bytes, big-endian) | header | part | part ...

Asked: ``{"do": "pdf", "paper": "A4"}`` with the HTML, or ``{"do": "join", "parts": [...], "target": ...,
"title": ..., "language": ..., "marks": [...], "groups": [...]}`` with the names of files: packs are large.
Answered: ``{"error": null}`` with the PDF that was laid out, or ``{"error": "why"}``. Ends when its input
does.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit
from urllib.request import url2pathname

STATIC = Path(__file__).resolve().parent.parent / "static"
STYLE = STATIC / "css" / "pdf.css"
PAPERS = {"A4": ("210mm", 297.0), "Letter": ("215.9mm", 279.4)}  # width, height in mm


def write_message(stream: BinaryIO, header: Mapping[str, Any], parts: Sequence[bytes] = ()) -> None:
    text = json.dumps({**header, "sizes": [len(part) for part in parts]}).encode()
    stream.write(len(text).to_bytes(4, "big") + text)
    for part in parts:
        stream.write(part)
    stream.flush()


def read_message(stream: BinaryIO) -> tuple[dict[str, Any], list[bytes]] | None:
    """The next message; None at the end of the stream. Raises EOFError inside a message."""
    first = stream.read(4)
    if not first:
        return None
    header: dict[str, Any] = json.loads(_exactly(stream, int.from_bytes(first, "big")))
    return header, [_exactly(stream, size) for size in header["sizes"]]


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise EOFError("the message is cut off")
    return data


class _Maker:
    """WeasyPrint with one font configuration and one style sheet for all documents."""

    def __init__(self) -> None:
        import weasyprint  # noqa: PLC0415 -- 0.5 s and 60 MB: only where something is rendered
        from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415

        logging.getLogger("weasyprint").setLevel(logging.ERROR)
        self.weasyprint = weasyprint
        self.fonts = FontConfiguration()
        self.fetcher = _fetcher()
        style = STYLE.read_text(encoding="utf-8")
        self.styles = {
            paper: self._sheet(f"{style}\n{_size(width, height)}")
            for paper, (width, height) in PAPERS.items()
        }

    def _sheet(self, text: str) -> Any:
        return self.weasyprint.CSS(
            string=text, base_url=STYLE.as_uri(), font_config=self.fonts, url_fetcher=self.fetcher
        )

    def pdf(self, html: str, *, paper: str) -> bytes:
        document = self.weasyprint.HTML(string=html, base_url=STATIC.as_uri() + "/", url_fetcher=self.fetcher)
        made = document.write_pdf(
            stylesheets=[self.styles[paper]], font_config=self.fonts, pdf_variant="pdf/ua-1"
        )
        return bytes(made)


def _size(width: str, height: float) -> str:
    """Cards fill a page and are folded in the middle; a hair less, or they would run over to the next."""
    heights = f"--page-height: {height - 0.4}mm; --half-height: {(height - 0.4) / 2}mm"
    return f"@page {{ size: {width} {height}mm; }} html {{ {heights}; }}"


def _fetcher() -> Any:
    from weasyprint.urls import URLFetcher  # noqa: PLC0415

    class StaticOnly(URLFetcher):  # type: ignore[misc]  # the library has no types
        """The project's static files and images inside the page; nothing else, and nothing from outside."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            if url.lower().startswith("file:"):
                path = Path(url2pathname(urlsplit(url).path)).resolve()
                if not path.is_relative_to(STATIC):
                    raise ValueError(f"not one of the static files: {url}")
            return super().fetch(url, headers)

    return StaticOnly(allowed_protocols={"file", "data"}, allow_redirects=False)


def main() -> None:
    """Answer until the input ends."""
    source, target = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get between the messages
    maker: _Maker | None = None
    while (message := read_message(source)) is not None:
        header, parts = message
        try:
            if header["do"] == "join":
                from forum_scheduler.agendas.joining import join  # noqa: PLC0415 -- not for single PDFs

                words = {name: header[name] for name in ("title", "language", "marks", "groups")}
                join([Path(part) for part in header["parts"]], Path(header["target"]), **words)
                made = []
            else:
                maker = maker or _Maker()
                made = [maker.pdf(parts[0].decode(), paper=header["paper"])]
        except Exception as error:
            write_message(target, {"error": f"{type(error).__name__}: {error}"[:500]})
        else:
            write_message(target, {"error": None}, made)


if __name__ == "__main__":
    main()
