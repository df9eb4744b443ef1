"""How a text is written in Latin letters: to be found and sorted, and to be read."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# The Ukrainian national transliteration (Cabinet of Ministers, resolution 55 of 2010), simplified.
_LATIN = {
    "а": "a", "б": "b", "в": "v", "г": "h", "ґ": "g", "д": "d", "е": "e", "є": "ie", "ж": "zh", "з": "z",
    "и": "y", "і": "i", "ї": "i", "й": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p",
    "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh",
    "щ": "shch", "ь": "", "ю": "iu", "я": "ia", "ы": "y", "э": "e", "ё": "e", "ъ": "",
    "ł": "l", "ø": "o", "đ": "d",
}  # fmt: skip
TRANSLITERATION = str.maketrans(_LATIN)
# The same resolution: at the beginning of a word these five are written in another way.
_AT_THE_BEGINNING = {"є": "ye", "ї": "yi", "й": "y", "ю": "yu", "я": "ya"}
_WORD = re.compile(r"[^\W\d_]+(?:['’ʼ][^\W\d_]+)*")
_LATIN_WORD = re.compile("[A-Za-z\u00c0-\u024f]{2}")
_CYRILLIC = re.compile("[\u0400-\u04ff]")
MAX_NAME = 80
_IN_CYRILLIC = {"uk"}  # of the languages that pages and agendas speak
_UKRAINIAN = "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя"
_ORDER = str.maketrans({letter: chr(ord("а") + place) for place, letter in enumerate(_UKRAINIAN)})
_APOSTROPHES = str.maketrans("", "", "'’ʼ`´")
_NOT_WORD = re.compile(r"[^\w]+", re.UNICODE)


def fold(text: str) -> str:
    """Lower case, compatibility forms and accents removed, punctuation to single spaces."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    # "й" and "ї" decompose too: they are letters of their own, so put Cyrillic together again first.
    kept = "".join(
        char
        for index, char in enumerate(decomposed)
        if not unicodedata.combining(char) or (index > 0 and "\u0400" <= decomposed[index - 1] <= "\u04ff")
    )
    return _NOT_WORD.sub(" ", unicodedata.normalize("NFC", kept)).strip()


def transliterate(text: str) -> str:
    """Cyrillic folded text in Latin letters."""
    return fold(text).translate(TRANSLITERATION)


@lru_cache(maxsize=20_000)  # the same names stand in everybody's calendars
def in_latin(text: str) -> str:
    """How a Ukrainian passport writes a name: ``Згорська Юлія`` is ``Zghorska Yuliia``. Latin words stay.

    Source: the national transliteration, Cabinet of Ministers of Ukraine, resolution 55 of 27 January 2010.
    """
    return _WORD.sub(lambda found: _word_in_latin(found[0]), unicodedata.normalize("NFC", text))


def _word_in_latin(word: str) -> str:
    if not _CYRILLIC.search(word):
        return word
    letters = []
    for place, written in enumerate(word):
        letter = written.lower()
        latin = _AT_THE_BEGINNING.get(letter) if place == 0 else None
        if letter == "г" and word[max(place - 1, 0)].lower() == "з":
            latin = "gh"  # "zh" is another letter
        if latin is None:
            latin = "" if letter in "'’ʼ" else _LATIN.get(letter, letter)
        if written != letter:
            latin = latin.upper() if len(word) > 1 and word.isupper() else latin.capitalize()
        letters.append(latin)
    return "".join(letters)


def readable(text: str, language: str) -> str:
    """``Квант / Kvant`` for who reads in a language without Cyrillic letters; else ``text`` as it is."""
    return f"{text} / {in_latin(text)}" if language not in _IN_CYRILLIC and needs_latin(text) else text


def needs_latin(text: str) -> bool:
    """Whether somebody who reads Latin letters only can't read ``text``: Cyrillic, and no Latin beside it.

    Of what is longer than a name (80 characters) nobody wants twice as much.
    """
    return len(text) <= MAX_NAME and _CYRILLIC.search(text) is not None and _LATIN_WORD.search(text) is None


def without_apostrophes(text: str) -> str:
    """``Лук'яненко`` as ``Лукяненко``: as many people type it, and passports spell it in Latin letters."""
    return text.translate(_APOSTROPHES)


def alphabetical(text: str) -> str:
    """By what names are sorted: Ukrainian ones as in their alphabet, Latin letters without accents."""
    return fold(without_apostrophes(text)).translate(_ORDER)
