"""Bring the catalogues up to date: new texts in, texts that no code shows any more out, English filled in.

What still has to be translated is listed; `make check` fails until it is.
"""

from __future__ import annotations

from babel.messages.catalog import Catalog

from tools.catalogues import LOCALES, SOURCE, extract, load, path_of, save, say, source_forms
from tools.check_translations import faults


def fill_source(catalogue: Catalog) -> None:
    """English repeats the texts of the code, so that it is as complete as every other language."""
    for message in catalogue:
        if message.id:
            forms = source_forms(message)
            message.string = forms[0] if len(forms) == 1 else tuple(forms)
            message.flags.discard("fuzzy")


def main() -> None:
    for locale in LOCALES:
        template = extract()  # anew each time, since a catalogue takes over the messages of its template
        catalogue = load(locale)
        catalogue.update(template, no_fuzzy_matching=True, update_creation_date=False)
        if locale == SOURCE:
            fill_source(catalogue)
        save(locale, catalogue)
        open_texts = faults(template, load(locale), locale)
        say(f"{path_of(locale).name} ({locale}): {len(catalogue)} texts, {len(open_texts)} to do")
        for fault in open_texts:
            say(f"  {fault}")


if __name__ == "__main__":
    main()
