"""Fail on a text that some reader would see untranslated.

Two ways to get there: a marked text that a catalogue lacks, and a text that is not marked at all.
"""

from __future__ import annotations

import sys

from babel.messages.catalog import Catalog, Message

from tools.catalogues import KEYWORDS, LOCALES, ROOT, SOURCE, extract, load, say, source_forms, texts
from tools.unmarked import buried_in_code, unknown_markers, unmarked_in_code, unmarked_in_template

SHOWN = 40  # faults; more of them help nobody
# What an operator reads in a terminal is English, as the rest of the system's commands are.
COMMANDS = {"cli.py", "commands.py", "console.py", "running.py", "serving.py"}


def is_sentence(message: Message) -> bool:
    """Whether a text has more words than a name has."""
    return len(source_forms(message)[0].split()) > 3


def faults(template: Catalog, catalogue: Catalog, locale: str) -> list[str]:
    """What is missing or wrong in a language's catalogue, one line each."""
    found: list[str] = []
    for wanted in template:
        if not wanted.id:
            continue
        shown = f"{locale}: {source_forms(wanted)[0]!r}"
        message = catalogue.get(wanted.id, wanted.context)
        if message is None or not texts(message) or not all(texts(message)):
            places = ", ".join(dict.fromkeys(place for place, _line in wanted.locations))
            found.append(f"{shown} is not translated ({places})")
        elif message.fuzzy:
            found.append(f"{shown} is marked fuzzy: check it and remove the mark")
        elif locale != SOURCE and texts(message)[0] == source_forms(wanted)[0] and is_sentence(wanted):
            found.append(f"{shown} is still in English")
        else:
            # Placeholders and plural forms must fit what the code hands over.
            message.flags.update(wanted.flags)
            found.extend(f"{shown}: {error}" for error in message.check(catalogue))
    return found


def unmarked() -> list[str]:
    """Texts of templates and code that are shown to people without passing through gettext."""
    found: list[str] = []
    for path in sorted((ROOT / "templates").rglob("*")):
        if path.suffix in {".html", ".txt"}:
            source = path.read_text(encoding="utf-8")
            lines = unmarked_in_template(source, html=path.suffix == ".html")
            found.extend(f"{path.relative_to(ROOT)}:{line}: {text!r} has no _()" for line, text in lines)
    for path in sorted((ROOT / "forum_scheduler").rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        names = unknown_markers(source, KEYWORDS)
        found.extend(
            f"{path.relative_to(ROOT)}:{line}: add {name!r} to KEYWORDS in tools/catalogues.py"
            for line, name in names
        )
        found.extend(
            f"{path.relative_to(ROOT)}:{line}: take {name}() out of the f-string"
            for line, name in buried_in_code(source, KEYWORDS)
        )
        if path.name in COMMANDS:
            continue
        lines = unmarked_in_code(source)
        found.extend(f"{path.relative_to(ROOT)}:{line}: {text!r} has no _()" for line, text in lines)
    return found


def main() -> int:
    template = extract()
    found = unmarked()
    for locale in LOCALES:
        found.extend(faults(template, load(locale), locale))
    for fault in found[:SHOWN]:
        say(fault)
    if len(found) > SHOWN:
        say(f"... and {len(found) - SHOWN} more: `make translations` lists those of the catalogues")
    if found:
        say(
            f"{len(found)} texts to see to: mark them with _(), run `make translations`, fill the catalogues."
        )
        return 1
    say(f"{len(template)} texts, each in {', '.join(LOCALES)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
