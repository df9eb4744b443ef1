"""Pages of the room agendas."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("agendas", __name__, url_prefix="/f/<forum_slug>")
