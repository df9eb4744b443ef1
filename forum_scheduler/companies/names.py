"""Names that people mistake for one another get one key: case, accents, punctuation, look-alike letters.

The key tells "Aerotec" from nothing that looks like it; the search text also spells Ukrainian in Latin
letters, so that "Завод" is found by "zavod". The sound of a word is one for all the ways in which people
spell it in Latin letters: "Kyiv" and "Kiev", "Zoriana" and "Zoryana".
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

from forum_scheduler.spelling import TRANSLITERATION, fold, without_apostrophes

# Cyrillic and Greek letters that look like Latin ones (Unicode TR39 confusables, the ones on keyboards here).
_LOOK_ALIKES = str.maketrans("аеорсухіјѕԁһѵкмтвнαβεικνορτυχ", "aeopcyxijsdhvkmtbhabeiknoptux")
# Spellings that stand for one sound, the longest first; what the first line makes, the later ones see.
_SOUNDS = (
    ("shch", "s"), ("sch", "s"), ("tch", "č"), ("ch", "č"), ("sh", "s"), ("zh", "z"), ("kh", "h"),
    ("ts", "ц"), ("tz", "ц"), ("ph", "f"), ("ck", "k"), ("c", "k"), ("qu", "k"), ("q", "k"), ("x", "ks"),
    ("w", "v"), ("g", "h"), ("j", "i"), ("y", "i"), ("ii", "i"), ("ie", "e"), ("iu", "u"), ("ia", "a"),
    ("io", "o"),
)  # fmt: skip
_TWICE = re.compile(r"(.)\1+")
MAX_KEY = 40  # characters of a word that count
_LETTERS = re.compile(r"[^\W\d_]+")
# What passes for what at a glance, in lower case, where a capital I has become an i.
_PASS_FOR = (("rn", "m"), ("vv", "w"), ("0", "o"), ("1", "l"), ("i", "l"), ("5", "s"))


class Alphabet(StrEnum):
    """Those with letters that look alike, as Unicode begins the names of their letters."""

    LATIN = "LATIN"
    CYRILLIC = "CYRILLIC"
    GREEK = "GREEK"


def name_key(name: str) -> str:
    """The key under which two names of one forum collide; at most 200 characters."""
    return fold(name).translate(_LOOK_ALIKES).replace(" ", "")[:200]


def skeleton(name: str) -> str:
    """A coarser key: also digits and pairs of letters that pass for others ("Aer0tec", "Rheinrnetall")."""
    key = name_key(name)
    for spelling, letter in _PASS_FOR:
        key = key.replace(spelling, letter)
    return key


def foreign_letters(text: str) -> tuple[tuple[str, Alphabet], ...]:
    """In words that mix alphabets the letters of the rarer one, each once with its alphabet."""
    found: dict[str, Alphabet] = {}
    for word in _LETTERS.findall(text):
        letters = [(char, alphabet) for char in word if (alphabet := _alphabet(char)) is not None]
        counts = Counter(alphabet for _char, alphabet in letters)
        if len(counts) > 1:
            most = counts.most_common(1)[0][0]
            found.update((char, alphabet) for char, alphabet in letters if alphabet is not most)
    return tuple(found.items())


def _alphabet(char: str) -> Alphabet | None:
    name = unicodedata.name(char, "")
    return next((each for each in Alphabet if name.startswith(each.value)), None)


def search_text(parts: Iterable[str]) -> str:
    """What a search looks through: each part folded, also without its apostrophes, and how both are spelt in
    Latin letters, each where it differs: "Лук'яненко" is found by "Лукяненко" and "Lukianenko"."""
    words: list[str] = []
    for part in parts:
        for folded in dict.fromkeys((fold(part), fold(without_apostrophes(part)))):
            words += dict.fromkeys((folded, folded.translate(TRANSLITERATION)))
    return " ".join(word for word in words if word)


def sound(word: str) -> str:
    """The key of a folded word's sound: at most 40 letters, the same for all its spellings in Latin."""
    key = word.translate(TRANSLITERATION)
    for spelling, letter in _SOUNDS:
        key = key.replace(spelling, letter)
    return _TWICE.sub(r"\1", key)[:MAX_KEY]


def search_keys(text: str) -> str:
    """The sounds of the words of a search text, each once, with a space before and after each."""
    keys = sorted({sound(word) for word in text.split()} - {""})
    return f" {' '.join(keys)} " if keys else ""


def slips(key: str) -> frozenset[str]:
    """The key and all keys with one letter less.

    Two words share one of them when one slip makes one of the other: a letter wrong, missing, too many, or
    two swapped. (So do some pairs that are two slips apart.)
    """
    return frozenset({key, *(key[:index] + key[index + 1 :] for index in range(len(key)))})
