"""Rows for tests, one call each: every function stores what it makes and returns it.

    forum = make_forum(slots=6)
    asker, asked = make_company(forum, side="ua"), make_company(forum, side="eu", delegates=2)
    meeting = make_meeting(make_request(asker, asked, state=RequestState.ACCEPTED))

Names, addresses and codes differ from call to call. Times: the forum is on 12 May 2027 in Brussels, from
09:00, block by block. To be called in an app context, outside of ``transaction()``.
"""

from tests.factories.companies import (
    delegates_of,
    make_blocked_pair,
    make_company,
    make_delegate,
    make_invitation,
    make_representative,
    representative_of,
)
from tests.factories.forums import (
    blocks_of,
    capability_of,
    interpreters_of,
    make_block,
    make_forum,
    make_interpreter,
    make_programme_entry,
    make_table,
    side_of,
    sides_of,
    slots_of,
    tables_of,
    zones_of,
)
from tests.factories.meetings import (
    make_meeting,
    make_request,
    make_unavailable,
)
from tests.factories.people import (
    make_staff,
    make_user,
)
from tests.factories.schedules import (
    make_feed_token,
    make_publication,
    make_run,
    make_schedule,
)
from tests.factories.storing import (
    FIRST_DAY,
    next_number,
    store,
    store_all,
)

__all__ = [
    "FIRST_DAY",
    "blocks_of",
    "capability_of",
    "delegates_of",
    "interpreters_of",
    "make_block",
    "make_blocked_pair",
    "make_company",
    "make_delegate",
    "make_feed_token",
    "make_forum",
    "make_interpreter",
    "make_invitation",
    "make_meeting",
    "make_programme_entry",
    "make_publication",
    "make_representative",
    "make_request",
    "make_run",
    "make_schedule",
    "make_staff",
    "make_table",
    "make_unavailable",
    "make_user",
    "next_number",
    "representative_of",
    "side_of",
    "sides_of",
    "slots_of",
    "store",
    "store_all",
    "tables_of",
    "zones_of",
]
