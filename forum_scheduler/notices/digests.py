"""The digest: what came since the last one, in one mail a person, forum and day.

Due at DIGEST_AT o'clock of the forum's zone. Never twice: the mail's key names person, forum and day, and the
notices are taken off the waiting list in the transaction that writes the mail.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from flask_babel import force_locale, gettext, ngettext
from sqlalchemy import select, update

from forum_scheduler.accounts.models import User
from forum_scheduler.clock import now
from forum_scheduler.extensions import absolute_url, db, transaction
from forum_scheduler.forums.models import Forum
from forum_scheduler.notices.models import Notice
from forum_scheduler.outbox.services import enqueue

DIGEST_AT = time(8, 0)
KIND = "digest"
MOST_IN_A_MAIL = 50


def send_due() -> int:
    """Write the digests that are due; how many. For the worker, as often as it likes."""
    forums = db.session.scalars(
        select(Forum).where(Forum.id.in_(select(Notice.forum_id).where(Notice.waiting)))
    ).all()
    return sum(_of_forum(forum, until=due_until(forum, now())) for forum in forums)


def due_until(forum: Forum, moment: datetime) -> datetime:
    """The last hour of digests that has passed: what came before it is due."""
    local = moment.astimezone(forum.zone)
    today = datetime.combine(local.date(), DIGEST_AT, tzinfo=forum.zone)
    yesterday = datetime.combine(local.date() - timedelta(days=1), DIGEST_AT, tzinfo=forum.zone)
    return today if today <= local else yesterday


def _of_forum(forum: Forum, *, until: datetime) -> int:
    readers = db.session.scalars(
        select(Notice.user_id)
        .where(Notice.waiting, Notice.forum_id == forum.id, Notice.created_at < until)
        .distinct()
        .order_by(Notice.user_id)
    ).all()
    return sum(_write(forum.id, user_id, until=until) for user_id in readers)


def _write(forum_id: int, user_id: int, *, until: datetime) -> bool:
    with transaction() as session:
        forum, user = session.get_one(Forum, forum_id), session.get_one(User, user_id)
        notices = session.scalars(
            select(Notice)
            .where(
                Notice.waiting,
                Notice.forum_id == forum_id,
                Notice.user_id == user_id,
                Notice.created_at < until,
            )
            .order_by(Notice.created_at, Notice.id)
        ).all()
        if not notices:
            return False  # another worker was quicker
        with force_locale(user.locale):
            stored = enqueue(
                key=f"digest:{forum.uid}:{user_id}:{until.date().isoformat()}",
                kind=KIND,
                forum_id=forum_id,
                to_email=user.email,
                to_name=user.name,
                subject=ngettext(
                    "%(num)s piece of news from %(forum)s",
                    "%(num)s pieces of news from %(forum)s",
                    len(notices),
                    forum=forum.name,
                ),
                text=_text(user, notices),
            )
        if not stored:
            return False  # today's is written: what is left comes with the next one
        session.execute(
            update(Notice).where(Notice.id.in_([notice.id for notice in notices])).values(waiting=False)
        )
    return True


def _text(user: User, notices: Sequence[Notice]) -> str:
    parts = [gettext("Hello %(name)s,", name=user.name or user.email)]
    for notice in notices[:MOST_IN_A_MAIL]:
        parts += [f"— {notice.subject}", notice.text]
    if len(notices) > MOST_IN_A_MAIL:
        parts.append(gettext("All of them: %(url)s", url=absolute_url("notices.page")))
    parts.append(
        gettext(
            "This mail comes once a day. Which notices come by mail, and when, you choose here: %(url)s",
            url=absolute_url("notices.choices"),
        )
    )
    return "\n\n".join(parts)
