"""Addresses of pages: what builds one is compiled when somebody first asks for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule

Builder = Callable[..., tuple[str, str]]


class LazyRule(Rule):
    """A rule that starts quickly: to compile two functions for each was most of making the app.

    A command, a run's process and most pages never ask for most of them. Where a later Werkzeug names the
    method otherwise, rules are compiled at the start again, and nothing else changes.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Builder:
        compiled: Builder | None = None
        compile_now = super()._compile_builder

        def build(rule: Rule, **values: Any) -> tuple[str, str]:
            nonlocal compiled
            if compiled is None:
                compiled = compile_now(append_unknown)
            return compiled(rule, **values)

        return build
