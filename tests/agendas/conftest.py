"""Fixtures of the agendas' tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask

from forum_scheduler.agendas import renderer
from tests.agendas.papers import Broken
from tests.agendas.stories import Story, told


@pytest.fixture
def story(app: Flask) -> Iterator[Story]:
    yield from told()


@pytest.fixture
def no_rendering(monkeypatch: pytest.MonkeyPatch) -> Broken:
    """Within it every process that makes PDFs ends at once, and none of before is at hand."""

    @contextmanager
    def broken() -> Iterator[None]:
        renderer._idle.close_old(age=0.0)
        with monkeypatch.context() as patch:
            patch.setattr("sys.executable", "/bin/false")
            yield

    return broken
