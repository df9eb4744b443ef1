"""What other rooms may want to know of: they listen, this room does not know them."""

from __future__ import annotations

from blinker import Signal

# Sent inside the transaction that changed a company's delegates; sender: the company's id (int).
delegates_changed = Signal("a company's delegates changed")
