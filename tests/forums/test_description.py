"""A forum as one YAML file, both ways."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from forum_scheduler.accounts.models import AuditEntry, User
from forum_scheduler.errors import Invalid
from forum_scheduler.extensions import db
from forum_scheduler.forums.describing import describe_forum
from forum_scheduler.forums.description import WordsDescription, read_description, write_description
from forum_scheduler.forums.models import AskRule, Capability, Forum, Interpreter, MailText, Table
from forum_scheduler.forums.services import create_forum, find_forum
from forum_scheduler.forums.texts import OF_PAGES, Text, Words, check
from tests.factories import blocks_of, slots_of, tables_of

SMALL = """
name: Spring Forum
timezone: Europe/Brussels
days:
  - date: 2027-05-12
    blocks: [{start: 09:00, end: 10:10}]
zones: [Hall A]
tables: [{labels: 1-3, zone: Hall A}]
sides: [{code: eu, name: European Union}]
"""

WHOLE = """
name: Форум у Брюсселі
slug: brussels
timezone: Europe/Brussels
venue: Egmont Palace
contact_email: office@example.org
description: {en: Two days., uk: Два дні.}
languages: [en, uk, "no"]
slot_minutes: 20
pause_minutes: 5
days:
  - date: 2027-05-12
    blocks:
      - {name: Wednesday morning, start: "10:20", end: "12:30"}
      - {start: 14:00, end: 17:00}
  - date: 2027-05-13
    blocks: [{start: 09:00, end: 12:00}]
zones: [Hall A, Hall B]
walks: [{between: [Hall A, Hall B], minutes: 6}]
tables:
  - {labels: 1-8, zone: Hall A}
  - {labels: "B1-B3, Terrace", zone: Hall B, seats: 10, features: [screen, closed-room]}
closures:
  - {tables: "1-2, B1", from: 2027-05-12 14:00, to: 2027-05-12 15:00}
interpreters:
  - name: Оксана Приклад
    email: oksana@example.org
    pairs: [uk-en, uk-fr]
    most_per_day: 9
    absent: [{from: 2027-05-12 10:00, to: 2027-05-12 14:10}, {from: 2027-05-13 09:00, to: 2027-05-13 09:30}]
sides:
  - {code: eu, name: European Union, asks: [ua]}
  - {code: ua, name: Ukraine, asks: [eu, ua]}
requests: {opens: 2027-04-01 09:00, closes: 2027-05-01 18:00, most: 20, most_must: null}
limits: {most_per_company: 12, most_in_row: 4, goals: [coverage, value, breaks]}
capabilities:
  - code: uas
    names: {en: Drones, uk: Безпілотники}
    children: [{code: uas.fpv, names: {en: FPV drones}}]
  - {code: c2, names: {en: Command}}
programme:
  - {titles: {en: Opening, uk: Відкриття}, from: 2027-05-12 09:00, to: 2027-05-12 10:00, place: Great Hall}
  - {titles: {en: Dinner}, from: 2027-05-12 19:00, to: 2027-05-13 00:30}
texts:
  reminder:
    en: {subject: "{name}, a word", text: "Come!"}
    uk:
      text: |
        Чекаємо на вас: {venue}.

        З повагою, {forum}
  page-join:
    en: {text: Welcome}
