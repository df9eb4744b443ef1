"""Pages of the room requests."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("requests", __name__, url_prefix="/f/<forum_slug>")
