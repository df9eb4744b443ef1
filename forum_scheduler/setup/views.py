"""The pages of a forum's settings: a list of sections beside each, every one saved on its own.

They stand on the blueprint of ``forums``, and are registered with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from werkzeug.wrappers import Response

from forum_scheduler.companies.models import Company
from forum_scheduler.errors import ForumError, Invalid
from forum_scheduler.extensions import db
from forum_scheduler.forums.describing import describe_forum, sides_of, tables_of, zones_of
from forum_scheduler.forums.models import (
    Forum,
    Interpreter,
    InterpreterAbsence,
    Table,
    TableClosure,
    ZoneWalk,
)
from forum_scheduler.forums.new import ZONES
from forum_scheduler.forums.views import blueprint
from forum_scheduler.requests.times import blocks_with_slots
from forum_scheduler.scheduling.forms import goals_shown, goals_typed
from forum_scheduler.setup import capabilities as capabilities_
from forum_scheduler.setup import days as days_
from forum_scheduler.setup import general, people, places
from forum_scheduler.setup.forms import (
    LIMIT_FIELDS,
    NUMBER_FIELDS,
    AboutForm,
    LimitsForm,
    RosterForm,
    Rows,
    TableForm,
    WindowForm,
    features_of,
)
from forum_scheduler.setup.saving import Asks, Section, state_of

Page = str | Response | tuple[str, int]
SPARE = 3  # empty rows to fill in; after saving there are new ones
SECTIONS: tuple[tuple[str, object], ...] = (
    ("forums.settings", _l("The forum")),
    ("forums.days", _l("Days and times")),
    ("forums.zones", _l("Zones")),
    ("forums.tables", _l("Tables")),
    ("forums.interpreters", _l("Interpreters")),
    ("forums.programme", _l("Programme")),
    ("forums.sides", _l("Who asks whom")),
    ("forums.window", _l("Requests")),
    ("forums.limits", _l("Schedules")),
    ("forums.capabilities", _l("Offers and needs")),
    ("forums.texts", _l("Texts")),
    ("forums.people", _l("People and roles")),
)
PARTS = {
    "forums.text": "forums.texts",
    "forums.table": "forums.tables",
    "forums.roster": "forums.interpreters",
    "forums.edit_programme": "forums.programme",
}


def sections(forum: Forum) -> list[dict[str, object]]:
    """The list beside each section."""
    here = PARTS.get(request.endpoint or "", request.endpoint)
    return [
        {
            "label": label,
            "url": url_for(endpoint, forum_slug=forum.slug),
            "current": endpoint == here,
        }
        for endpoint, label in SECTIONS
    ]


@blueprint.context_processor
def _beside_each_section() -> dict[str, object]:
    """The list also stands beside sections whose pages are not made in this room."""
    forum = g.get("forum")
    return {} if forum is None else {"sections": sections(forum)}


def this_forum() -> Forum:
    return cast(Forum, g.forum)


def shown(template: str, section: Section, *, failed: bool = False, **values: Any) -> Page:
    """A section's page, with what it holds now as ``seen``, so that a second save is a decision."""
    forum = this_forum()
    page = render_template(f"forums/{template}.html", seen=state_of(forum, section), **values)
    return (page, 422) if failed else page


def saved(endpoint: str, **values: Any) -> Response:
    flash(_("Saved."), "success")
    return redirect(url_for(endpoint, forum_slug=this_forum().slug, **values), 303)


def seen() -> str:
    return request.form.get("seen", "")


def agreed() -> str:
    return request.form.get("agreed", "")


def asked(asks: Asks) -> Page:
    """What the change touches, with everything typed, to go on or to go back."""
    typed = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in ("csrf_token", "agreed", "back")
    ]
    return render_template("forums/touches.html", sections=sections(this_forum()), asks=asks, typed=typed)


def posted() -> bool:
    """Whether something is to be saved: not on the way back from the page of what is touched."""
    return request.method == "POST" and "back" not in request.form


def _on_form(form: Any, save: Callable[[], None], done: Callable[[], Response]) -> Page | None:
    """Save a form; None where the page is to be shown again, with its errors."""
    if "back" in request.form or not form.validate_on_submit():
        return None
    try:
        save()
    except Asks as asks:
        return asked(asks)
    except ForumError as error:
        name = error.field if isinstance(error, Invalid) and error.field in form else None
        if name:
            form[name].errors = [str(error)]
        else:
            form.form_errors.append(str(error))
        return None
    return done()


