"""Real calendar programs subscribe to the feed over HTTP, and a new version is published."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from forum_scheduler.agendas import feeds
from forum_scheduler.extensions import db
from forum_scheduler.publishing.services import publish
from tests.agendas.stories import Story
from tests.agendas.subscribers import Subscriber
from tests.servers import free_port, site_server

DAY = "2027-05-12"


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where the app answers over HTTP."""
    with site_server(app, port=free_port()) as address:
        yield address


def test_a_subscriber_sees_moved_and_cancelled_meetings_once_each(
    app: Flask,
    story: Story,
    address: str,
    tmp_path: Path,
) -> None:
    first = story.schedule((0, 0), (1, 0))
    publish(first, by=None)
    token = feeds.create_feed(delegate_id=story.olena.id).token
    db.session.rollback()
    subscriber = Subscriber.to(f"{address}/feed/{token}.ics", tmp_path / "client")
    subscriber.sync()
    before = [
        "09:00|09:20|Meeting with Aerotec|Table 1, Hall A|CONFIRMED",
        "09:25|09:45|Meeting with Borealis|Table 1, Hall A|CONFIRMED",
    ]
    assert subscriber.shown(DAY) == before
    story.publish((2, 3), None)
    subscriber.sync()
    assert subscriber.shown(DAY) == [
        "09:25|09:45|Cancelled: Meeting with Borealis|Table 1, Hall A|CANCELLED",
        "09:50|10:10|Meeting with Aerotec|Table 4, Hall B|CONFIRMED",
    ]
    publish(first, by=None)  # back to the first version
    subscriber.sync()
    assert subscriber.shown(DAY) == before
    assert len(list((tmp_path / "client" / "events").glob("*.ics"))) == 2


@pytest.mark.databases("sqlite")
def test_a_companys_assistant_has_a_feed_of_all_its_meetings(
    app: Flask,
    story: Story,
    address: str,
    tmp_path: Path,
) -> None:
    story.publish((0, 0), (1, 1))
    company = feeds.create_feed(company_id=story.kvant.id)
    subscriber = Subscriber.to(f"{address}/feed/{company.token}.ics", tmp_path / "assistant")
    subscriber.sync()
    assert len(subscriber.shown(DAY)) == 2
