"""Pages of the room scheduling."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("scheduling", __name__, url_prefix="/f/<forum_slug>")