def _has_errors(form: Any) -> bool:
    return bool(form.errors or form.form_errors)


# Plain settings


@blueprint.route("/f/<forum_slug>/settings", methods=["GET", "POST"])
def settings(forum_slug: str) -> Page:
    """What is this forum?"""
    forum = this_forum()
    form = AboutForm(forum)
    done = _on_form(
        form,
        lambda: general.change_about(forum.id, form.wanted(forum), seen=seen()),
        lambda: saved("forums.settings"),
    )
    return done or shown("settings", Section.FORUM, form=form, failed=_has_errors(form))


@blueprint.route("/f/<forum_slug>/settings/requests", methods=["GET", "POST"])
def window(forum_slug: str) -> Page:
    """When may companies ask, and how much?"""
    forum = this_forum()
    form = WindowForm(forum)
    done = _on_form(
        form,
        lambda: general.change_window(forum.id, form.wanted(), seen=seen()),
        lambda: saved("forums.window"),
    )
    return done or shown(
        "window", Section.REQUESTS, form=form, number_fields=NUMBER_FIELDS, failed=_has_errors(form)
    )


@blueprint.route("/f/<forum_slug>/settings/schedules", methods=["GET", "POST"])
def limits(forum_slug: str) -> Page:
    """What must a schedule keep to, and what counts first?"""
    forum = this_forum()
    form = LimitsForm(obj=forum)
    done = _on_form(
        form,
        lambda: general.change_limits(forum.id, form.wanted(goals_typed(request.form)), seen=seen()),
        lambda: saved("forums.limits"),
    )
    return done or shown(
        "limits",
        Section.SCHEDULES,
        form=form,
        limit_fields=LIMIT_FIELDS,
        goals=goals_shown(forum, request.form),
        failed=_has_errors(form),
    )


# Days


@blueprint.route("/f/<forum_slug>/settings/days", methods=["GET", "POST"])
def days(forum_slug: str) -> Page:
    """When are meetings?"""
    forum = this_forum()
    names = ("date", "start", "end", "name")
    values = {
        "timezone": forum.timezone,
        "slot_minutes": str(forum.slot_minutes),
        "pause_minutes": str(forum.pause_minutes),
    }
    trouble: dict[str, str] = {}
    if request.method == "POST":
        rows = Rows.typed(request.form, names)
        values = {name: request.form.get(name, "").strip() for name in values}
        if posted():
            done = _save_rows(rows, trouble, lambda kept: _save_days(forum, kept, values), "forums.days")
            if done is not None:
                return done
    else:
        rows = Rows(names=names, rows=list(_blocks(forum)))
    return shown(
        "days", Section.DAYS, rows=rows, values=values, trouble=trouble, spare=SPARE, zones=ZONES,
        failed=bool(trouble or rows.errors),
    )  # fmt: skip


def _blocks(forum: Forum) -> Iterator[dict[str, str]]:
    for day in describe_forum(forum).days:
        for block in day.blocks:
            yield {"date": day.date, "start": block.start, "end": block.end, "name": block.name}


def _save_days(forum: Forum, kept: Sequence[tuple[int, dict[str, str]]], values: dict[str, str]) -> None:
    numbers = {}
    for name, least, most in (("slot_minutes", 1, 480), ("pause_minutes", 0, 240)):
        text = values[name]
        if not text.isdecimal() or not least <= int(text) <= most:
            raise Invalid(_("From %(least)s to %(most)s minutes.", least=least, most=most), field=name)
        numbers[name] = int(text)
    if not kept:
        raise Invalid(_("A forum needs a block of meetings at least."), field="rows")
    wanted = days_.described(
        forum, [days_.BlockRow(**row) for _index, row in kept], timezone=values["timezone"], **numbers
    )
    days_.change_days(forum.id, wanted, seen=seen(), agreed=agreed())


Kept = Sequence[tuple[int, dict[str, str]]]


def _save_rows(
    rows: Rows,
    trouble: dict[str, str],
    save: Callable[[Kept], None],
    endpoint: str,
    *more: Rows,
    blank: Sequence[str] = ("id",),
) -> Page | None:
    """Save rows of fields; None where the page is to be shown again with ``trouble`` and errors in rows."""
    kept = rows.kept(blank=blank)
    try:
        save(kept)
    except Asks as asks:
        return asked(asks)
    except ForumError as error:
        blamed = isinstance(error, Invalid) and (
            rows.blame(error, kept) or any(each.blame(error, each.kept()) for each in more)
        )
        if not blamed:
            field = (error.field if isinstance(error, Invalid) else None) or "rows"
            trouble[field] = str(error).removeprefix(f"{field}: ")
        return None
    return saved(endpoint)


