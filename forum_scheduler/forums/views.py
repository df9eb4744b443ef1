"""Pages of the room forums."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("forums", __name__)
