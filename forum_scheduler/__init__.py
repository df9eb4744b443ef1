"""Forum Scheduler: B2B meetings of an industry forum, from requests to agendas.

The rooms follow the journey: accounts, forums, companies, requests, scheduling, publishing, agendas. A room
may use the rooms before it, never one after it; ``app``, ``config``, ``extensions``, ``errors`` and ``cli``
are wiring only.
"""