# Zones


@blueprint.route("/f/<forum_slug>/settings/zones", methods=["GET", "POST"])
def zones(forum_slug: str) -> Page:
    """Where are tables, and how far is it?"""
    forum = this_forum()
    live = zones_of(forum.id)
    pairs = [(low, high) for index, low in enumerate(live) for high in live[index + 1 :]]
    stored = {
        (walk.low_id, walk.high_id): walk.minutes
        for walk in db.session.scalars(
            select(ZoneWalk).where(ZoneWalk.low_id.in_([each.id for each in live]))
        )
    }
    minutes = {_walk(low.id, high.id): str(stored.get(_ordered(low.id, high.id), "")) for low, high in pairs}
    trouble: dict[str, str] = {}
    if request.method == "POST":
        rows = Rows.typed(request.form, ("id", "name"))
        minutes = {name: request.form.get(name, "").strip() for name in minutes}
        if posted():
            done = _save_rows(rows, trouble, lambda kept: _save_zones(forum, kept, minutes), "forums.zones")
            if done is not None:
                return done
    else:
        rows = Rows(names=("id", "name"), rows=[{"id": str(zone.id), "name": zone.name} for zone in live])
    return shown(
        "zones", Section.ZONES, rows=rows, trouble=trouble, spare=SPARE,
        walks=[(low, high, _walk(low.id, high.id), minutes[_walk(low.id, high.id)]) for low, high in pairs],
        failed=bool(trouble or rows.errors),
    )  # fmt: skip


def _ordered(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)


def _walk(one: int, other: int) -> str:
    low, high = _ordered(one, other)
    return f"walk-{low}-{high}"


def _save_zones(forum: Forum, kept: Kept, minutes: dict[str, str]) -> None:
    walks: dict[tuple[int, int], int] = {}
    for name, text in minutes.items():
        if text and (not text.isdecimal() or int(text) > 600):
            raise Invalid(_("From 0 to 600 minutes."), field="walks")
        _prefix, low, high = name.split("-")
        walks[int(low), int(high)] = int(text or 0)
    rows = [places.ZoneRow(id=_id(row), name=row["name"]) for _index, row in kept]
    places.change_zones(forum.id, rows, walks, seen=seen(), agreed=agreed())


def _id(row: dict[str, str]) -> int | None:
    return int(row["id"]) if row["id"].isdecimal() else None


# Tables


@blueprint.route("/f/<forum_slug>/settings/tables", methods=["GET", "POST"])
def tables(forum_slug: str) -> Page:
    """Which tables are there?"""
    forum = this_forum()
    live = zones_of(forum.id)
    names, closed_names = ("labels", "zone", "seats", "features"), ("labels", "start", "end")
    trouble: dict[str, str] = {}
    if request.method == "POST":
        rows = Rows.typed(request.form, names)
        closures = Rows.typed(request.form, closed_names, group="closures")
        if posted():
            done = _save_rows(
                rows, trouble, lambda kept: _save_tables(forum, rows, kept, closures), "forums.tables",
                closures, blank=("zone", "seats"),
            )  # fmt: skip
            if done is not None:
                return done
    else:
        described = describe_forum(forum)
        by_name = {zone.name: str(zone.id) for zone in live}
        rows = Rows(names=names, rows=[
            {"labels": str(each.labels), "zone": by_name[each.zone], "seats": str(each.seats),
             "features": ", ".join(each.features)}
            for each in described.tables
        ])  # fmt: skip
        closures = Rows(names=closed_names, group="closures", rows=[
            {"labels": str(each.tables), "start": each.start, "end": each.end} for each in described.closures
        ])  # fmt: skip
    return shown(
        "tables", Section.TABLES, rows=rows, closures=closures, trouble=trouble, spare=SPARE,
        zones=[(str(zone.id), zone.name) for zone in live], each=tables_of(forum.id),
        zone_names={zone.id: zone.name for zone in live}, hosts=_hosts(forum),
        failed=bool(trouble or rows.errors or closures.errors),
    )  # fmt: skip


