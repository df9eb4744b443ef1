"""File names from people's names: readable, and safe on every system."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from forum_scheduler.agendas.record import Agenda

MOST_BYTES = 120  # leaves room for a number and an extension in the 255 that file systems take

_UNSAFE = re.compile(r"""[\s/\\:*?"<>|'`$&;!~#%{}()\[\],^=]+""")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)  # devices of Windows
_INVISIBLE = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))


def safe_name(text: str, *, fallback: str = "name") -> str:
    """``Олена Коваленко`` -> ``Олена_Коваленко``: letters of all alphabets stay."""
    text = "".join(
        each
        for each in unicodedata.normalize("NFC", text)
        if unicodedata.category(each) not in _INVISIBLE or each.isspace()
    )
    name = _UNSAFE.sub("_", text).strip("._- ")
    name = name.encode()[:MOST_BYTES].decode(errors="ignore").rstrip("._- ")
    if not name:
        return fallback
    return f"_{name}" if _RESERVED.fullmatch(name.partition(".")[0]) else name


class UniqueNames:
    """Hands out names of one folder: a taken one gets a number, ``Anna_2``. Case makes no difference."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, text: str, *, fallback: str = "name") -> str:
        """A safe name that no earlier call gave."""
        name = base = safe_name(text, fallback=fallback)
        number = 1
        while self._key(name) in self._taken:
            number += 1
            name = f"{base}_{number}"
        self._taken.add(self._key(name))
        return name

    @staticmethod
    def _key(name: str) -> str:
        return unicodedata.normalize("NFKC", name).casefold()


def names_of(agendas: Iterable[Agenda]) -> dict[int, str]:
    """Subject's id -> name of its files, the same in every folder."""
    unique = UniqueNames()
    return {
        agenda.subject.id: unique.take(agenda.subject.name, fallback=agenda.subject.kind.value)
        for agenda in agendas
    }
