"""The process that makes PDFs: ``python -m forum_scheduler.agendas.render``, fed over its standard input.

Only this process loads WeasyPrint. It knows no database and no app: HTML in, PDF out. It reads nothing but
the project's own static files, and nothing from the net.

One message, either way: a header of JSON and the parts that it counts in ``sizes`` (bytes)::

    length of the header (4 bytes, big-endian) | header | part | part ...

Asked: ``{"do": "pdf", "paper": "A4"}`` with the HTML, or ``{"do": "join", "title": ..., "language": ...,
"marks": [...], "nested": false}`` with PDFs. Answered: ``{"error": null}`` with the PDF, or
``{"error": "why"}``. Ends when its input does.
"""

from __future__ import annotations

import io
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


def join(
    parts: Sequence[bytes], *, title: str, language: str, marks: Sequence[str], nested: bool = False
) -> bytes:
    """One tagged PDF of many: the pages, the structure trees, and a bookmark at the start of each part.

    ``nested``: the parts' own bookmarks of the first level stay, below it.
    """
    import pikepdf  # noqa: PLC0415

    whole = pikepdf.new()
    elements: list[Any] = []
    numbers: list[Any] = []
    outline: list[Any] = []
    for index, part in enumerate(parts):
        source = pikepdf.open(io.BytesIO(part))
        start, key = len(whole.pages), len(numbers) // 2
        whole.pages.extend(source.pages)  # before the tree: its references to pages then lead here
        tree = whole.copy_foreign(source.Root.StructTreeRoot)
        taken = _take_numbers(tree, key)
        for page in list(whole.pages)[start:] if taken else ():
            if "/StructParents" in page:
                page.StructParents = int(page.StructParents) + key
        numbers += taken
        elements += _own_names(tree, prefix=f"{index}.")
        if index < len(marks):
            mark = pikepdf.OutlineItem(marks[index], start)
            if nested:
                mark.children.extend(_own_marks(source, start))
            outline.append(mark)
    _finish(whole, elements=elements, numbers=numbers, title=title, language=language)
    with whole.open_outline() as bookmarks:
        bookmarks.root.extend(outline)
    result = io.BytesIO()
    whole.save(result, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
    return result.getvalue()


def _own_marks(source: Any, start: int) -> list[Any]:
    """The bookmarks of a part that begins at page ``start`` of the whole."""
    import pikepdf  # noqa: PLC0415

    with source.open_outline() as bookmarks:
        return [
            pikepdf.OutlineItem(item.title, start + pikepdf.Page(item.destination[0]).index)
            for item in bookmarks.root
            if isinstance(item.destination, pikepdf.Array)
        ]


def _take_numbers(tree: Any, first: int) -> list[Any]:
    """The entries of a part's parent tree, counted on from ``first``; keys and values in turn."""
    pairs = list(tree.ParentTree.Nums)
    values = dict(zip((int(key) for key in pairs[::2]), pairs[1::2], strict=True))
    highest = max(values, default=-1)
    taken: list[Any] = []
    for key in range(highest + 1):
        taken += [first + key, values.get(key)]
    return taken


def _own_names(tree: Any, *, prefix: str) -> list[Any]:
    """The part's top elements; ids of cells, and the headers that name them, made the part's own."""
    import pikepdf  # noqa: PLC0415

    todo = list(tree.K)
    tops = list(todo)
    while todo:
        element = todo.pop()
        if not isinstance(element, pikepdf.Dictionary) or "/S" not in element:
            continue
        if "/ID" in element:
            element.ID = pikepdf.String(prefix + str(element.ID))
        attributes = element.get("/A")
        if isinstance(attributes, pikepdf.Dictionary) and "/Headers" in attributes:
            attributes.Headers = pikepdf.Array(
                [pikepdf.String(prefix + str(name)) for name in attributes.Headers]
            )
        children = element.get("/K")
        if isinstance(children, pikepdf.Array):
            todo += list(children)
        elif isinstance(children, pikepdf.Dictionary):
            todo.append(children)
    return tops


def _finish(whole: Any, *, elements: list[Any], numbers: list[Any], title: str, language: str) -> None:
    import pikepdf  # noqa: PLC0415

    root = whole.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.StructTreeRoot))
    for element in elements:
        element.P = root
    root.K = pikepdf.Array(elements)
    root.ParentTree = whole.make_indirect(pikepdf.Dictionary(Nums=pikepdf.Array(numbers)))
    root.ParentTreeNextKey = len(numbers) // 2
    whole.Root.StructTreeRoot = root
    whole.Root.MarkInfo = pikepdf.Dictionary(Marked=True)
    whole.Root.Lang = pikepdf.String(language)
    whole.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
    with whole.open_metadata(set_pikepdf_as_editor=False) as metadata:
        metadata["dc:title"] = title
        metadata["pdfuaid:part"] = "1"


def main() -> None:
    """Answer until the input ends."""
    source, target = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get between the messages
    maker: _Maker | None = None
    while (message := read_message(source)) is not None:
        header, parts = message
        try:
            if header["do"] == "join":
                words = {name: header[name] for name in ("title", "language", "marks", "nested")}
                made = join(parts, **words)
            else:
                maker = maker or _Maker()
                made = maker.pdf(parts[0].decode(), paper=header["paper"])
        except Exception as error:
            write_message(target, {"error": f"{type(error).__name__}: {error}"[:500]})
        else:
            write_message(target, {"error": None}, [made])


if __name__ == "__main__":
    main()
