"""The texts that people see: found in code and templates, and in the catalogues of each language."""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
TRANSLATIONS = ROOT / "forum_scheduler" / "translations"
SOURCE = "en"  # the language of the texts in the code: its catalogue repeats them
LOCALES = (SOURCE, "uk")

FOLDERS = (
    (ROOT / "forum_scheduler", "forum_scheduler", [("**.py", "python")]),
    (ROOT / "templates", "templates", [("**.html", "jinja2"), ("**.txt", "jinja2"), ("**.xml", "jinja2")]),
)
# Whatever name a file gives to a function of flask_babel has to stand here: check_translations looks on.
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "_l": None,
    "lazy_gettext": None,
    "lazy_ngettext": (1, 2),
    "lazy_pgettext": ((1, "c"), 2),
}
OPTIONS = {"**.html": {"silent": "false"}, "**.txt": {"silent": "false"}, "**.xml": {"silent": "false"}}


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def path_of(locale: str) -> Path:
    return TRANSLATIONS / locale / "LC_MESSAGES" / "messages.po"


def extract() -> Catalog:
    """Every text marked for translation, with the files that hold it. Raises where one can't be read."""
    found = Catalog(
        project="Forum Scheduler", copyright_holder="Forum Scheduler contributors", charset="utf-8"
    )
    for folder, name, methods in FOLDERS:
        for file, _line, message, comments, context in extract_from_dir(
            folder,
            methods,
            OPTIONS,
            keywords=KEYWORDS,
            comment_tags=("Translators:",),
            strip_comment_tags=True,
            directory_filter=lambda _folder: True,  # Babel by itself passes over folders such as _macros
        ):
            # Files without line numbers: a catalogue changes when a text does, not when code moves.
            place = (f"{name}/{Path(file).as_posix()}", None)
            found.add(message, None, [place], auto_comments=comments, context=context)  # type: ignore[list-item]  # Babel writes a place without a line, its types don't know it
    return found


def load(locale: str) -> Catalog:
    """The catalogue of a language; an empty one where there is no file yet."""
    path = path_of(locale)
    if not path.exists():
        return Catalog(locale=locale, project="Forum Scheduler", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=locale, domain="messages")


def save(locale: str, catalogue: Catalog) -> None:
    catalogue.fuzzy = False
    catalogue.header_comment = (
        f"# The texts of Forum Scheduler ({locale}); kept up to date by `make translations`."
    )
    catalogue.msgid_bugs_address = catalogue.last_translator = catalogue.language_team = ""
    path = path_of(locale)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".po.new")
    with fresh.open("wb") as file:
        write_po(file, catalogue, width=110, sort_output=True, ignore_obsolete=True, include_lineno=False)
    fresh.replace(path)


def texts(message: Message) -> list[str]:
    """The translations of a message: one, or one for each plural form."""
    string = message.string
    return [string] if isinstance(string, str) else list(string or ())


def source_forms(message: Message) -> list[str]:
    """The text as the code has it: one, or singular and plural."""
    return [message.id] if isinstance(message.id, str) else list(message.id)
