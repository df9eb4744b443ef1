"""What later rooms may want to know of: they listen, this room does not know them."""

from __future__ import annotations

from blinker import Signal

# Sent by the worker whenever it looks around, in an app context and outside of any transaction; the sender is
# the worker's name. ``patient=True``: it ends when nothing is due any more, so receivers finish what they do.
looking_around = Signal("the worker looks around")