def _hosts(forum: Forum) -> dict[int, str]:
    """Company -> name, of all that may have a booth."""
    query = select(Company.id, Company.name).where(Company.forum_id == forum.id).order_by(Company.name)
    return dict(db.session.execute(query).all())


def _save_tables(forum: Forum, rows: Rows, kept: Kept, closures: Rows) -> None:
    wanted = [
        places.TablesRow(
            labels=row["labels"],
            zone_id=int(row["zone"]) if row["zone"].isdecimal() else 0,
            seats=rows.number(row, "seats", index) or 6,
            features=features_of(row["features"]),
        )
        for index, (_number, row) in enumerate(kept)
    ]
    closed = [
        places.ClosureRow(labels=row["labels"], start=row["start"], end=row["end"])
        for _number, row in closures.kept()
    ]
    places.change_tables(forum.id, wanted, closed, seen=seen(), agreed=agreed())


@blueprint.route("/f/<forum_slug>/settings/tables/<int:table_id>", methods=["GET", "POST"])
def table(forum_slug: str, table_id: int) -> Page:
    """One table: whose booth is it, when is it closed?"""
    forum = this_forum()
    one = db.session.get_one(Table, table_id)
    query = select(TableClosure.slot_id).where(TableClosure.table_id == table_id)
    closed = set(db.session.scalars(query))
    form = TableForm(
        obj=one,
        data={"features": ", ".join(one.features), "host_id": one.host_company_id or 0},
    )
    form.zone_id.choices = [(zone.id, zone.name) for zone in zones_of(forum.id)]
    form.host_id.choices = [(0, _("nobody: an ordinary table")), *_hosts(forum).items()]
    if not form.is_submitted():
        form.features.data = ", ".join(one.features)
    if request.method == "POST":
        closed = {int(text) for text in request.form.getlist("closed") if text.isdecimal()}

    def save() -> None:
        wanted = places.TableDetails(
            label=form.label.data.strip(),
            zone_id=form.zone_id.data,
            seats=form.seats.data,
            features=features_of(form.features.data or ""),
            host_id=form.host_id.data or None,
            closed=frozenset(closed),
        )
        places.change_table(forum.id, table_id, wanted, seen=seen(), agreed=agreed())

    done = _on_form(form, save, lambda: saved("forums.table", table_id=table_id))
    return done or shown(
        "table", Section.TABLES, form=form, table=one, chosen=closed, blocks=blocks_with_slots(forum.id),
        failed=_has_errors(form),
    )  # fmt: skip


# Interpreters


@blueprint.route("/f/<forum_slug>/settings/interpreters", methods=["GET", "POST"])
def interpreters(forum_slug: str) -> Page:
    """Who interprets?"""
    forum = this_forum()
    names = ("id", "name", "email", "pairs", "max_in_row", "max_per_day")
    trouble: dict[str, str] = {}
    if request.method == "POST":
        rows = Rows.typed(request.form, names)
        if posted():
            done = _save_rows(
                rows, trouble, lambda kept: _save_interpreters(forum, rows, kept), "forums.interpreters",
                blank=("id", "max_in_row"),
            )  # fmt: skip
            if done is not None:
                return done
    else:
        rows = Rows(names=names, rows=[
            {"id": str(each.id), "name": each.name, "email": each.email, "pairs": _pairs(each),
             "max_in_row": str(each.max_in_row or ""), "max_per_day": str(each.max_per_day or "")}
            for each in people.interpreters_of(forum.id)
        ])  # fmt: skip
    return shown(
        "interpreters", Section.INTERPRETERS, rows=rows, trouble=trouble, spare=SPARE,
        failed=bool(trouble or rows.errors),
    )  # fmt: skip


def _pairs(one: Interpreter) -> str:
    return ", ".join("-".join(pair) for pair in one.pairs)


def _save_interpreters(forum: Forum, rows: Rows, kept: Kept) -> None:
    wanted = [
        people.InterpreterRow(
            id=_id(row),
            name=row["name"],
            email=row["email"],
            pairs=row["pairs"],
            max_in_row=rows.number(row, "max_in_row", index),
            max_per_day=rows.number(row, "max_per_day", index),
        )
        for index, (_number, row) in enumerate(kept)
    ]
    people.change_interpreters(forum.id, wanted, seen=seen(), agreed=agreed())