"""


def make(text: str) -> Forum:
    return create_forum(read_description(text))


def test_slots_fill_a_block_with_pauses_between_them(app: Flask) -> None:
    slots = slots_of(make(SMALL))
    starts = [f"{slot.starts_at:%H:%M}" for slot in slots]
    assert starts == ["07:00", "07:25", "07:50"]  # UTC: Brussels has summer time
    assert {slot.ends_at - slot.starts_at for slot in slots} == {timedelta(minutes=20)}


def test_what_is_left_out_has_its_default(app: Flask) -> None:
    forum = make(SMALL)
    assert (forum.slug, forum.coverage_floor, forum.requests_open_at) == ("spring-forum", 3, None)
    assert db.session.scalar(select(func.count()).select_from(AskRule)) == 1  # a single side asks itself


def test_creating_a_forum_is_in_the_audit_log(app: Flask) -> None:
    forum = make(SMALL)
    entry = db.session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.forum_id) == ("forum.created", forum.id)


def test_a_described_forum_gives_the_same_forum_again(app: Flask) -> None:
    described = describe_forum(make(WHOLE))
    text = write_description(described)
    assert "Безпілотники" in text
    again = text.replace("name: Форум у Брюсселі", "name: Another").replace("slug: brussels", "slug: other")
    second = describe_forum(make(again))
    assert read_description(text) == described
    assert write_description(second) == again


PIECES = [
    *(f"{{{name}}}" for name in sorted(OF_PAGES)),
    "{ }x",
    " ",
    "\n",
    "\n\n",
    "  - a: b",
    "#",
    "|",
    "Привіт",
    ": '",
]


@st.composite
def own_texts(draw: st.DrawFn) -> dict[str, dict[str, WordsDescription]]:
    """Words as they are stored: of any letters, several lines, with placeholders; kinds in their order."""
    texts = st.lists(st.sampled_from(PIECES) | st.text(st.characters(codec="utf-8"), max_size=6), max_size=8)
    found: dict[str, dict[str, WordsDescription]] = {}
    for kind in sorted(draw(st.sets(st.sampled_from(list(Text)), max_size=3))):
        for locale in sorted(draw(st.sets(st.sampled_from(["en", "uk"]), min_size=1))):
            subject = "" if kind.of_page else "".join(draw(texts))[:200]
            try:
                words = check(kind, Words(subject=subject, text="".join(draw(texts))))
            except Invalid:
                continue  # it made a placeholder that there is not
            if words != Words():
                described = WordsDescription(subject=words.subject, text=words.text)
                found.setdefault(kind.value, {})[locale] = described
    return found


@pytest.mark.databases("sqlite")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(own_texts())
def test_any_own_texts_come_back_from_the_file_and_from_the_rows(
    app: Flask, texts: dict[str, dict[str, WordsDescription]]
) -> None:
    wanted = msgspec.structs.replace(read_description(SMALL), texts=texts)
    written = read_description(write_description(wanted))
    assert written == wanted
    try:
        assert describe_forum(create_forum(written)).texts == texts
    finally:
        db.session.rollback()
        db.session.execute(delete(Forum))
        db.session.commit()


def test_texts_of_several_lines_are_written_line_by_line(app: Flask) -> None:
    text = write_description(describe_forum(make(WHOLE)))
    assert "text: |-\n        Чекаємо на вас: {venue}.\n\n        З повагою, {forum}\n" in text


def test_every_part_of_a_description_is_stored(app: Flask) -> None:
    forum = make(WHOLE)
    assert forum.languages == ["en", "uk", "no"]
    assert forum.max_must_requests is None
    assert [table.label for table in tables_of(forum)] == [*"12345678", "B1", "B2", "B3", "Terrace"]
    assert db.session.scalars(select(Table.features).where(Table.label == "B2")).one() == [
        "screen",
        "closed-room",
    ]
    assert db.session.scalars(select(Interpreter.pairs)).one() == [["uk", "en"], ["uk", "fr"]]
    reads_the_roster = select(User.email).join(Interpreter, Interpreter.user_id == User.id)
    assert db.session.scalars(reads_the_roster).all() == ["oksana@example.org"]
    child = db.session.scalars(select(Capability).where(Capability.code == "uas.fpv")).one()
    parent = db.session.get(Capability, child.parent_id)
    assert parent is not None
    assert parent.name("uk") == "Безпілотники"
    assert [block.name for block in blocks_of(forum)] == ["Wednesday morning", "", ""]
    words = {(row.kind, row.locale): (row.subject, row.text) for row in db.session.scalars(select(MailText))}
    assert words == {
        ("reminder", "en"): ("{name}, a word", "Come!"),
        ("reminder", "uk"): ("", "Чекаємо на вас: {venue}.\n\nЗ повагою, {forum}"),
        ("page-join", "en"): ("", "Welcome"),
    }


@pytest.mark.parametrize(
    ("change", "place", "says"),
    [
        (("labels: 1-3", "lables: 1-3"), "tables[0]", "lables"),
        (("zone: Hall A", "zone: Hall C"), "tables[0].zone", "no zone 'Hall C'"),
        (("labels: 1-3", 'labels: "1-3, 2"'), "tables[0].labels", "given twice"),
        (("labels: 1-3", "labels: 3-1"), "tables[0].labels", "backwards"),
        (("start: 09:00", "start: 9 am"), "days[0].blocks[0].start", "no time"),
        (("end: 10:10", "end: 08:10"), "days[0].blocks[0].end", "ends before"),
        (("end: 10:10", "end: 09:10"), "days[0].blocks[0]", "no slot"),
        (("2027-05-12", "2027-02-30"), "days[0].date", "no date"),
        (("Europe/Brussels", "Europe/Bruxelles"), "timezone", "no time zone"),
        (("name: Spring Forum", "slot_minutes: 20"), "", "name"),
        (("name: Spring Forum", "name: A\nslot_minutes: 900"), "slot_minutes", "480"),
        (("name: Spring Forum", "name: A\nname: B"), "line 3", "given twice"),
        (("name: Spring Forum", "name: A\nlimits: {goals: [speed]}"), "limits.goals", "no goal speed"),
        (("name: Spring Forum", "name: &a A\nvenue: *a"), "line 3", "not allowed"),
        (("name: Spring Forum", "name: [A"), "line", "expected"),
        (("name: Spring Forum", "name: A\ntexts: {remnider: {en: {text: x}}}"), "texts.remnider", "reminder"),
        (("name: Spring Forum", "name: A\ntexts: {agenda: {fr: {text: x}}}"), "texts.agenda.fr", "en, uk"),
        (
            ("name: Spring Forum", "name: A\ntexts: {agenda: {en: {text: '{nmae}'}}}"),
            "texts.agenda.en.text",
            "{name}",
        ),
        (
            ("name: Spring Forum", "name: A\ntexts: {page-join: {en: {text: '{name}'}}}"),
            "texts.page-join.en.text",
            "no placeholder",
        ),
        (
            ("name: Spring Forum", "name: A\ntexts: {page-join: {en: {subject: x}}}"),
            "texts.page-join.en.subject",
            "no subject",
        ),
        (("name: Spring Forum", "name: A\ntexts: {agenda: {en: {}}}"), "texts.agenda.en", "nothing stands"),
        (("name: Spring Forum", "name: A\ntexts: {agenda: {en: {txt: x}}}"), "texts.agenda.en", "txt"),
        (("name: Spring Forum", "name: A\ntexts: {agenda: Hello}"), "texts.agenda", "Expected"),
        (
            ("name: Spring Forum", "name: A\ntexts: {agenda: {uk: {text: [x]}}}"),
            "texts.agenda.uk.text",
            "Expected",
        ),
        (
            ("name: Spring Forum", "name: A\nrequests: {closes: 2027-05-01 09:00}"),
            "requests.closes",
            "opens",
        ),
    ],
)
def test_a_mistake_is_named_by_its_place(app: Flask, change: tuple[str, str], place: str, says: str) -> None:
    with pytest.raises(Invalid) as caught:
        make(SMALL.replace(*change))
    assert (caught.value.field or "").startswith(place)
    assert says in str(caught.value)
    assert db.session.scalar(select(func.count()).select_from(Forum)) == 0


def test_blocks_must_not_overlap(app: Flask) -> None:
    with pytest.raises(Invalid, match="overlaps"):
        make(SMALL.replace("[{start", "[{start: 08:00, end: 09:30}, {start"))


def test_a_name_is_taken_only_once(app: Flask) -> None:
    make(SMALL)
    with pytest.raises(Invalid, match="already"):
        make(SMALL)


def test_slugs_give_way_to_each_other(app: Flask) -> None:
    make(SMALL)
    assert make(
        SMALL.replace("Spring Forum", "Spring: Forum!").replace("name: Spring:", "name: Spring -")
    ).slug == ("spring-forum-2")
    assert find_forum("spring-forum-2") is not None


NIGHT = SMALL.replace("start: 09:00", 'start: "{start}"').replace("end: 10:10", 'end: "{end}"')


def night(date: str, start: str, end: str) -> str:
    return NIGHT.replace("2027-05-12", date).replace("{start}", start).replace("{end}", end)


def test_a_block_over_the_spring_change_has_slots_of_true_length(app: Flask) -> None:
    slots = slots_of(make(night("2027-03-28", "01:30", "03:30")))
    assert len(slots) == 2  # half past one to half past three is one hour that night
    assert slots[0].starts_at == datetime(2027, 3, 28, 0, 30, tzinfo=UTC)


def test_a_time_that_the_clocks_skip_is_refused(app: Flask) -> None:
    with pytest.raises(Invalid, match="02:30 does not exist on 2027-03-28"):
        make(night("2027-03-28", "02:30", "05:00"))


def test_a_time_that_comes_twice_needs_its_offset(app: Flask) -> None:
    with pytest.raises(Invalid, match=r"write 02:30\+02:00 or 02:30\+01:00"):
        make(night("2027-10-31", "02:30", "05:00"))


def test_a_time_with_its_offset_is_written_back_with_it(app: Flask) -> None:
    forum = make(night("2027-10-31", "02:30+01:00", "05:00"))
    assert slots_of(forum)[0].starts_at == datetime(2027, 10, 31, 1, 30, tzinfo=UTC)
    assert describe_forum(forum).days[0].blocks[0].start == "02:30+01:00"
