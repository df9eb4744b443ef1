"""What other rooms may want to know of a forum's frame: they listen, this room does not know them."""

from __future__ import annotations

from blinker import Signal

# Sent inside the transaction that changed the forum's programme; sender: the forum's id (int).
programme_changed = Signal("a forum's programme changed")

# Sent inside the transaction that changed when requests close, or how many days there are to answer one;
# sender: the forum's id (int).
window_changed = Signal("a forum's request window changed")