@blueprint.route("/f/<forum_slug>/settings/interpreters/<int:interpreter_id>", methods=["GET", "POST"])
def roster(forum_slug: str, interpreter_id: int) -> Page:
    """One interpreter: what, and when not?"""
    forum = this_forum()
    one = db.session.get_one(Interpreter, interpreter_id)
    query = select(InterpreterAbsence.slot_id).where(InterpreterAbsence.interpreter_id == interpreter_id)
    absent = set(db.session.scalars(query))
    form = RosterForm(obj=one)
    if not form.is_submitted():
        form.pairs.data = _pairs(one)
    if request.method == "POST":
        absent = {int(text) for text in request.form.getlist("absent") if text.isdecimal()}

    def save() -> None:
        wanted = people.InterpreterRow(
            id=one.id,
            name=form.name.data.strip(),
            email=(form.email.data or "").strip(),
            pairs=form.pairs.data,
            max_in_row=form.max_in_row.data,
            max_per_day=form.max_per_day.data,
            absent=frozenset(absent),
        )
        people.change_roster(forum.id, interpreter_id, wanted, seen=seen(), agreed=agreed())

    done = _on_form(form, save, lambda: saved("forums.roster", interpreter_id=interpreter_id))
    return done or shown(
        "roster", Section.INTERPRETERS, form=form, interpreter=one, chosen=absent,
        blocks=blocks_with_slots(forum.id), failed=_has_errors(form),
    )  # fmt: skip


# Sides


@blueprint.route("/f/<forum_slug>/settings/sides", methods=["GET", "POST"])
def sides(forum_slug: str) -> Page:
    """Who may ask whom?"""
    forum = this_forum()
    names = ("id", "code", "name")
    live = sides_of(forum.id)
    may = people.asks_of(forum.id)
    trouble: dict[str, str] = {}
    if request.method == "POST":
        rows = Rows.typed(request.form, names)
        ticked = set(request.form.getlist("asks"))
        may = {(a.id, b.id) for a in live for b in live if f"{a.id}-{b.id}" in ticked}
        if posted():
            done = _save_rows(rows, trouble, lambda kept: _save_sides(forum, kept, may), "forums.sides")
            if done is not None:
                return done
    else:
        rows = Rows(names=names, rows=[
            {"id": str(side.id), "code": side.code, "name": side.name} for side in live
        ])  # fmt: skip
    return shown(
        "sides", Section.SIDES, rows=rows, trouble=trouble, spare=SPARE - 1, sides=live, may=may,
        failed=bool(trouble or rows.errors),
    )  # fmt: skip


def _save_sides(forum: Forum, kept: Kept, may: set[tuple[int, int]]) -> None:
    rows = [
        people.SideRow(
            id=(id_ := _id(row)),
            code=row["code"],
            name=row["name"],
            asks=frozenset(b for a, b in may if a == id_),
        )
        for _index, row in kept
    ]
    people.change_sides(forum.id, rows, seen=seen(), agreed=agreed())


# Offers and needs


@blueprint.route("/f/<forum_slug>/settings/capabilities", methods=["GET", "POST"])
def capabilities(forum_slug: str) -> Page:
    """What can companies say that they offer and need?"""
    forum = this_forum()
    names = ("id", "code", "en", "uk", "under")
    trouble: dict[str, str] = {}
    if request.method == "POST":
        rows = Rows.typed(request.form, names)
        if posted():
            done = _save_rows(
                rows, trouble, lambda kept: _save_capabilities(forum, kept), "forums.capabilities"
            )
            if done is not None:
                return done
    else:
        live = capabilities_.capabilities_of(forum.id)
        codes = {row.id: row.code for row in live}
        rows = Rows(names=names, rows=[
            {"id": str(row.id), "code": row.code, "en": row.names.get("en", ""),
             "uk": row.names.get("uk", ""), "under": codes.get(row.parent_id or 0, "")}
            for row in live
        ])  # fmt: skip
    return shown(
        "capabilities", Section.CAPABILITIES, rows=rows, trouble=trouble, spare=SPARE,
        failed=bool(trouble or rows.errors),
    )  # fmt: skip


def _save_capabilities(forum: Forum, kept: Kept) -> None:
    wanted = [
        capabilities_.CapabilityRow(
            id=_id(row), code=row["code"], en=row["en"], uk=row["uk"], under=row["under"]
        )
        for _index, row in kept
    ]
    capabilities_.change_capabilities(forum.id, wanted, seen=seen(), agreed=agreed())
