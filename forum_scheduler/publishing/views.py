"""Pages of the room publishing."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("publishing", __name__, url_prefix="/f/<forum_slug>")
