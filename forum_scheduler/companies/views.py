"""Pages of the room companies."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("companies", __name__, url_prefix="/f/<forum_slug>")
