"""Addresses of agenda pages, as they stand in calendars, QR codes and mails."""

from __future__ import annotations

from typing import Any

from flask import current_app

from forum_scheduler.agendas.record import Agenda, SubjectKind


def base_url() -> str:
    """As people type it, without a slash at the end."""
    return str(current_app.extensions["forum_config"].base_url)


def path_to(endpoint: str, **values: Any) -> str:
    """The path of an endpoint; works outside of requests, too."""
    return current_app.url_map.bind("").build(endpoint, values)


def page_url(agenda: Agenda) -> str:
    """The whole address of an agenda's page."""
    slug, id_ = agenda.forum.slug, agenda.subject.id
    match agenda.subject.kind:
        case SubjectKind.PERSON:
            path = path_to("agendas.delegate", forum_slug=slug, delegate_id=id_)
        case SubjectKind.COMPANY:
            path = path_to("agendas.company", forum_slug=slug, company_id=id_)
        case SubjectKind.TABLE:
            path = path_to("agendas.table", forum_slug=slug, table_id=id_)
        case SubjectKind.INTERPRETER:
            path = path_to("agendas.interpreter", forum_slug=slug, interpreter_id=id_)
        case SubjectKind.FORUM:
            path = path_to("agendas.pack", forum_slug=slug)
    return base_url() + path


def feed_url(token: str) -> str:
    """The https (or http) address of a private feed."""
    return base_url() + path_to("agendas.feed", token=token)


def webcal_url(token: str) -> str:
    """The same for calendar programs that take ``webcal://``."""
    return "webcal://" + feed_url(token).partition("://")[2]
