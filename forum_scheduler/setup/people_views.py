"""Settings: interpreters with their rosters, sides and who asks whom."""

from __future__ import annotations

from flask import request
from sqlalchemy import select

from forum_scheduler.extensions import db
from forum_scheduler.forums.describing import sides_of
from forum_scheduler.forums.models import (
    Forum,
    Interpreter,
    InterpreterAbsence,
)
from forum_scheduler.forums.views import blueprint
from forum_scheduler.requests.times import blocks_with_slots
from forum_scheduler.setup import people
from forum_scheduler.setup.forms import (
    RosterForm,
    Rows,
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
            done = save_rows(
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
            id=id_of(row),
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

    done = on_form(form, save, lambda: saved("forums.roster", interpreter_id=interpreter_id))
    return done or shown(
        "roster", Section.INTERPRETERS, form=form, interpreter=one, chosen=absent,
        blocks=blocks_with_slots(forum.id), failed=has_errors(form),
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
            done = save_rows(rows, trouble, lambda kept: _save_sides(forum, kept, may), "forums.sides")
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
            id=(id_ := id_of(row)),
            code=row["code"],
            name=row["name"],
            asks=frozenset(b for a, b in may if a == id_),
        )
        for _index, row in kept
    ]
    people.change_sides(forum.id, rows, seen=seen(), agreed=agreed())
