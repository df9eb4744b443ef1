"""The languages of pages and mails."""

from __future__ import annotations

from collections.abc import Sequence

LANGUAGES: Sequence[tuple[str, str]] = (("en", "English"), ("uk", "Українська"))  # code, own name
