"""A forum's frame as one YAML file: what it holds, how it is read, checked and written.

Reading is strict: unknown names, wrong types and contradictions are refused with the path in the file
(``tables[2].zone``). Times are the forum's own local times. What companies bring (their delegates, requests,
booths) is not part of it: that is imported.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from typing import Annotated, Any, ClassVar
from zoneinfo import ZoneInfo, available_timezones

import msgspec
import yaml
from flask_babel import gettext as _

from forum_scheduler.errors import Invalid

MOST_CHARACTERS = 2_000_000
GOALS = ("promises", "coverage", "value", "breaks", "idle", "moves", "preferences")

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Code = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")]
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Positive = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Texts = dict[str, str]  # locale -> text


class _Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Frozen, and strict about unknown fields: a typing mistake is never ignored."""


class BlockDescription(_Record, frozen=True):
    """A stretch of slots without a break; ``start`` and ``end`` are wall clock times of its day."""

    start: str
    end: str
    name: Annotated[str, msgspec.Meta(max_length=120)] = ""


class DayDescription(_Record, frozen=True):
    date: str
    blocks: Annotated[tuple[BlockDescription, ...], msgspec.Meta(min_length=1)]


class WalkDescription(_Record, frozen=True):
    """Minutes to walk between two zones, either way."""

    between: tuple[str, str]
    minutes: Annotated[int, msgspec.Meta(ge=0, le=600)]


class TablesDescription(_Record, frozen=True):
    """Equal tables; ``labels`` is a range such as ``1-40`` or ``B1-B6``."""

    labels: str | int
    zone: str
    seats: Annotated[int, msgspec.Meta(ge=2, le=100)] = 6
    features: tuple[Code, ...] = ()


class SpanDescription(_Record, frozen=True, rename={"start": "from", "end": "to"}):
    """From a moment to a moment, ``2027-05-12 09:00``; touches each slot that it overlaps."""

    start: str
    end: str


class ClosureDescription(_Record, frozen=True, rename={"start": "from", "end": "to"}):
    """Tables that can't be used for a while."""

    tables: str | int
    start: str
    end: str


class InterpreterDescription(_Record, frozen=True):
    """``pairs`` are languages such as ``uk-en`` (either way)."""

    name: Text
    pairs: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern="^[a-z]{2,3}-[a-z]{2,3}$")], ...],
        msgspec.Meta(min_length=1),
    ]
    email: str = ""
    most_in_row: Positive | None = 4
    most_per_day: Positive | None = None
    absent: tuple[SpanDescription, ...] = ()


class SideDescription(_Record, frozen=True):
    """``asks``: codes of the sides whose companies it may ask; left out: every other side."""

    code: Code
    name: Text
    asks: tuple[str, ...] | None = None


class WindowDescription(_Record, frozen=True):
    """When companies may ask, and how much."""

    opens: str | None = None
    closes: str | None = None
    most: Positive | None = None
    most_must: Count | None = 3
    most_high: Count | None = 6
    expire_after_days: Positive | None = None


class LimitsDescription(_Record, frozen=True):
    """What a schedule must keep to, and what it is judged by, the first goal first."""

    most_per_company: Positive | None = None
    most_per_day: Positive | None = None
    most_in_row: Positive | None = None
    most_breaks: Count | None = None
    all_must_take_place: bool = False
    coverage_floor: Annotated[int, msgspec.Meta(ge=1, le=100)] = 3
    goals: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] = (
        "coverage",
        "value",
        "idle",
        "moves",
        "preferences",
    )


class ProgrammeDescription(_Record, frozen=True, rename={"start": "from", "end": "to"}):
    """Something of the forum's own programme; ``titles``: locale -> title, English always there."""

    titles: Texts
    start: str
    end: str
    place: Annotated[str, msgspec.Meta(max_length=120)] = ""


class CapabilityDescription(_Record, frozen=True):
    """An entry of the list of offers and needs; ``names``: locale -> name, English always there."""

    code: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$")]
    names: Texts
    children: tuple[CapabilityDescription, ...] = ()


class WordsDescription(_Record, frozen=True):
    """The organiser's own words for a mail or page in one language; a page has no subject."""

    subject: str = ""
    text: str = ""


