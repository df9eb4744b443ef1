"""One row's cells, read as what they should be; what they are not becomes a mistake with its place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from functools import lru_cache

from babel import Locale
from flask_babel import gettext as _

from forum_scheduler.accounts.users import normal_email
from forum_scheduler.companies.services import COUNTRIES
from forum_scheduler.errors import Invalid
from forum_scheduler.importing.columns import Listed
from forum_scheduler.importing.mistakes import Mistakes
from forum_scheduler.importing.reading import Row, Value
from forum_scheduler.spelling import fold

_YES = frozenset({"yes", "y", "true", "1", "x", "так", "+"})
_NO = frozenset({"no", "n", "false", "0", "ні", "-"})
_SEPARATOR = re.compile(r"[;\n]")
_LANGUAGES = re.compile(r"[;,/\s]+")
_LANGUAGE = re.compile(r"[a-z]{2,3}")


class Cells:
    """The cells of one row by the keys of their columns.

    Each getter returns None, or an empty value, for a cell that is empty or wrong; the wrong ones are noted.
    """

    def __init__(self, listed: Listed, row: Row, mistakes: Mistakes) -> None:
        self._listed = listed
        self._row = row
        self._mistakes = mistakes
        self.sound = True  # until a mistake is noted

    def has(self, key: str) -> bool:
        """Whether something stands there."""
        return self._value(key) is not None

    @property
    def columns(self) -> Sequence[str]:
        """The keys of the columns that the sheet has."""
        return tuple(self._listed.columns)

    def wrong(self, key: str, message: str) -> None:
        """Note a mistake in the column."""
        self.sound = False
        index, header = self._listed.columns.get(key, (None, key))
        column = header if index is None else self._listed.sheet.column(index, header)
        self._mistakes.add(message, sheet=self._listed.sheet.name, row=self._row.number, column=column)

    def text(self, key: str, *, most: int = 200, required: bool = False) -> str:
        """Stripped text; a number is taken as it is shown."""
        value = self._value(key)
        if value is None:
            if required:
                self.wrong(key, _("nothing stands here: fill it in"))
            return ""
        text = " ".join(_shown(value).split()) if most <= 500 else _shown(value).strip()
        if len(text) > most:
            self.wrong(key, _("longer than %(most)s characters", most=most))
            return ""
        return text

    def email(self, key: str) -> str | None:
        """The address, normalised; look-alike letters of another alphabet are refused."""
        text = self.text(key, most=300)
        if not text:
            return None
        try:
            return normal_email(text)
        except Invalid as error:
            self.wrong(key, str(error))
            return None

    def country(self, key: str) -> str | None:
        """ISO 3166 code, from the code itself or the country's name."""
        text = self.text(key, required=True)
        if not text:
            return None
        code = text.upper() if text.upper() in COUNTRIES else country_codes().get(fold(text))
        if code is None:
            said = repr(text)
            self.wrong(key, _("%(text)s is no country: write two letters such as UA, or the English name",
                              text=said))  # fmt: skip
        return code

    def number(self, key: str, *, least: int, most: int) -> int | None:
        """A whole number."""
        value = self._value(key)
        if value is None:
            return None
        text = _shown(value)
        if not text.isascii() or not text.isdigit() or not least <= int(text[:9]) <= most:
            self.wrong(key, _("a whole number from %(least)s to %(most)s is needed", least=least, most=most))
            return None
        return int(text)

    def choice(self, key: str, words: Mapping[str, str]) -> str | None:
        """One of the words; ``words``: folded word -> value."""
        text = self.text(key)
        if not text:
            return None
        value = words.get(fold(text))
        if value is None:
            known = ", ".join(dict.fromkeys(words.values()))
            self.wrong(key, _("%(text)s is none of: %(known)s", text=repr(text), known=known))
        return value

    def yes(self, key: str) -> bool:
        """yes or no; empty is no."""
        folded = self.text(key).casefold()
        if folded and folded not in _YES | _NO:
            self.wrong(key, _("write yes or no"))
        return folded in _YES

    def languages(self, key: str) -> list[str]:
        """Codes of languages, each once; names in English or Ukrainian are understood too."""
        codes: list[str] = []
        for word in filter(None, _LANGUAGES.split(self.text(key))):
            code = word.lower() if _LANGUAGE.fullmatch(word.lower()) else language_codes().get(fold(word))
            if code is None or code not in Locale("en").languages:
                self.wrong(key, _("%(word)s is no language: write codes such as uk, en", word=repr(word)))
            elif code not in codes:
                codes.append(code)
        return codes

    def listed(self, key: str) -> list[str]:
        """Entries separated by semicolons or line breaks; commas too where there are none of those."""
        text = self.text(key, most=4000)
        parts = _SEPARATOR.split(text) if _SEPARATOR.search(text) else text.split(",")
        return list(dict.fromkeys(part.strip() for part in parts if part.strip()))

    def day(self, key: str) -> str:
        """A date as 2027-05-12, from a date cell or text (12.05.2027 and 12/05/2027 are days first)."""
        value = self._value(key)
        if isinstance(value, datetime):
            return value.date().isoformat()
        if isinstance(value, date):
            return value.isoformat()
        text = self.text(key, required=True)
        match = re.fullmatch(r"(\d{1,2})[./](\d{1,2})[./](\d{4})", text)
        return f"{match[3]}-{match[2]:0>2}-{match[1]:0>2}" if match else text

    def clock(self, key: str) -> str:
        """A time as 09:20, from a time cell or text."""
        value = self._value(key)
        if isinstance(value, (datetime, time)):
            return value.strftime("%H:%M")
        return self.text(key, required=True)

    def _value(self, key: str) -> Value | None:
        place = self._listed.columns.get(key)
        return None if place is None else self._row.cells.get(place[0])


def _shown(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


@lru_cache(maxsize=1)
def country_codes() -> Mapping[str, str]:
    """Folded names of countries, in English and Ukrainian, and a few other ways to write them."""
    names = {
        fold(str(name)): code
        for locale in ("uk", "en")
        for code, name in Locale(locale).territories.items()
        if code in COUNTRIES
    }
    also = {"uk": "GB", "usa": "US", "czech republic": "CZ", "holland": "NL", "the netherlands": "NL"}
    return {**names, **also}


@lru_cache(maxsize=1)
def language_codes() -> Mapping[str, str]:
    """Folded names of languages in English and Ukrainian."""
    return {
        fold(str(name)): code
        for locale in ("uk", "en")
        for code, name in Locale(locale).languages.items()
        if len(code) in (2, 3)
    }


def words(values: Sequence[str], **also: str) -> dict[str, str]:
    """For :meth:`Cells.choice`: each value under its own folded name, and further spellings."""
    return {**{fold(value): value for value in values}, **also}
