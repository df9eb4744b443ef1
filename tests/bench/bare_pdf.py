"""Bare WeasyPrint at its best, two processes: ``python -m tests.bench.bare_pdf FOLDER`` makes all its .html.

Fonts and style sheet are read once a process; nothing is checked, stored or sent to anybody.
"""

from __future__ import annotations

import multiprocessing
import sys
from pathlib import Path
from typing import Any

from forum_scheduler.agendas.render import PAPERS, STATIC, STYLE, _size

PROCESSES = 2
_made: dict[str, Any] = {}


def _prepare() -> None:
    import weasyprint  # noqa: PLC0415
    from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415

    fonts = FontConfiguration()
    text = f"{STYLE.read_text()}\n{_size(*PAPERS['A4'])}"
    sheet = weasyprint.CSS(string=text, base_url=STYLE.as_uri(), font_config=fonts)
    _made["html"] = weasyprint.HTML
    _made["options"] = {"stylesheets": [sheet], "font_config": fonts, "pdf_variant": "pdf/ua-1"}


def _render(path: Path) -> int:
    page = _made["html"](string=path.read_text(), base_url=STATIC.as_uri() + "/")
    return len(page.write_pdf(**_made["options"]))


if __name__ == "__main__":
    files = sorted(Path(sys.argv[1]).glob("*.html"))
    with multiprocessing.Pool(PROCESSES, initializer=_prepare) as pool:
        assert all(pool.map(_render, files, chunksize=1))