class ForumDescription(_Record, frozen=True):
    """The whole frame of one forum."""

    name: Text
    timezone: str
    days: Annotated[tuple[DayDescription, ...], msgspec.Meta(min_length=1, max_length=60)]
    zones: Annotated[
        tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=120)], ...], msgspec.Meta(min_length=1)
    ]
    tables: Annotated[tuple[TablesDescription, ...], msgspec.Meta(min_length=1)]
    sides: Annotated[tuple[SideDescription, ...], msgspec.Meta(min_length=1)]
    slug: Annotated[str, msgspec.Meta(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)] | None = None
    venue: Annotated[str, msgspec.Meta(max_length=200)] = ""
    description: Texts = {}
    contact_email: str = ""
    languages: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern="^[a-z]{2,3}$")], ...], msgspec.Meta(min_length=1)
    ] = ("en",)
    slot_minutes: Annotated[int, msgspec.Meta(ge=1, le=480)] = 20
    pause_minutes: Annotated[int, msgspec.Meta(ge=0, le=240)] = 5
    walks: tuple[WalkDescription, ...] = ()
    closures: tuple[ClosureDescription, ...] = ()
    interpreters: tuple[InterpreterDescription, ...] = ()
    open_registration: bool = True
    requests: WindowDescription = WindowDescription()
    limits: LimitsDescription = LimitsDescription()
    capabilities: tuple[CapabilityDescription, ...] = ()
    programme: tuple[ProgrammeDescription, ...] = ()
    texts: dict[str, dict[str, WordsDescription]] = {}  # kind of mail or page -> locale -> own words

    @property
    def zone(self) -> ZoneInfo:
        """The time zone. Raises Invalid where there is none of that name."""
        if self.timezone not in available_timezones():
            raise wrong(
                "timezone",
                _(
                    "there is no time zone %(name)s: write one such as Europe/Brussels",
                    name=repr(self.timezone),
                ),
            )
        return ZoneInfo(self.timezone)


def wrong(path: str, message: str) -> Invalid:
    """The error for one place of the file."""
    return Invalid(f"{path}: {message}" if path else message, field=path or None)


def read_description(text: str) -> ForumDescription:
    """The forum in a YAML ``text``. Raises Invalid with the place at fault."""
    return convert(load_yaml(text))


def convert(data: object) -> ForumDescription:
    """The forum in plain ``data`` (dicts, lists, strings, numbers). Raises Invalid with the path."""
    try:
        return msgspec.convert(data, ForumDescription)
    except msgspec.ValidationError as error:
        message, _at, place = str(error).partition(" - at `$")
        if place.startswith(".texts[") and isinstance(data, dict):
            _find_in_texts(data["texts"])
        raise wrong(place.removesuffix("`").lstrip("."), message) from error


def _find_in_texts(texts: Mapping[object, object]) -> None:
    """Raise Invalid at the kind and language: the library's own message says only ``texts[...][...]``."""
    for kind, by_locale in texts.items():
        words = by_locale.items() if isinstance(by_locale, dict) else ((None, by_locale),)
        for locale, described in words:
            expected = dict[str, WordsDescription] if locale is None else WordsDescription
            try:
                msgspec.convert(described, expected)
            except msgspec.ValidationError as error:
                message, _at, place = str(error).partition(" - at `$")
                path = f"texts.{kind}" if locale is None else f"texts.{kind}.{locale}"
                raise wrong(path + place.removesuffix("`"), message) from error


def write_description(description: ForumDescription) -> str:
    """The YAML that :func:`read_description` turns into an equal description."""
    plain = msgspec.to_builtins(description)
    return yaml.dump(plain, Dumper=_Writer, allow_unicode=True, sort_keys=False, width=100)


def load_yaml(text: str) -> object:
    """Plain data from YAML: dates, times and words like "no" stay text, names given twice are refused.

    Raises Invalid with line and column.
    """
    if len(text) > MOST_CHARACTERS:
        raise Invalid(_("the file is longer than %(most)s characters", most=MOST_CHARACTERS))
    try:
        return yaml.load(text, Loader=_PlainLoader)  # noqa: S506 -- a SafeLoader with fewer types
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = "" if mark is None else f"line {mark.line + 1}, column {mark.column + 1}"
        raise wrong(where, error.problem or _("this is no YAML")) from error
    except yaml.YAMLError as error:
        raise Invalid(_("this is no YAML: %(why)s", why=" ".join(str(error).split())[:200])) from error
    except RecursionError as error:
        raise Invalid(_("this is no YAML: it is nested too deeply")) from error


class _Writer(yaml.SafeDumper):
    """Writes texts of several lines as they are read, line by line."""

    def represent_text(self, text: str) -> yaml.ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Writer.add_representer(str, _Writer.represent_text)


class _PlainLoader(yaml.SafeLoader):
    """YAML 1.2's plain types only; no anchors (a few lines of them can fill any memory)."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {}  # type: ignore[misc]  # typeshed calls it an instance variable

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.get_mark()
            raise yaml.composer.ComposerError(None, None, "references (*name) are not allowed", mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[object] = set()
        for key, _value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else None
            if name is None or name in seen:
                problem = "a name was expected" if name is None else f"{name!r} is given twice"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            seen.add(name)
        return super().construct_mapping(node, deep=deep)


for _tag, _pattern, _first in (
    ("bool", r"^(?:true|True|false|False)$", ["t", "T", "f", "F"]),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("int", r"^[-+]?(?:0|[1-9][0-9]{0,17})$", list("-+0123456789")),
    ("float", r"^[-+]?[0-9]+\.[0-9]+$", list("-+0123456789")),
):
    _PlainLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), _first)
