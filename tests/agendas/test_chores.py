"""What the worker does for agendas when it looks around: invitations, answers from the mailbox, print."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from forum_scheduler.agendas import chores, pack, print_jobs
from forum_scheduler.agendas.models import Answer, PrintJob, PrintState
from forum_scheduler.agendas.pack import Pack
from forum_scheduler.agendas.pdf import Paper
from forum_scheduler.clock import now
from forum_scheduler.extensions import db
from forum_scheduler.outbox.mailbox import Mailbox
from forum_scheduler.scheduling.signals import looking_around
from tests.agendas.factories import make_scene
from tests.agendas.papers import Broken
from tests.agendas.stories import Story, answer, ask_for_mails, invitations, invited
from tests.agendas.test_replies import the_answer
from tests.outbox.test_mailbox import mailbox, put  # noqa: F401 -- a fixture


def use_mailbox(app: Flask, box: Mailbox) -> None:
    url = f"imap://{box.user}:se%3Acret@{box.host}:{box.port}/INBOX"
    app.extensions["forum_config"] = replace(app.extensions["forum_config"], imap_url=url)


@pytest.mark.databases("sqlite")
def test_an_answer_travels_from_the_mailbox_to_the_page(
    app: Flask,
    story: Story,
    mailbox: Mailbox,  # noqa: F811
) -> None:
    use_mailbox(app, mailbox)
    mail = invited(story)
    put(mailbox, bytes(answer(mail, "ACCEPTED")))
    put(mailbox, b"Subject: =?utf-8?b?broken\r\nContent-Type: text/calendar\r\n\r\n\xff\xfe")
    looking_around.send("a worker", patient=True)
    db.session.rollback()  # read anew
    assert the_answer(story) == Answer.ACCEPTED
    assert chores.read_mailbox() == 0


@pytest.mark.databases("sqlite")
def test_the_worker_writes_the_invitations_that_are_due(app: Flask, story: Story) -> None:
    story.publish((0, 0), (1, 0))
    ask_for_mails(story)
    looking_around.send("a worker", patient=True)
    assert len(invitations()) == 2


def job() -> PrintJob:
    db.session.rollback()
    return db.session.query(PrintJob).populate_existing().one()


def test_the_worker_makes_what_was_asked_for_and_says_how_far_it_is(app: Flask) -> None:
    scene = make_scene()
    print_jobs.ask(scene.publication, locale="en", paper=Paper.LETTER)
    print_jobs.ask(scene.publication, locale="en", paper=Paper.LETTER)
    assert job().state == PrintState.QUEUED
    looking_around.send("a worker", patient=True)
    done = job()
    assert (done.state, done.error) == (PrintState.DONE, "")
    assert done.done == done.total > 0
    assert pack.ready_packs(scene.publication, paper=Paper.LETTER) == frozenset(Pack)
    assert not print_jobs.any_due()


@pytest.mark.databases("sqlite")
def test_a_job_of_a_lost_worker_is_taken_over(app: Flask) -> None:
    scene = make_scene()
    print_jobs.ask(scene.publication, locale="en")
    db.session.execute(
        update(PrintJob).values(state=PrintState.RUNNING, lease_until=now() + timedelta(minutes=1))
    )
    db.session.commit()
    assert print_jobs.work() == 0
    db.session.execute(update(PrintJob).values(lease_until=now() - timedelta(minutes=1)))
    db.session.commit()
    assert print_jobs.work() == 1
    assert job().state == PrintState.DONE


def test_a_job_is_kept_by_its_worker_while_a_single_step_takes_long(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = make_scene()
    print_jobs.ask(scene.publication, locale="en")
    monkeypatch.setattr(print_jobs, "LEASE", timedelta(seconds=2))

    def slow(*_rest: object, **_named: object) -> None:
        claimed = job().lease_until
        assert claimed is not None
        for _second in range(60):
            db.session.rollback()
            if (job().lease_until or claimed) > claimed:
                return
            time.sleep(0.2)  # the thread that renews it looks by the clock
        raise AssertionError("the lease was not renewed")

    with monkeypatch.context() as patient:
        patient.setattr(pack, "render_all", slow)
        assert print_jobs.work() == 1
    assert (job().state, job().error, job().lease_until) == (PrintState.DONE, "", None)


@pytest.mark.databases("sqlite")
def test_a_job_that_fails_says_why_and_can_be_asked_for_again(app: Flask, no_rendering: Broken) -> None:
    scene = make_scene()
    print_jobs.ask(scene.publication, locale="en")
    with no_rendering():
        print_jobs.work()
    assert job().state == PrintState.FAILED
    assert job().error
    print_jobs.ask(scene.publication, locale="en")
    print_jobs.work()
    assert job().state == PrintState.DONE
