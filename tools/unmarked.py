"""Finds texts for people that are not marked for translation, in templates and in Python."""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterator
from html.parser import HTMLParser

from jinja2 import Environment
from jinja2.ext import i18n

# Names, units and file kinds are the same in every language; a word with two lower-case letters is not.
WORD = re.compile(r"(?<![.@/\w-])[^\W\d_]*[^\W\d_A-Z]{2,}")
SPOKEN = {"title", "alt", "placeholder", "aria-label", "aria-description", "aria-roledescription", "label"}
SILENT = {"script", "style", "code", "svg"}
# The first argument of these is read by people.
SHOWN = {"flash", "Invalid", "NotFound", "Refused", "Conflict"}

# By these names a text is found: see KEYWORDS in catalogues.py.
MARKERS = {"gettext", "ngettext", "pgettext", "npgettext", "lazy_gettext", "lazy_ngettext", "lazy_pgettext"}

Found = list[tuple[int, str]]


def unmarked_in_template(source: str, *, html: bool) -> Found:
    """Line and text of each word that a template holds outside of {{ }} and {% trans %}."""
    skeleton = "".join(_literal_parts(source))
    if html:
        reader = _Reader()
        reader.feed(skeleton)
        reader.close()
        return reader.found
    lines = enumerate(skeleton.splitlines(), start=1)
    return [(number, line.strip()) for number, line in lines if WORD.search(line)]


def _literal_parts(source: str) -> Iterator[str]:
    """The template with everything that is Jinja's replaced by its line breaks."""
    inside = ""  # the delimiter that Jinja's own part began with
    translated = False
    for _line, kind, value in Environment(extensions=[i18n], autoescape=True).lex(source):
        if kind.endswith("_begin"):
            inside = kind.removesuffix("_begin")
        if inside == "block" and kind == "name" and value in {"trans", "endtrans"}:
            translated = value == "trans"
        if kind == "data" and not inside and not translated:
            yield value
        else:
            # A capital letter stands for an expression: no word, but a tag's name where a tag is computed.
            yield "\n" * value.count("\n") or ("X" if kind == "variable_begin" else "")
        if kind.endswith("_end"):
            inside = ""


class _Reader(HTMLParser):
    """Collects the words between tags and in attributes that are read out; translate="no" exempts a text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: Found = []
        self.silent = 0
        self.exempt = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.exempt = ("translate", "no") in attrs
        if tag in SILENT:
            self.silent += 1
        for name, value in attrs:
            if name in SPOKEN and value and WORD.search(value) and not self.exempt:
                self.found.append((self.getpos()[0], value))

    def handle_endtag(self, tag: str) -> None:
        self.exempt = False
        if tag in SILENT:
            self.silent = max(0, self.silent - 1)

    def handle_data(self, data: str) -> None:
        if not self.silent and not self.exempt and WORD.search(data):
            self.found.append((self.getpos()[0], " ".join(data.split())))


def unmarked_in_code(source: str) -> Found:
    """Line and text of each literal that Python hands to people: messages, errors, labels of fields."""
    return [
        (node.lineno, text)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and _is_shown(node.func)
        for text in [_literal(node.args[0]) if node.args else ""]
        if WORD.search(text)
    ]


def buried_in_code(source: str, known: Container[str]) -> Found:
    """Line and name of each call that marks a text inside an f-string, where no text is looked for."""
    return [
        (call.lineno, call.func.id)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.JoinedStr)
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in known
    ]


def unknown_markers(source: str, known: Container[str]) -> Found:
    """Line and name of each function of flask_babel under a name that no text is looked for by."""
    return [
        (node.lineno, alias.asname or alias.name)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and node.module == "flask_babel"
        for alias in node.names
        if alias.name in MARKERS and (alias.asname or alias.name) not in known
    ]


def _is_shown(function: ast.expr) -> bool:
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in SHOWN or (name.endswith("Field") and name[0].isupper())


def _literal(argument: ast.expr) -> str:
    """The text of a literal or of an f-string's fixed parts; empty for anything that is computed."""
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return argument.value
    if isinstance(argument, ast.JoinedStr):
        return "".join(_literal(part) for part in argument.values)
    return ""
