"""Reading PDFs back by poppler's programs."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

PICTURES = Path(__file__).resolve().parents[2] / "instance" / "print"
Broken = Callable[[], AbstractContextManager[None]]  # the fixture no_rendering


def _run(program: str, *arguments: str, content: bytes, folder: Path) -> str:
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"{program} (poppler-utils) is not installed")
    file = folder / "read.pdf"
    file.write_bytes(content)
    done = subprocess.run(
        [path, *arguments, str(file), *(["-"] if program == "pdftotext" else [])],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "Error" not in done.stderr, done.stderr
    return done.stdout


def text_of(content: bytes, folder: Path) -> str:
    """All words in reading order, spaces folded."""
    return " ".join(_run("pdftotext", content=content, folder=folder).split())


def pages_of(content: bytes, folder: Path) -> list[str]:
    """The words of each page."""
    pages = _run("pdftotext", content=content, folder=folder).split("\f")[:-1]
    return [" ".join(page.split()) for page in pages]


def facts_of(content: bytes, folder: Path) -> dict[str, str]:
    """What pdfinfo says: Title, Tagged, Pages, "Page size" ..."""
    lines = _run("pdfinfo", content=content, folder=folder).splitlines()
    return {name: value.strip() for name, _colon, value in (line.partition(":") for line in lines)}


def structure_of(content: bytes, folder: Path) -> str:
    """The tree of tags with the text in them."""
    return _run("pdfinfo", "-struct-text", content=content, folder=folder)


def alternatives_of(content: bytes, folder: Path) -> list[str]:
    """The words that stand for each picture; a picture without any is "", which PDF/UA forbids."""
    file = folder / "read.pdf"
    file.write_bytes(content)
    with pikepdf.open(file) as document:
        figures = (
            each
            for each in document.objects
            if isinstance(each, pikepdf.Dictionary) and str(each.get("/S", "")) == "/Figure"
        )
        return [str(figure.get("/Alt", "")) for figure in figures]


def fonts_of(content: bytes, folder: Path) -> list[str]:
    """Names of the fonts; each must be embedded."""
    lines = _run("pdffonts", content=content, folder=folder).splitlines()[2:]
    assert all(" yes yes yes" in line for line in lines), lines  # embedded, subset, with Unicode
    return [line.split()[0] for line in lines]


def picture(content: bytes, name: str, folder: Path) -> Image.Image:
    """The first page as a picture, kept under instance/print to be looked at."""
    program = shutil.which("pdftoppm")
    if program is None:
        pytest.skip("pdftoppm (poppler-utils) is not installed")
    PICTURES.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.pdf"
    file.write_bytes(content)
    command = [program, "-png", "-r", "60", "-singlefile", str(file), str(PICTURES / name)]
    subprocess.run(command, check=True, timeout=60)
    return Image.open(PICTURES / f"{name}.png").convert("L")
