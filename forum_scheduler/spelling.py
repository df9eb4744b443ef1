"""How a text is written in Latin letters, without accents, case and punctuation."""

from __future__ import annotations

import re
import unicodedata

# The Ukrainian national transliteration (Cabinet of Ministers, resolution 55 of 2010), simplified.
_LATIN = {
    "а": "a", "б": "b", "в": "v", "г": "h", "ґ": "g", "д": "d", "е": "e", "є": "ie", "ж": "zh", "з": "z",
    "и": "y", "і": "i", "ї": "i", "й": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p",
    "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh",
    "щ": "shch", "ь": "", "ю": "iu", "я": "ia", "ы": "y", "э": "e", "ё": "e", "ъ": "",
    "ł": "l", "ø": "o", "đ": "d",
}  # fmt: skip
TRANSLITERATION = str.maketrans(_LATIN)
_UKRAINIAN = "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя"
_ORDER = str.maketrans({letter: chr(ord("а") + place) for place, letter in enumerate(_UKRAINIAN)})
_APOSTROPHES = str.maketrans("", "", "'’ʼ")  # they say nothing about the order
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


def alphabetical(text: str) -> str:
    """By what names are sorted: Ukrainian ones as in their alphabet, Latin letters without accents."""
    return fold(text.translate(_APOSTROPHES)).translate(_ORDER)
