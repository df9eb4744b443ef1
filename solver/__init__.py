"""The scheduling of meetings: a Problem in, a Schedule with its proof out.

Knows meetings, slots, tables, people and interpreters; no web, no database, no clock of its own, and no
files but in its command line.
"""

__version__ = "1.0.0"
