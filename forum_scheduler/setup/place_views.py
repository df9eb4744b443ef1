"""Settings: days and slots, zones, tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flask import request
from flask_babel import gettext as _
from sqlalchemy import select

from forum_scheduler.companies.models import Company
from forum_scheduler.errors import Invalid
from forum_scheduler.extensions import db
from forum_scheduler.forums.describing import describe_forum, tables_of, zones_of
from forum_scheduler.forums.models import (
    Forum,
    Table,
    TableClosure,
    ZoneWalk,
)
from forum_scheduler.forums.new import ZONES
from forum_scheduler.forums.views import blueprint
from forum_scheduler.requests.times import blocks_with_slots
from forum_scheduler.setup import days as days_
from forum_scheduler.setup import places
from forum_scheduler.setup.forms import (
    Rows,
    TableForm,
    features_of,
)
from forum_scheduler.setup.saving import Section
from forum_scheduler.setup.web import (
    SPARE,
    Kept,
    Page,
    agreed,
    has_errors,
    id_of,
    on_form,
    posted,
    save_rows,
    saved,
    seen,
    shown,
    this_forum,
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
            done = save_rows(rows, trouble, lambda kept: _save_days(forum, kept, values), "forums.days")
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
    names = ("id", "name", "place")
    minutes = {_walk(low.id, high.id): str(stored.get(_ordered(low.id, high.id), "")) for low, high in pairs}
    trouble: dict[str, str] = {}
    if request.method == "POST":
        rows = Rows.typed(request.form, names)
        minutes = {name: request.form.get(name, "").strip() for name in minutes}
        if posted():
            done = save_rows(
                rows, trouble, lambda kept: _save_zones(forum, rows, kept, minutes), "forums.zones",
                blank=("id", "place"),
            )  # fmt: skip
            if done is not None:
                return done
    else:
        rows = Rows(names=names, rows=[
            {"id": str(zone.id), "name": zone.name, "place": str(number)}
            for number, zone in enumerate(live, start=1)
        ])  # fmt: skip
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


def _save_zones(forum: Forum, rows: Rows, kept: Kept, minutes: dict[str, str]) -> None:
    walks: dict[tuple[int, int], int] = {}
    for name, text in minutes.items():
        if text and (not text.isdecimal() or int(text) > 600):
            raise Invalid(_("From 0 to 600 minutes."), field="walks")
        _prefix, low, high = name.split("-")
        walks[int(low), int(high)] = int(text or 0)
    wanted = [
        places.ZoneRow(id=id_of(row), name=row["name"], place=rows.number(row, "place", index))
        for index, (_number, row) in enumerate(kept)
    ]
    places.change_zones(forum.id, wanted, walks, seen=seen(), agreed=agreed())


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
            done = save_rows(
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

    done = on_form(form, save, lambda: saved("forums.table", table_id=table_id))
    return done or shown(
        "table", Section.TABLES, form=form, table=one, chosen=closed, blocks=blocks_with_slots(forum.id),
        failed=has_errors(form),
    )  # fmt: skip
