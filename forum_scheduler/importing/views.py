"""Pages of the room importing: send a file, see what it would do or what is wrong with it, then do it."""

from __future__ import annotations

from flask import Blueprint, flash, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from forum_scheduler.accounts.viewer import current_viewer
from forum_scheduler.errors import ForumError, ImportRefused
from forum_scheduler.forums.models import Forum
from forum_scheduler.importing import waiting
from forum_scheduler.importing.forms import UploadForm
from forum_scheduler.importing.mistakes import gather
from forum_scheduler.importing.services import import_data

blueprint = Blueprint("importing", __name__, url_prefix="/f/<forum_slug>/import")

Page = str | Response | tuple[str, int]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.route("", methods=["GET", "POST"])
def upload(forum_slug: str) -> Page:
    """What would this file change?"""
    forum: Forum = g.forum
    form = UploadForm()
    if not form.validate_on_submit():
        page = render_template("importing/upload.html", form=form)
        return (page, 422) if form.errors else page
    name, data = form.file.data.filename, form.file.data.read()
    try:
        report = import_data(forum.name, name, data, dry_run=True)
    except ImportRefused as refused:
        return _mistakes(form, refused, name)
    except ForumError as error:
        form.file.errors = [str(error)]
        return render_template("importing/upload.html", form=form), 422
    token = waiting.keep(forum_id=forum.id, user_id=_user_id(), name=name, data=data)
    return render_template("importing/check.html", report=report, token=token, file_name=name)


@blueprint.post("/apply")
def apply(forum_slug: str) -> Page:
    """Do what the page before said."""
    forum: Forum = g.forum
    who = {"forum_id": forum.id, "user_id": _user_id()}
    file = waiting.fetch(**who, token=request.form.get("token", ""))
    try:
        report = import_data(forum.name, file.name, file.data)
    except ImportRefused as refused:
        # Somebody changed the forum since the file was checked.
        form = UploadForm(formdata=None)
        return _mistakes(form, refused, file.name)
    waiting.drop(**who, token=file.token)
    flash(report.sentence(), "success")
    return redirect(url_for("forums.home", forum_slug=forum_slug), 303)


@blueprint.get("/template.xlsx")
def template(forum_slug: str) -> Response:
    """An empty spreadsheet with every column explained."""
    from forum_scheduler.importing.template import make_template  # noqa: PLC0415 -- loads openpyxl

    response = make_response(make_template(g.forum))
    response.headers["Content-Type"] = XLSX
    response.headers["Content-Disposition"] = f'attachment; filename="{forum_slug}-import.xlsx"'
    return response


def _mistakes(form: UploadForm, refused: ImportRefused, name: str) -> Page:
    mistakes = gather(refused.errors)
    page = render_template(
        "importing/upload.html", form=form, refused=refused, mistakes=mistakes, file_name=name
    )
    return page, 422


def _user_id() -> int:
    user_id = current_viewer().user_id
    assert user_id is not None, "the page's rule lets only those in who are signed in"
    return user_id
